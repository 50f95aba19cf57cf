/* live.mjs: a WebSocket and an event stream as the suites listen to them. */
import WebSocket from 'ws';
import { credentials, env } from './client.mjs';
import { trusted } from './edge.mjs';
import { until, within } from './until.mjs';

const opened = [];

/* Closes whatever a test has left open: a suite with a failure must end as well. */
export function closeAll() {
  for (const close of opened) close();
}

/* An open socket: {send(json), frames (all so far), next(what, test), close(), closed}. Rejects with the status if refused. */
export function openSocket(who, { origin, path = '/ws', headers = {}, base = env.direct } = {}) {
  const h = { ...credentials(who), ...headers };
  if (origin !== null) h.origin = origin ?? env.direct;
  const socket = new WebSocket(base.replace('http', 'ws') + path, { headers: h, ca: trusted(base), servername: 'localhost' });
  const frames = [];
  opened.push(() => socket.terminate());
  const self = { frames, socket, closed: false, send: (m) => socket.send(typeof m === 'string' ? m : JSON.stringify(m)), close: () => socket.close() };
  socket.on('message', (data, isBinary) => frames.push(isBinary ? data : JSON.parse(data.toString())));
  socket.on('close', () => {
    self.closed = true;
  });
  self.next = (what, test, options) => until(what, () => frames.find(test), options);
  return within('the socket opens', 5000, new Promise((resolve, reject) => {
    socket.on('open', () => resolve(self));
    socket.on('unexpected-response', (_, response) => {
      reject(Object.assign(new Error(`refused with ${response.statusCode}`), { status: response.statusCode }));
      response.resume();
    });
    socket.on('error', reject);
  }));
}

/* An open event stream: {status, events: [{id, event, data}], next, close}. */
export async function openStream(who, path, { lastEventId, base = env.direct } = {}) {
  const stop = new AbortController();
  opened.push(() => stop.abort());
  const headers = { ...credentials(who), accept: 'text/event-stream', ...(lastEventId !== undefined && { 'last-event-id': String(lastEventId) }) };
  const response = await within('the stream answers', 5000, fetch(base + path, { headers, signal: stop.signal }));
  const self = { status: response.status, type: response.headers.get('content-type'), events: [], ended: false, close: () => stop.abort() };
  self.next = (what, test, options) => until(what, () => self.events.find(test), options);
  if (response.ok) read(response, self);
  else self.text = await response.text();
  return self;
}

async function read(response, self) {
  let rest = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body) {
      rest += decoder.decode(chunk, { stream: true });
      const blocks = rest.split('\n\n');
      rest = blocks.pop();
      for (const block of blocks) take(block, self.events);
    }
  } catch {
    /* closed by us */
  }
  self.ended = true;
}

function take(block, events) {
  const event = {};
  for (const line of block.split('\n')) {
    const at = line.indexOf(':');
    if (at <= 0) continue;
    const name = line.slice(0, at);
    event[name] = (event[name] === undefined ? '' : `${event[name]}\n`) + line.slice(at + 1).replace(/^ /, '');
  }
  if (event.data !== undefined) events.push({ ...event, data: JSON.parse(event.data) });
}

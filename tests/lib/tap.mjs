/*
 * tap.mjs: a relay between an edge and web which keeps the bytes of both directions, connection by connection, and
 * reads them as strictly as they can be read: what an edge sends must leave nothing to be understood in two ways.
 */
import { connect, createServer } from 'node:net';

export async function startTap(upstream) {
  const { hostname, port } = new URL(upstream);
  const sockets = new Set();
  const talks = [];
  const server = createServer((edge) => {
    const web = connect({ host: hostname, port: Number(port) });
    const talk = { up: [], down: [] };
    talks.push(talk);
    for (const s of [edge, web]) {
      sockets.add(s);
      s.on('error', () => {});
      s.on('close', () => {
        sockets.delete(s);
        edge.destroy();
        web.destroy();
      });
    }
    edge.on('data', (d) => {
      talk.up.push(d);
      web.write(d);
    });
    web.on('data', (d) => {
      talk.down.push(d);
      edge.write(d);
    });
    edge.on('end', () => web.end());
    web.on('end', () => edge.end());
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: server.address().port,
    /* What was said since the last call: [{requests, odd, answers}]; odd: why the last of them can't be read. */
    take() {
      const said = talks.filter((t) => !t.left).map((t) => ({ talk: t, up: Buffer.concat(t.up), down: Buffer.concat(t.down) }));
      for (const t of talks) [t.up, t.down] = [[], []];
      return said.filter((t) => t.up.length > 0).map((t) => {
        const asked = requests(t.up);
        const answered = answers(t.down, asked.requests);
        t.talk.left = answered.some(isStream); // what follows is no HTTP
        return { ...asked, answers: answered };
      });
    },
    stop: () => {
      for (const s of sockets) s.destroy();
      return new Promise((done) => server.close(done));
    },
  };
}

/* {requests: [{method, target, headers: [[name, value]], body}], odd: what could be read in two ways, or undefined}. */
function requests(bytes) {
  const requests = [];
  try {
    read(bytes, requests, requestLine);
  } catch (error) {
    return { requests, odd: error.message };
  }
  return { requests };
}

function requestLine(line) {
  const m = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\/[\x21-\x7e]*) HTTP\/1\.1$/.exec(line);
  if (!m) throw new Error(`the edge sent the request line ${JSON.stringify(line)}`);
  return { method: m[1], target: m[2] };
}

function answers(bytes, asked) {
  let n = 0;
  const all = [];
  read(bytes, all, (line) => {
    const m = /^HTTP\/1\.1 (\d{3}) /.exec(line);
    if (!m) throw new Error(`web sent the status line ${JSON.stringify(line)}`);
    const status = Number(m[1]);
    const to = status === 100 ? undefined : asked[n++];
    return { status, bare: to?.method === 'HEAD' || [100, 204, 304].includes(status) };
  });
  return all.filter((a) => a.status !== 100);
}

const isStream = (m) => m.status === 101 || m.headers.some(([n, v]) => n === 'content-type' && v.startsWith('text/event-stream'));

/* Appends each message to `all`; throws at the first that isn't one. */
function read(bytes, all, first) {
  let text = bytes.toString('latin1');
  while (text !== '') {
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`a head without an end: ${JSON.stringify(text.slice(0, 200))}`);
    const lines = text.slice(0, end).split('\r\n');
    const message = first(lines[0]);
    message.headers = lines.slice(1).map((line) => {
      const m = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\x20-\x7e\x80-\xff\t]*)$/.exec(line);
      if (!m) throw new Error(`the header line ${JSON.stringify(line)}`);
      return [m[1].toLowerCase(), m[2].trim()];
    });
    const of = (name) => message.headers.filter(([n]) => n === name).map(([, v]) => v);
    if (of('transfer-encoding').length > 0) throw new Error('a Transfer-Encoding has passed');
    const lengths = of('content-length');
    if (lengths.length > 1 || (lengths.length === 1 && !/^\d+$/.test(lengths[0]))) throw new Error(`lengths ${lengths}`);
    text = text.slice(end + 4);
    if (isStream(message) || of('upgrade').length > 0) {
      all.push(message);
      return;
    }
    const n = message.bare ? 0 : Number(lengths[0] ?? 0);
    message.body = Buffer.from(text.slice(0, n), 'latin1');
    message.cut = message.body.length < n;
    text = text.slice(n);
    all.push(message);
  }
}

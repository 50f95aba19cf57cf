/* raw.mjs: bytes on a socket, for what no client would send. */
import { connect as plain } from 'node:net';
import { connect as secure } from 'node:tls';
import { trusted } from './edge.mjs';

/* A socket to http://… or, with the test's own authority, https://…; `options` go to node's connect. */
export function dial(base, options = {}) {
  const { protocol, hostname, port } = new URL(base);
  const to = { host: hostname, port: Number(port), ...options };
  if (protocol === 'http:') return plain(to);
  return secure({ ...to, servername: 'localhost', ca: trusted(base), ALPNProtocols: ['http/1.1'], ...options }).on('secureConnect', function ready() {
    this.emit('up');
  });
}

/*
 * Sends the chunks one after the other (as they are drained) and gathers what comes back until the other
 * side closes or falls silent for `quiet` ms.
 * {text, statuses: [every status line's number], closed, error}
 */
export function exchange(base, chunks, { quiet = 700, most = 20000, half = false, from } = {}) {
  return new Promise((resolve) => {
    const got = [];
    let timer;
    let closed = false;
    let error = null;
    const socket = dial(base, from ? { localAddress: from } : {});
    const end = () => {
      clearTimeout(timer);
      clearTimeout(limit);
      socket.destroy();
      const text = Buffer.concat(got).toString('latin1');
      resolve({ text, statuses: [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map((m) => Number(m[1])), closed, error });
    };
    const limit = setTimeout(end, most);
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(end, quiet);
    };
    socket.on(base.startsWith('https') ? 'up' : 'connect', async () => {
      for (const chunk of [chunks].flat()) {
        if (socket.destroyed) break;
        await new Promise((sent) => socket.write(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk, () => sent()));
        await new Promise((soon) => setImmediate(soon));
      }
      if (half) socket.end();
      wait();
    });
    socket.on('data', (data) => {
      got.push(data);
      wait();
    });
    socket.on('error', (e) => {
      error = e.code;
    });
    socket.on('close', () => {
      closed = true;
      end();
    });
  });
}

/* A request head with Host, as text. */
export function head(line, headers = [], host = 'localhost') {
  return `${[line, ...(host === null ? [] : [`Host: ${host}`]), ...headers].join('\r\n')}\r\n\r\n`;
}

/* The JSON body behind the last head of an exchange, or undefined. */
export function lastBody(text) {
  const at = text.lastIndexOf('\r\n\r\n');
  try {
    return JSON.parse(text.slice(at + 4));
  } catch {
    return undefined;
  }
}

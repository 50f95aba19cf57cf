/* raw.mjs: bytes on a socket, for what no client would send. */
import { connect } from 'node:net';

/*
 * Sends the chunks one after the other (as they are drained) and gathers what comes back until the other
 * side closes or falls silent for `quiet` ms.
 * {text, statuses: [every status line's number], closed, error}
 */
export function exchange(base, chunks, { quiet = 700, most = 20000, half = false } = {}) {
  const { hostname, port } = new URL(base);
  return new Promise((resolve) => {
    const got = [];
    let timer;
    let closed = false;
    let error = null;
    const socket = connect({ host: hostname, port: Number(port) });
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
    socket.on('connect', async () => {
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

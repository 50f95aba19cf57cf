/*
 * h2.mjs: HTTP/2 frames as bytes, for requests that no library would send. Headers are literals without Huffman coding or
 * index (RFC 7541 §6.2.2), so any byte can stand in them.
 */
import { connect } from 'node:tls';
import { trusted } from './edge.mjs';

const HEADERS = 1;
const DATA = 0;
const SETTINGS = 4;
const RST = 3;
const GOAWAY = 7;
const END_STREAM = 1;
const END_HEADERS = 4;

const frame = (type, flags, stream, payload) => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
};

/* An HPACK integer with a prefix of 7 bits, the first bit 0. */
function length(n) {
  if (n < 127) return Buffer.from([n]);
  const more = [127];
  for (n -= 127; n >= 128; n = Math.floor(n / 128)) more.push((n % 128) + 128);
  return Buffer.from([...more, n]);
}
const text = (s) => Buffer.concat([length(Buffer.byteLength(s, 'latin1')), Buffer.from(s, 'latin1')]);
const block = (headers) => Buffer.concat(headers.map(([n, v]) => Buffer.concat([Buffer.from([0]), text(n), text(v)])));

/* {status} of HPACK as servers send it: an index of the static table, or a literal behind index 8. */
function statusOf(payload) {
  const fixed = { 0x88: 200, 0x89: 204, 0x8a: 206, 0x8b: 304, 0x8c: 400, 0x8d: 404, 0x8e: 500 };
  for (let at = 0; at < payload.length; at++) {
    if (fixed[payload[at]]) return fixed[payload[at]];
    if ((payload[at] & 0xe0) === 0x20) continue; // a change of the table's size
    if (![0x48, 0x08, 0x18].includes(payload[at])) return undefined;
    const huffman = payload[at + 1] & 0x80;
    const n = payload[at + 1] & 0x7f;
    const bytes = payload.subarray(at + 2, at + 2 + n);
    return huffman ? digits(bytes) : Number(bytes.toString());
  }
  return undefined;
}

/* Digits in HPACK's Huffman code: 0, 1, 2 have five bits, the others six. */
function digits(bytes) {
  const codes = { '00000': 0, '00001': 1, '00010': 2, '011001': 3, '011010': 4, '011011': 5, '011100': 6, '011101': 7, '011110': 8, '011111': 9 };
  let bits = [...bytes].map((b) => b.toString(2).padStart(8, '0')).join('');
  let out = '';
  while (out.length < 3) {
    const n = codes[bits.slice(0, 5)] !== undefined ? 5 : 6;
    if (codes[bits.slice(0, n)] === undefined) return undefined;
    out += codes[bits.slice(0, n)];
    bits = bits.slice(n);
  }
  return Number(out);
}

/*
 * One request on one connection: header list and pieces of the body (none: the headers end the stream).
 * {status, reset, goaway, body}: what came back; status undefined: no answer.
 */
export function h2request(base, headers, pieces = [], { quiet = 700 } = {}) {
  const { hostname, port } = new URL(base);
  return new Promise((resolve) => {
    const got = { body: Buffer.alloc(0) };
    let held = Buffer.alloc(0);
    let timer;
    const socket = connect({ host: hostname, port: Number(port), servername: 'localhost', ca: trusted(base), ALPNProtocols: ['h2'] });
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(got);
    };
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(end, quiet);
    };
    socket.on('secureConnect', () => {
      const all = [Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(SETTINGS, 0, 0, Buffer.alloc(0))];
      all.push(frame(HEADERS, END_HEADERS | (pieces.length === 0 ? END_STREAM : 0), 1, block(headers)));
      for (const [i, piece] of pieces.entries()) all.push(frame(DATA, i === pieces.length - 1 ? END_STREAM : 0, 1, Buffer.from(piece, 'latin1')));
      socket.write(Buffer.concat(all));
      wait();
    });
    socket.on('data', (d) => {
      held = Buffer.concat([held, d]);
      while (held.length >= 9) {
        const n = held.readUIntBE(0, 3);
        if (held.length < 9 + n) break;
        const [type, flags, stream] = [held[3], held[4], held.readUInt32BE(5)];
        const payload = held.subarray(9, 9 + n);
        held = held.subarray(9 + n);
        if (type === SETTINGS && !(flags & 1)) socket.write(frame(SETTINGS, 1, 0, Buffer.alloc(0)));
        if (type === HEADERS && stream === 1) got.status ??= statusOf(payload);
        if (type === DATA) got.body = Buffer.concat([got.body, payload]);
        if (type === RST) got.reset = true;
        if (type === GOAWAY) got.goaway = true;
        if ((type === HEADERS || type === DATA) && flags & END_STREAM) return end();
        if (type === RST || type === GOAWAY) return end();
      }
      wait();
    });
    socket.on('error', () => {});
    socket.on('close', end);
  });
}

/* totp.mjs: an authenticator app: RFC 6238 with SHA-1, six digits, 30 s. */
import { createHmac } from 'node:crypto';

export function base32(text) {
  let bits = '';
  for (const c of text) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0');
  return Buffer.from(bits.match(/.{8}/g).map((b) => Number.parseInt(b, 2)));
}

/* The code of the present step, or of `step` steps later. */
export function totp(secret, step = 0) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + step));
  const mac = createHmac('sha1', base32(secret)).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000).padStart(6, '0');
}

/*
 * authenticator.mjs: an authenticator in software, for what a real one would refuse to do: other sites, other origins,
 * old challenges, counters that go back. Real ones (Chromium's) are met in tests/e2e/passkeys.test.mjs.
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const sha256 = (data) => createHash('sha256').update(data).digest();

/* The little of CBOR that is needed: integers, texts, bytes, maps given as lists of pairs. */
function cbor(v) {
  const head = (major, n) => (n < 24 ? Buffer.from([(major << 5) | n]) : n < 256 ? Buffer.from([(major << 5) | 24, n]) : Buffer.from([(major << 5) | 25, n >> 8, n & 255]));
  if (typeof v === 'number') return v < 0 ? head(1, -1 - v) : head(0, v);
  if (typeof v === 'string') return Buffer.concat([head(3, Buffer.byteLength(v)), Buffer.from(v)]);
  if (Buffer.isBuffer(v)) return Buffer.concat([head(2, v.length), v]);
  return Buffer.concat([head(5, v.length), ...v.flat().map(cbor)]);
}

const KINDS = {
  ES256: () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x, y } = pair.publicKey.export({ format: 'jwk' });
    return { ...pair, hash: 'sha256', cose: [[1, 2], [3, -7], [-1, 1], [-2, Buffer.from(x, 'base64url')], [-3, Buffer.from(y, 'base64url')]] };
  },
  EdDSA: () => {
    const pair = generateKeyPairSync('ed25519');
    return { ...pair, hash: null, cose: [[1, 1], [3, -8], [-1, 6], [-2, Buffer.from(pair.publicKey.export({ format: 'jwk' }).x, 'base64url')]] };
  },
  RS256: () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { n, e } = pair.publicKey.export({ format: 'jwk' });
    return { ...pair, hash: 'sha256', cose: [[1, 3], [3, -257], [-1, Buffer.from(n, 'base64url')], [-2, Buffer.from(e, 'base64url')]] };
  },
};

/* One passkey; `site` is its relying party's id, `origin` that of the page that uses it. */
export class Passkey {
  constructor({ site = 'localhost', origin, kind = 'ES256', verifies = true }) {
    Object.assign(this, { site, origin, verifies, count: 0, id: randomBytes(32), key: KINDS[kind]() });
  }

  clientData(type, challenge, extra = {}) {
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.origin, crossOrigin: false, ...extra }));
  }

  /* rpIdHash, flags (present, verified, has a key), counter, and for a new one id and key. */
  data(withKey) {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(this.count);
    const flags = Buffer.from([0x01 | (this.verifies ? 0x04 : 0) | (withKey ? 0x40 : 0)]);
    const length = Buffer.from([this.id.length >> 8, this.id.length & 255]);
    const key = withKey ? [Buffer.alloc(16), length, this.id, cbor(this.key.cose)] : [];
    return Buffer.concat([sha256(this.site), flags, counter, ...key]);
  }

  sign(authenticatorData, clientData) {
    return sign(this.key.hash, Buffer.concat([authenticatorData, sha256(clientData)]), this.key.privateKey);
  }

  /* The body of passkey_create. self: attested by the passkey's own key, else not at all. */
  create(options, { self = false, type = 'webauthn.create', extra } = {}) {
    const clientData = this.clientData(type, options.challenge, extra);
    const authData = this.data(true);
    const statement = self ? [['alg', this.key.cose[1][1]], ['sig', self === 'wrong' ? randomBytes(70) : this.sign(authData, clientData)]] : [];
    this.handle = options.user?.id;
    return {
      client_data: clientData.toString('base64url'),
      attestation: cbor([['fmt', self ? 'packed' : 'none'], ['attStmt', statement], ['authData', authData]]).toString('base64url'),
    };
  }

  /* The body of auth_passkey. */
  get(options, { type = 'webauthn.get', extra } = {}) {
    this.count++;
    const clientData = this.clientData(type, options.challenge, extra);
    const authenticatorData = this.data(false);
    return {
      id: this.id.toString('base64url'),
      client_data: clientData.toString('base64url'),
      authenticator_data: authenticatorData.toString('base64url'),
      signature: this.sign(authenticatorData, clientData).toString('base64url'),
      user_handle: this.handle,
    };
  }
}

/*
 * issuer.mjs: an OpenID provider to sign in by: npm's oidc-provider, certified and none of ours. `person` says who
 * signs in next; `spoil` alters what it answers, for what an honest one would never send.
 */
import { createServer, request } from 'node:http';
import { exportJWK, generateKeyPair, importJWK, SignJWT, decodeJwt } from 'jose';
import Provider from 'oidc-provider';

/* Its clients, each with the algorithm of its ID tokens; acme and hub have a secret. hub asks for no ID token: plain OAuth2. */
export const CLIENTS = { acme: 'RS256', es: 'ES256', ed: 'EdDSA', hub: 'RS256' };

/* The address of our callback is known only when the stack runs, so clients are given with it. */
export async function startIssuer({ port, redirectUris, secret = '' }) {
  const issuer = `http://127.0.0.1:${port}`;
  const keys = {};
  for (const a of ['RS256', 'ES256', 'EdDSA']) {
    const pair = await generateKeyPair(a, { extractable: true, crv: a === 'EdDSA' ? 'Ed25519' : undefined });
    keys[a] = { ...(await exportJWK(pair.privateKey)), kid: `key-${a}`, use: 'sig', alg: a };
  }
  const state = { person: { sub: 'nobody' }, spoil: null, tokens: 0, discoveries: 0, keyAsks: 0 };
  const provider = new Provider(issuer, {
    clients: Object.entries(CLIENTS).map(([client_id, alg]) => ({
      client_id,
      token_endpoint_auth_method: { acme: 'client_secret_basic', hub: 'client_secret_post' }[client_id] ?? 'none',
      ...(['acme', 'hub'].includes(client_id) && { client_secret: secret }),
      redirect_uris: redirectUris,
      response_types: ['code'],
      grant_types: ['authorization_code'],
      id_token_signed_response_alg: alg,
    })),
    jwks: { keys: Object.values(keys) },
    pkce: { methods: ['S256'], required: () => true },
    features: { devInteractions: { enabled: false } },
    conformIdTokenClaims: false,
    scopes: ['openid', 'user'],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ ...state.person, sub }) }),
    cookies: { keys: ['k'] },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA'] },
    interactions: { url: (_, i) => `/interaction/${i.uid}` },
    // Consent is not what is tested.
    loadExistingGrant: async (ctx) => {
      const known = ctx.oidc.session.grantIdFor(ctx.oidc.client.clientId);
      if (known) return ctx.oidc.provider.Grant.find(known);
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope('openid email profile user');
      await grant.save();
      return grant;
    },
  });
  const handle = provider.callback();
  /* As GitHub has it: a number, and addresses apart. The access token is oidc-provider's to judge. */
  const person = async (req, res) => {
    const token = await provider.AccessToken.find(req.headers.authorization?.replace(/^Bearer /, '') ?? '');
    const { number, name, emails = [] } = state.person;
    res.writeHead(token?.isValid && token.accountId === state.person.sub ? 200 : 401, { 'content-type': 'application/json' });
    res.end(JSON.stringify(!token ? { message: 'Bad credentials' } : req.url === '/user/emails' ? emails : { id: number, login: name, name, email: 'shown@example.com' }));
  };
  const server = createServer(async (req, res) => {
    if (req.url.startsWith('/interaction/')) return provider.interactionFinished(req, res, { login: { accountId: state.person.sub } });
    if (req.url.startsWith('/.well-known')) state.discoveries++;
    if (req.url.startsWith('/jwks')) state.keyAsks++;
    if (req.url === '/token') state.tokens++;
    if (req.url.startsWith('/user')) return person(req, res);
    if (!state.spoil) return handle(req, res);
    // Held back, altered, sent.
    const end = res.end.bind(res);
    const chunks = [];
    res.write = (c) => chunks.push(Buffer.from(c)) > 0;
    res.end = async (c) => {
      if (c) chunks.push(Buffer.from(c));
      const text = Buffer.concat(chunks).toString();
      const altered = await state.spoil(req.url, text);
      if (altered !== text) res.setHeader('content-length', Buffer.byteLength(altered));
      end(altered);
    };
    return handle(req, res);
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: issuer, secret, keys, state,
    /* The answer of the token endpoint with another ID token: claims and header changed, signed by a key of this issuer. */
    forge(change, { header = {}, key = keys.RS256, signer } = {}) {
      state.spoil = async (path, text) => {
        if (path !== '/token') return text;
        const answer = JSON.parse(text);
        if (!answer.id_token) return text;
        const claims = { ...decodeJwt(answer.id_token), ...change };
        for (const [k, v] of Object.entries(claims)) if (v === undefined) delete claims[k];
        answer.id_token = signer ? await signer(claims, answer.id_token) : await new SignJWT(claims).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(await importJWK(key, key.alg));
        return JSON.stringify(answer);
      };
    },
    honest() {
      state.spoil = null;
    },
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

/* A browser without a screen: follows redirects by hand and keeps cookies for each host and port. */
export class Browser {
  jar = new Map();

  async get(url, { follow = true, until = () => false } = {}) {
    for (let hops = 0; hops < 20; hops++) {
      if (until(new URL(url))) return { url };
      const { host } = new URL(url);
      const cookies = this.jar.get(host) ?? this.jar.set(host, new Map()).get(host);
      const headers = cookies.size > 0 ? { cookie: [...cookies].map(([k, v]) => `${k}=${v}`).join('; ') } : {};
      // Not fetch: in Debian's Node it runs several cookies together.
      const r = await new Promise((resolve, reject) => request(url, { headers }, resolve).on('error', reject).end());
      const text = (await r.toArray()).join('');
      for (const line of r.headers['set-cookie'] ?? []) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
        if (/max-age=0|expires=thu, 01 jan 1970/i.test(line) || value === '') cookies.delete(name);
        else cookies.set(name, value);
      }
      const { location } = r.headers;
      const next = location && new URL(location, url).href;
      if (!next || !follow) return { url, next, status: r.statusCode, headers: r.headers, text };
      url = next;
    }
    throw new Error('too many redirects');
  }

  cookie(host, name) {
    return this.jar.get(host)?.get(name);
  }
}

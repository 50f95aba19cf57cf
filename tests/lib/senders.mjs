/*
 * senders.mjs: senders of webhooks that prove themselves. Who signs is the senders' own code where they publish it
 * (standardwebhooks, @octokit/webhooks-methods, stripe, jose); Slack's and Shopify's rules are written out as they are published.
 */
import { createHmac } from 'node:crypto';
import { sign as githubSign } from '@octokit/webhooks-methods';
import { SignJWT } from 'jose';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { unique } from './world.mjs';

const stripe = new Stripe('sk_test_never_used');
export const seconds = () => Math.floor(Date.now() / 1000);
const hmac = (algorithm, secret, text, encoding = 'hex') => createHmac(algorithm, secret).update(text).digest(encoding);
const basic = (pair) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` });
const bearer = (secret, algorithm, expires) => new SignJWT({ sub: 'sender' }).setProtectedHeader({ alg: algorithm }).setExpirationTime(expires).sign(Buffer.from(secret));

/* For each scheme: its config, the form of its secret, and what its sender puts into the headers at an instant. */
export const SCHEMES = {
  standard: {
    config: { authentication: 'standard' },
    secret: () => `whsec_${Buffer.from(unique('standard-secret-of-length')).toString('base64')}`,
    sign: (secret, body, at) => {
      const id = unique('msg');
      return { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': new Webhook(secret).sign(id, new Date(at * 1000), body) };
    },
    hasTime: true,
  },
  github: { config: { authentication: 'github' }, sign: async (secret, body) => ({ 'x-hub-signature-256': await githubSign(secret, body) }) },
  stripe: {
    config: { authentication: 'stripe' },
    sign: (secret, payload, timestamp) => ({ 'stripe-signature': stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp }) }),
    hasTime: true,
  },
  slack: {
    config: { authentication: 'slack' },
    sign: (secret, body, at) => ({ 'x-slack-request-timestamp': String(at), 'x-slack-signature': `v0=${hmac('sha256', secret, `v0:${at}:${body}`)}` }),
    hasTime: true,
  },
  shopify: {
    config: { authentication: 'hmac', signature_header: 'X-Shopify-Hmac-Sha256', encoding: 'base64' },
    sign: (secret, body) => ({ 'x-shopify-hmac-sha256': hmac('sha256', secret, body, 'base64') }),
  },
  'hmac with a time': {
    config: { authentication: 'hmac', algorithm: 'sha512', signature_header: 'X-Sig', signature_prefix: 'v=', timestamp_header: 'X-At' },
    sign: (secret, body, at) => ({ 'x-at': String(at), 'x-sig': `v=${hmac('sha512', secret, `${at}.${body}`)}` }),
    hasTime: true,
  },
  basic: { config: { authentication: 'basic' }, secret: () => `sender:${unique('password')}`, sign: (secret) => basic(secret), anyBody: true, hidden: 'authorization' },
  header: { config: { authentication: 'header', signature_header: 'X-My-Key' }, sign: (secret) => ({ 'x-my-key': secret }), anyBody: true, hidden: 'x-my-key' },
  jwt: {
    config: { authentication: 'jwt' },
    sign: async (secret, body, at) => ({ authorization: `Bearer ${await bearer(secret, 'HS256', at + 60)}` }),
    anyBody: true, hasTime: true, hidden: 'authorization',
  },
};

export const secretFor = (scheme) => (scheme.secret ?? (() => unique('secret')))();

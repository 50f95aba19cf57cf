#ifndef MR_WEB_HOOK_AUTH_H
#define MR_WEB_HOOK_AUTH_H

/*
 * hook_auth.h: what a webhook's request puts forward as the proof that its sender knows the secret.
 * Pure: headers and raw body in, a question for the vault out, which alone knows the secret.
 *
 *   none      nobody asks: the address is the secret
 *   standard  Standard Webhooks: webhook-signature "v1,<base64>" over id.timestamp.body
 *   github    X-Hub-Signature-256: sha256=<hex> over the body
 *   stripe    Stripe-Signature: t=<seconds>,v1=<hex> over t.body
 *   slack     X-Slack-Signature: v0=<hex> over v0:<X-Slack-Request-Timestamp>:body
 *   hmac      the header, algorithm, encoding and prefix that the config names, over the body, or
 *             over timestamp.body where it names a header for that
 *   basic     Authorization: Basic, the secret is user:password
 *   header    a header of the config's holds the secret
 *   jwt       Authorization: Bearer, HS256/384/512 as the config says, with an `exp` to come
 *
 * A timestamp may be HOOK_WINDOW_S off, either way.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/str.h"

enum { HOOK_WINDOW_S = 300 };

struct hook_request {
	/* A header's value, or NULL; any case. */
	const char *(*header)(const void *arg, const char *name);
	const void *arg;
	struct str body;
	int64_t now_s;
};

/* Begin with { 0 }. */
struct hook_claim {
	json_t *asks;    /* kind and what belongs to it: V of vault/vault.h */
	struct buf sent; /* what is signed or shown; at most the body and VAULT_SIGNED_MAX */
	/* What is the same in each copy of this very request, and proven if the claim holds: a
	 * signed id, or a digest of what was signed with its time. Empty: there is nothing. */
	struct buf replay;
};

/*
 * `config` is the node's. False: no secret makes this request hold under the scheme; the claim is
 * empty. Else free it.
 */
bool hook_auth_claim(
    const char *scheme, const json_t *config, const struct hook_request *r, struct hook_claim *out);

/* Wipes it: what was sent may be the secret itself. */
void hook_claim_free(struct hook_claim *claim);

/*
 * The lower-case name of the header which holds the secret itself, or a token as good, under
 * this scheme; NULL: none does.
 */
const char *hook_auth_carrier(struct arena *a, const char *scheme, const json_t *config);

#endif

#ifndef MR_WEB_HOOK_AUTH_H
#define MR_WEB_HOOK_AUTH_H

/*
 * hook_auth.h: does a webhook's request prove that its sender knows the secret? Pure: headers and
 * raw body in, verdict out. Comparisons take the same time wherever two values differ.
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

/*
 * True: the request holds under this scheme and secret. `config` is the node's. *replay gets what
 * is the same in each copy of this very request and was proven by the secret (a signed id, or a
 * signature with its time); it stays empty for schemes that sign nothing of the kind.
 */
bool hook_auth_holds(const char *scheme, const json_t *config, struct str secret,
    const struct hook_request *r, struct buf *replay);

/*
 * The lower-case name of the header which holds the secret itself, or a token as good, under
 * this scheme; NULL: none does.
 */
const char *hook_auth_carrier(struct arena *a, const char *scheme, const json_t *config);

#endif

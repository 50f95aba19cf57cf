#ifndef MR_WEB_ISSUER_H
#define MR_WEB_ISSUER_H

/*
 * issuer.h: what OpenID issuers say of themselves (discovery) and their keys, fetched when first
 * needed and kept for an hour by each web worker. A key that isn't there is looked for again at
 * most twice a minute: whoever sends tokens with made-up key ids must not make us ask each time.
 */

#include <jansson.h>

#include "web/call.h"

struct issuer {
	char *url;
	json_t *about; /* the discovery document; NULL: not fetched */
	json_t *keys;  /* JWKS; NULL: not fetched */
	int64_t about_ms, keys_ms;
};

/*
 * Makes sure of what the issuer says of itself, or of its keys; then `then` finds c->reply, failed
 * with a sentence when that can't be had. At once where it is known.
 */
enum call_next issuer_discover(struct call *c, const char *url, call_step then);
enum call_next issuer_keys(struct call *c, const char *url, bool anew, call_step then);

/* What is known now, until the next wait; NULL: nothing. */
const struct issuer *issuer_get(const char *url);

/* May be dialled and shown to a browser: https, or http on this machine. */
bool issuer_url_is_safe(const char *url);

#endif

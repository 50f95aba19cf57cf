#ifndef MR_WEB_OIDC_H
#define MR_WEB_OIDC_H

/*
 * oidc.h: what the two halves of a sign-in at a provider share: oidc.c sends the browser there,
 * oidc_callback.c receives it back.
 *
 *   browser   holds 32 random bytes in a cookie, the same through all its sign-ins under way
 *   state     32 random bytes of one sign-in; SQL holds its hash and the cookie's, once, 10 minutes
 *   nonce, PKCE verifier   derived from both, so nobody need keep them: who reads the database, or
 *             sees the address with the state, can't redeem the code
 */

#include "web/call.h"
#include "web/provider.h"

#define OIDC_SECRET_SIZE 44 /* base64url of 32 bytes, with the NUL */

struct oidc_flow {
	char browser[OIDC_SECRET_SIZE];
	char state[OIDC_SECRET_SIZE];
	const struct provider *provider;
	const char *next;
	const char *link; /* the person who links an account; NULL: somebody signs in */
	const char *code;
	const char *token; /* the ID token; of an OAuth2 provider the access token */
};

const char *oidc_cookie_name(void);

/* The cookie's value; "" when there is none of the right form. */
void oidc_browser_read(struct call *c, char out[OIDC_SECRET_SIZE]);

/* Derived from browser and state; `what` is "nonce" or "verifier". */
void oidc_derive(const struct oidc_flow *flow, const char *what, char out[OIDC_SECRET_SIZE]);

/* SHA-256 in hex, as SQL takes it. */
const char *oidc_hash(struct call *c, const char *text);

/* Where the provider sends the browser back to. */
const char *oidc_redirect_uri(struct call *c, const struct oidc_flow *flow);

/* Percent-encodes a value of a query or form. */
void oidc_encode(struct buf *out, const char *name, const char *value);

/* What the provider says of itself, or the file of it. After oidc_about only. */
const json_t *oidc_endpoints(const struct oidc_flow *flow);

/* Sees to it that this is known; `then` as of issuer_discover. */
enum call_next oidc_about(struct call *c, call_step then);

/* Opens the session of, or links the account of: {sub, email?, email_verified, name?}. */
enum call_next oidc_session(struct call *c, const json_t *claims);

/* Sends the browser to a page of ours that says what went wrong: a word that the page knows. */
enum call_next oidc_problem(struct call *c, const char *problem);

/* Sends the browser on. The address must be ours or a provider's. */
enum call_next oidc_redirect(struct call *c, const char *address);

#endif

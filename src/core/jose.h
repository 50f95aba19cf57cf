/*
 * jose.h: ID tokens of other issuers (OpenID Connect Core 1.0, 3.1.3.7). jwt.h is for our own.
 *
 * The algorithms are a fixed list: RS256, ES256 (P-256), EdDSA (Ed25519). A key is used for the one
 * that its own type fits, so a token can't make a public key count as a shared secret, and `none`
 * is no algorithm.
 */
#ifndef MR_CORE_JOSE_H
#define MR_CORE_JOSE_H

#include <jansson.h>
#include <stdint.h>

#include "core/def.h"
#include "core/err.h"
#include "core/str.h"

#define JOSE_TOKEN_MAX 16384

/* What a good token says. */
struct jose_want {
	const char *issuer;
	const char *audience; /* our client id there */
	const char *nonce;
	int64_t now_s;
};

/*
 * Checks form, alg, kid, signature by a key of `jwks`, then iss, aud, azp, exp, iat, nonce, sub;
 * clocks may differ by a minute. 0: *claims is the caller's. -1: MR404 no key of `jwks` is the one
 * that signed (they may have changed), MR401 anything else, said in a sentence.
 */
mr_must_check int jose_verify(const json_t *jwks, struct str token, const struct jose_want *want,
    json_t **claims, struct err *e);

#endif

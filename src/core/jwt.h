/*
 * jwt.h: access tokens, signed with Ed25519. The algorithm is fixed: a token that names another one
 * is refused unread, and so is one whose `kid` we don't hold.
 *
 * A key folder holds PEM files named `<kid>.pem` (0600). The newest (greatest name; names start
 * with the time they were made) signs, all verify.
 */
#ifndef MR_CORE_JWT_H
#define MR_CORE_JWT_H

#include <jansson.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/def.h"
#include "core/err.h"
#include "core/str.h"

#define JWT_TEXT_MAX 4096

struct jwt_keys;

/*
 * Loads the folder; with `make` it is created (0700) when absent, and a key made when there is
 * none. -1: MR500 with the reason (unreadable, no key, not Ed25519, readable by others).
 */
mr_must_check int jwt_keys_load(
    const char *folder, bool make, struct jwt_keys **out, struct err *e);

/* Makes one more key in the folder, which will sign from the next load on. */
mr_must_check int jwt_key_make(const char *folder, struct err *e);

/* NULL is fine. */
void jwt_keys_free(struct jwt_keys *keys);

/* Appends the token for `claims` (an object; iss, aud, sub, sid, iat, exp are the caller's). */
mr_must_check int jwt_sign(
    const struct jwt_keys *keys, const json_t *claims, struct buf *out, struct err *e);

/*
 * Checks form, alg, kid, signature, `aud`, and `exp`, `nbf` against now_s (30 s of grace for nbf).
 * 0: *claims is the caller's. -1: MR40E it has expired (the rest was right), MR401 anything else.
 */
mr_must_check int jwt_verify(const struct jwt_keys *keys, struct str token, const char *aud,
    int64_t now_s, json_t **claims, struct err *e);

/* Public keys as a JWKS document; new. */
json_t *jwt_jwks(const struct jwt_keys *keys);

#endif

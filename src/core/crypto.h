/*
 * crypto.h: digests, random bytes, text encodings and tokens. JWTs are in jwt.h.
 *
 * A token is `mr<kind>_<43 characters base62><6 characters check>`: 32 random bytes as a base62
 * number, then the CRC-32 of all that precedes it as a base62 number, both padded with '0'. The
 * check lets a scanner, and us, tell a token from noise without a look-up; only its SHA-256 is
 * stored.
 */
#ifndef MR_CORE_CRYPTO_H
#define MR_CORE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/def.h"
#include "core/err.h"
#include "core/str.h"

#define SHA256_SIZE 32
#define SHA256_HEX_SIZE 65 /* with the NUL */
#define TOKEN_SIZE 54      /* "mrt_" + 43 + 6 + NUL */

void crypto_sha256(struct str data, uint8_t out[SHA256_SIZE]);
void crypto_hmac_sha256(struct str key, struct str data, uint8_t out[SHA256_SIZE]);

/* Lower-case hex with a NUL; out has 2 * n + 1 bytes; returns out. */
const char *crypto_hex(const uint8_t *p, size_t n, char *out);

/* Compares without telling by its time where they differ. Lengths may differ. */
bool crypto_equal(struct str a, struct str b);

/* n random bytes from the kernel; dies if there are none. */
void crypto_random(void *out, size_t n);

/* Overwrites a secret in a way the compiler keeps. */
void crypto_wipe(void *p, size_t n);

/* Appends; the url form has no padding. */
void crypto_base64(struct buf *out, struct str data);
void crypto_base64url(struct buf *out, struct str data);

/* Strict: only canonical text (base64 padded, url form not). Appends. -1: MR400, out unchanged. */
mr_must_check int crypto_unbase64(struct buf *out, struct str text, struct err *e);
mr_must_check int crypto_unbase64url(struct buf *out, struct str text, struct err *e);

/* The bytes as a big-endian number in base62 (0-9A-Za-z), padded with '0' to `width`; out has width
 * + 1. */
void crypto_base62(const uint8_t *p, size_t n, size_t width, char *out);

uint32_t crypto_crc32(struct str data);

/* A new token of one kind: 't' API, 's' session, 'r' refresh, 'i' invitation, 'h' hook. */
void token_make(char kind, char out[TOKEN_SIZE]);

/* Has it the form and the right check? kind 0: any. Says nothing about whether it is in use. */
bool token_check(struct str text, char kind);

#endif

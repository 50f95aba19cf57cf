#ifndef MR_WEB_WEBAUTHN_H
#define MR_WEB_WEBAUTHN_H

/*
 * webauthn.h: judges what an authenticator has signed (WebAuthn level 2). Pure: bytes in, verdict
 * out. libfido2 checks relying party, flags and signatures; whether a challenge is ours, young and
 * unused is SQL's to say, and so is the counter.
 */

#include <stdint.h>

#include "core/crypto.h"
#include "core/def.h"
#include "core/err.h"
#include "core/str.h"

enum {
	WEBAUTHN_ID_MAX = 1023, /* the standard's own limit */
	WEBAUTHN_KEY_MAX = 1024,
};

/* Who asks: the id is the host that passkeys belong to, origins are whole ones of it. */
struct webauthn_site {
	const char *id;
	const char *const *origins; /* up to a NULL */
};

struct webauthn_key {
	uint8_t id[WEBAUTHN_ID_MAX];
	size_t id_len;
	uint8_t public[WEBAUTHN_KEY_MAX];
	size_t public_len;
	int algorithm; /* of COSE: -7 ES256, -8 EdDSA, -257 RS256 */
	uint32_t count;
};

/*
 * Reads what the browser says of a ceremony ("webauthn.create", "webauthn.get"): its type, that it
 * came from a page of ours and not from within another one's. challenge_hash is the SHA-256 of the
 * challenge's bytes. -1: MR400 on client_data, MR403 another origin.
 */
mr_must_check int webauthn_client_data(const struct webauthn_site *site, struct str client_data,
    const char *type, uint8_t challenge_hash[SHA256_SIZE], struct err *e);

/*
 * Reads a new passkey out of an attestation object: for this site, with its user verified. We ask
 * for no attestation; where there is one by the passkey's own key, it must be right.
 * -1: MR400 on attestation.
 */
mr_must_check int webauthn_register(const struct webauthn_site *site, struct str client_data,
    struct str attestation, struct webauthn_key *out, struct err *e);

/*
 * Is the signature by `key`, for this site, with its user verified? *count is the authenticator's
 * counter. -1: MR401, never which of it.
 */
mr_must_check int webauthn_assert(const struct webauthn_site *site, struct str client_data,
    struct str authenticator_data, struct str signature, const struct webauthn_key *key,
    uint32_t *count, struct err *e);

#endif

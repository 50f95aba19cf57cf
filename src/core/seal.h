/*
 * seal.h: the two formats of a secret at rest.
 *
 *   01 | key id u32be | iv 12 | ciphertext | tag 16              AES-256-GCM under a shared key
 *   02 | key id u32be | X25519 32 | iv 12 | ciphertext | tag 16  to somebody's public key
 *
 * What a record belongs to is authenticated with it: the additional data are its own first five
 * bytes, then the `place` that the caller names. So a record which was moved to another row, field,
 * workspace or version, and one whose format or key id was changed, does not open. An 02 record
 * names an ephemeral public key; its own key is HKDF-SHA256 of the shared secret, with both public
 * keys as salt.
 */
#ifndef MR_CORE_SEAL_H
#define MR_CORE_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/def.h"
#include "core/err.h"
#include "core/str.h"

#define SEAL_KEY_SIZE 32
#define SEAL_OVERHEAD 33     /* bytes that an 01 record is longer than what it holds */
#define SEAL_BOX_OVERHEAD 65 /* the same of an 02 record */
#define SEAL_MAX 1048576     /* bytes of what one record may hold */

enum seal_format {
	SEAL_NONE, /* no record */
	SEAL_SHARED = 1,
	SEAL_BOX = 2,
};

struct seal_pair {
	uint8_t private_key[SEAL_KEY_SIZE];
	uint8_t public_key[SEAL_KEY_SIZE];
};

/* What the record says of itself. Too short for its format: SEAL_NONE, and *key_id is 0. */
enum seal_format seal_read(struct str record, uint32_t *key_id);

/* Appends a record. -1: MR413 over SEAL_MAX, MR500 libcrypto failed; out is unchanged. */
mr_must_check int seal_shared(const uint8_t key[SEAL_KEY_SIZE], uint32_t key_id, struct str plain,
    struct str place, struct buf *out, struct err *e);
mr_must_check int seal_box(const uint8_t public_key[SEAL_KEY_SIZE], uint32_t key_id,
    struct str plain, struct str place, struct buf *out, struct err *e);

/* Appends what the record holds. -1: MR400 it doesn't open (never says why); out is unchanged. */
mr_must_check int seal_open(const uint8_t key[SEAL_KEY_SIZE], struct str record, struct str place,
    struct buf *out, struct err *e);
mr_must_check int seal_unbox(const struct seal_pair *pair, struct str record, struct str place,
    struct buf *out, struct err *e);

/* The X25519 pair that belongs to a key, always the same. -1: MR500. */
mr_must_check int seal_pair_of(
    const uint8_t key[SEAL_KEY_SIZE], struct seal_pair *out, struct err *e);

#endif

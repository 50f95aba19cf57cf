/*
 * record.h: the keys and sealed records that a question names: K and P of vault.h.
 */
#ifndef MR_VAULT_RECORD_H
#define MR_VAULT_RECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/def.h"
#include "core/err.h"
#include "core/seal.h"
#include "core/str.h"
#include "vault/kek.h"

#define PLACE_SIZE 200

/* K, opened: wipe it. The texts are the question's. */
struct data_key {
	const char *workspace, *key;
	int64_t number;
	uint8_t bytes[SEAL_KEY_SIZE];
};

/* Only its names. -1: MR400. */
mr_must_check int data_key_names(const json_t *o, struct data_key *key, struct err *e);

/* -1: MR400 a name is wrong or it doesn't open, MR404 its master key isn't here. */
mr_must_check int data_key_open(
    const struct kek_ring *keks, const json_t *o, struct data_key *key, struct err *e);

/* Adds "kek" and "wrapped", by the newest master key, to the answer. -1: MR500. */
mr_must_check int data_key_wrap(
    const struct kek_ring *keks, const struct data_key *key, json_t *answer, struct err *e);

/*
 * Appends what the record holds that the question names. *stale: it should be sealed anew, which
 * record_seal does. -1: MR400 the question is wrong or the record doesn't open, MR404 a master key
 * isn't here.
 */
mr_must_check int record_open(const struct kek_ring *keks, const json_t *question,
    struct str record, struct buf *plain, bool *stale, struct err *e);

/* Adds "sealed" to the answer: `plain` in the place that the question names. */
mr_must_check int record_seal(const struct kek_ring *keks, const json_t *question, struct str plain,
    json_t *answer, struct err *e);

/* "owner" of a question, in the one spelling. -1: MR400. */
mr_must_check int record_owner(const json_t *question, const char **out, struct err *e);

#endif

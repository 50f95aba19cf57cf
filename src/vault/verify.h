/*
 * verify.h: does what somebody sent prove that he knows a secret? V of vault.h, once its record is
 * open. Comparisons take the same time wherever two values differ.
 */
#ifndef MR_VAULT_VERIFY_H
#define MR_VAULT_VERIFY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/def.h"
#include "core/err.h"
#include "core/str.h"

struct verdict {
	bool holds;
	int64_t step; /* of a code that holds */
};

/* An empty secret proves nothing. -1: MR400 the question isn't one; nothing holds then. */
mr_must_check int verify(
    const json_t *question, struct str secret, struct str sent, struct verdict *out, struct err *e);

/* Is it a question about codes? They need a ticket. */
bool verify_is_totp(const json_t *question);

#endif

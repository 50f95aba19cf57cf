/*
 * uuid.h: ids. All of ours are version 7: 48 bits of ms since 1970, then order inside the process
 * (a counter), then random bits; so ids made by one process sort in the order they were made.
 */
#ifndef MR_CORE_UUID_H
#define MR_CORE_UUID_H

#include <stdbool.h>
#include <stdint.h>

#include "core/def.h"
#include "core/err.h"
#include "core/str.h"

#define UUID_TEXT_SIZE 37 /* with the NUL */

struct uuid {
	uint8_t b[16]; /* as Postgres sends it in binary */
};

struct uuid uuid_v7(void);

/* 36 characters, any case of the hex digits, any version. -1: MR400. */
mr_must_check int uuid_parse(struct str s, struct uuid *out, struct err *e);
bool uuid_is_valid(struct str s);

/* Lower case with a NUL; returns out. */
const char *uuid_format(const struct uuid *u, char out[UUID_TEXT_SIZE]);

int uuid_cmp(const struct uuid *a, const struct uuid *b);
bool uuid_eq(const struct uuid *a, const struct uuid *b);
bool uuid_is_nil(const struct uuid *u);

/* ms since 1970 of a version 7 id. */
int64_t uuid_ms(const struct uuid *u);

#endif

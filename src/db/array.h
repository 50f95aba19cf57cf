/*
 * array.h: arrays in Postgres' binary format, built by appending: the worker's tick sends twenty a
 * call.
 *
 *   be32 ndim (0 or 1) | be32 has nulls | be32 element oid | be32 count | be32 lower bound 1
 *   then per element: be32 length (-1: null) | bytes
 *
 * An array is opened once with its element type and reused by array_reset. A jsonb[] or json[]
 * parameter is sent as text[] and cast in SQL (`$1::text[]` … `::jsonb`), so it has no encoder of
 * its own.
 */
#ifndef MR_DB_ARRAY_H
#define MR_DB_ARRAY_H

#include <stdint.h>

#include "core/buf.h"
#include "core/json.h"
#include "core/str.h"
#include "core/uuid.h"

enum array_type { /* the element's oid */
	ARRAY_BOOL = 16,
	ARRAY_BYTEA = 17,
	ARRAY_INT8 = 20,
	ARRAY_INT2 = 21,
	ARRAY_INT4 = 23,
	ARRAY_TEXT = 25,
	ARRAY_TID = 27,
	ARRAY_FLOAT8 = 701,
	ARRAY_TIMESTAMPTZ = 1184,
	ARRAY_UUID = 2950,
};

/* The address of a heap row. */
struct tid {
	uint32_t block;
	uint16_t item;
};

struct array {
	struct buf b; /* read it with array_value */
	int n;
};

/* Makes an empty array; a used one is emptied and keeps its memory. */
void array_open(struct array *a, enum array_type type);
void array_reset(struct array *a);
void array_free(struct array *a);

/* The parameter's value: a view of the buffer; an empty array is shorter than the head. */
struct str array_value(const struct array *a);

/* Each appends one element (array_open goes first); the function must fit the type it was opened
 * with (asserted). */
void array_null(struct array *a);
void array_bool(struct array *a, bool v);
void array_int2(struct array *a, int16_t v);
void array_int4(struct array *a, int32_t v);
void array_int8(struct array *a, int64_t v);
void array_float8(struct array *a, double v);
void array_text(struct array *a, struct str s);      /* a view with p NULL and n 0 is null */
size_t array_json(struct array *a, const json_t *v); /* text of v, its octets; NULL: null, 0 */
void array_bytea(struct array *a, struct str s);
void array_uuid(struct array *a, const struct uuid *u); /* NULL: null */
void array_timestamp(struct array *a, int64_t ms);      /* ms since 1970 */
void array_tid(struct array *a, struct tid t);

#endif

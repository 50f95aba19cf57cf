#include "db/array.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#define HEAD_SIZE 20
#define AT_NDIM 0
#define AT_NULLS 4
#define AT_TYPE 8
#define AT_COUNT 12

#define POSTGRES_EPOCH_MS 946684800000 /* 2000-01-01, in ms since 1970 */

static void patch(struct array *a, size_t at, uint32_t v);
static void count(struct array *a, enum array_type type);
static void bytes(struct array *a, struct str s);

void
array_open(struct array *a, enum array_type type)
{
	buf_reset(&a->b);
	a->n = 0;
	buf_be32(&a->b, 0);
	buf_be32(&a->b, 0);
	buf_be32(&a->b, (uint32_t)type);
	buf_be32(&a->b, 0);
	buf_be32(&a->b, 1);
}

/*
 * With no dimension the count and the lower bound are not part of the value: array_open writes the
 * whole head, the first element sets ndim, and job_array sends 12 bytes of an empty array.
 */
void
array_reset(struct array *a)
{
	buf_truncate(&a->b, HEAD_SIZE);
	a->n = 0;
	patch(a, AT_NDIM, 0);
	patch(a, AT_NULLS, 0);
}

void
array_free(struct array *a)
{
	buf_free(&a->b);
	a->n = 0;
}

struct str
array_value(const struct array *a)
{
	return str_make(a->b.data, a->n > 0 ? a->b.len : AT_COUNT);
}

void
array_null(struct array *a)
{
	count(a, 0);
	patch(a, AT_NULLS, 1);
	buf_be32(&a->b, UINT32_MAX);
}

void
array_bool(struct array *a, bool v)
{
	count(a, ARRAY_BOOL);
	buf_be32(&a->b, 1);
	buf_byte(&a->b, v);
}

void
array_int2(struct array *a, int16_t v)
{
	count(a, ARRAY_INT2);
	buf_be32(&a->b, 2);
	buf_be16(&a->b, (uint16_t)v);
}

void
array_int4(struct array *a, int32_t v)
{
	count(a, ARRAY_INT4);
	buf_be32(&a->b, 4);
	buf_be32(&a->b, (uint32_t)v);
}

void
array_int8(struct array *a, int64_t v)
{
	count(a, ARRAY_INT8);
	buf_be32(&a->b, 8);
	buf_be64(&a->b, (uint64_t)v);
}

void
array_float8(struct array *a, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	count(a, ARRAY_FLOAT8);
	buf_be32(&a->b, 8);
	buf_be64(&a->b, bits);
}

void
array_text(struct array *a, struct str s)
{
	if (s.p == NULL) {
		array_null(a);
	} else {
		count(a, ARRAY_TEXT);
		bytes(a, s);
	}
}

size_t
array_json(struct array *a, const json_t *v)
{
	size_t at, n;
	uint32_t be;

	if (v == NULL) {
		array_null(a);
		return 0;
	}
	count(a, ARRAY_TEXT);
	at = a->b.len;
	buf_be32(&a->b, 0);
	js_dump(&a->b, v, JS_COMPACT);
	n = a->b.len - at - 4;
	be = htobe32((uint32_t)n);
	memcpy(a->b.data + at, &be, sizeof(be));
	return n;
}

void
array_bytea(struct array *a, struct str s)
{
	count(a, ARRAY_BYTEA);
	bytes(a, s);
}

void
array_uuid(struct array *a, const struct uuid *u)
{
	if (u == NULL) {
		array_null(a);
	} else {
		count(a, ARRAY_UUID);
		bytes(a, str_make((const char *)u->b, sizeof(u->b)));
	}
}

void
array_timestamp(struct array *a, int64_t ms)
{
	count(a, ARRAY_TIMESTAMPTZ);
	buf_be32(&a->b, 8);
	buf_be64(&a->b, (uint64_t)((ms - POSTGRES_EPOCH_MS) * 1000));
}

void
array_tid(struct array *a, struct tid t)
{
	count(a, ARRAY_TID);
	buf_be32(&a->b, 6);
	buf_be32(&a->b, t.block);
	buf_be16(&a->b, t.item);
}

static void
patch(struct array *a, size_t at, uint32_t v)
{
	uint32_t be = htobe32(v);

	memcpy(a->b.data + at, &be, sizeof(be));
}

/* One more element; type 0 fits any array. */
static void
count(struct array *a, enum array_type type)
{
	uint32_t opened;

	assert(a->b.len >= HEAD_SIZE);
	memcpy(&opened, a->b.data + AT_TYPE, sizeof(opened));
	assert((int)type == 0 || be32toh(opened) == (uint32_t)type);
	(void)opened;
	if (a->n++ == 0)
		patch(a, AT_NDIM, 1);
	patch(a, AT_COUNT, (uint32_t)a->n);
}

static void
bytes(struct array *a, struct str s)
{
	buf_be32(&a->b, (uint32_t)s.n);
	buf_str(&a->b, s);
}

#include "db/value.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#define POSTGRES_EPOCH_MS 946684800000 /* 2000-01-01, in ms since 1970 */
#define OID_JSONB 3802

static const struct shape {
	char letter;
	Oid types[5];
	const char *name;
} shapes[] = {
	{ 'b', { 16 }, "boolean" },
	{ 's', { 21 }, "smallint" },
	{ 'i', { 23 }, "integer" },
	{ 'l', { 20 }, "bigint" },
	{ 'd', { 701 }, "double precision" },
	{ 't', { 25, 19, 114, 1043, 1042 }, "text" },
	{ 'j', { OID_JSONB }, "jsonb" },
	{ 'y', { 17 }, "bytea" },
	{ 'u', { 2950 }, "uuid" },
	{ 'c', { 27 }, "tid" },
	{ 'z', { 1184 }, "timestamptz" },
};

static const char *fixed(const PGresult *res, int row, int col, int size);
static uint64_t read_be64(const char *p);

int
value_shape(const PGresult *res, const char *letters, struct err *e)
{
	int n = PQnfields(res);

	if (n != (int)strlen(letters))
		return err_set(e, "MR500", "a result with %d columns, not %zu", n, strlen(letters));
	for (int col = 0; col < n; col++) {
		bool ok = letters[col] == '*';
		const char *name = "?";

		for (size_t i = 0; i < countof(shapes) && !ok; i++) {
			if (shapes[i].letter != letters[col])
				continue;
			name = shapes[i].name;
			for (size_t k = 0; k < countof(shapes[i].types); k++)
				ok = ok || PQftype(res, col) == shapes[i].types[k];
		}
		if (!ok || PQfformat(res, col) != 1)
			return err_set(e, "MR500",
			    "column %s of a result has type %u, not %s (binary)", PQfname(res, col),
			    PQftype(res, col), name);
	}
	return 0;
}

bool
value_is_null(const PGresult *res, int row, int col)
{
	return PQgetisnull(res, row, col) != 0;
}

bool
value_bool(const PGresult *res, int row, int col)
{
	return *fixed(res, row, col, 1) != 0;
}

int16_t
value_int2(const PGresult *res, int row, int col)
{
	uint16_t be;

	memcpy(&be, fixed(res, row, col, 2), sizeof(be));
	return (int16_t)be16toh(be);
}

int32_t
value_int4(const PGresult *res, int row, int col)
{
	uint32_t be;

	memcpy(&be, fixed(res, row, col, 4), sizeof(be));
	return (int32_t)be32toh(be);
}

int64_t
value_int8(const PGresult *res, int row, int col)
{
	return (int64_t)read_be64(fixed(res, row, col, 8));
}

double
value_float8(const PGresult *res, int row, int col)
{
	uint64_t bits = read_be64(fixed(res, row, col, 8));
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

struct uuid
value_uuid(const PGresult *res, int row, int col)
{
	struct uuid u;

	memcpy(u.b, fixed(res, row, col, 16), sizeof(u.b));
	return u;
}

struct tid
value_tid(const PGresult *res, int row, int col)
{
	const char *p = fixed(res, row, col, 6);
	uint32_t block;
	uint16_t item;

	memcpy(&block, p, sizeof(block));
	memcpy(&item, p + sizeof(block), sizeof(item));
	return (struct tid){ .block = be32toh(block), .item = be16toh(item) };
}

int64_t
value_timestamp_ms(const PGresult *res, int row, int col)
{
	int64_t us = value_int8(res, row, col);

	if (us == INT64_MAX || us == INT64_MIN) /* infinity */
		return us;
	return (us - (us % 1000 + 1000) % 1000) / 1000 + POSTGRES_EPOCH_MS;
}

struct str
value_str(const PGresult *res, int row, int col)
{
	struct str s = { 0 };

	if (!PQgetisnull(res, row, col)) {
		s = str_make(PQgetvalue(res, row, col), (size_t)PQgetlength(res, row, col));
		if (PQftype(res, col) == OID_JSONB && PQfformat(res, col) == 1)
			s = s.n > 1 ? str_make(s.p + 1, s.n - 1) : str_make("", 0);
	}
	return s;
}

int
value_json(const PGresult *res, int row, int col, json_t **out, struct err *e)
{
	struct str s = value_str(res, row, col);

	*out = NULL;
	if (s.p == NULL)
		return 0;
	/* it was checked when it was stored, under the limits of then */
	if (js_parse(s, SIZE_MAX, 2000, out, e) != 0)
		return err_set(
		    e, "MR500", "column %s of a result can't be read as JSON", PQfname(res, col));
	return 0;
}

static const char *
fixed(const PGresult *res, int row, int col, int size)
{
	assert(PQfformat(res, col) == 1 && PQgetlength(res, row, col) == size);
	(void)size;
	return PQgetvalue(res, row, col);
}

static uint64_t
read_be64(const char *p)
{
	uint64_t be;

	memcpy(&be, p, sizeof(be));
	return be64toh(be);
}

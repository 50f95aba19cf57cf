/*
 * A zoneinfo file (RFC 8536), all numbers big-endian:
 *
 *	"TZif" version 15×0 | isut isstd leap time type char (counts, u32) | data with 4-byte times
 *	the same header again | data with 8-byte times | \n rule \n
 *
 *	data: time × instant | time × type index | type × {offset i32, isdst u8, name u8}
 *	      | char × name | leap × {instant, i32} | isstd × u8 | isut × u8
 *
 * Only the second data block is read, so a file of version 1 is refused. Past the last instant the
 * rule holds.
 *
 * The list of zones grows while the process runs, which a library's global should not: what it
 * answers never changes, and parsing a zone for each request would cost more than the request.
 */
#include "flow/tz.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/mem.h"
#include "flow/tz_rule.h"

#define TZ_FOLDER "/usr/share/zoneinfo/"

enum { HEAD_SIZE = 44, FILE_MAX = 1 << 18, TYPE_SIZE = 6, TABLE_MAX = 1 << 14, DAY_S = 86400 };

/* No two offsets differ by more: 26 h. */
static const int64_t offset_span_s = 93600;

struct tz {
	char name[TZ_NAME_MAX + 1];
	int n;             /* changes in the table */
	int64_t *at_s;     /* n of them, ascending */
	int32_t *offset_s; /* from at_s[i] on */
	int32_t before_s;  /* before the first */
	bool has_rule;     /* after the last */
	struct tz_rule rule;
	struct tz *next;
};

struct head {
	uint32_t isut, isstd, leap, time, type, chars;
};

static const struct tz utc = { .name = "UTC" };

static pthread_mutex_t zones_lock = PTHREAD_MUTEX_INITIALIZER;
static struct tz *zones;
static int zones_n;

static bool name_is_sound(struct str name);
static struct tz *zone_listed(struct str name);
static int zone_read(struct str name, struct tz **out, struct err *e);
static int file_read(struct str name, struct buf *out);
static int head_read(struct str file, size_t at, struct head *out, size_t *data, size_t *end);
static int table_read(struct str file, size_t data, const struct head *h, struct tz *z);
static int rule_read(struct str file, size_t end, struct tz *z);
static void zone_free(struct tz *z);
static int change_before(const struct tz *z, int64_t at_s);
static uint32_t be32(const char *p);
static int64_t be64(const char *p);

int
tz_find(struct str name, const struct tz **out, struct err *e)
{
	struct tz *z = NULL;
	int rc = -1;

	*out = NULL;
	if (str_is(name, "UTC")) {
		*out = &utc;
		return 0;
	}
	if (!name_is_sound(name))
		return err_set(e, "MR400", "this is no name of a time zone, as Europe/Berlin is");
	pthread_mutex_lock(&zones_lock);
	z = zone_listed(name);
	if (z == NULL && zones_n >= TZ_CACHE_MAX) {
		err_set(e, "MR400", "more than %d different time zones are in use", TZ_CACHE_MAX);
		goto out;
	}
	if (z == NULL) {
		if (zone_read(name, &z, e) != 0)
			goto out;
		z->next = zones;
		zones = z;
		zones_n++;
	}
	*out = z;
	rc = 0;
out:
	pthread_mutex_unlock(&zones_lock);
	return rc;
}

const struct tz *
tz_utc(void)
{
	return &utc;
}

int32_t
tz_offset(const struct tz *z, int64_t at_s)
{
	int i = change_before(z, at_s);

	if (i == z->n - 1 && z->has_rule)
		return tz_rule_offset(&z->rule, at_s);
	return i < 0 ? z->before_s : z->offset_s[i];
}

int64_t
tz_next_change(const struct tz *z, int64_t at_s)
{
	int32_t now_s = tz_offset(z, at_s);

	for (int i = change_before(z, at_s) + 1; i < z->n; i++) {
		if (tz_offset(z, z->at_s[i]) != now_s)
			return z->at_s[i];
		at_s = z->at_s[i];
	}
	return z->has_rule ? tz_rule_next_change(&z->rule, at_s) : INT64_MAX;
}

/* Offsets differ by less than 26 h, so all that can show local_s happens within that of it. */
enum tz_local
tz_resolve(const struct tz *z, int64_t local_s, int64_t *at_s)
{
	int64_t change, t, from = local_s - offset_span_s;
	int found = 0;

	*at_s = INT64_MAX;
	while (from <= local_s + offset_span_s) {
		change = tz_next_change(z, from);
		t = local_s - tz_offset(z, from);
		if (t >= from && t < change) {
			if (found++ == 0)
				*at_s = t;
		} else if (found == 0 && t >= change && local_s < change + tz_offset(z, change)) {
			*at_s = change;
			return TZ_NEVER;
		}
		if (change == INT64_MAX)
			break;
		from = change;
	}
	return found > 1 ? TZ_TWICE : TZ_ONCE;
}

/* Letters, digits, _ + - in parts between slashes. */
static bool
name_is_sound(struct str name)
{
	struct str part;

	if (name.n == 0 || name.n > TZ_NAME_MAX || str_starts(name, "right/") ||
	    str_starts(name, "posix/"))
		return false;
	for (size_t i = 0; i < name.n; i++) {
		if (!isalnum((unsigned char)name.p[i]) && strchr("_+-/", name.p[i]) == NULL)
			return false;
	}
	while (str_next(&name, '/', &part)) {
		if (part.n == 0)
			return false;
	}
	return true;
}

static struct tz *
zone_listed(struct str name)
{
	struct tz *z = zones;

	while (z != NULL && !str_is(name, z->name))
		z = z->next;
	return z;
}

static int
zone_read(struct str name, struct tz **out, struct err *e)
{
	struct buf file = { 0 };
	struct tz *z = mem_alloc(sizeof(*z));
	struct head h;
	size_t data, end;
	int rc = -1;

	if (str_copy(z->name, sizeof(z->name), name) != 0 || file_read(name, &file) != 0 ||
	    head_read(buf_view(&file), 0, &h, &data, &end) != 0) {
		err_set(e, "MR400", "there is no time zone " STR_FMT, STR_ARG(name));
		goto out;
	}
	/* The first block has 4-byte instants (and no leap seconds); the second follows it. */
	end = data + (size_t)h.time * 5 + (size_t)h.type * TYPE_SIZE + h.chars + h.isstd + h.isut;
	if (file.data[4] < '2' || head_read(buf_view(&file), end, &h, &data, &end) != 0 ||
	    table_read(buf_view(&file), data, &h, z) != 0 ||
	    rule_read(buf_view(&file), end, z) != 0) {
		err_set(
		    e, "MR400", "the file of time zone " STR_FMT " can't be read", STR_ARG(name));
		goto out;
	}
	*out = z;
	z = NULL;
	rc = 0;
out:
	zone_free(z);
	buf_free(&file);
	return rc;
}

static int
file_read(struct str name, struct buf *out)
{
	char path[sizeof(TZ_FOLDER) + TZ_NAME_MAX];
	FILE *f = NULL;
	size_t n;

	(void)snprintf(path, sizeof(path), TZ_FOLDER STR_FMT, STR_ARG(name));
	f = fopen(path, "re");
	if (f == NULL)
		return -1;
	do {
		n = fread(buf_reserve(out, 4096), 1, 4096, f);
		buf_grew(out, n);
	} while (n > 0 && out->len <= FILE_MAX);
	(void)fclose(f);
	return out->len > FILE_MAX ? -1 : 0;
}

/* *data: where the block begins. *end: where it ends, with 8-byte instants. */
static int
head_read(struct str file, size_t at, struct head *out, size_t *data, size_t *end)
{
	const char *p;

	if (at > file.n || file.n - at < HEAD_SIZE || memcmp(file.p + at, "TZif", 4) != 0)
		return -1;
	p = file.p + at + 20;
	*out = (struct head){ be32(p), be32(p + 4), be32(p + 8), be32(p + 12), be32(p + 16),
		be32(p + 20) };
	if (out->isut > TABLE_MAX || out->isstd > TABLE_MAX || out->leap != 0 ||
	    out->time > TABLE_MAX || out->type > 256 || out->chars > TABLE_MAX)
		return -1;
	*data = at + HEAD_SIZE;
	*end = *data + (size_t)out->time * 9 + (size_t)out->type * TYPE_SIZE + out->chars +
	       out->isstd + out->isut;
	return 0;
}

static int
table_read(struct str file, size_t data, const struct head *h, struct tz *z)
{
	const char *at, *index, *type;

	if (h->type == 0 || data + (size_t)h->time * 9 + (size_t)h->type * TYPE_SIZE > file.n)
		return -1;
	at = file.p + data;
	index = at + (size_t)h->time * 8;
	type = index + h->time;
	z->n = (int)h->time;
	z->at_s = mem_array(h->time, sizeof(*z->at_s));
	z->offset_s = mem_array(h->time, sizeof(*z->offset_s));
	z->before_s = (int32_t)be32(type);
	for (uint32_t i = 0; i < h->time; i++) {
		size_t k = (unsigned char)index[i];

		z->at_s[i] = be64(at + (size_t)i * 8);
		if (k >= h->type || (i > 0 && z->at_s[i] <= z->at_s[i - 1]))
			return -1;
		z->offset_s[i] = (int32_t)be32(type + k * TYPE_SIZE);
		if (z->offset_s[i] < -DAY_S || z->offset_s[i] > offset_span_s)
			return -1;
	}
	return 0;
}

static int
rule_read(struct str file, size_t end, struct tz *z)
{
	struct str rest = end < file.n ? str_sub(file, end, file.n - end) : (struct str){ 0 };
	ptrdiff_t n;

	if (rest.n < 2 || rest.p[0] != '\n')
		return -1;
	n = str_find(rest, "\n", 1);
	if (n < 0)
		return -1;
	rest = str_sub(rest, 1, (size_t)n - 1);
	if (rest.n == 0)
		return 0;
	z->has_rule = true;
	return tz_rule_parse(rest, &z->rule);
}

static void
zone_free(struct tz *z)
{
	if (z == NULL)
		return;
	mem_free(z->at_s);
	mem_free(z->offset_s);
	mem_free(z);
}

/* The last change at or before at_s, -1 for none. */
static int
change_before(const struct tz *z, int64_t at_s)
{
	int low = 0, high = z->n;

	while (low < high) {
		int mid = low + (high - low) / 2;

		if (z->at_s[mid] <= at_s)
			low = mid + 1;
		else
			high = mid;
	}
	return low - 1;
}

static uint32_t
be32(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int64_t
be64(const char *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

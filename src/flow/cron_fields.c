/*
 * The five to seven fields. What is right and what is wrong follows the Open Cron Pattern
 * Specification, strict where it leaves a choice: a step needs `*` or a range before it, a range
 * runs upward, names stand alone, nothing may be empty.
 */
#include "flow/cron_fields.h"

#include <ctype.h>
#include <string.h>

enum { PARTS_MIN = 5, PARTS_MAX = 7, PART_SIZE = 128, NTH_LAST = 6 };

enum part {
	SECOND,
	MINUTE,
	HOUR,
	DOM,
	MONTH,
	DOW,
	YEAR,
};

struct field {
	const char *name;
	int min, max; /* of a number */
	int star_max; /* `*` means min..star_max */
	int step_max;
};

static const struct field fields[] = {
	[SECOND] = { "second", 0, 59, 59, 60 },
	[MINUTE] = { "minute", 0, 59, 59, 60 },
	[HOUR] = { "hour", 0, 23, 23, 24 },
	[DOM] = { "day of month", 1, 31, 31, 31 },
	[MONTH] = { "month", 1, 12, 12, 12 },
	[DOW] = { "day of week", 0, 7, 6, 7 },
	[YEAR] = { "year", 1, 9999, 9999, 9999 },
};

static const char *const months[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep",
	"oct", "nov", "dec" };
static const char *const days[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

struct span {
	int from, to, step;
	int nth; /* 0: none, 1..5, NTH_LAST */
};

static int part_copy(enum part k, struct str s, char out[PART_SIZE], struct err *e);
static int names_replace(enum part k, char part[PART_SIZE], struct err *e);
static int name_find(enum part k, const char *s);
static int part_parse(enum part k, char *part, struct cron *out, struct err *e);
static int dom_letters(char *part, struct str *rest, struct cron *out, struct err *e);
static int item_parse(enum part k, struct str s, struct cron *out, struct err *e);
static int nth_cut(enum part k, struct str *s, int *nth, struct err *e);
static int span_read(enum part k, struct str s, struct span *out, struct err *e);
static int span_add(enum part k, const struct span *s, struct cron *out, struct err *e);
static bool part_is_single(struct str part, uint64_t set);
static int number_read(enum part k, struct str s, int min, int max, int *out, struct err *e);
static int wrong(struct err *e, enum part k, const char *why, struct str s);

int
cron_fields_parse(struct str text, struct cron *out, struct err *e)
{
	struct str v[PARTS_MAX];
	char part[PART_SIZE];
	size_t i = 0, from;
	int n = 0;

	while (i < text.n) {
		from = i;
		while (i < text.n && !isspace((unsigned char)text.p[i]))
			i++;
		if (n == PARTS_MAX)
			return err_set(e, "MR400", "a schedule has 5, 6 or 7 fields, not more");
		v[n++] = str_sub(text, from, i - from);
		while (i < text.n && isspace((unsigned char)text.p[i]))
			i++;
	}
	if (n < PARTS_MIN)
		return err_set(e, "MR400", "a schedule has 5, 6 or 7 fields, not %d", n);
	out->kind = CRON_FIELDS;
	out->fixed = true;
	if (n == PARTS_MIN)
		out->second = 1;
	for (int k = 0; k < n; k++) {
		enum part which = (enum part)(n == PARTS_MIN ? k + 1 : k);

		if (part_copy(which, v[k], part, e) != 0 || part_parse(which, part, out, e) != 0)
			return -1;
	}
	return 0;
}

/* In lower case, `?` as `*`, names as numbers. */
static int
part_copy(enum part k, struct str s, char out[PART_SIZE], struct err *e)
{
	static const char *const legal[] = { [SECOND] = "/*,-",
		[MINUTE] = "/*,-",
		[HOUR] = "/*,-",
		[DOM] = "/*,-wl",
		[MONTH] = "/*,-",
		[DOW] = "/*,-#l",
		[YEAR] = "/*,-" };
	char *p = out;

	if (str_copy(out, PART_SIZE, s) != 0)
		return wrong(e, k, "is too long", (struct str){ 0 });
	for (; *p != '\0'; p++)
		*p = *p == '?' ? '*' : (char)tolower((unsigned char)*p);
	if ((k == MONTH || k == DOW) && p - out >= 3 && names_replace(k, out, e) != 0)
		return -1;
	for (p = out; *p != '\0'; p++) {
		if (k == DOW && p == out && *p == '+')
			continue;
		if (!isdigit((unsigned char)*p) && strchr(legal[k], *p) == NULL)
			return wrong(e, k, "holds a character that means nothing here", s);
	}
	return 0;
}

/* A name is never longer than three, its number never longer than two: it fits in place. */
static int
names_replace(enum part k, char part[PART_SIZE], struct err *e)
{
	char out[PART_SIZE];
	size_t n = 0;

	for (size_t i = 0; part[i] != '\0';) {
		int number = name_find(k, part + i);
		char before = i > 0 ? part[i - 1] : ' ', after;

		if (number < 0) {
			out[n++] = part[i++];
			continue;
		}
		after = part[i + 3];
		if (isalnum((unsigned char)before) || before == '/' || before == '#' ||
		    (isalnum((unsigned char)after) && after != 'l'))
			return wrong(e, k, "has a name that does not stand alone", str_of(part));
		if (k == DOW && number == 0 && before == '-')
			number = 7; /* SUN ends a week */
		if (number >= 10)
			out[n++] = (char)('0' + number / 10);
		out[n++] = (char)('0' + number % 10);
		i += 3;
	}
	out[n] = '\0';
	memcpy(part, out, n + 1);
	return 0;
}

static int
name_find(enum part k, const char *s)
{
	const char *const *names = k == MONTH ? months : days;
	int n = k == MONTH ? (int)countof(months) : (int)countof(days);

	for (int i = 0; i < n; i++) {
		if (strncmp(s, names[i], 3) == 0)
			return k == MONTH ? i + 1 : i;
	}
	return -1;
}

static int
part_parse(enum part k, char *part, struct cron *out, struct err *e)
{
	struct str rest = str_of(part), item;

	if (k == DOW && part[0] == '+') {
		out->both = true;
		rest = str_of(++part);
	}
	if (k == DOM && dom_letters(part, &rest, out, e) != 0)
		return -1;
	out->dom_any |= k == DOM && str_is(rest, "*");
	out->dow_any |= k == DOW && str_is(rest, "*");
	if (k == YEAR && str_is(rest, "*"))
		return 0;
	if (k == DOM && rest.n == 0 && (out->dom_last || out->dom_last_weekday))
		return 0;
	if (rest.n == 0 || rest.p[rest.n - 1] == ',')
		return wrong(e, k, "has an empty place in its list", str_of(part));
	while (str_next(&rest, ',', &item)) {
		if (item_parse(k, item, out, e) != 0)
			return -1;
	}
	if (k <= HOUR)
		out->fixed &= part_is_single(str_of(part), k == SECOND   ? out->second
		                                           : k == MINUTE ? out->minute
		                                                         : out->hour);
	return 0;
}

/* `LW` alone; `L` alone or in a list, out of which it is taken. */
static int
dom_letters(char *part, struct str *rest, struct cron *out, struct err *e)
{
	struct str list = str_of(part), item;
	size_t n = 0;

	if (str_is(list, "lw")) {
		out->dom_last_weekday = true;
		*rest = (struct str){ 0 };
		return 0;
	}
	if (strchr(part, 'l') == NULL)
		return 0;
	while (str_next(&list, ',', &item)) {
		if (item.n == 0)
			return wrong(e, DOM, "has an empty place in its list", str_of(part));
		if (str_is(item, "l")) {
			out->dom_last = true;
			continue;
		}
		if (str_find(item, "l", 0) >= 0)
			return wrong(e, DOM, "takes L only as a value of its own", item);
		if (n > 0)
			part[n++] = ',';
		memmove(part + n, item.p, item.n); /* n never overtakes the item */
		n += item.n;
	}
	*rest = str_make(part, n);
	return 0;
}

static int
item_parse(enum part k, struct str s, struct cron *out, struct err *e)
{
	struct span span = { .step = 1 };

	if (s.n == 0)
		return wrong(e, k, "has an empty place in its list", s);
	if (k == DOM && str_find(s, "w", 0) >= 0) {
		if (number_read(k, str_sub(s, 0, s.n - 1), 1, 31, &span.from, e) != 0)
			return -1;
		out->dom_weekday |= (uint32_t)1 << span.from;
		return 0;
	}
	if (nth_cut(k, &s, &span.nth, e) != 0 || span_read(k, s, &span, e) != 0)
		return -1;
	return span_add(k, &span, out, e);
}

/* `1#2`, `5#l`, `5l` */
static int
nth_cut(enum part k, struct str *s, int *nth, struct err *e)
{
	ptrdiff_t at = str_find(*s, "#", 0);
	struct str tail;

	if (k != DOW)
		return 0;
	if (at < 0) {
		if (!str_ends(*s, "l"))
			return 0;
		*nth = NTH_LAST;
		*s = str_sub(*s, 0, s->n - 1);
		return 0;
	}
	tail = str_sub(*s, (size_t)at + 1, s->n);
	*s = str_sub(*s, 0, (size_t)at);
	if (str_is(tail, "l")) {
		*nth = NTH_LAST;
		return 0;
	}
	return number_read(k, tail, 1, 5, nth, e);
}

/* `*`, `*` with a step, a number, a range, a range with a step. */
static int
span_read(enum part k, struct str s, struct span *out, struct err *e)
{
	const struct field *f = &fields[k];
	ptrdiff_t slash = str_find(s, "/", 0), dash;
	struct str body = slash < 0 ? s : str_sub(s, 0, (size_t)slash);

	if (slash >= 0 &&
	    number_read(k, str_sub(s, (size_t)slash + 1, s.n), 1, f->step_max, &out->step, e) != 0)
		return -1;
	dash = str_find(body, "-", 0);
	if (str_is(body, "*") && (slash >= 0 || out->nth == 0)) {
		out->from = k == YEAR ? 0 : f->min; /* even years, as steps of days begin with 1 */
		out->to = f->star_max;
		return 0;
	}
	if (dash < 0) {
		if (slash >= 0)
			return wrong(e, k, "has a step without `*` or a range before it", s);
		if (number_read(k, body, f->min, f->max, &out->from, e) != 0)
			return -1;
		out->to = out->from;
		return 0;
	}
	if (number_read(k, str_sub(body, 0, (size_t)dash), f->min, f->max, &out->from, e) != 0 ||
	    number_read(k, str_sub(body, (size_t)dash + 1, s.n), f->min, f->max, &out->to, e) != 0)
		return -1;
	return out->from <= out->to ? 0 : wrong(e, k, "has a range that runs backwards", s);
}

static int
span_add(enum part k, const struct span *s, struct cron *out, struct err *e)
{
	if (k == YEAR) {
		if (out->n_years == CRON_YEARS_MAX)
			return wrong(e, k, "has too many members", (struct str){ 0 });
		out->years[out->n_years++] =
		    (struct cron_years){ (int16_t)s->from, (int16_t)s->to, (int16_t)s->step };
		return 0;
	}
	for (int v = s->from; v <= s->to; v += s->step) {
		uint8_t weekday = (uint8_t)(1 << v % 7);

		switch (k) {
		case SECOND:
			out->second |= (uint64_t)1 << v;
			break;
		case MINUTE:
			out->minute |= (uint64_t)1 << v;
			break;
		case HOUR:
			out->hour |= (uint32_t)1 << v;
			break;
		case DOM:
			out->dom |= (uint32_t)1 << v;
			break;
		case MONTH:
			out->month |= (uint16_t)(1 << v);
			break;
		case DOW:
			if (s->nth == 0)
				out->dow |= weekday;
			else if (s->nth == NTH_LAST)
				out->dow_last |= weekday;
			else
				out->dow_nth[s->nth - 1] |= weekday;
			break;
		case YEAR:
			break;
		}
	}
	return 0;
}

static bool
part_is_single(struct str part, uint64_t set)
{
	return str_find(part, "*", 0) < 0 && str_find(part, "/", 0) < 0 && (set & (set - 1)) == 0;
}

static int
number_read(enum part k, struct str s, int min, int max, int *out, struct err *e)
{
	int64_t v;

	if (s.n == 0 || s.p[0] == '-' || str_int64(s, 0, INT32_MAX, &v, e) != 0)
		return wrong(e, k, "has no number where one must stand", s);
	if (v < min || v > max)
		return err_set(e, "MR400", "%s: " STR_FMT " is not in %d..%d", fields[k].name,
		    STR_ARG(s), min, max);
	*out = (int)v;
	return 0;
}

static int
wrong(struct err *e, enum part k, const char *why, struct str s)
{
	if (s.n == 0)
		return err_set(e, "MR400", "%s: the field %s", fields[k].name, why);
	return err_set(e, "MR400", "%s: `" STR_FMT "` %s", fields[k].name, STR_ARG(s), why);
}

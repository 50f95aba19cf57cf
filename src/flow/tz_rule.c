#include "flow/tz_rule.h"

#include <ctype.h>
#include <stddef.h>

#include "core/time.h"

enum { DAY_S = 86400, RULE_HOURS_MAX = 167, CHANGES = 8 };

struct change {
	int64_t at_s;
	int32_t offset_s;
};

static int name_skip(struct str *in);
static int seconds_read(struct str *in, int32_t *out);
static int when_read(struct str *in, struct tz_when *out);
static int number_read(struct str *in, int min, int max, int *out);
static bool byte_take(struct str *in, char c);
static void changes_near(const struct tz_rule *r, int64_t at_s, struct change v[CHANGES]);
static int64_t when_local(const struct tz_when *w, int64_t year);
static int64_t when_days(const struct tz_when *w, int64_t year);
static bool is_leap(int64_t year);

int
tz_rule_parse(struct str text, struct tz_rule *out)
{
	struct tz_rule r = { 0 };

	if (name_skip(&text) != 0 || seconds_read(&text, &r.std_s) != 0)
		return -1;
	r.std_s = -r.std_s; /* POSIX counts westward */
	if (text.n > 0) {
		r.has_dst = true;
		if (name_skip(&text) != 0)
			return -1;
		r.dst_s = r.std_s + 3600;
		if (text.n > 0 && text.p[0] != ',') {
			if (seconds_read(&text, &r.dst_s) != 0)
				return -1;
			r.dst_s = -r.dst_s;
		}
		if (!byte_take(&text, ',') || when_read(&text, &r.start) != 0)
			return -1;
		if (!byte_take(&text, ',') || when_read(&text, &r.end) != 0)
			return -1;
	}
	if (text.n > 0)
		return -1;
	*out = r;
	return 0;
}

int32_t
tz_rule_offset(const struct tz_rule *r, int64_t at_s)
{
	struct change v[CHANGES] = { 0 };
	int32_t offset_s = r->std_s;

	if (!r->has_dst)
		return r->std_s;
	changes_near(r, at_s, v);
	for (int i = 0; i < CHANGES; i++) {
		if (v[i].at_s <= at_s)
			offset_s = v[i].offset_s;
	}
	return offset_s;
}

int64_t
tz_rule_next_change(const struct tz_rule *r, int64_t at_s)
{
	struct change v[CHANGES] = { 0 };

	if (!r->has_dst || r->std_s == r->dst_s)
		return INT64_MAX;
	changes_near(r, at_s, v);
	for (int i = 0; i < CHANGES; i++) {
		if (v[i].at_s > at_s)
			return v[i].at_s;
	}
	return INT64_MAX;
}

/* A name of three letters or more, or anything in < >. */
static int
name_skip(struct str *in)
{
	size_t n = 0;

	if (byte_take(in, '<')) {
		while (n < in->n && in->p[n] != '>')
			n++;
		if (n == in->n)
			return -1;
		*in = str_sub(*in, n + 1, in->n);
		return 0;
	}
	while (n < in->n && isalpha((unsigned char)in->p[n]))
		n++;
	*in = str_sub(*in, n, in->n);
	return n >= 3 ? 0 : -1;
}

/* [+-]h[h[h]][:mm[:ss]] */
static int
seconds_read(struct str *in, int32_t *out)
{
	int h, m = 0, s = 0, sign = 1;

	if (byte_take(in, '-'))
		sign = -1;
	else
		(void)byte_take(in, '+');
	if (number_read(in, 0, RULE_HOURS_MAX, &h) != 0)
		return -1;
	if (byte_take(in, ':') && number_read(in, 0, 59, &m) != 0)
		return -1;
	if (byte_take(in, ':') && number_read(in, 0, 59, &s) != 0)
		return -1;
	*out = sign * (h * 3600 + m * 60 + s);
	return 0;
}

static int
when_read(struct str *in, struct tz_when *out)
{
	struct tz_when w = { .at_s = 2 * 3600 };

	if (byte_take(in, 'M')) {
		w.kind = TZ_DAY_OF_WEEK;
		if (number_read(in, 1, 12, &w.month) != 0 || !byte_take(in, '.') ||
		    number_read(in, 1, 5, &w.week) != 0 || !byte_take(in, '.') ||
		    number_read(in, 0, 6, &w.day) != 0)
			return -1;
	} else if (byte_take(in, 'J')) {
		w.kind = TZ_DAY_NO_LEAP;
		if (number_read(in, 1, 365, &w.day) != 0)
			return -1;
	} else {
		w.kind = TZ_DAY_ZERO;
		if (number_read(in, 0, 365, &w.day) != 0)
			return -1;
	}
	if (byte_take(in, '/') && seconds_read(in, &w.at_s) != 0)
		return -1;
	*out = w;
	return 0;
}

static int
number_read(struct str *in, int min, int max, int *out)
{
	int v = 0;
	size_t n = 0;

	while (n < in->n && n < 3 && isdigit((unsigned char)in->p[n]))
		v = v * 10 + (in->p[n++] - '0');
	if (n == 0 || v < min || v > max)
		return -1;
	*in = str_sub(*in, n, in->n);
	*out = v;
	return 0;
}

static bool
byte_take(struct str *in, char c)
{
	if (in->n == 0 || in->p[0] != c)
		return false;
	*in = str_sub(*in, 1, in->n);
	return true;
}

/*
 * The changes of last year to the year after next, in order. Either may come first in a year (the
 * south), and a start and an end at the same instant (summer time all year) leave the start last.
 */
static void
changes_near(const struct tz_rule *r, int64_t at_s, struct change v[CHANGES])
{
	int64_t year, days = at_s / DAY_S - (at_s % DAY_S < 0);
	int n = 0, month, day;

	time_civil(days, &year, &month, &day);
	for (int64_t y = year - 1; y <= year + 2; y++) {
		v[n++] = (struct change){ when_local(&r->end, y) - r->dst_s, r->std_s };
		v[n++] = (struct change){ when_local(&r->start, y) - r->std_s, r->dst_s };
	}
	for (int i = 1; i < CHANGES; i++) {
		for (int k = i; k > 0 && v[k].at_s < v[k - 1].at_s; k--) {
			struct change swap = v[k];

			v[k] = v[k - 1];
			v[k - 1] = swap;
		}
	}
}

static int64_t
when_local(const struct tz_when *w, int64_t year)
{
	return when_days(w, year) * DAY_S + w->at_s;
}

static int64_t
when_days(const struct tz_when *w, int64_t year)
{
	static const int length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t first, days = 0;
	int day, last;

	switch (w->kind) {
	case TZ_DAY_OF_WEEK:
		first = time_days(year, w->month, 1);
		/* 1970-01-01 was a Thursday, 4. */
		day = (int)((w->day - (first + 4) % 7 + 14) % 7) + (w->week - 1) * 7;
		last = length[w->month - 1] + (w->month == 2 && is_leap(year));
		days = first + (day < last ? day : day - 7);
		break;
	case TZ_DAY_NO_LEAP:
		days = time_days(year, 1, 1) + w->day - 1 + (w->day >= 60 && is_leap(year));
		break;
	case TZ_DAY_ZERO:
		days = time_days(year, 1, 1) + w->day;
		break;
	}
	return days;
}

static bool
is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

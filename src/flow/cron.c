/*
 * When clocks change. A rule is *fixed* when second, minute and hour are one plain value each
 * (`30 2 * * *`): it means a time of the day.
 *
 *			clocks skip that time		clocks show it twice
 *	fixed		fires at the change, once	fires at the first only
 *			(not if the change is on
 *			another date)
 *	other		does not fire for it		fires both times
 *
 * So a nightly job runs every night exactly once, and a job for each quarter of an hour runs every
 * 15 minutes of real time. @every knows no clock. The same as croner 11 and the Open Cron Pattern
 * Specification; in five of the shared vectors other libraries choose differently.
 */
#include "flow/cron.h"

#include "core/time.h"

enum { DAY_S = 86400, YEAR_MAX = 9999, YEARS_SOUGHT = 400, OFFSET_MAX_S = 26 * 3600 };

/* Seconds since 1970 of a local clock, and none. */
#define NEVER INT64_MAX

struct date {
	int64_t year;
	int month, day;
	int weekday; /* Sunday is 0 */
	int last;    /* day of the month */
};

static int64_t fixed_next(const struct cron *c, const struct tz *z, int64_t after_s);
static int64_t clock_next(const struct cron *c, const struct tz *z, int64_t after_s);
static int64_t every_next(const struct cron *c, int64_t from_ms, int64_t after_ms);
static int64_t once_next(const struct cron *c, const struct tz *z, int64_t after_s);
static int64_t local_next(const struct cron *c, int64_t local_s);
static int time_next(const struct cron *c, int from);
static int bit_next(uint64_t set, int from);
static bool year_matches(const struct cron *c, int64_t year);
static bool day_matches(const struct cron *c, const struct date *d);
static bool dom_matches(const struct cron *c, const struct date *d);
static bool dow_matches(const struct cron *c, const struct date *d);
static int weekday_near(const struct date *d, int day);
static int weekday_of(const struct date *d, int day);
static struct date date_of(int64_t day);
static int64_t floor_div(int64_t a, int64_t b);

int64_t
cron_next(const struct cron *c, const struct tz *z, int64_t from_ms, int64_t after_ms)
{
	static const int64_t max_ms = (int64_t)253402300800 * 1000; /* the year 10000 */
	int64_t after_s = floor_div(after_ms, 1000), s = NEVER;

	if (after_ms >= max_ms || after_ms < -max_ms)
		return NEVER;
	switch (c->kind) {
	case CRON_EVERY:
		return every_next(c, from_ms, after_ms);
	case CRON_ONCE:
		s = once_next(c, z, after_s);
		break;
	case CRON_FIELDS:
		s = c->fixed ? fixed_next(c, z, after_s) : clock_next(c, z, after_s);
		break;
	}
	return s == NEVER ? NEVER : s * 1000;
}

int
cron_next_many(const struct cron *c, const struct tz *z, int64_t from_ms, int64_t after_ms,
    int64_t *out_ms, int max)
{
	int n = 0;

	while (n < max) {
		after_ms = cron_next(c, z, from_ms, after_ms);
		if (after_ms == NEVER)
			break;
		out_ms[n++] = after_ms;
	}
	return n;
}

/* One time a day: from the day before on, since the change of another date may lie ahead. */
static int64_t
fixed_next(const struct cron *c, const struct tz *z, int64_t after_s)
{
	int64_t at_s, local_s = after_s + tz_offset(z, after_s) - DAY_S;

	local_s = floor_div(local_s, DAY_S) * DAY_S;
	while ((local_s = local_next(c, local_s)) != NEVER) {
		enum tz_local how = tz_resolve(z, local_s, &at_s);
		bool other_date = how == TZ_NEVER && floor_div(at_s + tz_offset(z, at_s), DAY_S) !=
		                                         floor_div(local_s, DAY_S);

		if (at_s > after_s && !other_date)
			return at_s;
		local_s++;
	}
	return NEVER;
}

/* Between two changes the clock runs straight: the first match of each such stretch. */
static int64_t
clock_next(const struct cron *c, const struct tz *z, int64_t after_s)
{
	int64_t from_s = after_s + 1, change_s, local_s, offset_s;

	for (;;) {
		offset_s = tz_offset(z, from_s);
		change_s = tz_next_change(z, from_s);
		local_s = local_next(c, from_s + offset_s);
		if (local_s == NEVER)
			return NEVER;
		if (local_s - offset_s < change_s)
			return local_s - offset_s;
		from_s = change_s;
		/* Nothing matches before local_s, whatever the offset will be. */
		if (local_s - OFFSET_MAX_S > from_s)
			from_s = local_s - OFFSET_MAX_S;
	}
}

static int64_t
every_next(const struct cron *c, int64_t from_ms, int64_t after_ms)
{
	int64_t k = after_ms < from_ms ? 0 : (after_ms - from_ms) / c->every_ms;

	return from_ms + (k + 1) * c->every_ms;
}

static int64_t
once_next(const struct cron *c, const struct tz *z, int64_t after_s)
{
	int64_t at_s = c->once_s;

	if (c->once_local)
		(void)tz_resolve(z, c->once_s, &at_s);
	return at_s > after_s ? at_s : NEVER;
}

/* The first matching second of a clock without changes, local_s included. */
static int64_t
local_next(const struct cron *c, int64_t local_s)
{
	int64_t day = floor_div(local_s, DAY_S), last_year;
	int from = (int)(local_s - day * DAY_S), time;
	struct date d = date_of(day);

	last_year = c->n_years > 0 ? YEAR_MAX : d.year + YEARS_SOUGHT;
	while (d.year <= last_year && d.year <= YEAR_MAX) {
		if (!year_matches(c, d.year)) {
			day = time_days(d.year + 1, 1, 1);
		} else if ((c->month >> d.month & 1) == 0) {
			day += d.last - d.day + 1;
		} else if (!day_matches(c, &d) || (time = time_next(c, from)) < 0) {
			day++;
		} else {
			return day * DAY_S + time;
		}
		from = 0;
		d = date_of(day);
	}
	return NEVER;
}

/* The first matching second of a day at or after `from`, or -1. */
static int
time_next(const struct cron *c, int from)
{
	int h = bit_next(c->hour, from / 3600), m = 0, s = 0;

	if (h < 0)
		return -1;
	if (h == from / 3600) {
		m = bit_next(c->minute, from / 60 % 60);
		if (m == from / 60 % 60) {
			s = bit_next(c->second, from % 60);
			if (s >= 0)
				return h * 3600 + m * 60 + s;
			m = bit_next(c->minute, m + 1);
		}
		if (m >= 0)
			return h * 3600 + m * 60 + bit_next(c->second, 0);
		h = bit_next(c->hour, h + 1);
	}
	return h < 0 ? -1 : h * 3600 + bit_next(c->minute, 0) * 60 + bit_next(c->second, 0);
}

static int
bit_next(uint64_t set, int from)
{
	if (from >= 64 || set >> from == 0)
		return -1;
	return from + __builtin_ctzll(set >> from);
}

static bool
year_matches(const struct cron *c, int64_t year)
{
	bool yes = c->n_years == 0;

	for (int i = 0; i < c->n_years && !yes; i++) {
		const struct cron_years *y = &c->years[i];

		yes = year >= y->from && year <= y->to && (year - y->from) % y->step == 0;
	}
	return yes;
}

static bool
day_matches(const struct cron *c, const struct date *d)
{
	if (c->dow_any)
		return dom_matches(c, d);
	if (c->dom_any || c->both)
		return dom_matches(c, d) && dow_matches(c, d);
	return dom_matches(c, d) || dow_matches(c, d);
}

static bool
dom_matches(const struct cron *c, const struct date *d)
{
	if ((c->dom >> d->day & 1) != 0 || (c->dom_last && d->day == d->last))
		return true;
	if (c->dom_last_weekday) {
		int weekday = weekday_of(d, d->last);

		if (d->day == d->last - (weekday == 0 ? 2 : weekday == 6 ? 1 : 0))
			return true;
	}
	for (int day = bit_next(c->dom_weekday, 0); day > 0 && day <= d->last;
	     day = bit_next(c->dom_weekday, day + 1)) {
		if (weekday_near(d, day) == d->day)
			return true;
	}
	return false;
}

static bool
dow_matches(const struct cron *c, const struct date *d)
{
	int bit = 1 << d->weekday;

	return (c->dow & bit) != 0 || (c->dow_nth[(d->day - 1) / 7] & bit) != 0 ||
	       ((c->dow_last & bit) != 0 && d->day > d->last - 7);
}

/* The weekday nearest to a day, in the same month. */
static int
weekday_near(const struct date *d, int day)
{
	int weekday = weekday_of(d, day);

	if (weekday == 0)
		return day == d->last ? day - 2 : day + 1;
	if (weekday == 6)
		return day == 1 ? day + 2 : day - 1;
	return day;
}

static int
weekday_of(const struct date *d, int day)
{
	return (d->weekday + day - d->day + 35) % 7;
}

static struct date
date_of(int64_t day)
{
	static const int length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	struct date d;

	time_civil(day, &d.year, &d.month, &d.day);
	d.weekday = (int)(((day + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
	d.last = length[d.month - 1];
	if (d.month == 2 && d.year % 4 == 0 && (d.year % 100 != 0 || d.year % 400 == 0))
		d.last++;
	return d;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/*
 * cron.h: when a schedule fires.
 *
 *	m h dom mon dow		five fields
 *	s m h dom mon dow	six, seconds first
 *	s m h dom mon dow year	seven
 *	@yearly @annually @monthly @weekly @daily @midnight @hourly
 *	@every 5m		a span of whole seconds: 90s, 5m, 1h30m, 2d; counted from `from_ms`
 *	2026-03-29T02:30:00Z	once (`@at` before it is fine); without an offset, in the zone given
 *
 * A field is `*`, `?` (the same), a number, a name (JAN, MON), a range `a-b`, a step of `*` or of a
 * range (`*` followed by /n), and lists of these. `L` in dom is the month's last day, `LW` its last
 * weekday, `15W` the weekday nearest to the 15th inside the month; in dow `5L` and `FRI#L` are the
 * last Friday, `MON#2` the second Monday. 0 and 7 are Sunday. When both dom and dow are restricted,
 * either suffices; `+` in front of dow asks for both.
 *
 * Change of clocks: see the head of cron.c.
 */
#ifndef MR_FLOW_CRON_H
#define MR_FLOW_CRON_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/str.h"
#include "flow/tz.h"

enum {
	CRON_TEXT_MAX = 256,
	CRON_YEARS_MAX = 8, /* members of a list in the year field */
};

enum cron_kind {
	CRON_FIELDS,
	CRON_EVERY,
	CRON_ONCE,
};

struct cron_years {
	int16_t from, to, step;
};

/* Plain data, copied freely. Bit n of a set stands for the value n. */
struct cron {
	enum cron_kind kind;
	uint64_t second, minute;      /* 0..59 */
	uint32_t hour;                /* 0..23 */
	uint32_t dom;                 /* 1..31 */
	uint32_t dom_weekday;         /* 1..31: `nW` */
	uint16_t month;               /* 1..12 */
	uint8_t dow;                  /* 0..6, Sunday first: in every week */
	uint8_t dow_nth[5], dow_last; /* sets of weekdays: the first … fifth, the last of a month */
	bool dom_any, dow_any;        /* the field is `*` */
	bool dom_last, dom_last_weekday; /* L, LW */
	bool both;                       /* +: dom and dow must both hold */
	bool fixed;                      /* one time of day, see cron.c */
	int n_years;                     /* 0: every year */
	struct cron_years years[CRON_YEARS_MAX];
	int64_t every_ms; /* CRON_EVERY */
	int64_t once_s;   /* CRON_ONCE: seconds since 1970, of the zone's own clock if once_local */
	bool once_local;
};

/*
 * 0: *out is set. -1: MR400, one sentence that names the part which is wrong. A rule may be right
 * and never fire (30 February): then cron_next has no answer.
 */
mr_must_check int cron_parse(struct str text, struct cron *out, struct err *e);

/*
 * The first instant after `after_ms` (exclusive), whole seconds, or INT64_MAX when there is none.
 * `from_ms` anchors @every (its instants are from_ms + k·span, k ≥ 1) and is ignored otherwise.
 */
int64_t cron_next(const struct cron *c, const struct tz *z, int64_t from_ms, int64_t after_ms);

/* Up to `max` instants after `after_ms`. Returns how many there were (T09's preview). */
int cron_next_many(const struct cron *c, const struct tz *z, int64_t from_ms, int64_t after_ms,
    int64_t *out_ms, int max);

#endif

/*
 * tz_rule.h: the rule behind a zone's table, in the notation of POSIX' TZ: `CET-1CEST,M3.5.0,…`.
 */
#ifndef MR_FLOW_TZ_RULE_H
#define MR_FLOW_TZ_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/def.h"
#include "core/str.h"

enum tz_day {
	TZ_DAY_OF_WEEK, /* Mm.w.d: weekday d of week w (5: the last) of month m */
	TZ_DAY_NO_LEAP, /* Jn: day 1..365, 29 February is never counted */
	TZ_DAY_ZERO,    /* n: day 0..365 */
};

struct tz_when {
	enum tz_day kind;
	int month, week, day;
	int32_t at_s; /* of that day, by the clock before the change; may be negative or > 24 h */
};

struct tz_rule {
	int32_t std_s, dst_s; /* ahead of UTC */
	bool has_dst;
	struct tz_when start, end;
};

/* 0, or -1 when the text is no such rule. */
mr_must_check int tz_rule_parse(struct str text, struct tz_rule *out);

/* As tz_offset and tz_next_change of tz.h. */
int32_t tz_rule_offset(const struct tz_rule *r, int64_t at_s);
int64_t tz_rule_next_change(const struct tz_rule *r, int64_t at_s);

#endif

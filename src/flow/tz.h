/*
 * tz.h: time zones, read from the system's zoneinfo files.
 *
 * Neither TZ nor the C library's zone is used, so any thread may ask for any zone. A zone that was
 * read is kept until the process ends; at most TZ_CACHE_MAX are (names come from outside).
 */
#ifndef MR_FLOW_TZ_H
#define MR_FLOW_TZ_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/str.h"

enum { TZ_CACHE_MAX = 1024, TZ_NAME_MAX = 64 };

struct tz;

/*
 * 0: *out lives as long as the process. -1: MR400, no such zone (names are those of the IANA
 * database, `Europe/Berlin`, and `UTC`), or its file can't be read.
 */
mr_must_check int tz_find(struct str name, const struct tz **out, struct err *e);

/* UTC, always there. */
const struct tz *tz_utc(void);

/* Seconds that the zone is ahead of UTC at the instant `at_s` (seconds since 1970). */
int32_t tz_offset(const struct tz *z, int64_t at_s);

/*
 * The first instant after `at_s` at which the offset changes, INT64_MAX when there is none. The
 * offset from then on is tz_offset of it.
 */
int64_t tz_next_change(const struct tz *z, int64_t at_s);

enum tz_local {
	TZ_ONCE,  /* the clock shows it once */
	TZ_TWICE, /* clocks went back: *at_s is the earlier instant */
	TZ_NEVER, /* clocks went forward over it: *at_s is the instant of the change */
};

/* The instant at which the zone's clock shows `local_s` (seconds since 1970-01-01 00:00 there). */
enum tz_local tz_resolve(const struct tz *z, int64_t local_s, int64_t *at_s);

#endif

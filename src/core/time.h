/*
 * time.h: clocks and RFC 3339.
 */
#ifndef MR_CORE_TIME_H
#define MR_CORE_TIME_H

#include <stdint.h>

#include "core/def.h"
#include "core/err.h"
#include "core/str.h"

#define TIME_TEXT_SIZE 28 /* "2026-11-21T10:00:00.123Z" with room for years beyond 9999 */

/* Monotonic: for spans and deadlines inside this process. */
int64_t mono_ms(void);
int64_t mono_us(void);

/* Wall clock, ms since 1970: to print only. */
int64_t now_ms(void);

/* UTC with ms and Z; returns out. */
const char *time_format(int64_t ms, char out[TIME_TEXT_SIZE]);

/*
 * RFC 3339: date, T (or t or blank), time, fraction of up to 9 digits (cut to ms), Z or ±hh:mm.
 * A leap second counts as the next second. -1: MR400.
 */
mr_must_check int time_parse(struct str s, int64_t *ms, struct err *e);

/* Days since 1970-01-01 of a date of the Gregorian calendar, and back. */
int64_t time_days(int64_t year, int month, int day);
void time_civil(int64_t days, int64_t *year, int *month, int *day);

#endif

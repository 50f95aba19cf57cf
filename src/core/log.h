/*
 * log.h: one JSON line an event, written with one write(2), so lines of processes never mix.
 *
 *   log_warn("lease.lost", "run_id=%s fence=%" PRId64, run, fence);
 *   {"time":"…Z","level":"warn","process":"worker","event":"lease.lost","run_id":"…","fence":7}
 *
 * The format is `key=value` pairs between blanks; a value that is a decimal integer becomes a
 * number. The key `text` takes the rest of the line, so it stands last. Usual keys: request_id,
 * run_id, workspace. error = somebody must act, warn = we coped, info = a state changed, debug =
 * off. Never a body, header, parameter or secret.
 */
#ifndef MR_CORE_LOG_H
#define MR_CORE_LOG_H

#include "core/def.h"
#include "core/err.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

#define LOG_LINE_MAX 4000 /* a longer line loses its last pairs, never its form */

/* Once, at start; before it: process "millrace", level info, file descriptor 2. */
void log_init(const char *process, enum log_level level, int fd);

/* "error" "warn" "info" "debug". -1: MR400. */
mr_must_check int log_level_parse(const char *text, enum log_level *out, struct err *e);

void log_error(const char *event, const char *fmt, ...) mr_printf(2, 3);
void log_warn(const char *event, const char *fmt, ...) mr_printf(2, 3);
void log_info(const char *event, const char *fmt, ...) mr_printf(2, 3);
void log_debug(const char *event, const char *fmt, ...) mr_printf(2, 3);

/* An err as pairs: code, field when there is one, text. */
void log_err(enum log_level level, const char *event, const struct err *e);

#endif

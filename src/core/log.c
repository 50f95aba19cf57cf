#include "core/log.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/str.h"
#include "core/time.h"

#define TAIL 3 /* room that stays free for `"}` and the line's end */

struct line {
	char text[LOG_LINE_MAX];
	size_t n;
};

static const char *const level_names[] = { "error", "warn", "info", "debug" };

static struct {
	const char *process;
	enum log_level level;
	int fd;
} to = { "millrace", LOG_LEVEL_INFO, STDERR_FILENO };

static void emit(enum log_level level, const char *event, const char *fmt, va_list ap)
    mr_printf(3, 0);
static void add_pairs(struct line *l, const char *pairs);
static const char *pair_end(const char *value, bool rest);
static bool is_key(const char *p);
static bool add_pair(struct line *l, struct str key, struct str value);
static bool put(struct line *l, const char *p, size_t n);
static bool put_quoted(struct line *l, struct str s);

void
log_init(const char *process, enum log_level level, int fd)
{
	to.process = process;
	to.level = level;
	to.fd = fd;
}

int
log_level_parse(const char *text, enum log_level *out, struct err *e)
{
	for (size_t i = 0; i < countof(level_names); i++) {
		if (strcmp(text, level_names[i]) == 0) {
			*out = (enum log_level)i;
			return 0;
		}
	}
	return err_set(e, "MR400", "a log level is error, warn, info or debug");
}

void
log_error(const char *event, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_LEVEL_ERROR, event, fmt, ap);
	va_end(ap);
}

void
log_warn(const char *event, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_LEVEL_WARN, event, fmt, ap);
	va_end(ap);
}

void
log_info(const char *event, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_LEVEL_INFO, event, fmt, ap);
	va_end(ap);
}

void
log_debug(const char *event, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_LEVEL_DEBUG, event, fmt, ap);
	va_end(ap);
}

void
log_err(enum log_level level, const char *event, const struct err *e)
{
	const char *field = e->field[0] != '\0' ? " field=" : "";

	switch (level) {
	case LOG_LEVEL_ERROR:
		log_error(event, "code=%s%s%s text=%s", e->code, field, e->field, e->text);
		break;
	case LOG_LEVEL_WARN:
		log_warn(event, "code=%s%s%s text=%s", e->code, field, e->field, e->text);
		break;
	case LOG_LEVEL_INFO:
		log_info(event, "code=%s%s%s text=%s", e->code, field, e->field, e->text);
		break;
	case LOG_LEVEL_DEBUG:
		log_debug(event, "code=%s%s%s text=%s", e->code, field, e->field, e->text);
		break;
	}
}

static void
emit(enum log_level level, const char *event, const char *fmt, va_list ap)
{
	struct line l = { .n = 0 };
	char pairs[LOG_LINE_MAX], at[TIME_TEXT_SIZE];
	ssize_t n;

	if (level > to.level)
		return;
	l.n = (size_t)snprintf(l.text, sizeof(l.text),
	    "{\"time\":\"%s\",\"level\":\"%s\",\"process\":\"%s\",\"event\":\"%.100s\"",
	    time_format(now_ms(), at), level_names[level], to.process, event);
	vsnprintf(pairs, sizeof(pairs), fmt, ap);
	add_pairs(&l, pairs);
	memcpy(l.text + l.n, "}\n", 2);
	l.n += 2;
	n = write(to.fd, l.text, l.n);
	(void)n; /* where a log can't be written there is nobody to tell */
}

static void
add_pairs(struct line *l, const char *pairs)
{
	const char *p = pairs;

	while (*p != '\0') {
		const char *equals, *end;
		struct str key;

		while (*p == ' ')
			p++;
		if (!is_key(p))
			break; /* no key: the rest of a format that does not keep to the form */
		equals = strchr(p, '=');
		key = str_make(p, (size_t)(equals - p));
		end = pair_end(equals + 1, str_is(key, "text"));
		if (!add_pair(l, key, str_make(equals + 1, (size_t)(end - equals - 1))))
			break;
		p = end;
	}
}

/* A value goes on to the next ` key=`, so that it may hold blanks. */
static const char *
pair_end(const char *value, bool rest)
{
	const char *p = value;

	if (rest)
		return value + strlen(value);
	while ((p = strchr(p, ' ')) != NULL) {
		if (is_key(p + 1))
			return p;
		p++;
	}
	return value + strlen(value);
}

static bool
is_key(const char *p)
{
	const char *start = p;

	while ((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_')
		p++;
	return p > start && *p == '=';
}

static bool
add_pair(struct line *l, struct str key, struct str value)
{
	size_t before = l->n;
	int64_t number;
	bool ok;

	ok = put(l, ",", 1) && put_quoted(l, key) && put(l, ":", 1);
	if (ok && value.n < 16 && str_int64(value, INT64_MIN, INT64_MAX, &number, NULL) == 0 &&
	    (value.p[0] != '0' || value.n == 1) && !str_starts(value, "-0"))
		ok = put(l, value.p, value.n);
	else
		ok = ok && put_quoted(l, value);
	if (!ok)
		l->n = before;
	return ok;
}

static bool
put(struct line *l, const char *p, size_t n)
{
	if (n > sizeof(l->text) - l->n - TAIL)
		return false;
	memcpy(l->text + l->n, p, n);
	l->n += n;
	return true;
}

static bool
put_quoted(struct line *l, struct str s)
{
	bool utf8 = str_is_utf8(s);
	bool ok = put(l, "\"", 1);

	for (size_t i = 0; i < s.n && ok; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char escape[8];

		if (c == '"' || c == '\\')
			snprintf(escape, sizeof(escape), "\\%c", c);
		else if (c < 0x20 || (c >= 0x80 && !utf8))
			snprintf(escape, sizeof(escape), "\\u%04x", c);
		else
			snprintf(escape, sizeof(escape), "%c", c);
		ok = put(l, escape, strlen(escape));
	}
	return ok && put(l, "\"", 1);
}

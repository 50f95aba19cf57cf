#include <ctype.h>
#include <stdio.h>

#include "core/time.h"
#include "flow/cron_fields.h"

enum { EVERY_MAX_S = 366 * 86400 };

static int nickname_parse(struct str text, struct cron *out, struct err *e);
static int every_parse(struct str text, struct cron *out, struct err *e);
static int once_parse(struct str text, struct cron *out, struct err *e);

int
cron_parse(struct str text, struct cron *out, struct err *e)
{
	*out = (struct cron){ 0 };
	text = str_trim(text);
	if (text.n == 0 || text.n > CRON_TEXT_MAX)
		return err_set(e, "MR400", "a schedule has 1 to %d characters", CRON_TEXT_MAX);
	for (size_t i = 0; i < text.n; i++) {
		if ((unsigned char)text.p[i] < ' ' && text.p[i] != '\t')
			return err_set(e, "MR400", "a schedule is one line of text");
	}
	if (text.p[0] == '@')
		return nickname_parse(text, out, e);
	if (text.n >= 10 && text.p[4] == '-' && text.p[7] == '-')
		return once_parse(text, out, e);
	return cron_fields_parse(text, out, e);
}

static int
nickname_parse(struct str text, struct cron *out, struct err *e)
{
	static const struct {
		const char *name, *rule;
	} names[] = {
		{ "@yearly", "0 0 1 1 *" },
		{ "@annually", "0 0 1 1 *" },
		{ "@monthly", "0 0 1 * *" },
		{ "@weekly", "0 0 * * 0" },
		{ "@daily", "0 0 * * *" },
		{ "@midnight", "0 0 * * *" },
		{ "@hourly", "0 * * * *" },
	};

	for (size_t i = 0; i < countof(names); i++) {
		if (str_is_ignoring_case(text, names[i].name))
			return cron_fields_parse(str_of(names[i].rule), out, e);
	}
	if (str_starts(text, "@every "))
		return every_parse(str_trim(str_sub(text, 7, text.n)), out, e);
	if (str_starts(text, "@at "))
		return once_parse(str_trim(str_sub(text, 4, text.n)), out, e);
	return err_set(
	    e, "MR400", "this is none of @yearly @monthly @weekly @daily @hourly, @every and @at");
}

static int
every_parse(struct str text, struct cron *out, struct err *e)
{
	static const struct {
		char unit;
		int64_t s;
	} units[] = { { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };
	int64_t total_s = 0, v;
	size_t at = 0, n, from_unit = 0, u;

	while (at < text.n) {
		for (n = 0; at + n < text.n && isdigit((unsigned char)text.p[at + n]);)
			n++;
		if (n == 0 || at + n == text.n ||
		    str_int64(str_sub(text, at, n), 0, EVERY_MAX_S, &v, e) != 0)
			goto wrong;
		/* Units come once each, the larger first. */
		for (u = from_unit; u < countof(units) && units[u].unit != text.p[at + n];)
			u++;
		if (u == countof(units))
			goto wrong;
		total_s += v * units[u].s;
		from_unit = u + 1;
		at += n + 1;
	}
	if (total_s < 1 || total_s > EVERY_MAX_S)
		goto wrong;
	out->kind = CRON_EVERY;
	out->every_ms = total_s * 1000;
	return 0;
wrong:
	return err_set(e, "MR400", "@every takes a span of 1s to 366d, as 90s, 5m, 1h30m or 2d");
}

static int
once_parse(struct str text, struct cron *out, struct err *e)
{
	char whole[CRON_TEXT_MAX + 8];
	int64_t ms;

	out->kind = CRON_ONCE;
	if (time_parse(text, &ms, e) == 0) {
		out->once_s = ms / 1000 - (ms % 1000 < 0);
		return 0;
	}
	/* Without an offset it becomes one with a Z, but for seconds, which may be left out. */
	(void)snprintf(
	    whole, sizeof(whole), STR_FMT "%s", STR_ARG(text), text.n == 16 ? ":00Z" : "Z");
	if (time_parse(str_of(whole), &ms, e) != 0)
		return err_set(e, "MR400",
		    "an instant is written as 2026-03-29T02:30:00Z or 2026-03-29T02:30");
	out->once_s = ms / 1000 - (ms % 1000 < 0);
	out->once_local = true;
	return 0;
}

#include "flow/cron.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/json.h"
#include "core/time.h"

/* Relative to the project's root, where the tests run. */
#define VECTORS "../shared/cron/open.jsonl"

enum { VECTORS_MIN = 133, NEXT_MAX = 8, LINE_SIZE = 1 << 16 };

static const struct tz *
zone(const char *name)
{
	const struct tz *z = NULL;
	struct err e;

	if (tz_find(str_of(name), &z, &e) != 0)
		fail_msg("%s: %s", name, e.text);
	return z;
}

static int64_t
ms_of(const char *text)
{
	int64_t ms = 0;
	struct err e;

	if (time_parse(str_of(text), &ms, &e) != 0)
		fail_msg("%s: %s", text, e.text);
	return ms;
}

static struct cron
rule(const char *text)
{
	struct cron c;
	struct err e;

	if (cron_parse(str_of(text), &c, &e) != 0)
		fail_msg("%s: %s", text, e.text);
	return c;
}

/* The next n instants of a rule must be those of the list, which ends with NULL or with "none". */
static void
assert_next(const char *text, const char *tz, const char *after, const char *const *want)
{
	struct cron c = rule(text);
	int64_t at_ms = ms_of(after);
	char got[TIME_TEXT_SIZE];

	for (; *want != NULL; want++) {
		at_ms = cron_next(&c, zone(tz), 0, at_ms);
		if (at_ms == INT64_MAX) {
			assert_string_equal("none", *want);
			break;
		}
		if (at_ms != ms_of(*want))
			fail_msg("%s %s: %s, want %s", text, tz, time_format(at_ms, got), *want);
	}
}

#define NEXT(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void
vector_run(const json_t *v)
{
	const char *text = json_string_value(json_object_get(v, "pattern"));
	const json_t *next = json_object_get(v, "next");
	int64_t got[6];
	struct cron c;
	struct err e;
	int n, rc;

	rc = cron_parse(str_of(text), &c, &e);
	if (!json_is_true(json_object_get(v, "valid"))) {
		if (rc == 0)
			fail_msg("`%s` must be refused", text);
		return;
	}
	if (rc != 0)
		fail_msg("`%s` is right, but: %s", text, e.text);
	n = cron_next_many(
	    &c, zone(js_text_or(v, "tz", "UTC")), 0, ms_of(js_text_or(v, "from", "")), got, 6);
	if (n != (int)json_array_size(next))
		fail_msg("`%s`: %d instants, want %zu", text, n, json_array_size(next));
	for (int i = 0; i < n; i++) {
		const char *want = json_string_value(json_array_get(next, (size_t)i));
		char at[TIME_TEXT_SIZE];

		if (got[i] != ms_of(want))
			fail_msg("`%s` %s [%d]: %s, want %s", text, js_text_or(v, "tz", ""), i,
			    time_format(got[i], at), want);
	}
}

static void
every_shared_vector_is_met(void **state)
{
	static char line[LINE_SIZE];
	FILE *f = fopen(VECTORS, "re");
	int n = 0;

	(void)state;
	if (f == NULL) {
		print_message("SKIPPED: %s is not there, no cron vector was tried\n", VECTORS);
		skip();
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		json_t *v = NULL;
		struct err e;

		if (js_parse(str_of(line), LINE_SIZE, 8, &v, &e) != 0)
			fail_msg("%s: %s", VECTORS, e.text);
		vector_run(v);
		json_decref(v);
		n++;
	}
	(void)fclose(f);
	assert_true(n >= VECTORS_MIN);
}

static void
a_nightly_rule_fires_every_night_once(void **state)
{
	(void)state;
	/* 2:30 is skipped: at the change. */
	assert_next("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
	    NEXT("2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"));
	/* 2:30 comes twice: the first. */
	assert_next("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z",
	    NEXT("2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"));
	/* Half an hour back, south of the equator. */
	assert_next("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T10:00:00Z",
	    NEXT("2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"));
}

static void
a_rule_of_intervals_follows_real_time(void **state)
{
	(void)state;
	assert_next("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:15:00Z",
	    NEXT("2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"));
	assert_next("*/30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
	    NEXT("2026-03-30T00:00:00Z", "2026-03-30T00:30:00Z"));
	assert_next("@hourly", "Europe/Berlin", "2026-10-24T23:30:00Z",
	    NEXT("2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"));
	assert_next("0 2,3 * * *", "Europe/Berlin", "2026-10-24T22:30:00Z",
	    NEXT("2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"));
}

static void
a_date_that_a_zone_skipped_has_no_run(void **state)
{
	(void)state;
	/* Samoa had no 30 December 2011. */
	assert_next("0 12 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z",
	    NEXT("2011-12-29T22:00:00Z", "2011-12-30T22:00:00Z", "2011-12-31T22:00:00Z"));
}

static void
zones_follow_their_rule_past_the_table(void **state)
{
	(void)state;
	assert_next("0 9 1 1,7 *", "Europe/Berlin", "2150-01-01T12:00:00Z",
	    NEXT("2150-07-01T07:00:00Z", "2151-01-01T08:00:00Z"));
	assert_next("0 9 1 1,7 *", "Australia/Sydney", "2150-01-01T12:00:00Z",
	    NEXT("2150-06-30T23:00:00Z", "2150-12-31T22:00:00Z"));
	/* Ireland's winter is the exception to its standard time. */
	assert_next("0 9 1 1,7 *", "Europe/Dublin", "2150-01-01T12:00:00Z",
	    NEXT("2150-07-01T08:00:00Z", "2151-01-01T09:00:00Z"));
}

static void
a_local_time_is_resolved_as_once_twice_or_never(void **state)
{
	const struct tz *berlin = zone("Europe/Berlin");
	int64_t at_s;

	(void)state;
	assert_int_equal(tz_resolve(berlin, ms_of("2026-03-29T01:59:59Z") / 1000, &at_s), TZ_ONCE);
	assert_int_equal(at_s, ms_of("2026-03-29T00:59:59Z") / 1000);
	assert_int_equal(tz_resolve(berlin, ms_of("2026-03-29T02:00:00Z") / 1000, &at_s), TZ_NEVER);
	assert_int_equal(at_s, ms_of("2026-03-29T01:00:00Z") / 1000);
	assert_int_equal(tz_resolve(berlin, ms_of("2026-03-29T03:00:00Z") / 1000, &at_s), TZ_ONCE);
	assert_int_equal(tz_resolve(berlin, ms_of("2026-10-25T02:59:59Z") / 1000, &at_s), TZ_TWICE);
	assert_int_equal(at_s, ms_of("2026-10-25T00:59:59Z") / 1000);
	assert_int_equal(tz_offset(berlin, at_s), 7200);
	assert_int_equal(tz_next_change(berlin, at_s), ms_of("2026-10-25T01:00:00Z") / 1000);
	assert_int_equal(tz_next_change(tz_utc(), at_s), INT64_MAX);
}

static void
a_name_that_is_no_zone_is_refused(void **state)
{
	static const char *const names[] = { "", "Mars/Olympus", "../../etc/passwd", "/etc/passwd",
		"Europe//Berlin", "Europe", "zone.tab", "right/UTC", "Europe/Berlin/",
		"tzdata.zi" };
	const struct tz *z;
	struct err e;

	(void)state;
	for (size_t i = 0; i < countof(names); i++) {
		if (tz_find(str_of(names[i]), &z, &e) == 0)
			fail_msg("`%s` must be refused", names[i]);
		assert_string_equal(e.code, "MR400");
	}
}

static void
every_counts_from_its_anchor(void **state)
{
	struct cron c = rule("@every 1h30m");
	int64_t from_ms = ms_of("2026-01-01T00:10:00Z"), out_ms[2];

	(void)state;
	assert_int_equal(c.every_ms, 90 * 60 * 1000);
	assert_int_equal(
	    cron_next_many(&c, tz_utc(), from_ms, ms_of("2026-01-01T05:00:00Z"), out_ms, 2), 2);
	assert_int_equal(out_ms[0], ms_of("2026-01-01T06:10:00Z"));
	assert_int_equal(out_ms[1], ms_of("2026-01-01T07:40:00Z"));
	assert_int_equal(cron_next(&c, tz_utc(), from_ms, ms_of("2020-01-01T00:00:00Z")),
	    ms_of("2026-01-01T01:40:00Z"));
}

static void
an_instant_fires_once(void **state)
{
	(void)state;
	assert_next("2026-03-29T02:30:00+02:00", "UTC", "2026-01-01T00:00:00Z",
	    NEXT("2026-03-29T00:30:00Z", "none"));
	assert_next("2026-07-01T09:00", "Europe/Berlin", "2026-01-01T00:00:00Z",
	    NEXT("2026-07-01T07:00:00Z", "none"));
	assert_next("@at 2026-03-29T02:30:00", "Europe/Berlin", "2026-01-01T00:00:00Z",
	    NEXT("2026-03-29T01:00:00Z", "none"));
}

static void
a_rule_that_no_date_meets_never_fires(void **state)
{
	struct cron c = rule("0 0 30 2 *"), past = rule("0 0 0 1 1 * 2001");

	(void)state;
	assert_int_equal(
	    cron_next(&c, zone("Europe/Berlin"), 0, ms_of("2026-01-01T00:00:00Z")), INT64_MAX);
	assert_int_equal(cron_next(&past, tz_utc(), 0, ms_of("2026-01-01T00:00:00Z")), INT64_MAX);
}

static void
wrong_rules_say_which_part_is_wrong(void **state)
{
	static const struct {
		const char *text, *part;
	} wrong[] = {
		{ "* * * *", "fields" },
		{ "60 * * * *", "minute" },
		{ "* * * * *,", "day of week" },
		{ "5/15 * * * *", "minute" },
		{ "* * 0 * *", "day of month" },
		{ "* * * JANUARY *", "month" },
		{ "* * L-3 * *", "day of month" },
		{ "* * 1,LW * *", "day of month" },
		{ "* * W * *", "day of month" },
		{ "* * * * 1#6", "day of week" },
		{ "* * * * L", "day of week" },
		{ "* * * * +", "day of week" },
		{ "30-10 * * * *", "minute" },
		{ "@every 0s", "@every" },
		{ "@every 5", "@every" },
		{ "@every 5m1h", "@every" },
		{ "@every 99999999999999999999s", "@every" },
		{ "@reboot", "@" },
		{ "2026-13-01T00:00:00Z", "instant" },
		{ "* * * * * * 1,2,3,4,5,6,7,8,9", "year" },
	};
	struct cron c;
	struct err e;

	(void)state;
	for (size_t i = 0; i < countof(wrong); i++) {
		if (cron_parse(str_of(wrong[i].text), &c, &e) == 0)
			fail_msg("`%s` must be refused", wrong[i].text);
		assert_string_equal(e.code, "MR400");
		if (strstr(e.text, wrong[i].part) == NULL)
			fail_msg("`%s`: `%s`", wrong[i].text, e.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shared_vector_is_met),
		cmocka_unit_test(a_nightly_rule_fires_every_night_once),
		cmocka_unit_test(a_rule_of_intervals_follows_real_time),
		cmocka_unit_test(a_date_that_a_zone_skipped_has_no_run),
		cmocka_unit_test(zones_follow_their_rule_past_the_table),
		cmocka_unit_test(a_local_time_is_resolved_as_once_twice_or_never),
		cmocka_unit_test(a_name_that_is_no_zone_is_refused),
		cmocka_unit_test(every_counts_from_its_anchor),
		cmocka_unit_test(an_instant_fires_once),
		cmocka_unit_test(a_rule_that_no_date_meets_never_fires),
		cmocka_unit_test(wrong_rules_say_which_part_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

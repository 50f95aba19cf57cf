#include "unit.h"

#include "core/time.h"
#include "core/uuid.h"

static void
ids_made_one_after_another_sort_so(void **state)
{
	struct uuid last = uuid_v7();

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct uuid u = uuid_v7();

		assert_true(uuid_cmp(&last, &u) < 0);
		assert_int_equal(u.b[6] >> 4, 7);
		assert_int_equal(u.b[8] >> 6, 2);
		last = u;
	}
	assert_true(uuid_ms(&last) >= now_ms() - 1000 && uuid_ms(&last) <= now_ms() + 1000);
}

static void
a_uuid_reads_back_as_written(void **state)
{
	struct uuid u = uuid_v7(), v, nil = { 0 };
	char text[UUID_TEXT_SIZE];
	struct err e;

	(void)state;
	assert_ok(uuid_parse(str_of(uuid_format(&u, text)), &v, &e), e);
	assert_true(uuid_eq(&u, &v));
	assert_true(uuid_is_valid(str_of("0198C0DE-0000-7000-8000-00000000ABCD")));
	assert_false(uuid_is_valid(str_of("0198c0de00007000800000000000abcd")));
	assert_false(uuid_is_valid(str_of("0198c0de-0000-7000-8000-00000000abcg")));
	assert_false(uuid_is_valid(str_of("0198c0de-0000-7000-8000-00000000abc")));
	assert_false(uuid_is_valid(str_of("")));
	assert_true(uuid_is_nil(&nil));
	assert_false(uuid_is_nil(&u));
}

static void
instants_are_read_in_any_zone_and_written_in_utc(void **state)
{
	const struct {
		const char *in;
		const char *out;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z" },
		{ "2026-11-21T11:59:59.1239+01:00", "2026-11-21T10:59:59.123Z" },
		{ "2024-02-29t23:30:00-01:30", "2024-03-01T01:00:00.000Z" },
		{ "2000-12-31 23:59:60z", "2001-01-01T00:00:00.000Z" },
		{ "1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z" },
		{ "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z" },
		{ "9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999Z" },
	};
	char text[TIME_TEXT_SIZE];
	struct err e;
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		assert_ok(time_parse(str_of(rows[i].in), &ms, &e), e);
		assert_string_equal(time_format(ms, text), rows[i].out);
	}
}

static void
what_is_no_instant_is_refused(void **state)
{
	const char *const bad[] = { "", "2026-11-21", "2026-02-29T00:00:00Z",
		"2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00",
		"2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+1:00", "2026-01-01T00:00:00+24:00",
		"2026-01-01T00:00:00ZZ", "2026-1-1T00:00:00Z", "2026-01-01T00:00:00.1234567890Z" };
	struct err e;
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++)
		assert_err(time_parse(str_of(bad[i]), &ms, &e), e, "MR400", "");
}

static void
days_and_dates_agree_over_the_centuries(void **state)
{
	int month, day;
	int64_t year;

	(void)state;
	for (int64_t days = -800000; days < 800000; days += 37) {
		time_civil(days, &year, &month, &day);
		assert_true(time_days(year, month, day) == days);
	}
	assert_int_equal(time_days(1970, 1, 1), 0);
	assert_int_equal(time_days(2000, 3, 1), 11017);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_made_one_after_another_sort_so),
		cmocka_unit_test(a_uuid_reads_back_as_written),
		cmocka_unit_test(instants_are_read_in_any_zone_and_written_in_utc),
		cmocka_unit_test(what_is_no_instant_is_refused),
		cmocka_unit_test(days_and_dates_agree_over_the_centuries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "unit.h"

#include "core/size.h"
#include "core/str.h"

static void
an_integer_is_read_over_the_whole_64_bits(void **state)
{
	int64_t v;
	struct err e;

	(void)state;
	assert_ok(str_int64(str_of("-9223372036854775808"), INT64_MIN, INT64_MAX, &v, &e), e);
	assert_true(v == INT64_MIN);
	assert_ok(str_int64(str_of("9223372036854775807"), INT64_MIN, INT64_MAX, &v, &e), e);
	assert_true(v == INT64_MAX);
	assert_ok(str_int64(str_of("007"), 0, 10, &v, &e), e);
	assert_int_equal(v, 7);
}

static void
an_integer_out_of_range_or_with_other_text_is_refused(void **state)
{
	const char *const bad[] = { "", "-", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808",
		"-9223372036854775809", "99999999999999999999", "1e3" };
	int64_t v = 42;
	struct err e;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++)
		assert_err(str_int64(str_of(bad[i]), INT64_MIN, INT64_MAX, &v, &e), e, "MR400", "");
	assert_err(str_int64(str_of("11"), 0, 10, &v, &e), e, "MR400", "");
	assert_int_equal(v, 42);
}

static void
a_text_is_cut_at_each_separator(void **state)
{
	struct str rest = str_of("a,,b"), part, empty = str_of("");

	(void)state;
	assert_true(str_next(&rest, ',', &part) && str_is(part, "a"));
	assert_true(str_next(&rest, ',', &part) && str_is(part, ""));
	assert_true(str_next(&rest, ',', &part) && str_is(part, "b"));
	assert_false(str_next(&rest, ',', &part));
	assert_true(str_next(&empty, ',', &part) && str_is(part, ""));
	assert_false(str_next(&empty, ',', &part));
}

static void
a_copy_that_does_not_fit_is_refused_not_cut(void **state)
{
	char dst[4] = "xyz";

	(void)state;
	assert_int_equal(str_copy(dst, sizeof(dst), str_of("abc")), 0);
	assert_string_equal(dst, "abc");
	assert_int_equal(str_copy(dst, sizeof(dst), str_of("abcd")), -1);
	assert_string_equal(dst, "");
	assert_int_equal(str_copy(dst, sizeof(dst), str_make("a\0b", 3)), -1);
}

static void
only_strict_utf8_is_text(void **state)
{
	const char *const good[] = { "", "plain", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
		"\xf4\x8f\xbf\xbf" };
	const char *const bad[] = { "\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80",
		"\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xc3",
		"a\xff" };

	(void)state;
	for (size_t i = 0; i < countof(good); i++)
		assert_true(str_is_utf8(str_of(good[i])));
	for (size_t i = 0; i < countof(bad); i++)
		assert_false(str_is_utf8(str_of(bad[i])));
	assert_int_equal(str_code_points(str_of("\xe2\x82\xac\xf0\x9f\x98\x80x")), 3);
}

static void
views_are_searched_and_trimmed(void **state)
{
	(void)state;
	assert_true(str_is(str_trim(str_of(" \t a b\r\n")), "a b"));
	assert_true(str_is(str_trim(str_of("  ")), ""));
	assert_int_equal(str_find(str_of("abcabc"), "bc", 2), 4);
	assert_int_equal(str_find(str_of("abc"), "x", 0), -1);
	assert_int_equal(str_find(str_make(NULL, 0), "x", 0), -1);
	assert_true(str_is(str_sub(str_of("hello"), 1, 3), "ell"));
	assert_true(str_is(str_sub(str_of("hello"), 4, 9), "o"));
	assert_true(str_is(str_sub(str_of("hello"), 9, 1), ""));
	assert_true(
	    str_cmp(str_of("a"), str_of("ab")) < 0 && str_cmp(str_of("b"), str_of("ab")) > 0);
	assert_true(str_is_ignoring_case(str_of("Content-TYPE"), "content-type"));
}

static void
sizes_that_overflow_are_found(void **state)
{
	size_t n = 7;

	(void)state;
	assert_true(size_add(1, 2, &n) && n == 3);
	assert_false(size_add(SIZE_MAX, 1, &n));
	assert_false(size_mul(SIZE_MAX / 2 + 1, 2, &n));
	assert_int_equal(n, 3);
	assert_true(size_mul(6, 7, &n) && n == 42);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_integer_is_read_over_the_whole_64_bits),
		cmocka_unit_test(an_integer_out_of_range_or_with_other_text_is_refused),
		cmocka_unit_test(a_text_is_cut_at_each_separator),
		cmocka_unit_test(a_copy_that_does_not_fit_is_refused_not_cut),
		cmocka_unit_test(only_strict_utf8_is_text),
		cmocka_unit_test(views_are_searched_and_trimmed),
		cmocka_unit_test(sizes_that_overflow_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

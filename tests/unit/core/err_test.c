#include "unit.h"

static void
an_outer_place_prefixes_the_field(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(err_set_field(&e, "MR400", "url", "must be a URI"), -1);
	assert_int_equal(err_at(&e, "config"), -1);
	assert_int_equal(err_at(&e, "nodes[%d]", 3), -1);
	assert_string_equal(e.field, "nodes[3].config.url");
	err_set_field(&e, "MR400", "[2]", "x");
	err_at(&e, "list");
	assert_string_equal(e.field, "list[2]");
	err_set(&e, "MR400", "x");
	err_at(&e, "whole");
	assert_string_equal(e.field, "whole");
	assert_int_equal(err_set(NULL, "MR400", "nobody asks"), -1);
}

static void
each_code_of_the_table_has_its_status_and_name(void **state)
{
	size_t n;
	const struct err_code *codes = err_codes(&n);

	(void)state;
	assert_true(n >= 19);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(err_status(codes[i].code), codes[i].status);
		assert_string_equal(err_name(codes[i].code), codes[i].name);
	}
	assert_int_equal(err_status("MR42Q"), 429);
	assert_string_equal(err_name("MR42Q"), "QUOTA_EXCEEDED");
	assert_string_equal(err_name("MR40E"), "TOKEN_EXPIRED");
	assert_int_equal(err_status("XX000"), 500);
	assert_string_equal(err_name("XX000"), "INTERNAL");
}

static void
a_unique_violation_is_a_conflict_on_the_constraints_column(void **state)
{
	struct err e;
	struct err_native native = { .sqlstate = "23505",
		.message = "duplicate key value violates \"secret\"",
		.table = "workflow",
		.constraint = "workflow_name_key" };

	(void)state;
	assert_int_equal(err_from_native(&e, &native), -1);
	assert_int_equal(err_status(e.code), 409);
	assert_string_equal(err_name(e.code), "CONFLICT");
	assert_string_equal(e.field, "name");
	assert_string_equal(e.text, "name is already taken");
	native.table = "queue_mark";
	native.constraint = "queue_mark_low_water_check";
	native.sqlstate = "23514";
	err_from_native(&e, &native);
	assert_int_equal(err_status(e.code), 400);
	assert_string_equal(e.field, "low_water");
}

static void
what_sql_raises_is_shown_as_raised(void **state)
{
	struct err e;
	struct err_native native = {
		.sqlstate = "MR429", .message = "too many attempts", .column = "email", .hint = "30"
	};

	(void)state;
	err_from_native(&e, &native);
	assert_string_equal(e.code, "MR429");
	assert_string_equal(e.text, "too many attempts");
	assert_string_equal(e.field, "email");
	assert_int_equal(e.retry_after_s, 30);
}

static void
native_errors_have_true_texts_that_show_nothing(void **state)
{
	const struct {
		const char *code;
		int status;
	} rows[] = { { "57014", 503 }, { "55P03", 503 }, { "53300", 503 }, { "57P01", 503 },
		{ "08006", 503 }, { "40001", 503 }, { "40P01", 503 }, { "22P02", 400 },
		{ "23503", 409 }, { "42501", 500 } };
	struct err e;

	(void)state;
	for (size_t i = 0; i < countof(rows); i++) {
		struct err_native native = { .sqlstate = rows[i].code, .message = "s3cret" };

		err_from_native(&e, &native);
		assert_int_equal(err_status(e.code), rows[i].status);
		assert_null(strstr(e.text, "s3cret"));
		assert_true(e.text[0] != '\0');
	}
	assert_true(err_is_retryable("40001") && err_is_retryable("40P01"));
	assert_false(err_is_retryable("23505"));
}

static void
all_issues_are_kept_and_the_first_error_is_the_error(void **state)
{
	struct issue_list list = { 0 };
	struct err e;

	(void)state;
	assert_ok(err_from_issues(&e, &list), e);
	issue_add(&list, ISSUE_WARNING, "nodes[1]", "can't be reached");
	assert_ok(err_from_issues(&e, &list), e);
	issue_add(&list, ISSUE_ERROR, "nodes[0].type", "is %s", "required");
	issue_add(&list, ISSUE_ERROR, NULL, "more");
	assert_err(err_from_issues(&e, &list), e, "MR400", "nodes[0].type");
	assert_string_equal(e.text, "is required");
	assert_int_equal(list.n, 3);
	assert_int_equal(list.errors, 2);
	for (int i = 0; i < 2 * ISSUE_MAX; i++)
		issue_add(&list, ISSUE_ERROR, "f", "x");
	assert_int_equal(list.n, ISSUE_MAX);
	assert_int_equal(list.errors, 2 + 2 * ISSUE_MAX);
	issue_list_free(&list);
	assert_int_equal(list.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_outer_place_prefixes_the_field),
		cmocka_unit_test(each_code_of_the_table_has_its_status_and_name),
		cmocka_unit_test(a_unique_violation_is_a_conflict_on_the_constraints_column),
		cmocka_unit_test(what_sql_raises_is_shown_as_raised),
		cmocka_unit_test(native_errors_have_true_texts_that_show_nothing),
		cmocka_unit_test(all_issues_are_kept_and_the_first_error_is_the_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

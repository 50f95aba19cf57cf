#include "unit.h"

#include "core/json.h"
#include "core/mem.h"

static json_t *
parsed(const char *text)
{
	json_t *v;
	struct err e;

	assert_ok(js_parse(str_of(text), 1 << 20, JS_DEPTH_MAX, &v, &e), e);
	return v;
}

static void
assert_dumps(const char *text, int flags, const char *want)
{
	json_t *v = parsed(text);
	char *got = js_text_of(v, flags);

	assert_string_equal(got, want);
	assert_int_equal(js_bytes(v, SIZE_MAX), strlen(want));
	mem_free(got);
	json_decref(v);
}

static void
a_value_is_written_as_javascript_would(void **state)
{
	(void)state;
	assert_dumps(" [0.1, 3.0, 1e21, -2.5e-7, 1.0E+2, 12345678901234567] ", JS_COMPACT,
	    "[0.1,3,1e+21,-2.5e-07,100,12345678901234567]");
	assert_dumps(
	    "{\"b\":1,\"a\":[true,false,null]}", JS_COMPACT, "{\"b\":1,\"a\":[true,false,null]}");
	assert_dumps("{\"b\":1,\"a\":{}}", JS_SORTED, "{\"a\":{},\"b\":1}");
	assert_dumps(
	    "\"\\u0001\\n\\\"\\\\/\\u20ac\"", JS_COMPACT, "\"\\u0001\\n\\\"\\\\/\xe2\x82\xac\"");
	assert_dumps("0.30000000000000004", JS_COMPACT, "0.30000000000000004");
}

static void
a_pretty_text_has_two_blanks_a_level(void **state)
{
	json_t *v = parsed("{\"a\":[1,{}],\"b\":{\"c\":\"d\"}}");
	char *text = js_text_of(v, JS_PRETTY);

	(void)state;
	assert_string_equal(text, "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {\n    \"c\": "
	                          "\"d\"\n  }\n}");
	mem_free(text);
	json_decref(v);
}

static void
an_integer_beyond_64_bits_becomes_a_real(void **state)
{
	json_t *v = parsed("[9223372036854775807,9223372036854775808,"
	                   "-123456789012345678901234567890,\"99999999999999999999\"]");

	(void)state;
	assert_true(json_is_integer(json_array_get(v, 0)));
	assert_true(json_is_real(json_array_get(v, 1)));
	assert_true(json_is_real(json_array_get(v, 2)));
	assert_string_equal(json_string_value(json_array_get(v, 3)), "99999999999999999999");
	json_decref(v);
}

static void
what_is_not_json_is_refused_with_the_place(void **state)
{
	const char *const bad[] = { "", "{", "[1,]", "nul", "{\"a\":1,}", "'a'", "\"\\u0000\"",
		"\"\\ud800\"", "\"\xff\"", "1 2", "[\"a\nb\"]", "{1:2}", "-", "01", "1e999" };
	json_t *v;
	struct err e;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		assert_err(js_parse(str_of(bad[i]), 100, 10, &v, &e), e, "MR400", "");
		assert_null(v);
	}
	assert_err(js_parse(str_make("\"a\0b\"", 5), 100, 10, &v, &e), e, "MR400", "");
	assert_err(js_parse(str_of("{\"a\":\n x}"), 100, 10, &v, &e), e, "MR400", "");
	assert_non_null(strstr(e.text, "line 2"));
}

static void
size_and_depth_have_limits(void **state)
{
	json_t *v;
	struct err e;

	(void)state;
	assert_err(js_parse(str_of("[1,2,3]"), 6, 10, &v, &e), e, "MR413", "");
	assert_err(js_parse(str_of("[[[1]]]"), 100, 2, &v, &e), e, "MR400", "");
	assert_ok(js_parse(str_of("[[\"[[[\",{}]]"), 100, 3, &v, &e), e);
	json_decref(v);
}

static void
a_path_finds_members_and_items(void **state)
{
	json_t *v = parsed("{\"a\":{\"b\":[{\"c\":7}]},\"action-1\":{\"x\":1}}");

	(void)state;
	assert_int_equal(json_integer_value(js_get(v, "a.b[0].c")), 7);
	assert_int_equal(json_integer_value(js_get(v, "action-1.x")), 1);
	assert_ptr_equal(js_get(v, ""), v);
	assert_null(js_get(v, "a.b[1].c"));
	assert_null(js_get(v, "a.b.c"));
	assert_null(js_get(v, "a["));
	assert_null(js_get(NULL, "a"));
	json_decref(v);
}

static void
equality_looks_at_values_not_at_spelling(void **state)
{
	json_t *a = parsed("{\"x\":1,\"y\":[1.0,\"s\"]}"),
	       *b = parsed("{\"y\":[1,\"s\"],\"x\":1.0}");
	json_t *c = parsed("{\"x\":1,\"y\":[1,\"t\"]}");

	(void)state;
	assert_true(js_equal(a, b));
	assert_false(js_equal(a, c));
	assert_false(js_equal(a, NULL));
	json_decref(a);
	json_decref(b);
	json_decref(c);
}

static void
required_fields_are_named_when_they_are_wrong(void **state)
{
	json_t *v = parsed("{\"name\":\"\xe2\x82\xac\xe2\x82\xac\",\"n\":5,\"r\":5.5}");
	const char *text;
	int64_t n;
	struct err e;

	(void)state;
	assert_ok(js_need_text(v, "name", 1, 2, &text, &e), e);
	assert_err(js_need_text(v, "name", 3, 9, &text, &e), e, "MR400", "name");
	assert_err(js_need_text(v, "none", 0, 9, &text, &e), e, "MR400", "none");
	assert_ok(js_need_int(v, "n", 1, 5, &n, &e), e);
	assert_int_equal(n, 5);
	assert_err(js_need_int(v, "n", 6, 9, &n, &e), e, "MR400", "n");
	assert_err(js_need_int(v, "r", 0, 9, &n, &e), e, "MR400", "r");
	assert_int_equal(js_int_or(v, "r", -1), -1);
	json_decref(v);
}

static void
the_error_body_is_the_same_everywhere(void **state)
{
	struct issue_list list = { 0 };
	json_t *issues, *body;
	struct err e;
	char *text;

	(void)state;
	issue_add(&list, ISSUE_ERROR, "name", "is required");
	issue_add(&list, ISSUE_WARNING, "notes", "is long");
	assert_int_equal(err_from_issues(&e, &list), -1);
	issues = js_issues(&list);
	body = js_error_body(&e, issues, "r-1");
	text = js_text_of(body, JS_COMPACT);
	assert_string_equal(text,
	    "{\"error\":{\"code\":\"VALIDATION_ERROR\",\"message\":\"is required\",\"details\":{"
	    "\"field\":\"name\",\"issue\":\"is required\"},\"issues\":[{\"field\":\"name\","
	    "\"issue\":\"is required\"},{\"field\":\"notes\",\"issue\":\"is long\",\"severity\":"
	    "\"warning\"}]},\"request_id\":\"r-1\"}");
	mem_free(text);
	json_decref(body);
	json_decref(issues);
	issue_list_free(&list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_written_as_javascript_would),
		cmocka_unit_test(a_pretty_text_has_two_blanks_a_level),
		cmocka_unit_test(an_integer_beyond_64_bits_becomes_a_real),
		cmocka_unit_test(what_is_not_json_is_refused_with_the_place),
		cmocka_unit_test(size_and_depth_have_limits),
		cmocka_unit_test(a_path_finds_members_and_items),
		cmocka_unit_test(equality_looks_at_values_not_at_spelling),
		cmocka_unit_test(required_fields_are_named_when_they_are_wrong),
		cmocka_unit_test(the_error_body_is_the_same_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

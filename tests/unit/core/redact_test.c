#include "unit.h"

#include "core/crypto.h"
#include "core/json.h"
#include "core/redact.h"

static const char secret[] = "s3c\"r\\t %25/+\xc3\xa9\n9";

static struct redact *
redact_of(const char *value)
{
	struct redact *r = redact_new();

	redact_add(r, str_of(value));
	return r;
}

static void
assert_masked(const struct redact *r, const char *text, const char *expected)
{
	struct buf out = { 0 };

	assert_true(redact_text(r, str_of(text), &out));
	assert_string_equal(buf_cstr(&out), expected);
	buf_free(&out);
}

static void
a_value_is_masked_wherever_it_stands(void **state)
{
	struct redact *r = redact_of("hunter2!");

	(void)state;
	assert_masked(r, "hunter2!", "[secret]");
	assert_masked(r, "a hunter2! b", "a [secret] b");
	assert_masked(r, "hunter2!hunter2!hunter2", "[secret][secret]hunter2");
	assert_masked(r, "hunterhunter2!", "hunter[secret]");
	redact_free(r);
}

static void
a_value_is_masked_in_every_spelling(void **state)
{
	struct redact *r = redact_of(secret);
	const char *const spellings[] = {
		"s3c\"r\\t %25/+\xc3\xa9\n9",                 /* as it is */
		"s3c\\\"r\\\\t %25/+\xc3\xa9\\n9",            /* JSON */
		"s3c\\\"r\\\\t %25\\/+\\u00e9\\n9",           /* JSON in ASCII */
		"s3c\\\\\\\"r\\\\\\\\t %25/+\\\\u00e9\\\\n9", /* JSON in JSON */
		"\\u0073\\u0033\\u0063\\u0022\\u0072\\u005ct %25/+\xc3\xa9\\u000A9",
		"s3c%22r%5Ct%20%2525%2F%2B%C3%A9%0A9", /* URL */
		"s3c%22r%5ct+%2525%2f%2b%c3%a9%0a9",   /* form */
		"%73%33%63%22%72%5C%74%20%25%32%35%2F%2B%C3%A9%0A%39",
	};

	(void)state;
	for (size_t i = 0; i < countof(spellings); i++)
		assert_masked(r, spellings[i], "[secret]");
	redact_free(r);
}

/* Whatever stands before it, and however long it is, its base64 shows at most its edges. */
static void
a_value_is_masked_in_base64_at_each_alignment(void **state)
{
	struct redact *r = redact_of("hunter2-and-more?>");

	(void)state;
	for (int before = 0; before < 7; before++) {
		for (int url = 0; url < 2; url++) {
			struct buf plain = { 0 }, text = { 0 }, out = { 0 };

			buf_append(&plain, "abcdefg", (size_t)before);
			buf_text(&plain, "hunter2-and-more?>");
			buf_text(&plain, "tail");
			(url ? crypto_base64url : crypto_base64)(&text, buf_view(&plain));
			assert_true(redact_text(r, buf_view(&text), &out));
			assert_true(out.len < text.len - 10);
			buf_free(&plain);
			buf_free(&text);
			buf_free(&out);
		}
	}
	redact_free(r);
}

static void
other_text_stays_as_it_is(void **state)
{
	struct redact *r = redact_of("hunter2!");
	struct buf out = { 0 };

	(void)state;
	assert_false(redact_text(r, str_of("hunter2 %68unter \\u0068unter \\ % \\u12 %4"), &out));
	assert_false(redact_text(r, str_of(""), &out));
	redact_add(r, str_of("abc")); /* too short: it would be found everywhere */
	assert_false(redact_text(r, str_of("abc"), &out));
	assert_int_equal(out.len, 0);
	redact_free(r);
}

static void
json_is_masked_in_values_and_keys_and_shared_where_nothing_was_found(void **state)
{
	struct redact *r = redact_new();
	json_t *secrets =
	    json_loads("{\"headers\":{\"a\":\"first-one\",\"b\":\"second-one\"}}", 0, NULL);
	json_t *v =
	    json_loads("{\"a\":[\"first-one\",1,{\"xsecond-one\":null}],\"b\":{\"c\":2}}", 0, NULL);
	json_t *expected =
	    json_loads("{\"a\":[\"[secret]\",1,{\"x[secret]\":null}],\"b\":{\"c\":2}}", 0, NULL);
	json_t *masked, *same;

	(void)state;
	redact_add_json(r, secrets);
	masked = redact_json(r, v);
	assert_true(json_equal(masked, expected));
	assert_ptr_equal(json_object_get(masked, "b"), json_object_get(v, "b"));
	assert_non_null(
	    strstr(json_string_value(json_array_get(json_object_get(v, "a"), 0)), "first"));
	same = redact_json(r, json_object_get(v, "b"));
	assert_ptr_equal(same, json_object_get(v, "b"));
	assert_null(redact_json(NULL, NULL));
	json_decref(same);
	json_decref(masked);
	json_decref(expected);
	json_decref(v);
	json_decref(secrets);
	redact_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_masked_wherever_it_stands),
		cmocka_unit_test(a_value_is_masked_in_every_spelling),
		cmocka_unit_test(a_value_is_masked_in_base64_at_each_alignment),
		cmocka_unit_test(other_text_stays_as_it_is),
		cmocka_unit_test(
		    json_is_masked_in_values_and_keys_and_shared_where_nothing_was_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

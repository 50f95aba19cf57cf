#include "unit.h"

#include "fake_call.h"
#include "web/form.h"
#include "web/router.h"
#include "web/routes.h"

static const struct route table[] = {
	{ .method = METHOD_GET, .path = "/w", .operation = "w_list" },
	{ .method = METHOD_POST, .path = "/w", .operation = "w_create" },
	{ .method = METHOD_GET, .path = "/w/{id}", .operation = "w_get" },
	{ .method = METHOD_DELETE, .path = "/w/{id}", .operation = "w_delete" },
	{ .method = METHOD_POST, .path = "/w/check", .operation = "w_check" },
	{ .method = METHOD_GET, .path = "/w/{id}/t/{t}", .operation = "t_get" },
	{ .method = METHOD_POST, .path = "/h/{slug}/{path*}", .operation = "hook" },
};

static const char *
operation(enum method method, const char *path, struct route_match *m)
{
	route_find(table, countof(table), method, path, m);
	return m->route != NULL ? m->route->operation : "";
}

static void
a_path_finds_its_row_and_its_values(void **state)
{
	struct route_match m;

	(void)state;
	assert_string_equal(operation(METHOD_GET, "/w", &m), "w_list");
	assert_string_equal(operation(METHOD_GET, "/w/7/t/8", &m), "t_get");
	assert_int_equal(m.params_len, 2);
	assert_memory_equal(m.params[1].value, "8", 1);
	assert_memory_equal(m.params[1].name, "t", m.params[1].name_len);
	assert_string_equal(operation(METHOD_HEAD, "/w/7", &m), "w_get");
}

static void
the_last_value_may_hold_slashes_where_the_table_says_so(void **state)
{
	struct route_match m;

	(void)state;
	assert_string_equal(operation(METHOD_POST, "/h/acme/orders/new", &m), "hook");
	assert_int_equal(m.params[1].value_len, strlen("orders/new"));
	assert_int_equal(m.params[1].name_len, strlen("path"));
	assert_string_equal(operation(METHOD_POST, "/h/acme/", &m), "");
}

static void
a_known_path_tells_its_methods_and_an_unknown_one_has_none(void **state)
{
	char allow[ALLOW_TEXT_MAX];
	struct route_match m;

	(void)state;
	assert_string_equal(operation(METHOD_PUT, "/w/7", &m), "");
	allow_text(m.allowed, allow);
	assert_string_equal(allow, "GET, HEAD, DELETE, OPTIONS");
	operation(METHOD_GET, "/x", &m);
	assert_int_equal(m.allowed, 0);
	operation(METHOD_GET, "/w/", &m);
	assert_int_equal(m.allowed, 0);
}

static void
a_literal_path_hides_the_template_for_every_method(void **state)
{
	char allow[ALLOW_TEXT_MAX];
	struct route_match m;

	(void)state;
	assert_string_equal(operation(METHOD_POST, "/w/check", &m), "w_check");
	assert_string_equal(operation(METHOD_DELETE, "/w/check", &m), "");
	allow_text(m.allowed, allow);
	assert_string_equal(allow, "POST, OPTIONS");
}

static void
a_path_is_decoded_once(void **state)
{
	char out[64];

	(void)state;
	assert_null(path_decode("/a%20b/%C3%A4", 13, out));
	assert_string_equal(out, "/a b/\xc3\xa4");
	assert_null(path_decode("/a%2525", 7, out));
	assert_string_equal(out, "/a%25");
}

static void
a_path_with_two_readings_is_refused(void **state)
{
	const char *const bad[] = { "", "a", "/a//b", "/./a", "/a/..", "/%2e%2e/a", "/a%2fb",
		"/a\\b", "/a%5cb", "/a%00", "/%0a", "/%ff", "/%c0%ae", "/%", "/%4", "/%zz" };
	char out[64];

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		if (path_decode(bad[i], strlen(bad[i]), out) == NULL)
			fail_msg("%s was taken", bad[i]);
	}
}

static void
a_form_value_is_decoded_and_must_be_text(void **state)
{
	char out[64];
	size_t n;

	(void)state;
	assert_true(form_decode("a+b%2Bc", 7, out, &n));
	assert_string_equal(out, "a b+c");
	assert_false(form_decode("%00", 3, out, &n));
	assert_false(form_decode("%ff", 3, out, &n));
	assert_false(form_decode("%f", 2, out, &n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_finds_its_row_and_its_values),
		cmocka_unit_test(the_last_value_may_hold_slashes_where_the_table_says_so),
		cmocka_unit_test(a_known_path_tells_its_methods_and_an_unknown_one_has_none),
		cmocka_unit_test(a_literal_path_hides_the_template_for_every_method),
		cmocka_unit_test(a_path_is_decoded_once),
		cmocka_unit_test(a_path_with_two_readings_is_refused),
		cmocka_unit_test(a_form_value_is_decoded_and_must_be_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

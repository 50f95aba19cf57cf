#include "flow/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/json.h"

static json_t *
json_of(const char *text)
{
	json_t *v = NULL;
	struct err e;

	if (js_parse(str_of(text), 1 << 20, 64, &v, &e) != 0)
		fail_msg("%s: %s", text, e.text);
	return v;
}

static const struct expr_names names = {
	.ids = (const struct str[]){ { "step-1", 6 } },
	.n = 1,
};

static int
root(void *arg, const struct expr_root *r, json_t **out, struct expr_fault *f)
{
	char name[32];

	(void)f;
	assert_int_equal(str_copy(name, sizeof(name), r->name), 0);
	*out = json_object_get(arg, name);
	return *out != NULL;
}

/* The resolved config as text, or "<field>: <expression>" of the fault. */
static void
assert_resolves(const char *config, const char *const *raw, const char *want)
{
	json_t *values = json_of("{\"step-1\":{\"n\":5,\"list\":[1],\"nil\":null},\"vars\":{}}");
	json_t *in = json_of(config), *out = NULL;
	struct arena *a = arena_new();
	struct expr_scope s = { .root = root, .arg = values, .strict = true };
	struct expr_fault f = { 0 };
	struct buf got = { 0 };

	if (template_resolve(template_compile(a, in, raw, &names), &s, &out, &f) != 0)
		buf_printf(&got, "%s: %s", f.field, f.expression);
	else
		js_dump(&got, out, JS_COMPACT);
	if (strcmp(buf_cstr(&got), want) != 0)
		fail_msg("%s: %s, want %s (%s)", config, buf_cstr(&got), want, f.message);
	buf_free(&got);
	json_decref(out);
	json_decref(in);
	json_decref(values);
	arena_free(a);
}

static void
strings_at_any_depth_resolve_and_keys_do_not(void **state)
{
	(void)state;
	assert_resolves("{\"a\":\"{{step-1.n}}\",\"b\":[1,{\"c\":\"x{{step-1.n}}\",\"d\":true}],"
	                "\"{{step-1.n}}\":\"k\"}",
	    NULL, "{\"a\":5,\"b\":[1,{\"c\":\"x5\",\"d\":true}],\"{{step-1.n}}\":\"k\"}");
	assert_resolves("\"{{step-1.list}}\"", NULL, "[1]");
	assert_resolves("{\"a\":[[\"{{step-1.list}}\"]]}", NULL, "{\"a\":[[[1]]]}");
}

static void
what_has_no_value_is_null(void **state)
{
	(void)state;
	assert_resolves("{\"a\":\"{{step-1.nope}}\",\"b\":[\"{{step-1.nil}}\"]}", NULL,
	    "{\"a\":null,\"b\":[null]}");
}

static void
raw_members_are_left_alone(void **state)
{
	static const char *const raw[] = { "condition", NULL };

	(void)state;
	assert_resolves("{\"condition\":\"{{x}} == 1\",\"deep\":{\"condition\":\"{{step-1.n}}\"}}",
	    raw, "{\"condition\":\"{{x}} == 1\",\"deep\":{\"condition\":5}}");
}

static void
a_fault_names_the_field(void **state)
{
	(void)state;
	assert_resolves("{\"headers\":{\"X-Id\":\"a {{nope.x}}\"}}", NULL, "headers.X-Id: nope.x");
	assert_resolves("{\"rules\":[{},{\"v\":[\"{{ f() }}\"]}]}", NULL, "rules[1].v[0]: f()");
	assert_resolves("[\"{{ 1 + }}\"]", NULL, "[0]: 1 +");
}

static void
a_config_without_expressions_is_itself(void **state)
{
	json_t *in = json_of("{\"a\":{\"b\":[1,\"x\"]}}"), *out = NULL;
	struct arena *a = arena_new();
	struct template *t = template_compile(a, in, NULL, NULL);
	struct expr_fault f;

	(void)state;
	assert_false(template_is_dynamic(t));
	assert_int_equal(template_resolve(t, &(struct expr_scope){ .root = root }, &out, &f), 0);
	assert_ptr_equal(out, in);
	json_decref(out);
	json_decref(in);
	arena_free(a);
}

static void
unchanged_parts_are_shared_and_the_config_stays_as_it_was(void **state)
{
	json_t *in = json_of("{\"same\":{\"x\":1},\"list\":[\"{{step-1.n}}\"]}"), *out = NULL;
	json_t *values = json_of("{\"step-1\":{\"n\":5}}"), *before = json_deep_copy(in);
	struct arena *a = arena_new();
	struct expr_scope s = { .root = root, .arg = values };
	struct expr_fault f;

	(void)state;
	assert_int_equal(template_resolve(template_compile(a, in, NULL, &names), &s, &out, &f), 0);
	assert_ptr_equal(json_object_get(out, "same"), json_object_get(in, "same"));
	assert_true(json_equal(in, before));
	json_decref(out);
	json_decref(in);
	json_decref(before);
	json_decref(values);
	arena_free(a);
}

static void
field_append(void *arg, const struct expr_fault *f)
{
	buf_printf(arg, "%s ", f->field);
}

static void
a_check_tells_every_fault_with_its_field(void **state)
{
	json_t *in = json_of("{\"a\":\"{{x.y}}\",\"b\":{\"c\":[\"{{ 1 + }}\",\"{{step-1.n}}\"]}}");
	struct arena *a = arena_new();
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(
	    template_check(template_compile(a, in, NULL, &names), field_append, &b), 2);
	assert_string_equal(buf_cstr(&b), "a b.c[0] ");
	buf_free(&b);
	json_decref(in);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_at_any_depth_resolve_and_keys_do_not),
		cmocka_unit_test(what_has_no_value_is_null),
		cmocka_unit_test(raw_members_are_left_alone),
		cmocka_unit_test(a_fault_names_the_field),
		cmocka_unit_test(a_config_without_expressions_is_itself),
		cmocka_unit_test(unchanged_parts_are_shared_and_the_config_stays_as_it_was),
		cmocka_unit_test(a_check_tells_every_fault_with_its_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

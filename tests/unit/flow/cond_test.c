#include "flow/cond.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/json.h"

static const struct expr_names names = {
	.ids = (const struct str[]){ { "action-1", 8 } },
	.n = 1,
};

static const char values_text[] =
    "{\"action-1\":{\"status\":200,\"tags\":[\"vip\",7],\"name\":\"Ann\",\"nil\":null},"
    "\"vars\":{\"limit\":\"10\"},"
    "\"item\":{\"n\":5,\"s\":\"42\",\"text\":\"Hello\",\"on\":\"true\",\"off\":false,\"e\":\"\","
    "\"l\":[1,\"2\"],\"o\":{\"k\":1},\"first-name\":\"Bo\",\"at\":\"2026-03-01T00:00:00Z\"}}";

static json_t *
json_of(const char *text)
{
	json_t *v = NULL;
	struct err e;

	if (js_parse(str_of(text), 1 << 20, 64, &v, &e) != 0)
		fail_msg("%s: %s", text, e.text);
	return v;
}

static int
root(void *arg, const struct expr_root *r, json_t **out, struct expr_fault *f)
{
	char name[32];

	(void)f;
	assert_int_equal(str_copy(name, sizeof(name), r->name), 0);
	*out = json_object_get(arg, r->kind == EXPR_ROOT_JSON ? "item" : name);
	return *out != NULL;
}

/* "yes", "no", or "<field>: kind" of the fault. */
static void
answer(json_t *condition, char *out, size_t size, struct expr_fault *f)
{
	json_t *values = json_of(values_text);
	struct arena *a = arena_new();
	struct expr_scope s = { .root = root, .arg = values, .strict = true };
	bool yes = false;

	if (cond_eval(cond_compile(a, condition, &names), &s, &yes, f) != 0)
		(void)snprintf(out, size, "%s: %d", f->field, (int)f->kind);
	else
		(void)snprintf(out, size, "%s", yes ? "yes" : "no");
	json_decref(values);
	arena_free(a);
}

static void
assert_answer(json_t *condition, const char *shown, const char *want)
{
	struct expr_fault f = { 0 };
	char got[400];

	answer(condition, got, sizeof(got), &f);
	json_decref(condition);
	if (strcmp(got, want) != 0)
		fail_msg("%s: %s, want %s (%s)", shown, got, want, f.message);
}

#define TEXT(text, want) assert_answer(json_string(text), text, want)
#define FORM(text, want) assert_answer(json_of(text), text, want)

static void
a_text_compares_the_values_of_its_chunks(void **state)
{
	(void)state;
	TEXT("{{action-1.status}} == 200", "yes");
	TEXT("{{action-1.status}} != 200", "no");
	TEXT("{{action-1.status}} >= 200 && {{action-1.name}} == 'Ann'", "yes");
	TEXT("{{action-1.status}} < 300 || {{action-1.nope.deep}} == 1", "yes");
	TEXT("{{action-1.tags}} contains 'vip'", "yes");
	TEXT("{{action-1.tags}} contains '7'", "no");
	TEXT("{{action-1.name}} contains 'nn' && !({{action-1.nil}} != null)", "yes");
	TEXT("{{vars.limit}} == 10", "yes");
	TEXT("{{action-1.status}}", "yes");
	TEXT("{{ action-1.status > 199 }}", "yes");
	TEXT("action-1.status == 200", "yes");
	TEXT("={{ $json.n }} > 4", "yes");
	TEXT("'{{action-1.name}}' == 'Ann'", "yes");
	TEXT("'x{{action-1.status}}' == \"x200\"", "yes");
	TEXT("({{item.n}} + 1) * 2 == 12 ? true : false", "yes");
}

static void
words_join_weaker_than_signs(void **state)
{
	(void)state;
	TEXT("{{item.n}} == 5 and {{item.s}} == '42'", "yes");
	TEXT("not {{item.n}} == 4", "yes");
	TEXT("not ({{item.n}} == 5 or {{item.n}} == 6)", "no");
	TEXT("{{item.n}} == 5 or {{item.n}} == 6 and {{item.n}} == 7", "yes");
	TEXT("NOT {{item.off}} AND {{item.on}}", "yes");
	TEXT("{{item.n}} == 1 or not not {{item.n}}", "yes");
}

static void
a_wrong_text_is_a_fault_with_its_kind(void **state)
{
	(void)state;
	TEXT("{{item.n}} == ", ": 0");
	TEXT("", ": 0");
	TEXT("{{item.n}} == Ann", ": 2");
	TEXT("{{nope.n}} == 1", ": 2");
	TEXT("{{item.n}} = 1", ": 1");
	TEXT("{{item.n}} == 1 2", ": 1");
	TEXT("{{ item.l.map(x => x) }} == 1", ": 1");
	TEXT("{{item.n}} == 'a", ": 0");
}

static void
a_form_compares_a_field_of_the_item(void **state)
{
	(void)state;
	FORM("{\"field\":\"n\",\"operator\":\"eq\",\"value\":5}", "yes");
	FORM("{\"field\":\"n\",\"operator\":\"eq\",\"value\":\"5.0\"}", "yes");
	FORM("{\"field\":\"s\",\"operator\":\"eq\",\"value\":\"42.0\"}", "no");
	FORM("{\"field\":\"s\",\"operator\":\"gt\",\"value\":9}", "yes");
	FORM("{\"field\":\"s\",\"operator\":\"gt\",\"value\":\"9\"}", "yes");
	FORM("{\"field\":\"text\",\"operator\":\"gt\",\"value\":9}", "no");
	FORM("{\"field\":\"text\",\"operator\":\"lte\",\"value\":9}", "no");
	FORM("{\"field\":\"at\",\"operator\":\"lt\",\"value\":\"2026-03-02T00:00:00Z\"}", "yes");
	FORM("{\"field\":\"on\",\"operator\":\"eq\",\"value\":true}", "yes");
	FORM("{\"field\":\"off\",\"operator\":\"is_false\"}", "yes");
	FORM("{\"field\":\"on\",\"operator\":\"is_true\"}", "yes");
	FORM("{\"field\":\"nope\",\"operator\":\"eq\",\"value\":null}", "yes");
	FORM("{\"field\":\"nope\",\"operator\":\"ne\",\"value\":0}", "yes");
	FORM("{\"field\":\"o\",\"operator\":\"eq\",\"value\":{\"k\":1}}", "yes");
	FORM("{\"field\":\"first-name\",\"operator\":\"==\",\"value\":\"Bo\"}", "yes");
	FORM("{\"field\":\"l[1]\",\"operator\":\"eq\",\"value\":2}", "yes");
}

static void
a_form_has_operators_for_texts_lists_and_presence(void **state)
{
	(void)state;
	FORM("{\"field\":\"text\",\"operator\":\"contains\",\"value\":\"ell\"}", "yes");
	FORM("{\"field\":\"l\",\"operator\":\"contains\",\"value\":2}", "yes");
	FORM("{\"field\":\"o\",\"operator\":\"contains\",\"value\":\"k\"}", "yes");
	FORM("{\"field\":\"n\",\"operator\":\"contains\",\"value\":5}", "yes");
	FORM("{\"field\":\"text\",\"operator\":\"not_contains\",\"value\":\"x\"}", "yes");
	FORM("{\"field\":\"text\",\"operator\":\"starts_with\",\"value\":\"He\"}", "yes");
	FORM("{\"field\":\"text\",\"operator\":\"endsWith\",\"value\":\"lo\"}", "yes");
	FORM("{\"field\":\"n\",\"operator\":\"in\",\"value\":[1,\"5\"]}", "yes");
	FORM("{\"field\":\"n\",\"operator\":\"not_in\",\"value\":[1,2]}", "yes");
	FORM("{\"field\":\"e\",\"operator\":\"exists\"}", "yes");
	FORM("{\"field\":\"nope\",\"operator\":\"exists\"}", "no");
	FORM("{\"field\":\"nope\",\"operator\":\"not_exists\"}", "yes");
	FORM("{\"field\":\"e\",\"operator\":\"is_empty\"}", "yes");
	FORM("{\"field\":\"l\",\"operator\":\"not_empty\"}", "yes");
	FORM("{\"field\":\"n\",\"operator\":\"is not empty\"}", "yes");
}

static void
field_and_value_may_be_templates(void **state)
{
	(void)state;
	FORM("{\"field\":\"{{action-1.status}}\",\"operator\":\"eq\",\"value\":200}", "yes");
	FORM("{\"field\":\"action-1.status\",\"operator\":\"eq\",\"value\":200}", "yes");
	FORM("{\"field\":\"n\",\"operator\":\"lt\",\"value\":\"{{vars.limit}}\"}", "yes");
	FORM("{\"field\":\"s\",\"operator\":\"in\",\"value\":[\"{{item.s}}\"]}", "yes");
}

static void
forms_join_with_and_or_not(void **state)
{
	(void)state;
	FORM("{\"and\":[{\"field\":\"n\",\"operator\":\"eq\",\"value\":5},\"{{item.s}} == 42\"]}",
	    "yes");
	FORM("{\"or\":[{\"field\":\"n\",\"operator\":\"eq\",\"value\":6},{\"not\":false}]}", "yes");
	FORM("[true,{\"not\":{\"field\":\"n\",\"operator\":\"gt\",\"value\":9}}]", "yes");
	FORM("{\"and\":[]}", "yes");
	FORM("{\"or\":[]}", "no");
	FORM("{\"or\":[true,\"{{nope.x}}\"]}", "yes");
	assert_answer(json_true(), "true", "yes");
	assert_answer(json_integer(0), "0", "no");
	assert_answer(json_null(), "null", "no");
}

static void
a_wrong_form_names_the_member(void **state)
{
	(void)state;
	FORM("{\"field\":\"n\",\"operator\":\"matches\",\"value\":\"x\"}", "operator: 0");
	FORM("{\"field\":\"n\",\"operator\":\"eq\"}", "value: 0");
	FORM("{\"operator\":\"eq\",\"value\":1}", "field: 0");
	FORM("{\"field\":\"a..b\",\"operator\":\"exists\"}", "field: 0");
	FORM("{\"and\":[true,{\"field\":\"n\",\"operator\":\"?\"}]}", "and[1].operator: 0");
	FORM("{\"and\":[true,{\"or\":[\"{{nope.x}}\"]}]}", "and[1].or[0]: 2");
	FORM("{\"and\":[{\"field\":\"n\",\"operator\":\"in\",\"value\":[\"{{nope.x}}\"]}]}",
	    "and[0].value[0]: 2");
	FORM("{\"and\":1}", "and: 0");
	FORM("{\"and\":[],\"or\":[]}", ": 0");
	FORM("{}", "field: 0");
}

static void
field_append(void *arg, const struct expr_fault *f)
{
	buf_printf(arg, "%s|", f->field);
}

static void
a_check_tells_every_fault(void **state)
{
	json_t *in =
	    json_of("{\"and\":[\"{{x.y}} == {{z}}\",{\"field\":\"{{q.r}}\",\"operator\":\"eq\","
	            "\"value\":{\"a\":\"{{s}}\"}},{\"not\":\"1 +\"}]}");
	struct arena *a = arena_new();
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(cond_check(cond_compile(a, in, &names), field_append, &b), 5);
	assert_string_equal(buf_cstr(&b), "and[0]|and[0]|and[1].field|and[1].value.a|and[2].not|");
	buf_free(&b);
	json_decref(in);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_compares_the_values_of_its_chunks),
		cmocka_unit_test(words_join_weaker_than_signs),
		cmocka_unit_test(a_wrong_text_is_a_fault_with_its_kind),
		cmocka_unit_test(a_form_compares_a_field_of_the_item),
		cmocka_unit_test(a_form_has_operators_for_texts_lists_and_presence),
		cmocka_unit_test(field_and_value_may_be_templates),
		cmocka_unit_test(forms_join_with_and_or_not),
		cmocka_unit_test(a_wrong_form_names_the_member),
		cmocka_unit_test(a_check_tells_every_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

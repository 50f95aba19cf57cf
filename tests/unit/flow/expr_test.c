/*
 * Expressions by what they mean. Longer than most: the cases are lists, and a rule is looked up
 * beside its neighbours.
 */
#include "flow/expr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/json.h"
#include "flow/cond.h"

/* Relative to the project's root, where the tests run. */
#define VECTORS "../shared/expressions.jsonl"
#define VECTORS_N8N "../shared/n8n/expressions-open.jsonl"

/* How many of the shared cases C answers. Fewer is a step back; more raises the number. */
enum { ANSWERED = 34, ANSWERED_N8N = 332, LINE_SIZE = 1 << 18 };

/* What a test's expressions see: `roots` by name, `json` as the current item. */
struct world {
	json_t *roots, *json;
	json_t *vector; /* a line of VECTORS, or NULL */
	json_t *nodes;  /* name -> json, of VECTORS_N8N */
	struct expr_fault warning;
	int warnings;
};

static json_t *
paired_in_vector(const json_t *v, struct str name)
{
	json_t *source = json_array_get(json_object_get(v, "source"), 0), *run, *item, *paired;
	size_t at = (size_t)js_int_or(v, "item", 0);

	while (source != NULL) {
		const char *node = js_text_or(source, "node", "");
		json_t *runs =
		    json_object_get(json_object_get(json_object_get(v, "nodes"), node), "runs");

		run = json_array_get(
		    runs, (size_t)js_int_or(source, "run", (int64_t)json_array_size(runs) - 1));
		item = json_array_get(json_array_get(json_object_get(run, "out"),
		                          (size_t)js_int_or(source, "out", 0)),
		    at);
		if (str_is(name, node))
			return json_object_get(item, "json");
		paired = json_object_get(item, "paired");
		if (json_is_array(paired))
			paired = json_array_get(paired, 0);
		at = (size_t)(json_is_integer(paired) ? json_integer_value(paired)
		                                      : js_int_or(paired, "item", 0));
		source = json_array_get(
		    json_object_get(run, "source"), (size_t)js_int_or(paired, "input", 0));
	}
	return NULL;
}

static int
world_root(void *arg, const struct expr_root *r, json_t **out, struct expr_fault *f)
{
	struct world *w = arg;
	char name[128];

	assert_int_equal(str_copy(name, sizeof(name), r->name), 0);
	switch (r->kind) {
	case EXPR_ROOT_JSON:
		*out = w->json;
		return 1;
	case EXPR_ROOT_NAME:
		*out = json_object_get(w->roots, name);
		break;
	case EXPR_ROOT_DOLLAR:
		*out = json_object_get(w->vector != NULL ? w->vector : w->roots,
		    strcmp(name, "itemIndex") == 0 ? "item" : name);
		break;
	case EXPR_ROOT_PAIRED:
	case EXPR_ROOT_NODE:
		*out = w->vector != NULL ? paired_in_vector(w->vector, r->name)
		                         : json_object_get(w->nodes, name);
		if (*out == NULL)
			return expr_fault_set(
			    f, EXPR_FAULT_PLATFORM, "no item of %s is paired", name);
		break;
	}
	return *out != NULL;
}

static void
world_warn(void *arg, const struct expr_fault *f)
{
	struct world *w = arg;

	w->warning = *f;
	w->warnings++;
}

static struct expr_scope
scope_of(struct world *w)
{
	return (struct expr_scope){ .root = world_root, .warn = world_warn, .arg = w };
}

static json_t *
json_of(const char *text)
{
	json_t *v = NULL;
	struct err e;

	if (js_parse(str_of(text), LINE_SIZE, 64, &v, &e) != 0)
		fail_msg("%s: %s", text, e.text);
	return v;
}

static const char roots_text[] =
    "{\"trigger\":{\"payload\":{\"id\":12,\"user\":{\"name\":\"Nina\",\"first-name\":\"Omar\"},"
    "\"items\":[{\"sku\":\"A1\"},{\"sku\":\"B2\"}],\"big\":9007199254740993,\"pi\":3.0,"
    "\"größe\":7}},\"action\":{\"status\":1},\"action-1\":{\"status\":200,\"body\":{\"ok\":true,"
    "\"list\":[1,2.5]}},\"action-1-retry\":{\"status\":503},\"3f2a-9\":{\"x\":5},\"vars\":{\"a b\":"
    "\"c\",\"n\":2,\"empty\":\"\",\"nil\":null}}";

static const struct expr_names names = {
	.ids = (const struct str[]){ { "action", 6 }, { "action-1", 8 }, { "action-1-retry", 14 },
	    { "3f2a-9", 6 } },
	.titles = (const struct str[]){ { "Act", 3 }, { "Fetch it", 8 }, { "R", 1 }, { "U", 1 } },
	.n = 4,
};

/* The value as JSON text, "undefined", or "fault <kind>". */
static void
shown(const char *text, bool strict, const struct expr_names *known, struct world *w, char *out,
    size_t size, struct expr_fault *f)
{
	struct arena *a = arena_new();
	struct expr_scope s = scope_of(w);
	struct buf b = { 0 };
	json_t *v = NULL;

	s.strict = strict;
	if (expr_eval(expr_compile(a, str_of(text), known), &s, &v, f) != 0)
		buf_printf(&b, "fault %d", (int)f->kind);
	else if (v == NULL)
		buf_text(&b, "undefined");
	else
		js_dump(&b, v, JS_COMPACT);
	assert_int_equal(str_copy(out, size, buf_view(&b)), 0);
	buf_free(&b);
	json_decref(v);
	arena_free(a);
}

static void
assert_value(const char *text, const char *want)
{
	struct world w = { .roots = json_of(roots_text) };
	struct expr_fault f = { 0 };
	char got[4096];

	w.json = json_object_get(json_object_get(w.roots, "trigger"), "payload");
	shown(text, false, &names, &w, got, sizeof(got), &f);
	json_decref(w.roots);
	if (strcmp(got, want) != 0)
		fail_msg("%s: %s, want %s (%s)", text, got, want, f.message);
}

/* Column 0: any. */
static void
assert_fault(const char *text, enum expr_fault_kind kind, int line, int column)
{
	struct world w = { .roots = json_of(roots_text) };
	struct expr_fault f = { 0 };
	char got[4096], want[16];

	(void)snprintf(want, sizeof(want), "fault %d", (int)kind);
	shown(text, true, &names, &w, got, sizeof(got), &f);
	json_decref(w.roots);
	if (strlen(text) > 200)
		text = "(a long text)";
	if (strcmp(got, want) != 0 || f.line != line || (column > 0 && f.column != column))
		fail_msg("%s: %s at %d:%d, want %s at %d:%d (%s)", text, got, f.line, f.column,
		    want, line, column, f.message);
}

/* 1: answered. 0: refused. Fails on a wrong answer. */
static int
case_run(json_t *d, struct world *w, json_t *want, bool is_cond)
{
	struct arena *a = arena_new();
	struct expr_scope s = scope_of(w);
	struct expr_fault f = { 0 };
	json_t *text = json_object_get(d, "expr"), *got = NULL;
	bool truth;
	int rc;

	if (is_cond) {
		rc = cond_eval(cond_compile(a, text, NULL), &s, &truth, &f);
		got = rc == 0 ? json_boolean(truth) : NULL;
	} else {
		rc = expr_eval(expr_compile(a, js_str(text), NULL), &s, &got, &f);
	}
	if (rc == 0 && got == NULL)
		got = json_null();
	if (rc == 0 && (want == NULL || !js_equal(want, got)))
		fail_msg("%s %s: another value", js_text_or(d, "id", ""), json_string_value(text));
	if (rc != 0 && f.message[0] == '\0')
		fail_msg("%s: refused without a reason", json_string_value(text));
	json_decref(got);
	arena_free(a);
	return rc == 0;
}

static int
vectors_run(const char *path, int (*run)(json_t *d))
{
	static char line[LINE_SIZE];
	FILE *f = fopen(path, "re");
	int answered = 0;

	if (f == NULL) {
		print_message("SKIPPED: %s is not there, no case of it was tried\n", path);
		skip();
		return 0;
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		json_t *d = json_of(line);

		answered += run(d);
		json_decref(d);
	}
	(void)fclose(f);
	return answered;
}

static int
vector_run(json_t *d)
{
	json_t *context = json_object_get(d, "context");
	struct world w = { .vector = context, .roots = json_object_get(context, "roots") };
	json_t *item = json_array_get(
	    json_object_get(context, "input"), (size_t)js_int_or(context, "item", 0));

	w.json = json_object_get(item, "json");
	return case_run(d, &w, json_object_get(json_object_get(d, "expect"), "value"),
	    strcmp(js_text_or(context, "mode", ""), "condition") == 0);
}

static int
vector_n8n_run(json_t *d)
{
	struct world w = { .nodes = json_object_get(d, "nodes"),
		.json = json_object_get(d, "item") };
	json_t *want = json_object_get(d, "value");
	int answered;

	w.roots = json_of("{\"workflow\":{\"id\":\"wf1\",\"name\":\"Example\"},"
	                  "\"execution\":{\"id\":\"ex1\",\"mode\":\"test\"},\"item\":0}");
	if (json_is_true(json_object_get(d, "undefined")))
		want = json_null();
	answered = case_run(d, &w, want, false);
	json_decref(w.roots);
	return answered;
}

static void
shared_cases_are_answered_right_or_refused(void **state)
{
	int n = vectors_run(VECTORS, vector_run);

	(void)state;
	print_message("%s: %d answered in C\n", VECTORS, n);
	assert_true(n >= ANSWERED);
}

static void
shared_cases_of_n8n_are_answered_right_or_refused(void **state)
{
	int n = vectors_run(VECTORS_N8N, vector_n8n_run);

	(void)state;
	print_message("%s: %d answered in C\n", VECTORS_N8N, n);
	assert_true(n >= ANSWERED_N8N);
}

static void
a_lone_chunk_keeps_its_type(void **state)
{
	(void)state;
	assert_value("{{trigger.payload.id}}", "12");
	assert_value("{{ trigger.payload.user }}", "{\"name\":\"Nina\",\"first-name\":\"Omar\"}");
	assert_value("{{vars.nil}}", "null");
	assert_value("{{vars.nope}}", "undefined");
	assert_value(" {{trigger.payload.id}}", "\" 12\"");
	assert_value("{{trigger.payload.id}}\n", "\"12\\n\"");
	assert_value("plain", "\"plain\"");
	assert_value("=plain", "\"plain\"");
	assert_value("", "\"\"");
}

static void
paths_of_our_own_form_take_hyphens_numbers_and_quotes(void **state)
{
	(void)state;
	assert_value("{{trigger.payload.user.first-name}}", "\"Omar\"");
	assert_value("{{trigger.payload.items[1].sku}}", "\"B2\"");
	assert_value("{{trigger.payload.items.1.sku}}", "\"B2\"");
	assert_value("{{trigger.payload.items.length}}", "2");
	assert_value("{{vars[\"a b\"]}}", "\"c\"");
	assert_value("{{vars['a b']}}", "\"c\"");
	assert_value("{{trigger.payload.größe}}", "7");
	assert_value("{{trigger.nope.deep.er}}", "undefined");
	assert_value("{{trigger.payload.toString}}", "undefined");
	assert_value("{{3f2a-9.x}}", "5");
}

static void
the_longest_node_id_wins(void **state)
{
	(void)state;
	assert_value("{{action.status}}", "1");
	assert_value("{{action-1.status}}", "200");
	assert_value("{{action-1-retry.status}}", "503");
	assert_value("{{ action-1.status > 199 ? 'fine' : 'bad' }}", "\"fine\"");
	assert_value("{{ action-1.status - action.status }}", "199");
}

static void
text_around_a_chunk_joins_as_text(void **state)
{
	(void)state;
	assert_value("{{vars.n}}{{vars.n}}", "\"22\"");
	assert_value("a{{vars.nil}}b{{vars.nope}}c{{ 0/0 }}d{{vars.empty}}", "\"abcd\"");
	assert_value("{{action-1.body}}!", "\"{\\\"ok\\\":true,\\\"list\\\":[1,2.5]}!\"");
	assert_value("={{ action.status }}!{{ $json.user }}", "\"1![object Object]\"");
	assert_value("=x{{ $json.items }}", "\"x[object Object],[object Object]\"");
	assert_value("x{{ 1/0 }} {{ 1e21 }} {{ 0.000001 }} {{ 1e-7 }} {{ -0 }} {{ false }}",
	    "\"xInfinity 1e+21 0.000001 1e-7 0 false\"");
	assert_value("{{trigger.payload.big}}!", "\"9007199254740993!\"");
}

static void
escaped_and_unclosed_braces_are_text(void **state)
{
	(void)state;
	assert_value("\\{{ a }}", "\"{{ a }}\"");
	assert_value("x\\{{ {{vars.n}}", "\"x{{ 2\"");
	assert_value("a {{ b", "\"a {{ b\"");
	assert_value("{{ '}}' }}", "\"}}\"");
	assert_value("{{ \"a}}b\" + '}}' }}{{vars.n}}", "\"a}}b}}2\"");
}

static void
operators_mean_what_they_mean_in_javascript(void **state)
{
	(void)state;
	assert_value("{{ '5' * '2' }}", "10");
	assert_value("{{ '5' + 2 }}", "\"52\"");
	assert_value("{{ 1 + 2 * 3 - 4 / 2 % 3 }}", "5");
	assert_value("{{ '10' < '9' }}", "true");
	assert_value("{{ '10' < 9 }}", "false");
	assert_value("{{ 'a' < 1 || 'a' >= 1 }}", "false");
	assert_value("{{ null == undefined }}", "true");
	assert_value("{{ null === undefined }}", "false");
	assert_value("{{ null == 0 }}", "false");
	assert_value("{{ 0 == '' }}", "true");
	assert_value("{{ 0 === '' }}", "false");
	assert_value("{{ vars.empty || 'none' }}", "\"none\"");
	assert_value("{{ vars.n && 'some' }}", "\"some\"");
	assert_value("{{ !vars.n == false }}", "true");
	assert_value("{{ 7 % 0 }}", "null");
	assert_value("{{ -7 % 4 }}", "-3");
	assert_value("{{ action-1.body.list contains 2.5 }}", "true");
	assert_value("{{ 'abc' contains 'bc' && !('abc' contains 'x') }}", "true");
}

static void
what_needs_javascript_is_refused_where_it_begins(void **state)
{
	(void)state;
	assert_fault("{{ trigger.payload.items.map(x => x) }}", EXPR_FAULT_JAVASCRIPT, 1, 29);
	assert_fault("={{ $json.a?.b }}", EXPR_FAULT_JAVASCRIPT, 1, 12);
	assert_fault("={{ Math.PI }}", EXPR_FAULT_JAVASCRIPT, 1, 5);
	assert_fault("ä\n{{ vars.n ?? 2 }}", EXPR_FAULT_JAVASCRIPT, 2, 11);
	assert_fault("{{ [1, 2] }}", EXPR_FAULT_JAVASCRIPT, 1, 4);
	assert_fault("{{ {a:{b:1}} }} {{nope}}", EXPR_FAULT_JAVASCRIPT, 1, 4);
	assert_fault("={{ trigger.payload.toString }}", EXPR_FAULT_JAVASCRIPT, 1, 21);
	assert_fault("={{ 'a' contains 'b' }}", EXPR_FAULT_JAVASCRIPT, 1, 9);
	assert_fault("{{ vars.n++ }}", EXPR_FAULT_JAVASCRIPT, 1, 10);
}

static void
what_is_wrong_in_any_language_is_a_syntax_fault(void **state)
{
	(void)state;
	assert_fault("{{ 1 + }}", EXPR_FAULT_SYNTAX, 1, 8);
	assert_fault("{{ }}", EXPR_FAULT_SYNTAX, 1, 4);
	assert_fault("{{ 'a }}", EXPR_FAULT_SYNTAX, 1, 4);
	assert_fault("{{ (1 }}", EXPR_FAULT_SYNTAX, 1, 7);
	assert_fault("= {{ 1", EXPR_FAULT_SYNTAX, 1, 7);
}

static void
an_unknown_name_never_becomes_empty_text(void **state)
{
	struct world w = { .roots = json_of(roots_text) };
	struct expr_fault f = { 0 };
	char got[64];

	(void)state;
	assert_fault("a {{nope.x}}", EXPR_FAULT_ROOT, 1, 5);
	assert_fault("{{action-2.status}}", EXPR_FAULT_ROOT, 1, 3);
	assert_fault("{{ vars.n == yes }}", EXPR_FAULT_ROOT, 1, 14);
	assert_fault("{{ vars.nope.deep > 1 }}", EXPR_FAULT_RUNTIME, 1, 14);
	/* What is only missing is told. */
	shown("a{{vars.nope}}", true, &names, &w, got, sizeof(got), &f);
	assert_string_equal(got, "\"a\"");
	assert_int_equal(w.warnings, 1);
	assert_string_equal(w.warning.expression, "vars.nope");
	json_decref(w.roots);
}

static void
a_run_time_error_is_a_warning_unless_strict(void **state)
{
	struct world w = { .roots = json_of(roots_text) };
	struct expr_fault f = { 0 };
	char got[64];

	(void)state;
	shown("={{ vars.nope.deep }}", false, &names, &w, got, sizeof(got), &f);
	assert_string_equal(got, "null");
	assert_int_equal(w.warnings, 1);
	assert_int_equal(w.warning.kind, EXPR_FAULT_RUNTIME);
	json_decref(w.roots);
}

static void
told_count(void *arg, const struct expr_fault *f)
{
	struct expr_fault *last = arg;

	*last = *f;
}

static void
a_check_finds_what_no_run_is_needed_for(void **state)
{
	struct arena *a = arena_new();
	struct expr_fault last = { 0 };

	(void)state;
	assert_int_equal(
	    expr_check(expr_compile(
	                   a, str_of("{{x.a}} {{ f() }} {{ 1 + }} {{vars.n}} {{ y + z }}"), &names),
	        told_count, &last),
	    5);
	assert_string_equal(last.expression, "y + z");
	assert_int_equal(last.kind, EXPR_FAULT_ROOT);
	assert_int_equal(
	    expr_check(
	        expr_compile(a, str_of("={{ $('Nobody').item.json.a }}"), &names), NULL, NULL),
	    1);
	assert_int_equal(
	    expr_check(expr_compile(
	                   a, str_of("={{ $('Fetch it').item.json.a + $node.R.json.b }}"), &names),
	        NULL, NULL),
	    0);
	arena_free(a);
}

static void
root_append(void *arg, const struct expr_root *r)
{
	buf_printf(arg, "%d:" STR_FMT ":%d ", (int)r->kind, STR_ARG(r->name), r->index);
}

static void
roots_are_listed_with_their_node(void **state)
{
	struct arena *a = arena_new();
	struct buf b = { 0 };

	(void)state;
	expr_roots(
	    expr_compile(a,
	        str_of("{{action-1.x}}{{ vars.n + $('Act').item.json.q }}{{ $json.a }}"), &names),
	    root_append, &b);
	assert_string_equal(buf_cstr(&b), "0:action-1:1 0:vars:-1 3:Act:0 2::-1 ");
	buf_free(&b);
	arena_free(a);
}

static void
a_fault_tells_expression_and_position(void **state)
{
	struct world w = { .roots = json_of(roots_text) };
	struct expr_fault f = { 0 };
	struct err e;
	json_t *v;
	char got[64];

	(void)state;
	shown("{{ nope.x }}", true, &names, &w, got, sizeof(got), &f);
	v = expr_fault_json(&f);
	assert_string_equal(js_text_or(v, "code", ""), "EXPRESSION_ERROR");
	assert_string_equal(js_text_or(v, "expression", ""), "nope.x");
	assert_int_equal(js_int_or(v, "column", 0), 4);
	assert_int_equal(expr_fault_err(&f, &e), -1);
	assert_string_equal(e.code, "MR400");
	assert_non_null(strstr(e.text, "nope.x"));
	json_decref(v);
	json_decref(w.roots);
}

static void
hostile_texts_end_in_a_limit(void **state)
{
	enum { N = 20000 };
	static char text[2 * N + 16];
	struct buf many = { 0 };

	(void)state;
	memset(text, '(', N);
	memcpy(text, "{{ ", 3);
	memcpy(text + N, " 1 }}", 6);
	assert_fault(text, EXPR_FAULT_LIMIT, 1, 0);
	memset(text + 3, '!', N - 3);
	assert_fault(text, EXPR_FAULT_LIMIT, 1, 0);
	for (int i = 0; i < N; i++)
		memcpy(text + 3 + 2 * i, "1+", 2);
	memcpy(text + 3 + 2 * N, "1}}", 4);
	assert_fault(text, EXPR_FAULT_LIMIT, 1, 0);
	for (int i = 0; i <= EXPR_CHUNKS_MAX; i++)
		buf_text(&many, "{{1}}");
	assert_fault(buf_cstr(&many), EXPR_FAULT_LIMIT, 1, 1 + 5 * EXPR_CHUNKS_MAX);
	buf_free(&many);
}

/* Printed, not judged: the build under test has sanitizers. */
static void
a_bare_path_costs_little(void **state)
{
	enum { ROUNDS = 100000 };
	struct world w = { .roots = json_of(roots_text) };
	struct expr_scope s = scope_of(&w);
	struct arena *a = arena_new();
	struct expr *x = expr_compile(a, str_of("{{trigger.payload.items[0].sku}}"), &names);
	struct expr_fault f = { 0 };
	struct timespec from, to;
	json_t *v;

	(void)state;
	assert_int_equal(expr_kind(x), EXPR_PATH);
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < ROUNDS; i++) {
		assert_int_equal(expr_eval(x, &s, &v, &f), 0);
		json_decref(v);
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	print_message("a bare path of four names: %.0f ns\n",
	    ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) /
	        ROUNDS);
	arena_free(a);
	json_decref(w.roots);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shared_cases_are_answered_right_or_refused),
		cmocka_unit_test(shared_cases_of_n8n_are_answered_right_or_refused),
		cmocka_unit_test(a_lone_chunk_keeps_its_type),
		cmocka_unit_test(paths_of_our_own_form_take_hyphens_numbers_and_quotes),
		cmocka_unit_test(the_longest_node_id_wins),
		cmocka_unit_test(text_around_a_chunk_joins_as_text),
		cmocka_unit_test(escaped_and_unclosed_braces_are_text),
		cmocka_unit_test(operators_mean_what_they_mean_in_javascript),
		cmocka_unit_test(what_needs_javascript_is_refused_where_it_begins),
		cmocka_unit_test(what_is_wrong_in_any_language_is_a_syntax_fault),
		cmocka_unit_test(an_unknown_name_never_becomes_empty_text),
		cmocka_unit_test(a_run_time_error_is_a_warning_unless_strict),
		cmocka_unit_test(a_check_finds_what_no_run_is_needed_for),
		cmocka_unit_test(roots_are_listed_with_their_node),
		cmocka_unit_test(a_fault_tells_expression_and_position),
		cmocka_unit_test(hostile_texts_end_in_a_limit),
		cmocka_unit_test(a_bare_path_costs_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

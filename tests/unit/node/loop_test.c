/* N09: loop goes round over items or while a condition holds; split makes the items. */
#include "../flow/kit.h"

#define ROUNDS 10000

static const char *const edges = "'edges':[{'from':'t','to':'s'},{'from':'s','to':'l'},"
                                 "{'from':'l','from_port':'loop','to':'b'},{'from':'b','to':'l'},"
                                 "{'from':'l','from_port':'done','to':'e'}]";

/* t -> s (a split of the payload's list) -> l (loop) -> b -> back; l's done -> e. */
static struct kit
open_loop(const char *config, const char *body, const char *end, const char *payload)
{
	char text[3000];

	snprintf(text, sizeof(text),
	    "{'nodes':[{'id':'t','type':'manual'},"
	    "{'id':'s','type':'split','config':{'list':'{{t.list}}'}},"
	    "{'id':'l','type':'loop','config':%s},{'id':'b',%s},{'id':'e',%s}],%s}",
	    config, body, end, edges);
	return kit_open(text, payload);
}

static void
split_makes_an_item_of_each_member(void **state)
{
	struct kit k = kit_open(
	    "{'nodes':[{'id':'t','type':'manual'},"
	    "{'id':'s','type':'split','config':{'list':'{{t.list}}','as':'m','keep':true}}],"
	    "'edges':[{'from':'t','to':'s'}]}",
	    "{'list':[1,{'a':2}],'payload':0}");

	(void)state;
	kit_run(&k);
	assert_string_equal(kit_status(&k, "s"), "succeeded");
	kit_assert_json(json_object_get(kit_out(&k, "s", "main", 0), "m"), "1");
	kit_assert_json(json_object_get(kit_out(&k, "s", "main", 1), "m"), "{'a':2}");
	kit_assert_json(
	    json_array_get(
	        json_object_get(
	            json_array_get(json_object_get(kit_row(&k, "s", 0, 1)->output, "main"), 1),
	            "paired"),
	        0),
	    "[0,0]");
	kit_close(&k);
	k = kit_open("{'nodes':[{'id':'t','type':'manual'},"
	             "{'id':'s','type':'split','config':{'list':'{{t.list}}'}}],"
	             "'edges':[{'from':'t','to':'s'}]}",
	    "{'list':'text'}");
	kit_run(&k);
	kit_assert_json(json_object_get(exec_error(k.x), "code"), "'CONFIG_INVALID'");
	kit_close(&k);
}

static void
a_loop_gives_batches_and_then_what_came_back_in_order(void **state)
{
	struct kit k = open_loop("{'batch_size':2}",
	    "'type':'set','config':{'values':{'ten':'{{item.n * 10}}'}}", "'type':'no_op'",
	    "{'list':[{'n':1},{'n':2},{'n':3},{'n':4},{'n':5}]}");

	(void)state;
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	kit_assert_json(exec_output(k.x), "[{'n':1,'ten':10},{'n':2,'ten':20},{'n':3,'ten':30},"
	                                  "{'n':4,'ten':40},{'n':5,'ten':50}]");
	for (int round = 0; round < 3; round++) {
		const struct step_record *row = kit_row(&k, "b", round, 1);

		assert_non_null(row);
		assert_int_equal(
		    json_array_size(json_object_get(row->output, "main")), round < 2 ? 2 : 1);
	}
	assert_string_equal(step_status_name(kit_row(&k, "b", 3, 1)->status), "skipped");
	assert_null(kit_row(&k, "l", 4, 1));
	kit_close(&k);
}

/* As the recorded order v1 has it: a batch is of the filling run, the end of each round. */
static void
items_of_a_loop_are_paired_with_the_run_that_filled_it(void **state)
{
	struct kit k = open_loop("{}", "'type':'set','config':{'keep':false,'values':{'x':1}}",
	    "'type':'set','config':{'keep':false,'values':{'from':'{{s.n}}','by':'{{b.x}}'}}",
	    "{'list':[{'n':1},{'n':2},{'n':3}]}");
	const struct step_record *row;

	(void)state;
	kit_run(&k);
	kit_assert_json(
	    exec_output(k.x), "[{'from':1,'by':1},{'from':2,'by':1},{'from':3,'by':1}]");
	row = kit_row(&k, "l", 1, 1);
	kit_assert_json(row->source, "[{'node':'b','port':'main','iteration':0},"
	                             "{'node':'s','port':'main','iteration':0,'kept':true}]");
	kit_assert_json(row->output, "{'loop':[{'json':{'n':2},'paired':[[1,1]]}]}");
	row = kit_row(&k, "l", 3, 1);
	kit_assert_json(row->source, "[{'node':'b','port':'main','iteration':2},"
	                             "{'node':'b','port':'main','iteration':0,'kept':true},"
	                             "{'node':'b','port':'main','iteration':1,'kept':true}]");
	kit_assert_json(row->output, "{'done':[{'json':{'x':1},'paired':[[1,0]]},"
	                             "{'json':{'x':1},'paired':[[2,0]]},"
	                             "{'json':{'x':1},'paired':[[0,0]]}]}");
	kit_close(&k);
}

static void
a_round_that_brings_nothing_back_does_not_end_the_loop(void **state)
{
	struct kit k = open_loop("{}", "'type':'filter','config':{'condition':'{{item.n}} > 2'}",
	    "'type':'no_op'", "{'list':[{'n':1},{'n':3},{'n':2},{'n':4}]}");

	(void)state;
	kit_run(&k);
	kit_assert_json(exec_output(k.x), "[{'n':3},{'n':4}]");
	kit_close(&k);
	k = open_loop("{}", "'type':'filter','config':{'condition':'{{item.n}} > 9'}",
	    "'type':'no_op'", "{'list':[{'n':1},{'n':3}]}");
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	assert_string_equal(kit_status(&k, "e"), "skipped");
	kit_close(&k);
}

static const char *const nested =
    "{'nodes':[{'id':'t','type':'manual'},"
    "{'id':'s','type':'split','config':{'list':'{{t.list}}'}},"
    "{'id':'outer','type':'loop'},"
    "{'id':'parts','type':'split','config':{'list':'{{item.parts}}'}},"
    "{'id':'inner','type':'loop','config':{'batch_size':2}},"
    "{'id':'work','type':'http_request','config':{'url':'http://x.example/'}},"
    "{'id':'take','type':'set','config':{'keep':false,'values':{'p':'{{inner.value}}',"
    "'of':'{{s.name}}'}}},"
    "{'id':'e','type':'no_op'}],"
    "'edges':[{'from':'t','to':'s'},{'from':'s','to':'outer'},"
    "{'from':'outer','from_port':'loop','to':'parts'},{'from':'parts','to':'inner'},"
    "{'from':'inner','from_port':'loop','to':'work'},{'from':'work','to':'take'},"
    "{'from':'take','to':'inner'},{'from':'inner','from_port':'done','to':'outer'},"
    "{'from':'outer','from_port':'done','to':'e'}]}";
static const char *const nested_payload =
    "{'list':[{'name':'a','parts':[1,2,3]},{'name':'b','parts':[]},{'name':'c','parts':[4]}]}";
static const char *const nested_output =
    "[{'p':1,'of':'a'},{'p':2,'of':'a'},{'p':3,'of':'a'},{'p':4,'of':'c'}]";

static json_t *
answer_ok(const struct exec_wish *w, void *arg)
{
	(void)w;
	(void)arg;
	return json_pack("{s:i, s:s}", "status", 200, "body", "{}");
}

static void
a_loop_inside_a_loop_begins_anew_each_round(void **state)
{
	struct kit k = kit_open(nested, nested_payload);

	(void)state;
	k.answer = answer_ok;
	kit_run(&k);
	kit_assert_json(exec_output(k.x), nested_output);
	kit_close(&k);
}

static void
a_loop_goes_on_where_it_was_after_each_crash(void **state)
{
	struct kit whole = kit_open(nested, nested_payload), k;
	int crashes = 0, rows = 0;

	(void)state;
	whole.answer = answer_ok;
	kit_run(&whole);
	k = kit_open(nested, nested_payload);
	k.answer = answer_ok;
	while (kit_round(&k)) {
		kit_tick(&k);
		if (k.n_rows == rows)
			continue; /* the calls of one step are made again after a crash */
		rows = k.n_rows;
		kit_crash(&k);
		crashes++;
	}
	assert_true(crashes > 3);
	kit_assert_json(exec_output(k.x), nested_output);
	assert_int_equal(k.n_rows, whole.n_rows);
	for (int i = 0; i < whole.n_rows; i++) {
		const struct step_record *a = &whole.rows[i];
		const struct step_record *b = kit_row(&k, a->node_id, a->iteration, 1);

		assert_non_null(b);
		assert_true(a->output == b->output || js_equal(a->output, b->output));
		assert_true(a->source == b->source || js_equal(a->source, b->source));
	}
	kit_close(&whole);
	kit_close(&k);
}

static void
a_loop_goes_round_while_its_condition_holds(void **state)
{
	struct kit k = open_loop("{'mode':'while','condition':'{{item.n}} < 3'}",
	    "'type':'set','config':{'values':{'n':'{{item.n + 1}}'}}",
	    "'type':'set','config':{'values':{'began':'{{s.n}}'}}",
	    "{'list':[{'n':1},{'n':7},{'n':2}]}");

	(void)state;
	kit_run(&k);
	kit_assert_json(
	    exec_output(k.x), "[{'n':7,'began':7},{'n':3,'began':2},{'n':3,'began':1}]");
	kit_close(&k);
}

static void
a_loop_needs_a_whole_number_of_items_a_round(void **state)
{
	struct kit k = open_loop("{'batch_size':'{{t.size}}'}", "'type':'no_op'", "'type':'no_op'",
	    "{'list':[1],'size':0}");

	(void)state;
	kit_run(&k);
	kit_assert_json(json_object_get(exec_error(k.x), "code"), "'CONFIG_INVALID'");
	kit_assert_json(json_object_get(exec_error(k.x), "field"), "'batch_size'");
	kit_close(&k);
}

/* W07 */
static void
a_loop_without_a_way_back_is_told_of(void **state)
{
	json_t *in = kit_json("{'nodes':[{'id':'t','type':'manual'},{'id':'l','type':'loop'},"
	                      "{'id':'m','type':'loop'},{'id':'b','type':'no_op'}],"
	                      "'edges':[{'from':'t','to':'l'},{'from':'l','to':'m'},"
	                      "{'from':'m','from_port':'loop','to':'b'},{'from':'b','to':'m'}]}");
	json_t *stored = NULL;
	struct issue_list issues = { 0 };

	(void)state;
	assert_int_equal(definition_read(in, &node_registry, "", &stored, &issues), 0);
	assert_int_equal(issues.n, 1);
	assert_int_equal(issues.v[0].severity, ISSUE_WARNING);
	assert_string_equal(issues.v[0].field, "nodes[1]");
	issue_list_free(&issues);
	json_decref(stored);
	json_decref(in);
}

static void
a_disabled_loop_passes_its_items_on_to_done(void **state)
{
	struct kit k = open_loop(
	    "{},'disabled':true", "'type':'no_op'", "'type':'no_op'", "{'list':[{'n':1},{'n':2}]}");

	(void)state;
	kit_run(&k);
	kit_assert_json(exec_output(k.x), "[{'n':1},{'n':2}]");
	assert_string_equal(kit_status(&k, "b"), "skipped");
	kit_close(&k);
}

static void
a_loop_over_more_rounds_than_the_budget_ends_with_step_budget(void **state)
{
	char text[1500];
	struct kit k;

	(void)state;
	snprintf(text, sizeof(text),
	    "{'nodes':[{'id':'t','type':'manual'},"
	    "{'id':'s','type':'split','config':{'list':[1,2,3,4,5,6,7,8,9]}},"
	    "{'id':'l','type':'loop'},{'id':'b','type':'no_op'},{'id':'e','type':'no_op'}],%s,"
	    "'settings':{'step_budget':12}}",
	    edges);
	k = kit_open(text, "{}");
	kit_run(&k);
	kit_assert_json(json_object_get(exec_error(k.x), "code"), "'STEP_BUDGET'");
	assert_int_equal(k.n_rows, 12);
	kit_close(&k);
}

/* Ten thousand rounds: each step once, and what they cost does not grow with the rounds before. */
static void
ten_thousand_rounds_are_recorded_once_each(void **state)
{
	char text[1500];
	struct kit k;
	json_t *list = json_array();
	size_t n, rounds = 0;
	const struct step_record *steps;

	(void)state;
	snprintf(text, sizeof(text),
	    "{'nodes':[{'id':'t','type':'manual'},"
	    "{'id':'s','type':'split','config':{'list':'{{t.list}}'}},"
	    "{'id':'l','type':'loop'},{'id':'b','type':'no_op'},"
	    "{'id':'e','type':'set','config':{'keep':false,'values':{'n':'{{s.n}}'}}}],%s,"
	    "'settings':{'step_budget':100000}}",
	    edges);
	k = kit_open(text, "{}");
	for (int i = 0; i < ROUNDS; i++)
		json_array_append_new(list, json_pack("{s:i}", "n", i));
	json_object_set_new(item_json(json_array_get(k.items, 0)), "list", list);
	exec_advance(k.x, KIT_START_MS);
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	steps = exec_steps(k.x, &n);
	for (size_t i = 0; i < n; i++)
		rounds += strcmp(steps[i].node_id, "b") == 0 && steps[i].status == STEP_SUCCEEDED;
	assert_int_equal(rounds, ROUNDS);
	assert_int_equal(n, 2 * ROUNDS + 5);
	for (int i = 0; i < ROUNDS; i++)
		assert_int_equal(js_int_or(json_array_get(exec_output(k.x), i), "n", -1), i);
	kit_close(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(split_makes_an_item_of_each_member),
		cmocka_unit_test(a_loop_gives_batches_and_then_what_came_back_in_order),
		cmocka_unit_test(items_of_a_loop_are_paired_with_the_run_that_filled_it),
		cmocka_unit_test(a_round_that_brings_nothing_back_does_not_end_the_loop),
		cmocka_unit_test(a_loop_inside_a_loop_begins_anew_each_round),
		cmocka_unit_test(a_loop_goes_on_where_it_was_after_each_crash),
		cmocka_unit_test(a_loop_goes_round_while_its_condition_holds),
		cmocka_unit_test(a_loop_needs_a_whole_number_of_items_a_round),
		cmocka_unit_test(a_loop_without_a_way_back_is_told_of),
		cmocka_unit_test(a_disabled_loop_passes_its_items_on_to_done),
		cmocka_unit_test(a_loop_over_more_rounds_than_the_budget_ends_with_step_budget),
		cmocka_unit_test(ten_thousand_rounds_are_recorded_once_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

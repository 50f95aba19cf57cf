/*
 * Items know what they came from through every node; and what any node may be told beside its
 * config: execute_once, always_output, disabled. X14.
 */
#include "kit.h"

/* Rebuilt after any of its records the run makes the others as it did. */
static void
assert_rebuilt(const struct kit *k)
{
	for (int n = 0; n < k->n_rows; n++) {
		struct kit again = *k;
		struct err e = { 0 };
		size_t made;
		const struct step_record *steps;

		kit_new_exec(&again);
		for (int i = 0; i < n; i++)
			assert_int_equal(exec_replay(again.x, &k->rows[i], &e), 0);
		exec_advance(again.x, k->now_ms);
		steps = exec_steps(again.x, &made);
		assert_int_equal(made, k->n_rows - n);
		for (size_t i = 0; i < made; i++) {
			const struct step_record *was =
			    kit_row(k, steps[i].node_id, steps[i].iteration, 1);

			assert_non_null(was);
			assert_true(was->output == steps[i].output ||
			            js_equal(was->output, steps[i].output));
			assert_true(was->source == steps[i].source ||
			            js_equal(was->source, steps[i].source));
		}
		exec_free(again.x);
	}
}

/* t -> s (items 1..3 as n) -> the nodes given -> e, which says what e's item came from. */
static struct kit
open_chain(const char *nodes, const char *edges)
{
	char text[4000];
	struct kit k;

	snprintf(text, sizeof(text),
	    "{'nodes':[{'id':'t','type':'manual'},"
	    "{'id':'s','type':'split','config':{'list':[{'n':1},{'n':2},{'n':3}]}},%s,"
	    "{'id':'e','type':'set','config':{'keep':false,'values':{'of':'{{s.n}}'}}}],"
	    "'edges':[{'from':'t','to':'s'},%s]}",
	    nodes, edges);
	k = kit_open(text, "{}");
	kit_run(&k);
	if (exec_error(k.x) != NULL)
		fail_msg("%s", js_text_of(exec_error(k.x), 0));
	assert_rebuilt(&k);
	return k;
}

static void
assert_of(const char *nodes, const char *edges, const char *expected)
{
	struct kit k = open_chain(nodes, edges);

	kit_assert_json(exec_output(k.x), expected);
	kit_close(&k);
}

static void
the_item_that_this_one_came_from_is_found_through_every_node(void **state)
{
	(void)state;
	assert_of("{'id':'f','type':'filter','config':{'condition':'{{item.n}} > 1'}}",
	    "{'from':'s','to':'f'},{'from':'f','to':'e'}", "[{'of':2},{'of':3}]");
	assert_of("{'id':'w','type':'set','config':{'keep':false,'values':{'x':0}}},"
	          "{'id':'f','type':'filter','config':{'condition':'{{s.n}} > 1'}}",
	    "{'from':'s','to':'w'},{'from':'w','to':'f'},{'from':'f','to':'e'}",
	    "[{'of':2},{'of':3}]");
	assert_of("{'id':'i','type':'if','config':{'condition':'{{item.n}} == 2'}},"
	          "{'id':'m','type':'merge'}",
	    "{'from':'s','to':'i'},{'from':'i','from_port':'true','to':'m','to_port':'2'},"
	    "{'from':'i','from_port':'false','to':'m','to_port':'1'},{'from':'m','to':'e'}",
	    "[{'of':1},{'of':3},{'of':2}]");
	assert_of("{'id':'p','type':'split','config':{'list':['{{item.n}}',0]}}",
	    "{'from':'s','to':'p'},{'from':'p','to':'e'}",
	    "[{'of':1},{'of':1},{'of':2},{'of':2},{'of':3},{'of':3}]");
	assert_of("{'id':'l','type':'loop','config':{'batch_size':2}},"
	          "{'id':'p','type':'split','config':{'list':[1,2]}}",
	    "{'from':'s','to':'l'},{'from':'l','from_port':'loop','to':'p'},{'from':'p','to':'l'},"
	    "{'from':'l','from_port':'done','to':'e'}",
	    "[{'of':1},{'of':1},{'of':2},{'of':2},{'of':3},{'of':3}]");
}

/* As the recorded order v1 has it: an error, not one of them. A bare name takes the first. */
static void
several_items_that_this_one_came_from_are_an_error(void **state)
{
	static const char *const text =
	    "{'nodes':[{'id':'t','type':'manual'},"
	    "{'id':'s','type':'split','config':{'list':[{'n':1},{'n':2}]}},"
	    "{'id':'f','type':'filter','config':{'condition':'{{item.n}} > %d'}},"
	    "{'id':'m','type':'merge','config':{'mode':'combine_by_position','unpaired':false}},"
	    "{'id':'e','type':'set','config':{'keep':false,'values':{'bare':'{{s.n}}',"
	    "'sole':'{{$(\\\"s\\\").item.json.n}}'}}}],"
	    "'edges':[{'from':'t','to':'s'},{'from':'s','to':'m','to_port':'1'},"
	    "{'from':'s','to':'f'},{'from':'f','to':'m','to_port':'2'},{'from':'m','to':'e'}]}";
	char definition[2000];
	struct kit k;

	(void)state;
	snprintf(definition, sizeof(definition), text, 0);
	k = kit_open(definition, "{}");
	kit_run(&k);
	kit_assert_json(exec_output(k.x), "[{'bare':1,'sole':1},{'bare':2,'sole':2}]");
	kit_close(&k);
	snprintf(definition, sizeof(definition), text, 1);
	k = kit_open(definition, "{}");
	kit_run(&k);
	kit_assert_json(json_object_get(exec_error(k.x), "code"), "'EXPRESSION_ERROR'");
	kit_close(&k);
}

/* Its items have the places of those before it: only pairing shows where they came from. */
static void
a_disabled_node_keeps_the_pairing(void **state)
{
	(void)state;
	assert_of("{'id':'f','type':'filter','config':{'condition':'{{item.n}} > 1'}},"
	          "{'id':'w','type':'set','disabled':true}",
	    "{'from':'s','to':'f'},{'from':'f','to':'w'},{'from':'w','to':'e'}",
	    "[{'of':2},{'of':3}]");
}

static void
execute_once_takes_the_first_item_of_each_in_port(void **state)
{
	struct kit k;

	(void)state;
	assert_of("{'id':'w','type':'no_op','execute_once':true}",
	    "{'from':'s','to':'w'},{'from':'t','to':'w'},{'from':'w','to':'e'}", "{'of':1}");
	k = open_chain("{'id':'f','type':'filter','config':{'condition':'{{item.n}} > 1'}},"
	               "{'id':'m','type':'merge','executeOnce':true}",
	    "{'from':'s','to':'m','to_port':'1'},{'from':'s','to':'f'},"
	    "{'from':'f','to':'m','to_port':'2'},{'from':'m','to':'e'}");
	kit_assert_json(exec_output(k.x), "[{'of':1},{'of':2}]");
	kit_assert_json(kit_row(&k, "m", 0, 1)->source,
	    "[{'node':'s','port':'main','iteration':0,'first':true},"
	    "{'node':'f','port':'main','iteration':0,'first':true}]");
	kit_close(&k);
}

static void
always_output_gives_an_empty_item_paired_with_all(void **state)
{
	struct kit k = open_chain("{'id':'f','type':'filter','always_output':true,'config':{'"
	                          "condition':'{{item.n}} > 9'}}",
	    "{'from':'s','to':'f'},{'from':'f','to':'e'}");

	(void)state;
	assert_string_equal(kit_status(&k, "e"), "succeeded");
	kit_assert_json(
	    kit_row(&k, "f", 0, 1)->output, "{'main':[{'json':{},'paired':[[0,0],[0,1],[0,2]]}]}");
	kit_close(&k);
	k = open_chain("{'id':'i','type':'if','alwaysOutputData':true,"
	               "'config':{'condition':'{{item.n}} > 9'}}",
	    "{'from':'s','to':'i'},{'from':'i','from_port':'true','to':'e'}");
	assert_string_equal(kit_status(&k, "e"), "succeeded");
	kit_close(&k);
	/* A round is no end: done stays silent until all items have gone round. */
	assert_of("{'id':'l','type':'loop','always_output':true},{'id':'b','type':'no_op'}",
	    "{'from':'s','to':'l'},{'from':'l','from_port':'loop','to':'b'},{'from':'b','to':'l'},"
	    "{'from':'l','from_port':'done','to':'e'}",
	    "[{'of':1},{'of':2},{'of':3}]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_item_that_this_one_came_from_is_found_through_every_node),
		cmocka_unit_test(several_items_that_this_one_came_from_are_an_error),
		cmocka_unit_test(a_disabled_node_keeps_the_pairing),
		cmocka_unit_test(execute_once_takes_the_first_item_of_each_in_port),
		cmocka_unit_test(always_output_gives_an_empty_item_paired_with_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* N05, N06, N08, N10, N14: set, if, switch, filter, merge. */
#include "../flow/kit.h"

/* Runs t -> x with this node, and gives the run's output. */
static json_t *
output(const char *node, const char *payload)
{
	char text[3000];
	struct kit k;
	json_t *out;

	snprintf(text, sizeof(text),
	    "{'nodes':[{'id':'t','type':'manual'},{'id':'x',%s}],'edges':[{'from':'t','to':'x'}]}",
	    node);
	k = kit_open(text, payload);
	kit_run(&k);
	if (exec_error(k.x) != NULL)
		fail_msg("%s", js_text_of(exec_error(k.x), 0));
	out = json_incref(exec_output(k.x));
	json_object_del(out, "payload");
	kit_close(&k);
	return out;
}

static void
assert_output(const char *node, const char *payload, const char *expected)
{
	json_t *out = output(node, payload);

	kit_assert_json(out, expected);
	json_decref(out);
}

/* N14 */
static void
set_adds_renames_and_removes_fields(void **state)
{
	(void)state;
	assert_output("'type':'set','config':{'values':{'b':2,'c.d.e':'{{item.a}}'}}",
	    "{'a':1,'c':{'x':0}}", "{'a':1,'b':2,'c':{'x':0,'d':{'e':1}}}");
	assert_output(
	    "'type':'set','config':{'rename':{'a':'z','c.x':'c.y','no':'q'},'remove':['b']}",
	    "{'a':1,'b':2,'c':{'x':3}}", "{'z':1,'c':{'y':3}}");
	assert_output(
	    "'type':'set','config':{'keep':false,'values':[{'name':'n','value':'{{t.a}}'},"
	    "{'name':'n2','value':null}]}",
	    "{'a':1}", "{'n':1,'n2':null}");
}

static void
set_leaves_the_items_of_other_branches_alone(void **state)
{
	struct kit k = kit_open("{'nodes':[{'id':'t','type':'manual'},"
	                        "{'id':'a','type':'set','config':{'values':{'deep.x':9}}},"
	                        "{'id':'b','type':'no_op'}],"
	                        "'edges':[{'from':'t','to':'a'},{'from':'t','to':'b'}]}",
	    "{'deep':{'x':1}}");

	(void)state;
	kit_run(&k);
	kit_assert_json(json_object_get(kit_out(&k, "a", "main", 0), "deep"), "{'x':9}");
	kit_assert_json(json_object_get(kit_out(&k, "b", "main", 0), "deep"), "{'x':1}");
	kit_close(&k);
}

/* The ports of node x that gave something. */
static void
assert_port(const char *node, const char *payload, const char *port)
{
	char text[3000];
	struct kit k;
	json_t *items;
	const char *name;
	int n = 0;

	snprintf(text, sizeof(text),
	    "{'nodes':[{'id':'t','type':'manual'},{'id':'x',%s}],'edges':[{'from':'t','to':'x'}]}",
	    node);
	k = kit_open(text, payload);
	kit_run(&k);
	assert_non_null(kit_row(&k, "x", 0, 1)->output);
	json_object_foreach(kit_row(&k, "x", 0, 1)->output, name, items)
	{
		if (json_array_size(items) == 0)
			continue;
		if (strcmp(name, port) != 0)
			fail_msg("%s instead of %s for %s", name, port, payload);
		n++;
	}
	assert_int_equal(n, 1);
	kit_close(&k);
}

/* N06, N08 */
static void
if_takes_conditions_as_text_and_as_form(void **state)
{
	static const char *const spellings[] = {
		"'type':'if','config':{'condition':'{{t.status}} == 200'}",
		"'type':'if','config':{'condition':'{{t.status}} >= 200 and {{t.status}} < 300'}",
		"'type':'if','config':{'condition':{'field':'status','operator':'==','value':200}}",
		"'type':'if','config':{'field':'status','operator':'equals','value':'{{t.status - "
		"0}}'}",
		"'type':'if','config':{'combine':'or','conditions':[{'field':'status','operator':'"
		"eq',"
		"'value':200},'{{t.status}} == 201']}",
	};

	(void)state;
	for (size_t i = 0; i < countof(spellings); i++)
		assert_port(spellings[i], "{'status':200}", "true");
	for (size_t i = 0; i < countof(spellings) - 2; i++)
		assert_port(spellings[i], "{'status':500}", "false");
}

/* N08 */
static void
switch_takes_the_first_rule_that_holds_else_default(void **state)
{
	static const char rules[] = "'type':'switch','config':{'rules':["
	                            "{'port':'big','condition':'{{item.n}} > 10'},"
	                            "{'condition':'{{item.n}} > 5'}]}";
	static const char cases[] = "'type':'switch','config':{'value':'{{item.n}}','cases':["
	                            "{'port':'one','value':1},{'port':'two','value':'2'}]}";

	(void)state;
	assert_port(rules, "{'n':11}", "big");
	assert_port(rules, "{'n':7}", "2");
	assert_port(rules, "{'n':1}", "default");
	assert_port(cases, "{'n':1}", "one");
	assert_port(cases, "{'n':2}", "two");
	assert_port(cases, "{'n':'1'}", "one");
	assert_port(cases, "{'n':3}", "default");
}

static void
filter_lets_through_what_meets_the_condition_as_wished(void **state)
{
	(void)state;
	assert_output(
	    "'type':'filter','config':{'condition':'{{item.n}} == 1'}", "{'n':1}", "{'n':1}");
	assert_output("'type':'filter','config':{'condition':'{{item.n}} == 1'}", "{'n':2}", "[]");
	assert_output(
	    "'type':'filter','config':{'condition':'{{item.n}} == 1','continue_on':false}",
	    "{'n':2}", "{'n':2}");
}

/* Two branches that make one or two items each, joined by this merge. */
static void
assert_merge(const char *config, const char *expected)
{
	char text[3000];
	struct kit k;
	json_t *out;

	snprintf(text, sizeof(text),
	    "{'nodes':[{'id':'t','type':'manual'},"
	    "{'id':'a','type':'set','config':{'keep':false,'values':{'id':'{{item.id}}','l':'{{"
	    "item.n}}'}}},"
	    "{'id':'d','type':'delay','config':{'duration_ms':5}},"
	    "{'id':'b','type':'set','config':{'keep':false,'values':{'id':'{{item.n}}','r':1}}},"
	    "{'id':'m','type':'merge','config':%s}],"
	    "'edges':[{'from':'t','to':'a'},{'from':'t','to':'d'},{'from':'d','to':'b'},"
	    "{'from':'a','to':'m'},{'from':'b','to':'m'}]}",
	    config);
	k = kit_open(text, "{'id':7,'n':8}");
	exec_free(k.x);
	json_array_append_new(k.items, item_new(json_pack("{s:s, s:i}", "id", "9", "n", 7)));
	kit_new_exec(&k);
	kit_run(&k);
	if (exec_error(k.x) != NULL)
		fail_msg("%s", js_text_of(exec_error(k.x), 0));
	out = exec_output(k.x);
	kit_assert_json(out, expected);
	kit_close(&k);
}

/* N10 */
static void
merge_joins_in_each_of_its_modes(void **state)
{
	(void)state;
	/* a: {7,l8} {9,l7}; b: {8,r} {7,r} */
	assert_merge(
	    "{'mode':'append'}", "[{'id':7,'l':8},{'id':'9','l':7},{'id':8,'r':1},{'id':7,'r':1}]");
	assert_merge("{'mode':'wait_all'}", "{'id':8,'l':8,'r':1}");
	assert_merge("{'mode':'first'}", "[{'id':7,'l':8},{'id':'9','l':7}]");
	assert_merge("{'mode':'choose','choose':2}", "[{'id':8,'r':1},{'id':7,'r':1}]");
	assert_merge(
	    "{'mode':'combine_by_position'}", "[{'id':8,'l':8,'r':1},{'id':7,'l':7,'r':1}]");
	assert_merge("{'mode':'combine_by_position','unpaired':false,'inputs':3}", "[]");
	assert_merge("{'mode':'combine_all'}", "[{'id':8,'l':8,'r':1},{'id':7,'l':8,'r':1},{'id':8,"
	                                       "'l':7,'r':1},{'id':7,'l':7,'r':1}]");
	assert_merge("{'mode':'combine_all','inputs':3}", "[]");
	assert_merge("{'mode':'combine_by_key','key':'id'}", "{'id':7,'l':8,'r':1}");
	assert_merge("{'mode':'combine_by_key','key':'id','join':'left'}",
	    "[{'id':7,'l':8,'r':1},{'id':'9','l':7}]");
	assert_merge("{'mode':'combine_by_key','key':'id','join':'outer'}",
	    "[{'id':8,'r':1},{'id':7,'l':8,'r':1},{'id':'9','l':7}]");
	assert_merge("{'mode':'combine_by_key','key':'l','right_key':'id'}",
	    "[{'id':8,'l':8,'r':1},{'id':7,'l':7,'r':1}]");
}

/* N10 */
static void
merge_takes_its_inputs_by_their_numbers(void **state)
{
	struct kit k = kit_open(
	    "{'nodes':[{'id':'t','type':'manual'},"
	    "{'id':'a','type':'split','config':{'list':[1,2,3]}},"
	    "{'id':'b','type':'split','config':{'list':['x','y'],'as':'b'}},"
	    "{'id':'all','type':'merge'},{'id':'two','type':'merge',"
	    "'config':{'mode':'combine_by_position','unpaired':false}}],"
	    "'edges':[{'from':'t','to':'a'},{'from':'t','to':'b'},"
	    "{'from':'b','to':'all','to_port':'2'},{'from':'a','to':'all','to_port':'1'},"
	    "{'from':'b','to':'two','to_port':'2'},{'from':'a','to':'two','to_port':'1'}]}",
	    "{}");

	(void)state;
	kit_run(&k);
	kit_assert_json(kit_out(&k, "all", "main", 0), "{'value':1}");
	kit_assert_json(kit_out(&k, "all", "main", 4), "{'b':'y'}");
	kit_assert_json(kit_out(&k, "two", "main", 1), "{'value':2,'b':'y'}");
	assert_null(kit_out(&k, "two", "main", 2));
	kit_close(&k);
}

/* N10 */
static void
merge_first_goes_on_without_the_slower_input(void **state)
{
	struct kit k = kit_open("{'nodes':[{'id':'t','type':'manual'},"
	                        "{'id':'slow','type':'delay','config':{'duration_ms':9000}},"
	                        "{'id':'m','type':'merge','config':{'mode':'first'}},"
	                        "{'id':'z','type':'no_op'}],"
	                        "'edges':[{'from':'t','to':'slow'},{'from':'slow','to':'m'},"
	                        "{'from':'t','to':'m'},{'from':'m','to':'z'}]}",
	    "{}");

	(void)state;
	kit_advance(&k);
	assert_string_equal(kit_status(&k, "z"), "succeeded");
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	assert_int_equal(
	    json_array_size(json_object_get(kit_row(&k, "m", 0, 1)->output, "main")), 1);
	kit_close(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_adds_renames_and_removes_fields),
		cmocka_unit_test(set_leaves_the_items_of_other_branches_alone),
		cmocka_unit_test(if_takes_conditions_as_text_and_as_form),
		cmocka_unit_test(switch_takes_the_first_rule_that_holds_else_default),
		cmocka_unit_test(filter_lets_through_what_meets_the_condition_as_wished),
		cmocka_unit_test(merge_joins_in_each_of_its_modes),
		cmocka_unit_test(merge_takes_its_inputs_by_their_numbers),
		cmocka_unit_test(merge_first_goes_on_without_the_slower_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * W06-W11, R10, T09: definitions in any spelling, and all that is wrong with one. Longer than most:
 * each finding of W07 has its case.
 */
#include "kit.h"

static json_t *
read_stored(const char *text)
{
	struct issue_list issues = { 0 };
	json_t *in = kit_json(text), *stored = NULL;

	if (definition_read(in, &node_registry, "", &stored, &issues) != 0)
		fail_msg("%s: %s", issues.v[0].field, issues.v[0].text);
	issue_list_free(&issues);
	json_decref(in);
	return stored;
}

/* The definition has this issue, with this severity. */
static void
assert_issue(const char *text, const char *field, const char *part, const char *severity)
{
	json_t *in = kit_json(text),
	       *answer = definition_validate(in, &node_registry, "definition");
	json_t *issue;
	size_t i;
	bool found = false;

	json_array_foreach(json_object_get(answer, "issues"), i, issue)
	{
		if (strcmp(js_text_or(issue, "field", ""), field) == 0 &&
		    strstr(js_text_or(issue, "issue", ""), part) != NULL)
			found = strcmp(js_text_or(issue, "severity", ""), severity) == 0;
	}
	if (!found || (strcmp(severity, "error") == 0 && js_bool_or(answer, "valid", true)))
		fail_msg("no %s at %s in %s", severity, field, js_text_of(answer, JS_COMPACT));
	json_decref(answer);
	json_decref(in);
}

/* W07: each finding, with its field. */
static void
validation_finds_each_kind_of_mistake(void **state)
{
	static const struct {
		const char *text, *field, *part, *severity;
	} cases[] = {
		{ "{'nodes':[{'id':'t','type':'webhok'}]}", "definition.nodes[0].type",
		    "no node type \"webhok\"", "error" },
		{ "{'nodes':[{'id':'t','type':'manual'},{'id':'h','type':'http_request'}]}",
		    "definition.nodes[1].config.url", "", "error" },
		{ "{'nodes':[{'id':'h','type':'http_request','config':{'url':'http://a',"
		  "'timeout_ms':'soon'}}]}",
		    "definition.nodes[0].config.timeout_ms", "", "error" },
		{ "{'nodes':[{'id':'h','type':'http_request','config':{'url':'exampl'}}]}",
		    "definition.nodes[0].config.url", "http://", "error" },
		{ "{'nodes':[{'id':'h','type':'http_request','config':{'url':'http:///x'}}]}",
		    "definition.nodes[0].config.url", "host", "error" },
		{ "{'nodes':[{'id':'h','type':'http_request','config':{'url':'http://a b/'}}]}",
		    "definition.nodes[0].config.url", "host", "error" },
		{ "{'nodes':[{'id':'a','type':'manual'},{'id':'a','type':'no_op'}]}",
		    "definition.nodes[1].id", "used twice", "error" },
		{ "{'nodes':[{'type':'manual'}]}", "definition.nodes[0].id", "needs an id",
		    "error" },
		{ "{'nodes':[{'id':'a b','type':'manual'}]}", "definition.nodes[0].id", "letters",
		    "error" },
		{ "{'nodes':[{'id':'a','type':'manual'}],'edges':[{'from':'a','to':'b'}]}",
		    "definition.edges[0].to", "no node \"b\"", "error" },
		{ "{'nodes':[{'id':'a','type':'manual'},{'id':'b','type':'no_op'}],"
		  "'connections':[{'source':'x','target':'b'}]}",
		    "definition.connections[0].source", "no node \"x\"", "error" },
		{ "{'nodes':[{'id':'a','type':'manual'},{'id':'b','type':'no_op'}],"
		  "'edges':[{'from':'a','from_port':'yes','to':'b'}]}",
		    "definition.edges[0].from_port", "the node has main", "error" },
		{ "{'nodes':[{'id':'a','type':'manual'},{'id':'b','type':'no_op'}],"
		  "'edges':[{'from':'a','to_port':'in','to':'b'}]}",
		    "definition.edges[0].to_port", "the node has main", "error" },
		{ "{'nodes':[{'id':'a','type':'manual'},{'id':'b','type':'no_op'}],"
		  "'edges':[{'from':'b','to':'a'}]}",
		    "definition.edges[0].to", "no input", "error" },
		{ "{'nodes':[{'id':'b','type':'no_op'}]}", "definition.nodes", "no trigger",
		    "error" },
		{ "{'nodes':[]}", "definition.nodes", "no nodes", "error" },
		{ "{'nodes':[{'id':'a','type':'manual'},{'id':'b','type':'no_op'}]}",
		    "definition.nodes[1]", "never runs", "warning" },
		{ "{'nodes':[{'id':'t','type':'manual'},{'id':'a','type':'no_op'},"
		  "{'id':'b','type':'no_op'}],'edges':[{'from':'t','to':'a'},{'from':'a','to':'b'},"
		  "{'from':'b','to':'a'}]}",
		    "definition.nodes[1]", "cycle", "error" },
		{ "{'nodes':[{'id':'t','type':'manual'},{'id':'s','type':'set','config':{'values':"
		  "{'a':'{{nope.x}}'}}}],'edges':[{'from':'t','to':'s'}]}",
		    "definition.nodes[1].config.values.a", "nope", "error" },
		{ "{'nodes':[{'id':'t','type':'manual'},{'id':'s','type':'filter','config':{"
		  "'condition':'{{gone-1.x}} == 2'}}],'edges':[{'from':'t','to':'s'}]}",
		    "definition.nodes[1].config.condition", "gone", "error" },
		{ "{'nodes':[{'id':'t','type':'manual'},{'id':'s','type':'switch','config':{"
		  "'rules':[{'condition':'{{item.x}} =='}]}}],'edges':[{'from':'t','to':'s'}]}",
		    "definition.nodes[1].config.rules[0].condition", "", "error" },
		{ "{'nodes':[{'id':'t','type':'manual'},{'id':'s','type':'if'}]}",
		    "definition.nodes[1].config.condition", "needed", "error" },
		{ "{'nodes':[{'id':'t','type':'schedule','config':{'cron':'61 * * * *'}}]}",
		    "definition.nodes[0].config.cron", "", "error" },
		{ "{'nodes':[{'id':'t','type':'schedule','config':{'cron':'* * * * *',"
		  "'timezone':'Mars/Base'}}]}",
		    "definition.nodes[0].config.timezone", "", "error" },
		{ "{'nodes':[{'id':'t','type':'schedule','config':{'every':'5x'}}]}",
		    "definition.nodes[0].config.every", "", "error" },
		{ "{'nodes':[{'id':'t','type':'schedule','config':{}}]}",
		    "definition.nodes[0].config.cron", "required", "error" },
		{ "{'nodes':[{'id':'t','type':'webhook','config':{'path':'{{x}}'}}]}",
		    "definition.nodes[0].config.path", "", "error" },
		{ "{'nodes':[{'id':'t','type':'webhook','config':{'authentication':'honour'}}]}",
		    "definition.nodes[0].config.authentication", "", "error" },
		{ "{'nodes':[{'id':'t','type':'manual','config':{'colour':1}}]}",
		    "definition.nodes[0].config.colour", "no effect", "warning" },
		{ "{'nodes':[{'id':'t','type':'manual','config':[]}]}",
		    "definition.nodes[0].config", "object", "error" },
		{ "{'nodes':[{'id':'t','type':'manual','retry':{'max_attempts':-1}}]}",
		    "definition.nodes[0].retry.max_attempts", "from 0 to 50", "error" },
		{ "{'nodes':[{'id':'t','type':'manual','retry':{'retry_on':'TIMEOUT'}}]}",
		    "definition.nodes[0].retry.retry_on", "a list", "error" },
		{ "{'nodes':[{'id':'t','type':'manual','retry':{'retry_on':['TIMEOUT',200]}}]}",
		    "definition.nodes[0].retry.retry_on[1]", "429", "error" },
		{ "{'nodes':[{'id':'t','type':'manual','retry':{'give_up_on':['5x']}}]}",
		    "definition.nodes[0].retry.give_up_on[0]", "5xx", "error" },
		{ "{'nodes':[{'id':'t','type':'manual','retry':{'give_up_on':[null]}}]}",
		    "definition.nodes[0].retry.give_up_on[0]", "TIMEOUT", "error" },
		{ "{'nodes':[{'id':'t','type':'manual','retry':{'retry_on':['TIMOUT']}}]}",
		    "definition.nodes[0].retry.retry_on[0]", "no step fails", "warning" },
		{ "{'nodes':[{'id':'t','type':'manual','on_error':'explode'}]}",
		    "definition.nodes[0].on_error", "fail, continue, port", "error" },
		{ "{'nodes':[{'id':'t','type':'manual','validation':{'type':'objekt'}}]}",
		    "definition.nodes[0].validation", "", "error" },
		{ "{'nodes':[{'id':'t','type':'manual'}],'settings':{'timezone':'x'}}",
		    "definition.settings.timezone", "", "error" },
		{ "{'nodes':[{'id':'t','type':'manual'}],'settings':{'timeout_ms':0}}",
		    "definition.settings.timeout_ms", "integer", "error" },
		{ "{'nodes':[{'id':'t','type':'manual'}],'variables':{'a':{'type':'colour'}}}",
		    "definition.variables.a.type", "colour", "error" },
		{ "{'nodes':[{'id':'t','type':'manual'}],'settings':{'error_workflow':'Alarm'}}",
		    "definition.settings.error_workflow", "id of a workflow", "error" },
		{ "{'nodes':7}", "definition.nodes", "list", "error" },
		{ "{'nodes':[7]}", "definition.nodes[0]", "object", "error" },
		{ "[]", "definition", "object", "error" },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++)
		assert_issue(cases[i].text, cases[i].field, cases[i].part, cases[i].severity);
}

/* W06 */
static void
all_issues_are_told_not_only_the_first(void **state)
{
	json_t *in = kit_json("{'nodes':[{'id':'a','type':'x'},{'id':'a','type':'y'},"
	                      "{'id':'h','type':'http_request'}],'edges':[{'from':'q','to':'r'}]}");
	json_t *answer = definition_validate(in, &node_registry, "");

	(void)state;
	assert_false(js_bool_or(answer, "valid", true));
	assert_true(json_array_size(json_object_get(answer, "issues")) >= 7);
	json_decref(answer);
	json_decref(in);
}

static void
a_right_definition_has_no_issue(void **state)
{
	json_t *in =
	    kit_json("{'nodes':[{'id':'t','type':'webhook','config':{'path':'/orders/new'}},"
	             "{'id':'h','type':'http_request','config':{'url':'https://{{vars.host}}/x',"
	             "'timeout_ms':'{{vars.ms}}'}}],'edges':[{'from':'t','to':'h'}],"
	             "'variables':{'host':'a.example','ms':5}}");
	json_t *answer = definition_validate(in, &node_registry, "");

	(void)state;
	kit_assert_json(answer, "{'valid':true,'issues':[]}");
	json_decref(answer);
	json_decref(in);
}

/* W08 */
static void
the_stored_form_is_read_back_unchanged(void **state)
{
	json_t *once = read_stored(
	    "{'nodes':{'t':{'type':'webhook','data':{'label':'In','method':'POST'}},"
	    "'m':{'type':'merge','name':'Join'},'i':{'type':'if','config':{'condition':'{{t.x}} > "
	    "1'},"
	    "'retry':{'max_attempts':2,'retry_on':[503,'5xx','DNS'],'give_up_on':[]},"
	    "'colour':'red'}},"
	    "'connections':[{'source':'t','target':'i'},"
	    "{'source':'i','sourceHandle':'true','target':'m'},"
	    "{'source':'i','sourceHandle':'false','target':'m'}],"
	    "'variables':[{'name':'a','type':'number','required':true}],'settings':{'priority':3},"
	    "'metadata':{'team':'x'}}");
	struct issue_list issues = { 0 };
	json_t *twice = NULL;
	char *a, *b;

	(void)state;
	assert_int_equal(definition_read(once, &node_registry, "", &twice, &issues), 0);
	a = js_text_of(once, JS_COMPACT);
	b = js_text_of(twice, JS_COMPACT);
	assert_string_equal(a, b);
	kit_assert_json(js_get(once, "nodes[0].name"), "'In'");
	kit_assert_json(js_get(once, "nodes[2].colour"), "'red'");
	kit_assert_json(
	    js_get(once, "nodes[2].retry"), "{'max_attempts':2,'retry_on':['503','5xx','DNS']}");
	kit_assert_json(json_object_get(once, "edges"),
	    "[{'from':'t','to':'i','from_port':'main','to_port':'main'},"
	    "{'from':'i','to':'m','from_port':'true','to_port':'1'},"
	    "{'from':'i','to':'m','from_port':'false','to_port':'2'}]");
	mem_free(a);
	mem_free(b);
	issue_list_free(&issues);
	json_decref(once);
	json_decref(twice);
}

/* W09 */
static json_t *
two_hundred(const struct exec_wish *w, void *arg)
{
	*(char **)arg = mem_strdup(w->io->body);
	return json_pack("{s:i, s:s}", "status", 200, "body", "ok");
}

static void
the_sample_with_connections_saves_as_it_is_and_runs_to_the_end(void **state)
{
	struct kit k = kit_open(
	    "{'nodes':[{'id':'trigger-1','type':'webhook','config':{'method':'POST','path':'/"
	    "hook'}},"
	    "{'id':'action-1','type':'http_request','config':{'method':'POST',"
	    "'url':'https://api.example.com/data','body':'{{trigger.payload}}'}},"
	    "{'id':'filter-1','type':'filter','config':{'condition':'{{action-1.status}} == 200',"
	    "'continue_on':true}}],'connections':[{'from':'trigger-1','to':'action-1'},"
	    "{'from':'action-1','to':'filter-1'}]}",
	    "{'order':7}");
	char *body = NULL;

	(void)state;
	k.answer = two_hundred;
	k.arg = &body;
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	assert_string_equal(body, "{\"order\":7}");
	kit_assert_json(json_object_get(exec_output(k.x), "status"), "200");
	mem_free(body);
	kit_close(&k);
}

/* W10 */
static void
a_body_without_the_wrapper_is_wrapped(void **state)
{
	json_t *body =
	    kit_json("{'name':'x','nodes':[],'edges':[],'settings':{},'metadata':{'a':1}}");

	(void)state;
	assert_true(definition_wrap(body));
	kit_assert_json(body, "{'name':'x','metadata':{'a':1},"
	                      "'definition':{'nodes':[],'edges':[],'settings':{}}}");
	assert_false(definition_wrap(body));
	json_decref(body);
}

/* W10, T01: triggers beside the nodes lead to the nodes without an incoming edge. */
static void
triggers_beside_the_nodes_become_nodes(void **state)
{
	json_t *stored = read_stored(
	    "{'triggers':[{'type':'webhook','path':'in'},{'type':'manual','config':{}}],"
	    "'nodes':[{'id':'a','type':'no_op'},{'id':'b','type':'no_op'}],"
	    "'edges':[{'from':'a','to':'b'}]}");
	json_t *triggers = definition_triggers(stored, &node_registry);

	(void)state;
	kit_assert_json(triggers, "[{'node':'trigger-1','type':'webhook','config':{'path':'in'}},"
	                          "{'node':'trigger-2','type':'manual','config':{}}]");
	kit_assert_json(js_get(stored, "edges[1]"),
	    "{'from':'trigger-1','to':'a','from_port':'main','to_port':'main'}");
	assert_int_equal(json_array_size(json_object_get(stored, "edges")), 3);
	json_decref(triggers);
	json_decref(stored);
}

/* T09 */
static void
schedule_is_the_short_form_of_a_schedule_node(void **state)
{
	json_t *stored =
	    read_stored("{'schedule':'*/5 * * * *','nodes':[{'id':'a','type':'no_op'}]}");

	(void)state;
	kit_assert_json(js_get(stored, "nodes[1].config"), "{'cron':'*/5 * * * *'}");
	kit_assert_json(js_get(stored, "edges[0].from"), "'schedule-1'");
	json_decref(stored);
	assert_issue("{'schedule':'daily','nodes':[{'id':'a','type':'no_op'}]}",
	    "definition.schedule.config.cron", "", "error");
}

/* R14 */
static void
an_edge_from_the_error_port_makes_the_node_use_it(void **state)
{
	json_t *stored =
	    read_stored("{'nodes':[{'id':'t','type':'manual'},{'id':'a','type':'no_op'},"
	                "{'id':'b','type':'no_op'}],'edges':[{'from':'t','to':'a'},"
	                "{'from':'a','from_port':'error','to':'b'}]}");

	(void)state;
	kit_assert_json(js_get(stored, "nodes[1].on_error"), "'port'");
	json_decref(stored);
	assert_issue("{'nodes':[{'id':'t','type':'manual'},"
	             "{'id':'a','type':'no_op','on_error':'fail'},{'id':'b','type':'no_op'}],"
	             "'edges':[{'from':'t','to':'a'},{'from':'a','from_port':'error','to':'b'}]}",
	    "definition.edges[1].from_port", "on_error", "error");
}

/* W11 */
static void
variables_have_defaults_and_required_ones_must_be_given(void **state)
{
	json_t *stored = read_stored("{'nodes':[{'id':'t','type':'manual'}],'variables':{"
	                             "'limit':3,'who':{'type':'string','required':true}}}");
	json_t *given = kit_json("{'limit':'x','colour':1}"), *vars;
	struct issue_list issues = { 0 };

	(void)state;
	vars = definition_variables(stored, given, &issues);
	assert_int_equal(issues.errors, 3);
	json_decref(vars);
	json_decref(given);
	issue_list_free(&issues);
	given = kit_json("{'who':'Ada'}");
	vars = definition_variables(stored, given, &issues);
	assert_int_equal(issues.errors, 0);
	kit_assert_json(vars, "{'limit':3,'who':'Ada'}");
	json_decref(vars);
	json_decref(given);
	json_decref(stored);
	issue_list_free(&issues);
}

static void
a_definition_beyond_the_limits_is_refused(void **state)
{
	json_t *in = json_object(), *nodes = json_array(), *answer, *deep = json_object();

	(void)state;
	for (int i = 0; i <= DEFINITION_NODES_MAX; i++)
		json_array_append_new(
		    nodes, json_pack("{s:o, s:s}", "id", json_sprintf("n%d", i), "type", "no_op"));
	json_object_set_new(in, "nodes", nodes);
	answer = definition_validate(in, &node_registry, "");
	kit_assert_json(js_get(answer, "issues[0].issue"), "'more than 2000 nodes'");
	json_decref(answer);
	json_decref(in);
	in = json_pack("{s:O}", "nodes", deep);
	for (int i = 0; i < 100; i++) {
		json_t *inner = json_object();

		json_object_set_new(deep, "a", inner);
		deep = i == 0 ? (json_decref(deep), inner) : inner;
	}
	answer = definition_validate(in, &node_registry, "");
	assert_false(js_bool_or(answer, "valid", true));
	json_decref(answer);
	json_decref(in);
}

/* Time must not grow with the square of the nodes. */
static void
the_largest_graphs_are_checked_and_compiled(void **state)
{
	json_t *in =
	    json_pack("{s:[{s:s, s:s}], s:[]}", "nodes", "id", "n0", "type", "manual", "edges");
	json_t *nodes = json_object_get(in, "nodes"), *edges = json_object_get(in, "edges"),
	       *stored;
	struct issue_list issues = { 0 };
	struct plan *p = NULL;
	struct err e;

	(void)state;
	for (int i = 1; i < DEFINITION_NODES_MAX; i++) {
		json_array_append_new(
		    nodes, json_pack("{s:o, s:s, s:{s:s}}", "id", json_sprintf("n%d", i), "type",
		               i % 2 ? "no_op" : "if", "config", "condition", "{{item.a}} == 1"));
		json_array_append_new(
		    edges, json_pack("{s:o, s:o}", "from", json_sprintf("n%d", i - 1), "to",
		               json_sprintf("n%d", i)));
		if (i % 100 == 0)
			json_array_append_new(
			    edges, json_pack("{s:o, s:o, s:s}", "from", json_sprintf("n%d", i),
			               "to", json_sprintf("n%d", i - 50), "from_port", "false"));
	}
	assert_int_equal(definition_read(in, &node_registry, "", &stored, &issues), 0);
	assert_ok(plan_compile(stored, &node_registry, &p, &e), e);
	assert_int_equal(plan_node_count(p), DEFINITION_NODES_MAX);
	plan_unref(p);
	issue_list_free(&issues);
	json_decref(stored);
	json_decref(in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(validation_finds_each_kind_of_mistake),
		cmocka_unit_test(all_issues_are_told_not_only_the_first),
		cmocka_unit_test(a_right_definition_has_no_issue),
		cmocka_unit_test(the_stored_form_is_read_back_unchanged),
		cmocka_unit_test(the_sample_with_connections_saves_as_it_is_and_runs_to_the_end),
		cmocka_unit_test(a_body_without_the_wrapper_is_wrapped),
		cmocka_unit_test(triggers_beside_the_nodes_become_nodes),
		cmocka_unit_test(schedule_is_the_short_form_of_a_schedule_node),
		cmocka_unit_test(an_edge_from_the_error_port_makes_the_node_use_it),
		cmocka_unit_test(variables_have_defaults_and_required_ones_must_be_given),
		cmocka_unit_test(a_definition_beyond_the_limits_is_refused),
		cmocka_unit_test(the_largest_graphs_are_checked_and_compiled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

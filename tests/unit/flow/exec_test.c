/*
 * X10-X12, X14-X17, N07, N10, N15, N16, W08: how one run goes. Longer than most: one short test a
 * rule, and the rules are looked up here by their row.
 */
#include "kit.h"

static json_t *
ok(const struct exec_wish *w, void *arg)
{
	(void)w;
	(void)arg;
	return json_pack("{s:i, s:s}", "status", 200, "body", "fine");
}

static json_t *
refuse(const struct exec_wish *w, void *arg)
{
	(void)w;
	return json_pack("{s:i, s:s}", "status", *(int *)arg, "body", "no");
}

static json_t *
dead(const struct exec_wish *w, void *arg)
{
	(void)w;
	(void)arg;
	return json_pack("{s:s}", "error", "CONNECT");
}

/* Row number of a node. */
static int
place(const struct kit *k, const char *node)
{
	for (int i = 0; i < k->n_rows; i++) {
		if (strcmp(k->rows[i].node_id, node) == 0)
			return i;
	}
	return -1;
}

/* X10 */
static void
a_node_runs_when_all_its_inputs_have_come(void **state)
{
	struct kit k =
	    kit_open("{'nodes':[{'id':'d','type':'no_op'},{'id':'t','type':'manual'},"
	             "{'id':'a','type':'no_op'},{'id':'b','type':'no_op'},"
	             "{'id':'c','type':'no_op'}],"
	             "'edges':[{'from':'t','to':'a'},{'from':'a','to':'b'},"
	             "{'from':'t','to':'c'},{'from':'b','to':'d'},{'from':'c','to':'d'}]}",
	        "{'n':1}");

	(void)state;
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	assert_int_equal(k.n_rows, 5);
	assert_int_equal(place(&k, "t"), 0);
	assert_true(place(&k, "a") < place(&k, "b"));
	assert_int_equal(place(&k, "d"), 4);
	/* It ran once, with the items of both edges in the order of the edges. */
	assert_int_equal(json_array_size(json_object_get(k.rows[4].output, "main")), 2);
	kit_assert_json(k.rows[4].source,
	    "[{'node':'b','port':'main','iteration':0},{'node':'c','port':'main','iteration':0}]");
	kit_close(&k);
}

/* X11 */
static void
independent_branches_wait_side_by_side(void **state)
{
	struct kit k = kit_open("{'nodes':[{'id':'t','type':'manual'},"
	                        "{'id':'a','type':'delay','config':{'duration_ms':1000}},"
	                        "{'id':'b','type':'delay','config':{'duration_ms':1000}},"
	                        "{'id':'m','type':'merge'}],"
	                        "'edges':[{'from':'t','to':'a'},{'from':'t','to':'b'},"
	                        "{'from':'a','to':'m'},{'from':'b','to':'m'}]}",
	    "{}");

	(void)state;
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	assert_int_equal(k.now_ms - KIT_START_MS, 1000);
	kit_close(&k);
}

/* R13 */
static void
concurrency_one_makes_a_sequence(void **state)
{
	struct kit k = kit_open("{'settings':{'concurrency':1},'nodes':[{'id':'t','type':'manual'},"
	                        "{'id':'a','type':'delay','config':{'duration_ms':1000}},"
	                        "{'id':'b','type':'delay','config':{'duration_ms':1000}}],"
	                        "'edges':[{'from':'t','to':'a'},{'from':'t','to':'b'}]}",
	    "{}");

	(void)state;
	kit_run(&k);
	assert_int_equal(k.now_ms - KIT_START_MS, 2000);
	kit_close(&k);
}

static const char *const branching =
    "{'nodes':[{'id':'t','type':'manual'},"
    "{'id':'if-1','type':'if','config':{'condition':'{{trigger.payload.n}} > 5'}},"
    "{'id':'big','type':'no_op'},{'id':'bigger','type':'no_op'},{'id':'small','type':'no_op'},"
    "{'id':'m','type':'merge'},{'id':'end','type':'no_op'}],"
    "'edges':[{'from':'t','to':'if-1'},{'from':'if-1','from_port':'true','to':'big'},"
    "{'from':'big','to':'bigger'},{'from':'if-1','from_port':'false','to':'small'},"
    "{'from':'bigger','to':'m'},{'from':'small','to':'m'},{'from':'m','to':'end'}]}";

/* X12, N10 */
static void
only_the_taken_branch_runs_and_the_merge_does_not_hang(void **state)
{
	struct kit k = kit_open(branching, "{'n':3}");

	(void)state;
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	assert_string_equal(kit_status(&k, "big"), "skipped");
	assert_string_equal(kit_status(&k, "bigger"), "skipped");
	assert_string_equal(kit_status(&k, "small"), "succeeded");
	assert_string_equal(kit_status(&k, "end"), "succeeded");
	assert_int_equal(k.n_rows, 7);
	kit_close(&k);
}

/* X12 */
static void
items_of_one_node_may_take_different_branches(void **state)
{
	struct kit k = kit_open(branching, "{'n':3}");

	(void)state;
	exec_free(k.x);
	json_array_append_new(k.items, trigger_manual_item(kit_json("{'n':9}")));
	json_decref(json_object_get(item_json(json_array_get(k.items, 1)), "payload"));
	kit_new_exec(&k);
	kit_run(&k);
	assert_string_equal(kit_status(&k, "big"), "succeeded");
	assert_string_equal(kit_status(&k, "small"), "succeeded");
	kit_assert_json(kit_out(&k, "end", "main", 0), "{'n':9,'payload':{'n':9}}");
	kit_assert_json(kit_out(&k, "end", "main", 1), "{'n':3,'payload':{'n':3}}");
	kit_close(&k);
}

/* N05 */
static void
a_filter_that_lets_nothing_through_ends_the_run_well(void **state)
{
	struct kit k = kit_open("{'nodes':[{'id':'t','type':'manual'},"
	                        "{'id':'f','type':'filter','config':{'condition':'{{item.n}} == 1',"
	                        "'continue_on':false}},{'id':'x','type':'no_op'}],"
	                        "'edges':[{'from':'t','to':'f'},{'from':'f','to':'x'}]}",
	    "{'n':1}");

	(void)state;
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	assert_string_equal(kit_status(&k, "f"), "succeeded");
	assert_string_equal(kit_status(&k, "x"), "skipped");
	kit_assert_json(exec_output(k.x), "[]");
	kit_close(&k);
}

/* X14, N15 */
static void
every_later_node_reads_an_output_by_the_nodes_id(void **state)
{
	struct kit k = kit_open(
	    "{'variables':{'limit':7},'nodes':[{'id':'trigger-1','type':'webhook'},"
	    "{'id':'action-1','type':'set','config':{'values':{'status':200,'a.b':'{{trigger.body."
	    "n}}'},"
	    "'keep':false}},{'id':'n','type':'no_op'},"
	    "{'id':'last','type':'set','config':{'keep':false,'values':{"
	    "'s':'{{action-1.status}}','text':'is {{action-1.a.b}}!','t':'{{trigger.payload.n}}',"
	    "'j':'{{trigger-1.json.n}}','v':'{{vars.limit}}','deep':{'list':['{{action-1.a}}']}}}}]"
	    ","
	    "'edges':[{'from':'trigger-1','to':'action-1'},{'from':'action-1','to':'n'},"
	    "{'from':'n','to':'last'}]}",
	    "{'n':12}");

	(void)state;
	kit_run(&k);
	if (exec_error(k.x) != NULL)
		fail_msg("%s", js_text_of(exec_error(k.x), 0));
	kit_assert_json(exec_output(k.x), "{'s':200,'text':'is 12!','t':12,'j':12,'v':7,"
	                                  "'deep':{'list':[{'b':12}]}}");
	kit_close(&k);
}

static void
an_expression_reads_the_paired_item_of_an_earlier_node(void **state)
{
	struct kit k =
	    kit_open("{'nodes':[{'id':'t','type':'manual'},"
	             "{'id':'a','type':'set','config':{'values':{'id':'{{item.n}}'},'keep':false}},"
	             "{'id':'f','type':'filter','config':{'condition':'{{item.id}} > 1'}},"
	             "{'id':'z','type':'set','config':{'keep':false,"
	             "'values':{'was':'{{t.n}}','via':'{{a.id}}'}}}],"
	             "'edges':[{'from':'t','to':'a'},{'from':'a','to':'f'},"
	             "{'from':'f','to':'z'}]}",
	        "{'n':1}");

	(void)state;
	exec_free(k.x);
	for (int i = 2; i < 4; i++)
		json_array_append_new(k.items, item_new(json_pack("{s:i}", "n", i)));
	kit_new_exec(&k);
	kit_run(&k);
	kit_assert_json(exec_output(k.x), "[{'was':2,'via':2},{'was':3,'via':3}]");
	kit_close(&k);
}

static const char *const calling =
    "{'nodes':[{'id':'t','type':'manual'},"
    "{'id':'call','type':'http_request','config':{'url':'http://x.example/','method':'POST'}%s},"
    "{'id':'after','type':'no_op'}%s],"
    "'edges':[{'from':'t','to':'call'},{'from':'call','to':'after'}%s]}";

static struct kit
call_kit(const char *policy, const char *nodes, const char *edges, kit_answer *answer, void *arg)
{
	char text[2000];
	struct kit k;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof(text), calling, policy, nodes, edges);
#pragma GCC diagnostic pop
	k = kit_open(text, "{'n':1}");
	k.answer = answer;
	k.arg = arg;
	return k;
}

/* X15 */
static void
three_retries_wait_one_two_and_four_seconds(void **state)
{
	int status = 503;
	struct kit k = call_kit("", "", "", refuse, &status);

	(void)state;
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_FAILED);
	assert_int_equal(k.calls, 4);
	assert_int_equal(k.now_ms - KIT_START_MS, 7000 + 4 * k.io_ms);
	for (int attempt = 1; attempt <= 4; attempt++) {
		const struct step_record *row = kit_row(&k, "call", 0, attempt);

		assert_non_null(row);
		assert_int_equal(row->status, STEP_FAILED);
		assert_int_equal(js_int_or(row->error, "retry_in_ms", -1),
		    attempt < 4 ? 1000 << (attempt - 1) : -1);
	}
	kit_assert_json(json_object_get(exec_error(k.x), "code"), "'HTTP_STATUS'");
	kit_assert_json(json_object_get(exec_error(k.x), "node"), "'call'");
	assert_string_equal(kit_status(&k, "after"), "none");
	kit_close(&k);
}

/* X15 */
static void
a_retry_that_succeeds_goes_on_with_the_next_node(void **state)
{
	struct kit k =
	    call_kit(",'retry':{'max_attempts':2,'initial_interval_ms':50}", "", "", dead, NULL);

	(void)state;
	while (k.calls < 2)
		kit_round(&k);
	k.answer = ok;
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	assert_int_equal(kit_row(&k, "call", 0, 3)->status, STEP_SUCCEEDED);
	assert_string_equal(kit_status(&k, "after"), "succeeded");
	kit_close(&k);
}

static void
jitter_is_the_same_for_the_same_try(void **state)
{
	int64_t waits[2][3];

	(void)state;
	for (int round = 0; round < 2; round++) {
		struct kit k = call_kit(",'retry':{'jitter':0.5}", "", "", dead, NULL);

		kit_run(&k);
		for (int i = 0; i < 3; i++) {
			waits[round][i] =
			    js_int_or(kit_row(&k, "call", 0, i + 1)->error, "retry_in_ms", -1);
			assert_in_range(waits[round][i], (1000 << i) / 2, (1000 << i) * 3 / 2);
		}
		kit_close(&k);
	}
	assert_memory_equal(waits[0], waits[1], sizeof(waits[0]));
}

/* N04 */
static void
another_4xx_fails_at_once(void **state)
{
	int status = 404;
	struct kit k = call_kit("", "", "", refuse, &status);

	(void)state;
	kit_run(&k);
	assert_int_equal(k.calls, 1);
	assert_int_equal(exec_outcome(k.x), RUN_FAILED);
	kit_close(&k);
}

/* X15 */
static void
retry_on_and_give_up_on_decide_what_is_tried_again(void **state)
{
	static const struct {
		const char *policy;
		int status, calls; /* status 0: nobody answers, CONNECT */
	} cases[] = {
		{ "{'retry_on':['5xx']}", 503, 4 },
		{ "{'retry_on':['5xx']}", 429, 1 },
		{ "{'retry_on':['5xx']}", 0, 1 },
		{ "{'retry_on':['429','CONNECT']}", 429, 4 },
		{ "{'retry_on':['429','CONNECT']}", 0, 4 },
		{ "{'retry_on':['429','CONNECT']}", 503, 1 },
		{ "{'retry_on':['404']}", 404, 4 },
		{ "{'retry_on':['HTTP_STATUS']}", 400, 4 },
		{ "{'give_up_on':['503']}", 503, 1 },
		{ "{'give_up_on':['503']}", 502, 4 },
		{ "{'give_up_on':['CONNECT']}", 0, 1 },
		{ "{'retry_on':['5xx'],'give_up_on':['503']}", 503, 1 },
		{ "{'retry_on':['5xx'],'give_up_on':['503']}", 500, 4 },
		{ "{'retry_on':['5xx'],'max_attempts':1}", 500, 2 },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		int status = cases[i].status;
		char policy[200];
		struct kit k;

		snprintf(policy, sizeof(policy), ",'retry':%s", cases[i].policy);
		k = call_kit(policy, "", "", status == 0 ? dead : refuse, &status);
		kit_run(&k);
		if (k.calls != cases[i].calls)
			fail_msg("%s, %d: %d calls", cases[i].policy, status, k.calls);
		assert_int_equal(exec_outcome(k.x), RUN_FAILED);
		kit_close(&k);
	}
}

/* X15 */
static void
a_call_made_at_most_once_is_not_repeated_by_retry_on_nor_by_its_time_limit(void **state)
{
	static const char *const calls =
	    "{'nodes':[{'id':'t','type':'manual'},{'id':'call','type':'http_request',"
	    "'config':{'url':'http://x.example/','at_most_once':true},'timeout_ms':500,"
	    "'retry':{'retry_on':['5xx','TIMEOUT']}}],'edges':[{'from':'t','to':'call'}]}";

	(void)state;
	for (int slow = 0; slow < 2; slow++) {
		int status = 503;
		struct kit k = kit_open(calls, "{'n':1}");

		k.answer = refuse;
		k.arg = &status;
		k.io_ms = slow != 0 ? 2000 : 10;
		kit_run(&k);
		assert_int_equal(k.calls, 1);
		kit_assert_json(json_object_get(exec_error(k.x), "code"),
		    slow != 0 ? "'TIMEOUT'" : "'HTTP_STATUS'");
		kit_close(&k);
	}
}

/* X16 */
static void
on_error_continue_goes_on_with_the_error_as_output(void **state)
{
	int status = 400;
	struct kit k = call_kit(",'on_error':'continue'", "", "", refuse, &status);
	json_t *out;

	(void)state;
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	assert_string_equal(kit_status(&k, "call"), "failed");
	out = kit_out(&k, "after", "main", 0);
	kit_assert_json(json_object_get(json_object_get(out, "error"), "code"), "'HTTP_STATUS'");
	kit_assert_json(json_object_get(json_object_get(out, "error"), "status"), "400");
	kit_close(&k);
}

/* X16 */
static void
on_error_port_takes_the_fallback_path(void **state)
{
	int status = 400;
	struct kit k = call_kit("", ",{'id':'fallback','type':'no_op'}",
	    ",{'from':'call','from_port':'error','to':'fallback'}", refuse, &status);

	(void)state;
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	assert_string_equal(kit_status(&k, "after"), "skipped");
	assert_string_equal(kit_status(&k, "fallback"), "succeeded");
	kit_close(&k);
}

/* X16: the others stop too, and their calls are given up. */
static void
a_failed_run_cancels_what_is_under_way(void **state)
{
	int status = 400;
	struct kit k = call_kit("", ",{'id':'slow','type':'delay','config':{'duration_ms':99999}}",
	    ",{'from':'t','to':'slow'}", refuse, &status);

	(void)state;
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_FAILED);
	assert_string_equal(kit_status(&k, "slow"), "cancelled");
	kit_close(&k);
}

/* X05 */
static void
a_held_run_ends_what_is_in_flight_and_begins_nothing_until_it_is_rebuilt(void **state)
{
	struct kit k = call_kit("", ",{'id':'wait','type':'delay','config':{'duration_ms':5}}",
	    ",{'from':'t','to':'wait'}", ok, NULL);

	(void)state;
	kit_advance(&k);
	exec_hold(k.x);
	assert_int_equal(exec_in_flight(k.x), 1);
	kit_land(&k);
	for (int i = 0; i < 3; i++) {
		k.now_ms += 1000;
		kit_advance(&k);
	}
	assert_int_equal(exec_in_flight(k.x), 0);
	assert_true(exec_due_at_ms(k.x) == INT64_MAX);
	assert_false(exec_is_final(k.x));
	assert_string_equal(kit_status(&k, "call"), "succeeded");
	assert_string_equal(kit_status(&k, "after"), "none");
	assert_string_equal(kit_status(&k, "wait"), "waiting");
	kit_crash(&k);
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	assert_string_equal(kit_status(&k, "after"), "succeeded");
	assert_string_equal(kit_status(&k, "wait"), "succeeded");
	assert_int_equal(k.calls, 1);
	kit_close(&k);
}

/* X05, X17 */
static void
a_held_run_ends_calls_that_take_too_long_and_repeats_no_try(void **state)
{
	struct kit k = call_kit(",'timeout_ms':500", "", "", ok, NULL);

	(void)state;
	k.io_ms = 99999;
	kit_advance(&k);
	exec_hold(k.x);
	assert_int_equal(exec_due_at_ms(k.x) - KIT_START_MS, 500);
	k.now_ms += 500;
	kit_advance(&k);
	assert_int_equal(exec_in_flight(k.x), 0);
	assert_int_equal(k.n_flying, 0);
	assert_string_equal(kit_status(&k, "call"), "failed");
	k.now_ms += 60000;
	kit_advance(&k);
	assert_int_equal(k.calls, 1);
	assert_false(exec_is_final(k.x));
	kit_close(&k);
}

/* X17 */
static void
a_node_over_its_timeout_fails_with_timeout(void **state)
{
	struct kit k = call_kit(",'timeout_ms':500,'retry':false", "", "", ok, NULL);

	(void)state;
	k.io_ms = 2000;
	kit_run(&k);
	assert_int_equal(k.now_ms - KIT_START_MS, 500);
	kit_assert_json(json_object_get(exec_error(k.x), "code"), "'TIMEOUT'");
	assert_int_equal(k.n_flying, 0);
	assert_int_equal(exec_in_flight(k.x), 0);
	kit_close(&k);
}

/* X17 */
static void
a_run_over_its_timeout_fails_with_timeout(void **state)
{
	struct kit k =
	    kit_open("{'settings':{'timeout_ms':1500},'nodes':[{'id':'t','type':'manual'},"
	             "{'id':'d','type':'delay','config':{'duration_ms':60000}}],"
	             "'edges':[{'from':'t','to':'d'}]}",
	        "{}");

	(void)state;
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_FAILED);
	assert_int_equal(k.now_ms - KIT_START_MS, 1500);
	kit_assert_json(json_object_get(exec_error(k.x), "code"), "'TIMEOUT'");
	assert_string_equal(kit_status(&k, "d"), "cancelled");
	kit_close(&k);
}

/* X06 */
static void
a_cancelled_run_gives_up_its_calls(void **state)
{
	struct kit k = call_kit("", "", "", ok, NULL);
	struct exec_wish w;
	int64_t token;

	(void)state;
	exec_advance(k.x, k.now_ms);
	assert_true(exec_wish_next(k.x, &w));
	exec_cancel(k.x, k.now_ms + 5);
	kit_tick(&k);
	assert_int_equal(exec_outcome(k.x), RUN_CANCELLED);
	assert_true(exec_abort_next(k.x, &token));
	assert_int_equal(token, w.token);
	assert_string_equal(kit_status(&k, "call"), "cancelled");
	kit_close(&k);
}

/* W08 */
static void
input_that_misses_the_nodes_schema_fails_the_step(void **state)
{
	struct kit k = kit_open("{'nodes':[{'id':'t','type':'manual'},{'id':'a','type':'no_op',"
	                        "'validation':{'type':'object','required':['email'],"
	                        "'properties':{'n':{'type':'integer'}}}}],"
	                        "'edges':[{'from':'t','to':'a'}]}",
	    "{'n':'x'}");

	(void)state;
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_FAILED);
	kit_assert_json(json_object_get(exec_error(k.x), "code"), "'VALIDATION'");
	assert_int_equal(json_array_size(json_object_get(exec_error(k.x), "issues")), 2);
	kit_close(&k);
}

static void
a_disabled_node_passes_its_items_on(void **state)
{
	struct kit k = kit_open("{'nodes':[{'id':'t','type':'manual'},{'id':'s','type':'stop',"
	                        "'disabled':true},{'id':'a','type':'no_op'}],"
	                        "'edges':[{'from':'t','to':'s'},{'from':'s','to':'a'}]}",
	    "{'n':1}");

	(void)state;
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	assert_string_equal(kit_status(&k, "s"), "skipped");
	assert_string_equal(kit_status(&k, "a"), "succeeded");
	kit_close(&k);
}

/* N07 */
static void
a_delay_is_a_row_with_a_due_time_and_no_call(void **state)
{
	struct kit k = kit_open("{'nodes':[{'id':'t','type':'manual'},"
	                        "{'id':'d','type':'delay','config':{'duration':2,'unit':'hours'}}],"
	                        "'edges':[{'from':'t','to':'d'}]}",
	    "{'n':1}");

	(void)state;
	exec_advance(k.x, k.now_ms);
	kit_tick(&k);
	assert_string_equal(kit_status(&k, "d"), "waiting");
	assert_int_equal(exec_in_flight(k.x), 0);
	assert_int_equal(exec_due_at_ms(k.x), KIT_START_MS + 7200000);
	kit_run(&k);
	assert_string_equal(kit_status(&k, "d"), "succeeded");
	assert_int_equal(k.n_rows, 2);
	kit_close(&k);
}

/* N07 */
static void
a_delay_of_a_year_is_possible_and_of_more_is_not(void **state)
{
	struct kit k =
	    kit_open("{'nodes':[{'id':'t','type':'manual'},"
	             "{'id':'d','type':'delay','config':{'duration':'{{t.days}}','unit':'days'}}],"
	             "'edges':[{'from':'t','to':'d'}]}",
	        "{'days':365}");

	(void)state;
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	kit_close(&k);
	k = kit_open("{'nodes':[{'id':'t','type':'manual'},"
	             "{'id':'d','type':'delay','config':{'duration':'{{t.days}}','unit':'days'}}],"
	             "'edges':[{'from':'t','to':'d'}]}",
	    "{'days':367}");
	kit_run(&k);
	kit_assert_json(json_object_get(exec_error(k.x), "code"), "'CONFIG_INVALID'");
	kit_close(&k);
}

static const char *const polling =
    "{'nodes':[{'id':'t','type':'manual'},"
    "{'id':'count','type':'set','config':{'values':{'n':'{{item.n + 1}}'}}},"
    "{'id':'enough','type':'if','config':{'condition':'{{item.n}} >= 3'}},"
    "{'id':'end','type':'no_op'}],"
    "'edges':[{'from':'t','to':'count'},{'from':'count','to':'enough'},"
    "{'from':'enough','from_port':'false','to':'count'},"
    "{'from':'enough','from_port':'true','to':'end'}],'settings':{'step_budget':60}}";

static void
a_cycle_goes_round_until_its_if_lets_it_end(void **state)
{
	struct kit k = kit_open(polling, "{'n':0}");

	(void)state;
	kit_run(&k);
	if (exec_error(k.x) != NULL)
		fail_msg("%s", js_text_of(exec_error(k.x), 0));
	assert_non_null(kit_row(&k, "count", 2, 1));
	assert_null(kit_row(&k, "count", 3, 1));
	assert_string_equal(kit_status(&k, "end"), "succeeded");
	kit_assert_json(json_object_get(exec_output(k.x), "n"), "3");
	kit_assert_json(
	    kit_row(&k, "end", 0, 1)->source, "[{'node':'enough','port':'true','iteration':2}]");
	kit_close(&k);
}

/* N09's budget */
static void
a_runaway_cycle_ends_with_step_budget(void **state)
{
	struct kit k = kit_open(polling, "{'n':-100000}");

	(void)state;
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_FAILED);
	kit_assert_json(json_object_get(exec_error(k.x), "code"), "'STEP_BUDGET'");
	assert_int_equal(k.n_rows, 60);
	kit_close(&k);
}

static void
stop_ends_the_run_failed_or_well(void **state)
{
	struct kit k =
	    kit_open("{'nodes':[{'id':'t','type':'manual'},{'id':'s','type':'stop_with_error',"
	             "'on_error':'continue','config':{'message':'no {{t.n}}','code':'NO_STOCK'}}],"
	             "'edges':[{'from':'t','to':'s'}]}",
	        "{'n':1}");

	(void)state;
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_FAILED);
	kit_assert_json(exec_error(k.x), "{'code':'NO_STOCK','message':'no 1','node':'s'}");
	kit_close(&k);
	k = kit_open("{'nodes':[{'id':'t','type':'manual'},{'id':'s','type':'stop',"
	             "'config':{'outcome':'succeeded'}},"
	             "{'id':'d','type':'delay','config':{'duration_ms':5}}],"
	             "'edges':[{'from':'t','to':'s'},{'from':'t','to':'d'}]}",
	    "{'n':1}");
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	kit_close(&k);
}

static void
respond_gives_the_answer_and_the_run_goes_on(void **state)
{
	struct kit k =
	    kit_open("{'nodes':[{'id':'t','type':'webhook'},{'id':'r','type':'respond',"
	             "'config':{'status':201,'headers':{'X-N':'{{t.n}}'},'body':{'id':'{{t.n}}'}}},"
	             "{'id':'z','type':'no_op'}],"
	             "'edges':[{'from':'t','to':'r'},{'from':'r','to':'z'}]}",
	        "{'n':1}");

	(void)state;
	kit_run(&k);
	kit_assert_json(exec_response(k.x), "{'status':201,'headers':{'X-N':'1'},'body':{'id':1}}");
	kit_assert_json(exec_output(k.x), "{'id':1}");
	assert_string_equal(kit_status(&k, "z"), "succeeded");
	kit_close(&k);
}

/* N16 */
static void
a_value_that_is_not_there_leaves_a_note_when_text_is_made_of_it(void **state)
{
	struct kit k = kit_open("{'nodes':[{'id':'t','type':'manual'},{'id':'s','type':'set',"
	                        "'config':{'values':{'a':'dear {{trigger.payload.nobody}}'}}}],"
	                        "'edges':[{'from':'t','to':'s'}]}",
	    "{'n':1}");
	const json_t *note;

	(void)state;
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	assert_int_equal(json_array_size(exec_notes(k.x)), 1);
	note = json_array_get(exec_notes(k.x), 0);
	assert_string_equal(js_text_or(note, "node", ""), "s");
	assert_non_null(strstr(js_text_or(note, "message", ""), "trigger.payload.nobody"));
	exec_notes_clear(k.x);
	assert_null(exec_notes(k.x));
	kit_close(&k);
}

/* N16 */
static void
a_wrong_expression_fails_the_step_and_says_where(void **state)
{
	struct kit k = kit_open("{'nodes':[{'id':'t','type':'manual'},{'id':'s','type':'set',"
	                        "'config':{'values':{'a':{'b':'x {{t.none.deeper > 1}}'}}}}],"
	                        "'edges':[{'from':'t','to':'s'}]}",
	    "{'n':1}");
	json_t *error;

	(void)state;
	kit_run(&k);
	error = exec_error(k.x);
	kit_assert_json(json_object_get(error, "code"), "'EXPRESSION_ERROR'");
	kit_assert_json(json_object_get(error, "field"), "'values.a.b'");
	kit_assert_json(json_object_get(error, "expression"), "'t.none.deeper > 1'");
	assert_true(json_is_integer(json_object_get(error, "column")));
	kit_close(&k);
}

static void
nodes_of_another_trigger_take_no_part(void **state)
{
	struct kit k = kit_open("{'nodes':[{'id':'a','type':'manual'},{'id':'b','type':'webhook'},"
	                        "{'id':'of-b','type':'no_op'},{'id':'both','type':'no_op'}],"
	                        "'edges':[{'from':'b','to':'of-b'},{'from':'of-b','to':'both'},"
	                        "{'from':'a','to':'both'}]}",
	    "{}");

	(void)state;
	kit_run(&k);
	assert_int_equal(k.n_rows, 2);
	assert_string_equal(kit_status(&k, "both"), "succeeded");
	kit_close(&k);
}

/* reliability §1 */
static void
an_at_most_once_call_is_recorded_before_it_starts_and_unknown_after_a_crash(void **state)
{
	struct kit k =
	    kit_open("{'nodes':[{'id':'t','type':'manual'},{'id':'h','type':'http_request',"
	             "'config':{'url':'http://x.example','at_most_once':true}}],"
	             "'edges':[{'from':'t','to':'h'}]}",
	        "{}");

	(void)state;
	k.answer = ok;
	kit_advance(&k);
	assert_string_equal(kit_status(&k, "h"), "running");
	kit_crash(&k);
	kit_run(&k);
	assert_int_equal(k.calls, 1);
	assert_string_equal(kit_status(&k, "h"), "unknown");
	assert_int_equal(exec_outcome(k.x), RUN_FAILED);
	kit_close(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_node_runs_when_all_its_inputs_have_come),
		cmocka_unit_test(independent_branches_wait_side_by_side),
		cmocka_unit_test(concurrency_one_makes_a_sequence),
		cmocka_unit_test(only_the_taken_branch_runs_and_the_merge_does_not_hang),
		cmocka_unit_test(items_of_one_node_may_take_different_branches),
		cmocka_unit_test(a_filter_that_lets_nothing_through_ends_the_run_well),
		cmocka_unit_test(every_later_node_reads_an_output_by_the_nodes_id),
		cmocka_unit_test(an_expression_reads_the_paired_item_of_an_earlier_node),
		cmocka_unit_test(three_retries_wait_one_two_and_four_seconds),
		cmocka_unit_test(a_retry_that_succeeds_goes_on_with_the_next_node),
		cmocka_unit_test(jitter_is_the_same_for_the_same_try),
		cmocka_unit_test(another_4xx_fails_at_once),
		cmocka_unit_test(retry_on_and_give_up_on_decide_what_is_tried_again),
		cmocka_unit_test(
		    a_call_made_at_most_once_is_not_repeated_by_retry_on_nor_by_its_time_limit),
		cmocka_unit_test(on_error_continue_goes_on_with_the_error_as_output),
		cmocka_unit_test(on_error_port_takes_the_fallback_path),
		cmocka_unit_test(a_failed_run_cancels_what_is_under_way),
		cmocka_unit_test(
		    a_held_run_ends_what_is_in_flight_and_begins_nothing_until_it_is_rebuilt),
		cmocka_unit_test(a_held_run_ends_calls_that_take_too_long_and_repeats_no_try),
		cmocka_unit_test(a_node_over_its_timeout_fails_with_timeout),
		cmocka_unit_test(a_run_over_its_timeout_fails_with_timeout),
		cmocka_unit_test(a_cancelled_run_gives_up_its_calls),
		cmocka_unit_test(input_that_misses_the_nodes_schema_fails_the_step),
		cmocka_unit_test(a_disabled_node_passes_its_items_on),
		cmocka_unit_test(a_delay_is_a_row_with_a_due_time_and_no_call),
		cmocka_unit_test(a_delay_of_a_year_is_possible_and_of_more_is_not),
		cmocka_unit_test(a_cycle_goes_round_until_its_if_lets_it_end),
		cmocka_unit_test(a_runaway_cycle_ends_with_step_budget),
		cmocka_unit_test(stop_ends_the_run_failed_or_well),
		cmocka_unit_test(respond_gives_the_answer_and_the_run_goes_on),
		cmocka_unit_test(a_value_that_is_not_there_leaves_a_note_when_text_is_made_of_it),
		cmocka_unit_test(a_wrong_expression_fails_the_step_and_says_where),
		cmocka_unit_test(nodes_of_another_trigger_take_no_part),
		cmocka_unit_test(
		    an_at_most_once_call_is_recorded_before_it_starts_and_unknown_after_a_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* O03: a version tried over a recorded run (rehearse.h): what would differ. Nothing is sent. */
#include "kit.h"

#include "flow/rehearse.h"

static json_t *
answer(const struct exec_wish *w, void *arg)
{
	(void)arg;
	if (strcmp(w->node_id, "flaky") == 0 && w->attempt == 1)
		return kit_json("{'status':503,'body':'later'}");
	if (strcmp(w->node_id, "lost") == 0)
		return kit_json("{'error':'CONNECT'}");
	return kit_json(
	    "{'status':200,'headers':{'content-type':'application/json'},'body':'{\\'n\\':5}'}");
}

/* Runs the one, and tries the other over it. */
static json_t *
tried(const char *recorded, const char *other)
{
	struct kit k = kit_open(recorded, "{'n':3}");
	struct plan *plan = kit_plan(other);
	struct exec_start start = { .plan = k.plan,
		.run_id = "run-1",
		.trigger_items = k.items,
		.started_at_ms = KIT_START_MS };
	struct rehearsal r = { .plan = plan, .start = &start };
	json_t *differences = NULL;
	struct err e = { 0 };
	int calls;

	k.answer = answer;
	kit_run(&k);
	calls = k.calls;
	r.rows = k.rows;
	r.n = (size_t)k.n_rows;
	r.outcome = exec_outcome(k.x);
	r.output = exec_output(k.x);
	r.error = exec_error(k.x);
	if (rehearse(&r, &differences, &e) != 0)
		fail_msg("%s", e.text);
	assert_int_equal(k.calls, calls);
	plan_unref(plan);
	kit_close(&k);
	return differences;
}

static void
assert_tried(const char *recorded, const char *other, const char *expected)
{
	json_t *differences = tried(recorded, other), *one;
	size_t i;

	/* What it was, not how large. */
	json_array_foreach(differences, i, one)
	{
		json_object_del(one, "iteration");
		json_object_del(one, "attempt");
		json_object_del(one, "before");
		json_object_del(one, "after");
	}
	kit_assert_json(differences, expected);
	json_decref(differences);
}

#define FLOW(nodes, edges) "{'nodes':[{'id':'t','type':'manual'}," nodes "],'edges':[" edges "]}"
#define TWO "{'from':'t','to':'a'},{'from':'a','to':'b'}"
#define CALL "{'id':'a','type':'http_request','config':{'url':'http://x.example/1'}}"
#define SHAKY                                                                                      \
	FLOW("{'id':'flaky','type':'http_request','config':{'url':'http://x.example/'}},"          \
	     "{'id':'w','type':'delay','config':{'duration_ms':90000}},"                           \
	     "{'id':'lost','type':'http_request','on_error':'continue',"                           \
	     "'config':{'url':'http://x.example/'}}",                                              \
	    "{'from':'t','to':'flaky'},{'from':'flaky','to':'w'},{'from':'w','to':'lost'}")
#define SET(v) "{'id':'b','type':'set','config':{'values':{'v':'" v "'}}}"

static void
a_run_against_its_own_version_is_the_same(void **state)
{
	(void)state;
	assert_tried(FLOW(CALL "," SET("{{a.body.n + 1}}"), TWO),
	    FLOW(CALL "," SET("{{a.body.n + 1}}"), TWO), "[]");
	assert_tried(SHAKY, SHAKY, "[]");
}

static void
a_changed_expression_shows_in_the_step_and_in_what_the_run_gave(void **state)
{
	json_t *differences = tried(FLOW(CALL "," SET("{{a.body.n + 1}}"), TWO),
	    FLOW(CALL "," SET("{{a.body.n + 2}}"), TWO));
	json_t *step = json_array_get(differences, 0);

	(void)state;
	assert_int_equal(json_array_size(differences), 2);
	assert_string_equal(js_text_or(step, "node_id", ""), "b");
	assert_string_equal(js_text_or(step, "what", ""), "output");
	assert_int_equal(js_int_or(js_get(step, "before.main[0].json"), "v", 0), 6);
	assert_int_equal(js_int_or(js_get(step, "after.main[0].json"), "v", 0), 7);
	json_decref(differences);
}

static void
a_call_of_another_url_is_told_and_gets_the_recorded_answer(void **state)
{
	(void)state;
	assert_tried(FLOW(CALL "," SET("{{a.body.n}}"), TWO),
	    FLOW("{'id':'a','type':'http_request','config':{'url':'http://x.example/2'}}," SET(
	             "{{a.body.n}}"),
	        TWO),
	    "[{'node_id':'a','what':'request'}]");
}

static void
a_call_that_nothing_recorded_answers_ends_in_unknown(void **state)
{
	(void)state;
	assert_tried(FLOW("{'id':'a','type':'no_op'}," SET("1"), TWO), FLOW(CALL "," SET("1"), TWO),
	    "[{'node_id':'a','what':'unknown'}]");
}

static void
another_branch_shows_as_a_port_and_its_steps(void **state)
{
#define IF(c) "{'id':'a','type':'if','config':{'condition':'" c "'}}"
#define SIDES                                                                                      \
	"{'from':'t','to':'a'},{'from':'a','from_port':'true','to':'b'},"                          \
	"{'from':'a','from_port':'false','to':'c'}"
	(void)state;
	assert_tried(FLOW(IF("{{item.n}} > 1") "," SET("1") ",{'id':'c','type':'no_op'}", SIDES),
	    FLOW(IF("{{item.n}} > 9") "," SET("1") ",{'id':'c','type':'no_op'}", SIDES),
	    "[{'node_id':'a','what':'port'},{'node_id':'b','what':'status'},"
	    "{'node_id':'b','what':'port'},{'node_id':'c','what':'status'},"
	    "{'node_id':'c','what':'port'},{'node_id':null,'what':'output'}]");
}

static void
steps_that_only_one_has_are_new_and_missing(void **state)
{
	(void)state;
	assert_tried(FLOW("{'id':'a','type':'no_op'}", "{'from':'t','to':'a'}"),
	    FLOW("{'id':'c','type':'no_op'}", "{'from':'t','to':'c'}"),
	    "[{'node_id':'c','what':'new'},{'node_id':'a','what':'missing'}]");
}

static void
a_run_that_would_not_start_differs(void **state)
{
	(void)state;
	assert_tried(FLOW("{'id':'a','type':'no_op'}", "{'from':'t','to':'a'}"),
	    "{'nodes':[{'id':'t','type':'manual','disabled':true},{'id':'a','type':'stop',"
	    "'config':{'message':'no'}}],'edges':[{'from':'t','to':'a'}]}",
	    "[{'node_id':'a','what':'status'},{'node_id':'a','what':'port'},"
	    "{'node_id':'a','what':'error'},{'node_id':null,'what':'status'},"
	    "{'node_id':null,'what':'error'}]");
}

#define LONG(end) FLOW("{'id':'a','type':'no_op'}," SET("%s" end), TWO)

static void
a_value_that_is_large_is_cut_between_characters(void **state)
{
	struct buf long_text = { 0 }, one = { 0 }, other = { 0 };
	json_t *differences;
	const char *cut;

	(void)state;
	for (int i = 0; i < 4000; i++)
		buf_text(&long_text, "\xc3\xa9");
	buf_printf(&one, LONG("x"), buf_cstr(&long_text));
	buf_printf(&other, LONG("y"), buf_cstr(&long_text));
	differences = tried(buf_cstr(&one), buf_cstr(&other));
	cut = json_string_value(js_get(json_array_get(differences, 0), "after.cut"));
	assert_non_null(cut);
	assert_in_range(strlen(cut), REHEARSE_VALUE_MAX - 1, REHEARSE_VALUE_MAX);
	json_decref(differences);
	buf_free(&long_text);
	buf_free(&one);
	buf_free(&other);
}

static void
what_came_from_outside_comes_again_and_nothing_is_waited_for(void **state)
{
	static const char waits[] =
	    "{'nodes':[{'id':'t','type':'manual'},{'id':'w','type':'wait','config':{}},"
	    "{'id':'s','type':'set','config':{'values':{'n':'{{w.came}}'}}}],"
	    "'edges':[{'from':'t','to':'w'},{'from':'w','to':'s'}]}";

	(void)state;
	assert_tried(waits, waits, "[]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_came_from_outside_comes_again_and_nothing_is_waited_for),
		cmocka_unit_test(a_run_against_its_own_version_is_the_same),
		cmocka_unit_test(a_changed_expression_shows_in_the_step_and_in_what_the_run_gave),
		cmocka_unit_test(a_call_of_another_url_is_told_and_gets_the_recorded_answer),
		cmocka_unit_test(a_call_that_nothing_recorded_answers_ends_in_unknown),
		cmocka_unit_test(another_branch_shows_as_a_port_and_its_steps),
		cmocka_unit_test(steps_that_only_one_has_are_new_and_missing),
		cmocka_unit_test(a_run_that_would_not_start_differs),
		cmocka_unit_test(a_value_that_is_large_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * W06, notes on hostile input: whatever JSON comes as a definition is either refused with issues or
 * compiles, runs and ends. Mutations of a whole definition from a seed (MILLRACE_SEED).
 */
#include "kit.h"

#define ROUNDS 1500

static uint64_t seed;

static unsigned
draw(unsigned below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(seed >> 33) % below;
}

static const char whole[] =
    "{'nodes':[{'id':'t','type':'webhook','config':{'method':'POST','path':'a'}},"
    "{'id':'s','type':'set','config':{'values':{'a':'{{t.payload.n}}','b.c':2},'remove':['x']}},"
    "{'id':'i','type':'if','config':{'condition':'{{item.a}} > 1'},'on_error':'port'},"
    "{'id':'w','type':'switch','config':{'rules':[{'port':'p','condition':'{{item.a}} == 3'}]}},"
    "{'id':'h','type':'http_request','config':{'url':'http://a.example/"
    "{{item.a}}','headers':{'X':'1'},"
    "'query':{'q':[1,2]},'body':{'z':null}},'retry':{'max_attempts':1,'jitter':0.2},'timeout_ms':"
    "50},"
    "{'id':'d','type':'delay','config':{'duration_ms':3}},"
    "{'id':'m','type':'merge','config':{'mode':'combine_by_key','key':'a','inputs':3}},"
    "{'id':'r','type':'respond','config':{'status':201,'headers':{'a':1},'body':'{{item}}'}},"
    "{'id':'f','type':'filter','config':{'field':'a','operator':'gte','value':1},"
    "'validation':{'type':'object'}},{'id':'e','type':'stop','config':{'outcome':'succeeded'}}],"
    "'edges':[{'from':'t','to':'s'},{'from':'s','to':'i'},{'from':'i','from_port':'true','to':'w'},"
    "{'from':'i','from_port':'false','to':'d'},{'from':'i','from_port':'error','to':'m'},"
    "{'from':'w','from_port':'p','to':'h'},{'from':'w','from_port':'default','to':'m'},"
    "{'from':'h','to':'m'},{'from':'d','to':'m'},{'from':'m','to':'r'},{'from':'r','to':'f'},"
    "{'from':'f','to':'s'},{'from':'r','to':'e'}],"
    "'variables':{'v':{'type':'number','default':1}},"
    "'settings':{'step_budget':80,'item_budget':500,'concurrency':3,'timezone':'UTC'}}";

static json_t *
any_value(void)
{
	static const char *const values[] = { "null", "true", "-1", "0", "1e300",
		"9223372036854775807", "''", "'{{'", "'{{t.payload}}'", "'{{item.a + }}'", "'t'",
		"'s'", "'main'", "'true'", "[]", "{}", "[[]]", "{'a':{'b':[1]}}", "'first'",
		"'port'", "'continue'", "'http_request'", "'merge'", "'switch'", "'no_op'",
		"'{{items}}'", "'\\u0001'", "3", "2.5", "'..a..b.'" };

	return kit_json(values[draw(countof(values))]);
}

/* Replaces, removes, doubles or moves something at a random place. */
static void
mutate(json_t *v)
{
	size_t n = json_is_object(v) ? json_object_size(v) : json_array_size(v), at;

	if (n == 0)
		return;
	at = draw((unsigned)n);
	if (json_is_array(v)) {
		json_t *member = json_array_get(v, at);

		if (draw(4) != 0 && (json_is_object(member) || json_is_array(member)))
			mutate(member);
		else if (draw(3) == 0)
			json_array_remove(v, at);
		else if (draw(2) == 0)
			json_array_append_new(v, json_deep_copy(member));
		else
			json_array_set_new(v, at, any_value());
		return;
	}
	void *it = json_object_iter(v);

	while (at-- > 0)
		it = json_object_iter_next(v, it);
	json_t *member = json_object_iter_value(it);
	if (draw(4) != 0 && (json_is_object(member) || json_is_array(member)))
		mutate(member);
	else if (draw(5) == 0)
		json_object_del(v, json_object_iter_key(it));
	else
		json_object_iter_set_new(v, it, any_value());
}

static json_t *
answer(const struct exec_wish *w, void *arg)
{
	(void)w;
	(void)arg;
	return draw(3) == 0
	           ? json_pack("{s:s}", "error", "TIMEOUT")
	           : json_pack("{s:i, s:s}", "status", (int)(150 + draw(400)), "body", "[1]");
}

/* Runs it to its end; the clock jumps to whatever is next. */
static void
run(struct plan *plan)
{
	struct kit k = {
		.plan = plan_ref(plan), .now_ms = KIT_START_MS, .io_ms = 10, .answer = answer
	};
	json_t *input = kit_json("{'n':3,'x':1}");

	if (plan_trigger(plan, NULL) < 0)
		goto out;
	k.items = json_array();
	json_array_append_new(k.items, trigger_manual_item(input));
	k.rows = calloc(KIT_STEPS_MAX, sizeof(*k.rows));
	kit_new_exec(&k);
	kit_run(&k);
	for (int i = 0; i < k.n_rows; i++) {
		char *text = json_dumps(k.rows[i].output, JSON_ENCODE_ANY);

		assert_true(text != NULL || k.rows[i].output == NULL);
		free(text);
	}
out:
	kit_close(&k);
	json_decref(input);
}

static void
any_json_is_refused_with_issues_or_runs_to_an_end(void **state)
{
	const char *given = getenv("MILLRACE_SEED");
	uint64_t first = given != NULL ? strtoull(given, NULL, 10) : 1;
	int ran = 0, refused = 0;

	(void)state;
	for (uint64_t round = first; round < first + (given != NULL ? 1 : ROUNDS); round++) {
		json_t *in = kit_json(whole), *stored = NULL, *again = NULL;
		struct issue_list issues = { 0 };
		struct plan *plan = NULL;
		struct err e = { 0 };
		int times;

		seed = round * 7919;
		times = 1 + (int)draw(3);
		for (int i = 0; i < times; i++)
			mutate(in);
		bool right = definition_read(in, &node_registry, "", &stored, &issues) == 0;
		/* Endless ones shall end soon. */
		json_object_set_new(js_object(stored, "settings"), "step_budget", json_integer(80));
		json_object_set_new(
		    js_object(stored, "settings"), "item_budget", json_integer(500));
		if (right) {
			assert_int_equal(plan_compile(stored, &node_registry, &plan, &e), 0);
			/* W08: the stored form is stable. */
			assert_int_equal(
			    definition_read(stored, &node_registry, "", &again, &issues), 0);
			if (!js_equal(stored, again))
				fail_msg("round %d is not stable: %s, then %s", (int)round,
				    js_text_of(stored, JS_SORTED), js_text_of(again, JS_SORTED));
			run(plan);
			ran++;
		} else {
			assert_true(issues.errors > 0);
			/* What could not be saved must not break the compiler either. */
			if (stored != NULL && plan_compile(stored, &node_registry, &plan, &e) == 0)
				run(plan);
			refused++;
		}
		plan_unref(plan);
		issue_list_free(&issues);
		json_decref(again);
		json_decref(stored);
		json_decref(in);
	}
	print_message("%d ran, %d refused\n", ran, refused);
	assert_true(given != NULL || (ran > 100 && refused > 200));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_json_is_refused_with_issues_or_runs_to_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * X09, R15 of the executor: a run that is rebuilt from its recorded steps, at any point, ends with
 * the same records. Random graphs from a seed (MILLRACE_SEED) are run straight through, then again
 * with a crash after each record.
 */
#include "kit.h"

#include "flow/rehearse.h"

#define GRAPHS 150
#define TEXT_SIZE 16000

static uint64_t seed;

static unsigned
draw(unsigned below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(seed >> 33) % below;
}

/* The same answer for the same call, whenever it is asked: also after a crash. */
static json_t *
answer(const struct exec_wish *w, void *arg)
{
	unsigned h = *(unsigned *)arg;
	static const int statuses[] = { 200, 200, 200, 503, 404, 429 };

	for (const char *c = w->node_id; *c != '\0'; c++)
		h = h * 31 + (unsigned char)*c;
	h = h * 31 + (unsigned)w->iteration * 7 + (unsigned)w->attempt * 13;
	return json_pack("{s:i, s:{s:s}, s:s}", "status", statuses[h % 6], "headers",
	    "content-type", "application/json", "body", h % 2 ? "{\"k\":4}" : "[1]");
}

static void
random_node(char *text, size_t size, int i)
{
	static const char *const kinds[] = {
		"'type':'no_op'",
		"'type':'set','config':{'values':{'k':'{{item.k + 1}}','seen':'{{t.k}}'}}",
		"'type':'set','config':{'values':{'id':'{{item.k}}'},'remove':['payload']}",
		"'type':'if','config':{'condition':'{{item.k}} % 3 == 1'}",
		"'type':'filter','config':{'condition':'{{item.k}} > 1'}",
		"'type':'switch','config':{'rules':[{'port':'a','condition':'{{item.k}} > 3'},"
		"{'port':'b','condition':'{{item.k}} % 2 == 0'}]}",
		"'type':'merge','config':{'mode':'append','inputs':4}",
		"'type':'merge','config':{'mode':'wait_all','inputs':4}",
		"'type':'merge','config':{'mode':'combine_by_position','inputs':4}",
		"'type':'delay','config':{'duration_ms':700}",
		"'type':'http_request','on_error':'continue','config':{'url':'http://x.example/'}",
		"'type':'http_request','on_error':'port','retry':{'max_attempts':2},"
		"'config':{'url':'http://x.example/{{item.k}}','send':'once'}",
		"'type':'no_op','disabled':true",
		"'type':'split','config':{'list':['{{item.k}}',{'k':1},{'k':5}],'as':'k'}",
		"'type':'loop','config':{'batch_size':2}",
		"'type':'loop','config':{'mode':'while','condition':'{{item.k}} < 3'}",
	};

	snprintf(text, size, "{'id':'n%d',%s}", i, kinds[draw(countof(kinds))]);
}

static const char *
random_port(const char *node)
{
	static const char *const sides[] = { "true", "false" };
	static const char *const cases[] = { "a", "b", "default" };
	static const char *const rounds[] = { "loop", "done" };

	if (strstr(node, "'if'") != NULL)
		return sides[draw(2)];
	if (strstr(node, "'switch'") != NULL)
		return cases[draw(3)];
	if (strstr(node, "'loop'") != NULL)
		return rounds[draw(2)];
	if (strstr(node, "'port'") != NULL && strstr(node, "http") != NULL)
		return draw(2) ? "error" : "main";
	return "main";
}

/* A graph of up to 14 nodes, with edges back to loops and from nodes that can end a cycle. */
static void
random_graph(char *text, size_t size)
{
	char nodes[16][300], *end = text + size;
	int n = 3 + (int)draw(12), edges = 0;

	text += snprintf(text, size,
	    "{'settings':{'step_budget':150,'item_budget':1500},'nodes':[{'id':'t','type':'manual'"
	    "}");
	for (int i = 1; i < n; i++) {
		random_node(nodes[i], sizeof(nodes[i]), i);
		text += snprintf(text, (size_t)(end - text), ",%s", nodes[i]);
	}
	text += snprintf(text, (size_t)(end - text), "],'edges':[{'from':'t','to':'n1'}");
	for (int i = 2; i < n; i++) {
		int times = 1 + (int)draw(3);

		for (int k = 0; k < times; k++) {
			int from = (int)draw((unsigned)i);

			if (from == 0)
				text += snprintf(
				    text, (size_t)(end - text), ",{'from':'t','to':'n%d'}", i);
			else
				text += snprintf(text, (size_t)(end - text),
				    ",{'from':'n%d','from_port':'%s','to':'n%d'}", from,
				    random_port(nodes[from]), i);
		}
	}
	for (int i = 1; i < n - 1; i++) {
		int from = i + (int)draw((unsigned)(n - i));

		if (strstr(nodes[i], "'loop'") != NULL)
			text += snprintf(text, (size_t)(end - text),
			    ",{'from':'n%d','from_port':'%s','to':'n%d'}", from,
			    random_port(nodes[from]), i);
	}
	for (int i = 2; i < n && edges < 2; i++) {
		if (draw(3) != 0 ||
		    (strstr(nodes[i], "'if'") == NULL && strstr(nodes[i], "'filter'") == NULL))
			continue;
		text += snprintf(text, (size_t)(end - text),
		    ",{'from':'n%d','from_port':'%s','to':'n%d'}", i, random_port(nodes[i]),
		    1 + (int)draw((unsigned)i));
		edges++;
	}
	snprintf(text, (size_t)(end - text), "]}");
}

static struct kit
open_graph(const char *text, unsigned *luck)
{
	struct kit k = kit_open(text, "{'k':0}");

	k.answer = answer;
	k.arg = luck;
	for (int i = 1; i < 3; i++)
		json_array_append_new(k.items, item_new(json_pack("{s:i}", "k", i * 2)));
	kit_crash(&k);
	return k;
}

static void
same_rows(const struct kit *a, const struct kit *b, const char *text, int prefix)
{
	const char *code = js_text_or(exec_error(a->x), "code", "");

	/* A budget ends both, but which calls had come back until then is a matter of time. */
	if (strstr(code, "_BUDGET") != NULL) {
		assert_string_equal(js_text_or(exec_error(b->x), "code", ""), code);
		return;
	}
	if (a->n_rows != b->n_rows || exec_outcome(a->x) != exec_outcome(b->x))
		fail_msg("after %d: %d rows, then %d, of %s", prefix, a->n_rows, b->n_rows, text);
	for (int i = 0; i < a->n_rows; i++) {
		const struct step_record *x = &a->rows[i];
		const struct step_record *y = kit_row(b, x->node_id, x->iteration, x->attempt);

		if (y == NULL || x->status != y->status ||
		    !(x->output == y->output || js_equal(x->output, y->output)) ||
		    !(x->source == y->source || js_equal(x->source, y->source)) ||
		    !(x->error == y->error || js_equal(x->error, y->error)))
			fail_msg("after %d: %s/%d/%d differs in %s", prefix, x->node_id,
			    x->iteration, x->attempt, text);
	}
	if (exec_output(a->x) != NULL && !js_equal(exec_output(a->x), exec_output(b->x)))
		fail_msg("after %d: the output differs in %s", prefix, text);
}

/* The first `n` records that straight made, as the table has them. */
static void
take_prefix(struct kit *k, const struct step_record *log, int n)
{
	for (int i = 0; i < n; i++) {
		struct step_record row = log[i];

		for (int j = 0; j < k->n_rows; j++) {
			if (strcmp(k->rows[j].node_id, row.node_id) == 0 &&
			    k->rows[j].iteration == row.iteration &&
			    k->rows[j].attempt == row.attempt) {
				kit_row_free(&k->rows[j]);
				memmove(&k->rows[j], &k->rows[j + 1],
				    (size_t)(k->n_rows - j - 1) * sizeof(*k->rows));
				k->n_rows--;
				break;
			}
		}
		json_incref(row.source);
		json_incref(row.output);
		json_incref(row.error);
		k->rows[k->n_rows++] = row;
		if (row.started_at_ms + row.dur_us / 1000 > k->now_ms)
			k->now_ms = row.started_at_ms + row.dur_us / 1000;
	}
}

/* Runs straight through and keeps every record in the order in which it was made. */
static int
run_and_log(struct kit *k, struct step_record *log, int max)
{
	int n = 0;
	bool open = true;

	while (open) {
		size_t made;
		const struct step_record *steps;

		exec_advance(k->x, k->now_ms);
		steps = exec_steps(k->x, &made);
		for (size_t i = 0; i < made && n < max; i++) {
			log[n] = steps[i];
			json_incref(log[n].source);
			json_incref(log[n].output);
			json_incref(log[n++].error);
		}
		open = kit_round(k);
	}
	return n;
}

static void
a_run_rebuilt_after_any_record_ends_with_the_same_records(void **state)
{
	const char *given = getenv("MILLRACE_SEED");
	uint64_t first = given != NULL ? strtoull(given, NULL, 10) : 1;
	struct step_record *log = calloc(KIT_STEPS_MAX, sizeof(*log));
	char *text = malloc(TEXT_SIZE);
	int crashes = 0, rounds = 0;

	(void)state;
	for (uint64_t graph = first; graph < first + (given != NULL ? 1 : GRAPHS); graph++) {
		unsigned luck = (unsigned)graph;
		struct kit straight;
		int n;

		seed = graph * 7919;
		random_graph(text, TEXT_SIZE);
		straight = open_graph(text, &luck);
		n = run_and_log(&straight, log, KIT_STEPS_MAX);
		for (int i = 0; i < straight.n_rows; i++)
			rounds += straight.rows[i].iteration > 0;
		for (int prefix = 0; prefix <= n; prefix += 1 + n / 40) {
			struct kit again = open_graph(text, &luck);

			take_prefix(&again, log, prefix);
			kit_crash(&again);
			kit_run(&again);
			same_rows(&straight, &again, text, prefix);
			kit_close(&again);
			crashes++;
		}
		for (int i = 0; i < n; i++)
			kit_row_free(&log[i]);
		kit_close(&straight);
	}
	print_message("%d crashes, %d steps in later rounds of a cycle\n", crashes, rounds);
	/* The graphs are of use only if cycles and crashes occur in them. */
	assert_true(given != NULL || (crashes > 500 && rounds > 50));
	free(text);
	free(log);
}

/* Rehearses the run that k has made, by a plan of its own. */
static void
rehearsed_as_it_was(const struct kit *k, const char *text)
{
	struct plan *plan = kit_plan(text);
	struct exec_start start = { .plan = k->plan,
		.run_id = "run-1",
		.trigger_items = k->items,
		.started_at_ms = KIT_START_MS };
	struct rehearsal r = { .plan = plan,
		.start = &start,
		.rows = k->rows,
		.n = (size_t)k->n_rows,
		.outcome = exec_outcome(k->x),
		.output = exec_output(k->x),
		.error = exec_error(k->x) };
	json_t *differences = NULL;
	struct err e = { 0 };
	char *what;

	assert_ok(rehearse(&r, &differences, &e), e);
	what = js_text_of(differences, JS_COMPACT);
	if (json_array_size(differences) > 0)
		fail_msg("%s of %s", what, text);
	mem_free(what);
	json_decref(differences);
	plan_unref(plan);
}

static void
a_run_rehearsed_on_its_own_version_differs_in_nothing(void **state)
{
	char *text = malloc(TEXT_SIZE);
	int rows = 0;

	(void)state;
	for (uint64_t graph = 1; graph <= GRAPHS * 2; graph++) {
		unsigned luck = (unsigned)graph;
		struct kit k;

		seed = graph * 7919;
		random_graph(text, TEXT_SIZE);
		k = open_graph(text, &luck);
		kit_run(&k);
		/* A budget ends a run, but what had come back until then is a matter of time. */
		if (strstr(js_text_or(exec_error(k.x), "code", ""), "_BUDGET") == NULL) {
			rehearsed_as_it_was(&k, text);
			rows += k.n_rows;
		}
		kit_close(&k);
	}
	assert_true(rows > 1000);
	free(text);
}

static void
a_row_of_another_version_is_refused(void **state)
{
	struct kit k = kit_open("{'nodes':[{'id':'t','type':'manual'},{'id':'a','type':'no_op'}],"
	                        "'edges':[{'from':'t','to':'a'}]}",
	    "{}");
	struct step_record row = { .node_id = "b", .attempt = 1 };
	struct err e;

	(void)state;
	assert_err(exec_replay(k.x, &row, &e), e, "MR409", "node_id");
	row.node_id = "a";
	assert_err(exec_replay(k.x, &row, &e), e, "MR409", "steps");
	kit_close(&k);
}

static void
a_triggers_row_needs_no_output(void **state)
{
	struct kit k = kit_open("{'nodes':[{'id':'t','type':'manual'},{'id':'a','type':'no_op'}],"
	                        "'edges':[{'from':'t','to':'a'}]}",
	    "{'n':1}");
	struct step_record row = { .node_id = "t", .attempt = 1, .status = STEP_SUCCEEDED };
	struct err e;

	(void)state;
	assert_ok(exec_replay(k.x, &row, &e), e);
	kit_run(&k);
	kit_assert_json(json_object_get(exec_output(k.x), "n"), "1");
	kit_close(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_rebuilt_after_any_record_ends_with_the_same_records),
		cmocka_unit_test(a_run_rehearsed_on_its_own_version_differs_in_nothing),
		cmocka_unit_test(a_row_of_another_version_is_refused),
		cmocka_unit_test(a_triggers_row_needs_no_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

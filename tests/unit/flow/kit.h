/*
 * kit.h: runs definitions in tests: a virtual clock, and HTTP answers from a function of the test.
 */
#ifndef MR_TEST_FLOW_KIT_H
#define MR_TEST_FLOW_KIT_H

#include "unit.h"

#include "core/json.h"
#include "core/mem.h"
#include "flow/definition.h"
#include "flow/exec.h"
#include "flow/items.h"
#include "flow/trigger.h"
#include "node/registry.h"

#define KIT_START_MS INT64_C(1700000000000)
#define KIT_STEPS_MAX 500

/* JSON with ' for ". */
static inline json_t *
kit_json(const char *text)
{
	char *copy = strdup(text);
	json_error_t e;
	json_t *v;

	for (char *c = copy; *c != '\0'; c++) {
		if (*c == '\'')
			*c = '"';
	}
	v = json_loads(copy, JSON_DECODE_ANY, &e);
	if (v == NULL)
		fail_msg("%s in %s", e.text, copy);
	free(copy);
	return v;
}

/* The plan of a definition which must be right. */
static inline struct plan *
kit_plan(const char *text)
{
	struct issue_list issues = { 0 };
	json_t *in = kit_json(text), *stored = NULL;
	struct plan *p = NULL;
	struct err e = { 0 };

	if (definition_read(in, &node_registry, "", &stored, &issues) != 0)
		fail_msg("%s: %s", issues.v[0].field, issues.v[0].text);
	if (plan_compile(stored, &node_registry, &p, &e) != 0)
		fail_msg("%s: %s", e.field, e.text);
	issue_list_free(&issues);
	json_decref(stored);
	json_decref(in);
	return p;
}

/* A finished answer: {"status":200,"headers":{},"body":"text"} or {"error":"TIMEOUT"}. New
 * reference. */
typedef json_t *kit_answer(const struct exec_wish *w, void *arg);

struct kit {
	struct plan *plan;
	struct exec *x;
	json_t *items;
	int64_t now_ms;
	kit_answer *answer;
	void *arg;
	int calls;
	int64_t io_ms;            /* how long each call takes */
	struct step_record *rows; /* as in the database: later rows of a key replace earlier ones */
	int n_rows;
	struct {
		int64_t token, at_ms;
		json_t *answer;
	} flying[64];
	int n_flying;
};

static inline void
kit_row_free(struct step_record *row)
{
	json_decref(row->source);
	json_decref(row->output);
	json_decref(row->error);
}

static inline void
kit_new_exec(struct kit *k)
{
	struct exec_start start = { .plan = k->plan,
		.run_id = "run-1",
		.trigger_items = k->items,
		.started_at_ms = KIT_START_MS };
	struct err e = { 0 };

	if (exec_new(&start, &k->x, &e) != 0)
		fail_msg("%s", e.text);
}

static inline struct kit
kit_open(const char *definition, const char *payload)
{
	struct kit k = { .plan = kit_plan(definition), .now_ms = KIT_START_MS, .io_ms = 10 };
	json_t *input = kit_json(payload);

	k.items = json_array();
	json_array_append_new(k.items, trigger_manual_item(input));
	json_decref(input);
	k.rows = calloc(KIT_STEPS_MAX, sizeof(*k.rows));
	kit_new_exec(&k);
	return k;
}

static inline void
kit_close(struct kit *k)
{
	for (int i = 0; i < k->n_rows; i++)
		kit_row_free(&k->rows[i]);
	for (int i = 0; i < k->n_flying; i++)
		json_decref(k->flying[i].answer);
	free(k->rows);
	exec_free(k->x);
	json_decref(k->items);
	plan_unref(k->plan);
}

/* Takes new records into the rows, as a tick does. */
static inline void
kit_tick(struct kit *k)
{
	size_t n;
	const struct step_record *steps = exec_steps(k->x, &n);

	for (size_t i = 0; i < n; i++) {
		struct step_record row = steps[i];
		int at = k->n_rows;

		json_incref(row.source);
		json_incref(row.output);
		json_incref(row.error);
		for (int j = 0; j < k->n_rows; j++) {
			if (strcmp(k->rows[j].node_id, row.node_id) != 0 ||
			    k->rows[j].iteration != row.iteration ||
			    k->rows[j].attempt != row.attempt)
				continue;
			/* Recorded twice, unless it says so. */
			if (!row.replaces)
				fail_msg("%s/%d/%d is recorded twice: %s, then %s", row.node_id,
				    row.iteration, row.attempt, step_status_name(k->rows[j].status),
				    step_status_name(row.status));
			kit_row_free(&k->rows[j]);
			memmove(&k->rows[j], &k->rows[j + 1],
			    (size_t)(k->n_rows - j - 1) * sizeof(*k->rows));
			at = --k->n_rows;
			break;
		}
		assert_true(at < KIT_STEPS_MAX);
		k->rows[at] = row;
		k->n_rows++;
	}
	exec_steps_clear(k->x);
}

static inline void
kit_io(struct kit *k)
{
	struct exec_wish w;
	int64_t token;

	while (exec_abort_next(k->x, &token)) {
		for (int i = 0; i < k->n_flying; i++) {
			if (k->flying[i].token != token)
				continue;
			json_decref(k->flying[i].answer);
			k->flying[i] = k->flying[--k->n_flying];
			break;
		}
	}
	while (exec_wish_next(k->x, &w)) {
		assert_true(k->n_flying < 64);
		k->flying[k->n_flying].token = w.token;
		k->flying[k->n_flying].at_ms = k->now_ms + k->io_ms;
		k->flying[k->n_flying++].answer = k->answer(&w, k->arg);
		k->calls++;
	}
}

/* The first call to come back comes back. */
static inline void
kit_land(struct kit *k)
{
	int first = 0;

	for (int i = 1; i < k->n_flying; i++) {
		if (k->flying[i].at_ms < k->flying[first].at_ms)
			first = i;
	}
	json_t *a = k->flying[first].answer;
	const char *body = js_text_or(a, "body", "");
	struct io_result r = { .error = json_object_get(a, "error") != NULL
		                            ? io_error_from_name(js_text_or(a, "error", ""))
		                            : IO_OK,
		.status = (int)js_int_or(a, "status", 200),
		.headers = js_object(a, "headers"),
		.body = body,
		.body_len = strlen(body) };
	int64_t token = k->flying[first].token;

	k->now_ms = k->flying[first].at_ms;
	k->flying[first] = k->flying[--k->n_flying];
	exec_io_done(k->x, token, &r, k->now_ms);
	json_decref(a);
}

/* Runs what can run, records it, starts calls. */
static inline void
kit_advance(struct kit *k)
{
	exec_advance(k->x, k->now_ms);
	kit_tick(k);
	kit_io(k);
}

/* The worker dies: what it had in memory and in flight is gone. */
static inline void
kit_crash(struct kit *k)
{
	exec_free(k->x);
	for (int i = 0; i < k->n_flying; i++)
		json_decref(k->flying[i].answer);
	k->n_flying = 0;
	kit_new_exec(k);
	for (int i = 0; i < k->n_rows; i++) {
		struct err e = { 0 };

		if (exec_replay(k->x, &k->rows[i], &e) != 0)
			fail_msg("%s", e.text);
	}
}

/* What a step waits for outside comes at once: an item {"came":true}. False: none waits so. */
static inline bool
kit_come(struct kit *k)
{
	struct exec_outside step;
	json_t *ended;
	int v = 0;

	if (!exec_outside_next(k->x, &v, &step))
		return false;
	ended = kit_json("{'status':'answered','answer':{'json':{'came':true}}}");
	exec_outside_end(k->x, &step, ended);
	json_decref(ended);
	return true;
}

/* One round of a worker. False: the run is final. */
static inline bool
kit_round(struct kit *k)
{
	int64_t due, landing = INT64_MAX;

	kit_advance(k);
	if (exec_is_final(k->x))
		return false;
	if (kit_come(k))
		return true;
	due = exec_due_at_ms(k->x);
	for (int i = 0; i < k->n_flying; i++) {
		if (k->flying[i].at_ms < landing)
			landing = k->flying[i].at_ms;
	}
	if (due == INT64_MAX && landing == INT64_MAX)
		fail_msg("the run is stuck");
	if (landing <= due)
		kit_land(k);
	else if (due > k->now_ms)
		k->now_ms = due;
	return true;
}

static inline void
kit_run(struct kit *k)
{
	int rounds = 0;

	while (kit_round(k)) {
		if (++rounds > 100000)
			fail_msg("the run does not end");
	}
}

static inline const struct step_record *
kit_row(const struct kit *k, const char *node, int iteration, int attempt)
{
	for (int i = 0; i < k->n_rows; i++) {
		if (strcmp(k->rows[i].node_id, node) == 0 && k->rows[i].iteration == iteration &&
		    k->rows[i].attempt == attempt)
			return &k->rows[i];
	}
	return NULL;
}

/* "succeeded", or "none". */
static inline const char *
kit_status(const struct kit *k, const char *node)
{
	const struct step_record *row = kit_row(k, node, 0, 1);

	return row != NULL ? step_status_name(row->status) : "none";
}

/* The json of a node's item i on a port. */
static inline json_t *
kit_out(const struct kit *k, const char *node, const char *port, size_t i)
{
	const struct step_record *row = kit_row(k, node, 0, 1);

	assert_non_null(row);
	return item_json(json_array_get(json_object_get(row->output, port), i));
}

static inline void
kit_assert_json(const json_t *v, const char *expected)
{
	json_t *e = kit_json(expected);
	char *a = v != NULL ? js_text_of(v, JS_SORTED) : mem_strdup("(absent)");
	char *b = js_text_of(e, JS_SORTED);

	if (v == NULL || !js_equal(v, e))
		fail_msg("%s, expected %s", a, b);
	mem_free(a);
	mem_free(b);
	json_decref(e);
}

#endif

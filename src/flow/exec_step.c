#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/time.h"
#include "flow/exec_inner.h"
#include "flow/items.h"

#define RETRY_WAIT_MAX_MS (24 * 3600 * 1000) /* a Retry-After beyond a day is not believed */

static void gather(struct exec *x, int v, struct visit *visit);
static void add_inputs(struct exec *x, int edge, struct visit *visit);
static void join_items(struct exec *x, int v, struct visit *visit);
static bool input_is_valid(struct exec *x, int v, struct node_result *r);
static void apply(struct exec *x, int v, struct node_result *r);
static void under_way(struct exec *x, int v, enum phase phase, struct node_result *r);
static void begin_io(struct exec *x, int v, struct node_result *r);
static void begin_wait(struct exec *x, int v, struct node_result *r);
static void end_under_way(struct exec *x, int v);
static void fail(struct exec *x, int v, struct node_result *r, enum step_status status);
static bool retry(struct exec *x, int v, const struct node_result *r, json_t *error);
static json_t *error_ports(struct exec *x, int v, json_t *error);
static void free_result(struct node_result *r);
static void timed_out(struct exec *x, int v);
static int64_t clock_ms(const struct exec *x);

struct visit *
exec_begin(struct exec *x, int v)
{
	struct node_run *nr = &x->nodes[v];
	struct visit *visit = nr->visit;

	if (visit != NULL && visit->iteration == nr->iteration)
		return visit;
	visit = arena_alloc(x->arena, sizeof(*visit));
	visit->iteration = nr->iteration;
	visit->before = nr->visit;
	nr->visit = visit;
	json_decref(nr->source);
	nr->source = NULL;
	if (v == x->trigger)
		visit->items = json_incref(x->trigger_items);
	else
		gather(x, v, visit);
	x->items_taken += (int64_t)json_array_size(visit->items);
	return visit;
}

void
exec_start_node(struct exec *x, int v)
{
	const struct plan_node *pn = &x->plan->nodes[v];
	struct node_run *nr = &x->nodes[v];
	struct node_result r = { 0 };
	struct node_call call;
	struct visit *visit;

	if (!exec_within_budget(x, v))
		return;
	visit = exec_begin(x, v);
	nr->started_at_ms = clock_ms(x);
	nr->started_us = x->mono_us != NULL ? x->mono_us() : 0;
	if (v == x->trigger) {
		exec_end_step(
		    x, v, STEP_SUCCEEDED, json_pack("{s:O}", pn->first_port, visit->items), NULL);
		return;
	}
	if (pn->disabled) {
		exec_end_step(
		    x, v, STEP_SKIPPED, json_pack("{s:O}", pn->first_port, visit->items), NULL);
		return;
	}
	if (pn->prepare_err != NULL) {
		node_fail(
		    &r, "CONFIG_INVALID", pn->prepare_err->field, "%s", pn->prepare_err->text);
	} else if (input_is_valid(x, v, &r)) {
		exec_scope_begin(&call, x, v);
		pn->type->start(&call, &r);
		exec_scope_end(&call);
	}
	apply(x, v, &r);
}

void
exec_resume_node(struct exec *x, int v, const struct io_result *io)
{
	const struct plan_node *pn = &x->plan->nodes[v];
	struct node_run *nr = &x->nodes[v];
	enum phase phase = nr->phase;
	struct node_result r = { 0 };
	struct node_call call;

	if ((phase == RUNNING && io == NULL) ||
	    (phase == WAITING && nr->wait_until_ms > x->now_ms)) {
		timed_out(x, v);
		return;
	}
	end_under_way(x, v);
	if (phase == RETRYING) {
		nr->attempt++;
		exec_push_ready(x, v);
	} else if (phase == INTERRUPTED) {
		node_fail(&r, "UNKNOWN_OUTCOME", NULL,
		    "the worker stopped during this step; whether the call happened is not known");
		fail(x, v, &r, STEP_UNKNOWN);
		free_result(&r);
	} else {
		io_wish_free(nr->wish);
		nr->wish = NULL;
		exec_scope_begin(&call, x, v);
		pn->type->resume(&call, io, &r);
		exec_scope_end(&call);
		apply(x, v, &r);
	}
}

void
exec_set_due(struct exec *x, int v, int64_t due_at_ms)
{
	struct node_run *nr = &x->nodes[v];

	x->timed += (due_at_ms != 0) - (nr->due_at_ms != 0);
	nr->due_at_ms = due_at_ms;
}

/* Steals ports and error; ports NULL: nothing is delivered (all edges are skipped). */
void
exec_end_step(struct exec *x, int v, enum step_status status, json_t *ports, json_t *error)
{
	struct node_run *nr = &x->nodes[v];

	nr->visit->ports = ports;
	json_decref(nr->state);
	nr->state = NULL;
	exec_record(x, v, status, ports, error);
	exec_close_node(x, v, DONE);
	exec_deliver(x, v, ports);
	json_decref(error);
}

void
exec_record(struct exec *x, int v, enum step_status status, json_t *output, json_t *error)
{
	struct node_run *nr = &x->nodes[v];
	bool ran = status != STEP_SKIPPED || output != NULL;
	struct step_record *s;

	x->steps_made++;
	if (x->replaying && ran)
		return;
	if (x->n_steps == x->cap_steps) {
		x->cap_steps = x->cap_steps * 2 + 16;
		x->steps = mem_grow(x->steps, x->cap_steps, sizeof(*x->steps));
	}
	s = &x->steps[x->n_steps++];
	*s = (struct step_record){
		.node_id = x->plan->nodes[v].id,
		.iteration = nr->iteration,
		.attempt = nr->attempt,
		.status = status,
		.started_at_ms = ran ? nr->started_at_ms : x->now_ms,
		.source = ran ? json_incref(nr->source) : NULL,
		.output = json_incref(output),
		.error = json_incref(error),
		.replaces = nr->row_exists,
	};
	if (!ran)
		return;
	if (nr->started_us >= 0 && x->mono_us != NULL)
		s->dur_us = x->mono_us() - nr->started_us;
	else
		s->dur_us = (x->now_ms - nr->started_at_ms) * 1000;
	if (s->dur_us < 0)
		s->dur_us = 0;
}

/* Before the input is put together: that alone could be more than memory holds. */
bool
exec_within_budget(struct exec *x, int v)
{
	const struct graph *g = x->plan->graph;
	size_t items = 0;
	json_t *error;

	for (int i = g->in_at[v]; i < g->in_at[v + 1]; i++) {
		const struct edge_run *er = &x->edges[g->in[i]];

		for (int k = 0; k < er->n; k++)
			items += json_array_size(er->v[k].items);
	}
	if (x->steps_made < x->plan->step_budget &&
	    x->items_taken + (int64_t)items <= x->plan->item_budget)
		return true;
	error = exec_error_json(
	    x->steps_made < x->plan->step_budget ? "ITEM_BUDGET" : "STEP_BUDGET", NULL, NULL);
	if (x->steps_made < x->plan->step_budget)
		json_object_set_new(error, "message",
		    json_sprintf("the run used up its budget of %d items", x->plan->item_budget));
	else
		json_object_set_new(error, "message",
		    json_sprintf("the run used up its budget of %d steps", x->plan->step_budget));
	exec_fail_run(x, v, error);
	json_decref(error);
	return false;
}

json_t *
exec_error_json(const char *code, const char *field, const char *text)
{
	json_t *error = json_object();

	json_object_set_new_nocheck(error, "code", json_string(code));
	/* A cut text may end inside a character. */
	json_object_set_new(error, "message", js_string(str_of(text)));
	if (json_object_get(error, "message") == NULL)
		json_object_set_new_nocheck(error, "message", json_string(code));
	if (field != NULL && *field != '\0')
		json_object_set_new(error, "field", json_string(field));
	return error;
}

void
exec_fail_run(struct exec *x, int v, json_t *error)
{
	json_t *of_run = json_copy(error);

	json_object_set_new_nocheck(of_run, "node", json_string(x->plan->nodes[v].id));
	exec_finish(x, RUN_FAILED, of_run);
}

static void
gather(struct exec *x, int v, struct visit *visit)
{
	const struct graph *g = x->plan->graph;
	int n = 0, first = -1;

	for (int i = g->in_at[v]; i < g->in_at[v + 1]; i++) {
		const struct edge_run *er = &x->edges[g->in[i]];

		n += er->n;
		if (er->phase == EDGE_DELIVERED && (first < 0 || er->order < x->edges[first].order))
			first = g->in[i];
	}
	visit->in = arena_array(x->arena, (size_t)n + 1, sizeof(*visit->in));
	for (int i = g->in_at[v]; i < g->in_at[v + 1]; i++) {
		int edge = g->in[i];
		struct edge_run *er = &x->edges[edge];
		bool round = g->back[edge] && er->phase == EDGE_HELD;

		if (!round && er->phase != EDGE_DELIVERED)
			continue;
		if (!x->plan->nodes[v].starts_first || first < 0 || edge == first)
			add_inputs(x, edge, visit);
		er->phase = round ? EDGE_PENDING : EDGE_SKIPPED;
		er->n = 0;
	}
	join_items(x, v, visit);
}

static void
add_inputs(struct exec *x, int edge, struct visit *visit)
{
	const struct edge_run *er = &x->edges[edge];
	size_t first = 0;

	if (visit->n_in > 0) {
		const struct input *last = &visit->in[visit->n_in - 1];

		first = last->first + json_array_size(last->items);
	}
	for (int i = 0; i < er->n; i++) {
		visit->in[visit->n_in++] = (struct input){ edge, x->plan->edges[edge].from,
			er->v[i].iteration, er->v[i].items, first };
		first += json_array_size(er->v[i].items);
	}
}

static void
join_items(struct exec *x, int v, struct visit *visit)
{
	json_t *source = json_array();

	for (int i = 0; i < visit->n_in; i++) {
		const struct input *in = &visit->in[i];
		const struct plan_edge *pe = &x->plan->edges[in->edge];

		if (in->iteration == 0)
			json_array_append(source, pe->source);
		else
			json_array_append_new(source,
			    json_pack("{s:s, s:s, s:i}", "node", x->plan->nodes[in->from].id,
			        "port", pe->from_port, "iteration", in->iteration));
	}
	x->nodes[v].source = source;
	if (visit->n_in == 1) {
		visit->items = json_incref(visit->in[0].items);
		return;
	}
	visit->items = json_array();
	for (int i = 0; i < visit->n_in; i++)
		json_array_extend(visit->items, visit->in[i].items);
}

/* W08: the node's `validation`, a schema for the json of each input item. */
static bool
input_is_valid(struct exec *x, int v, struct node_result *r)
{
	const struct schema *schema = x->plan->nodes[v].validation;
	const struct visit *visit = x->nodes[v].visit;
	struct issue_list issues = { 0 };
	size_t i;
	json_t *item;

	if (schema == NULL)
		return true;
	json_array_foreach(visit->items, i, item)
	{
		char field[40];

		snprintf(field, sizeof(field), "items[%zu]", i);
		schema_check(schema, NULL, item_json(item), field, 0, &issues);
		if (issues.errors > 0)
			break;
	}
	if (issues.errors > 0) {
		node_fail(r, "VALIDATION", issues.n > 0 ? issues.v[0].field : NULL,
		    "the input does not meet this node's schema: %s",
		    issues.n > 0 ? issues.v[0].text : "");
		r->detail = json_object();
		json_object_set_new(r->detail, "issues", js_issues(&issues));
	}
	issue_list_free(&issues);
	return r->verdict == NODE_NONE;
}

/* Does what the node answered; frees it. */
static void
apply(struct exec *x, int v, struct node_result *r)
{
	switch (r->verdict) {
	case NODE_DONE:
		if (r->response != NULL && x->response == NULL)
			x->response = json_incref(r->response);
		/* In the row too, so that a run rebuilt from its rows has it again. */
		if (r->response != NULL)
			json_object_set_nocheck(r->ports, "response", r->response);
		exec_end_step(x, v, STEP_SUCCEEDED, r->ports, NULL);
		r->ports = NULL;
		if (r->end == NODE_END_SUCCEEDED)
			exec_finish(x, RUN_SUCCEEDED, NULL);
		break;
	case NODE_IO:
		begin_io(x, v, r);
		break;
	case NODE_WAIT:
		begin_wait(x, v, r);
		break;
	case NODE_NONE:
		node_fail(r, "INTERNAL", NULL, "the node type gave no answer");
		fail(x, v, r, STEP_FAILED);
		break;
	case NODE_FAIL:
		fail(x, v, r, strcmp(r->code, "UNKNOWN_OUTCOME") == 0 ? STEP_UNKNOWN : STEP_FAILED);
		break;
	}
	free_result(r);
}

static void
under_way(struct exec *x, int v, enum phase phase, struct node_result *r)
{
	struct node_run *nr = &x->nodes[v];

	nr->phase = phase;
	json_decref(nr->state);
	nr->state = r->state;
	r->state = NULL;
	x->under_way++;
}

static void
begin_io(struct exec *x, int v, struct node_result *r)
{
	struct node_run *nr = &x->nodes[v];
	int64_t timeout_ms = x->plan->nodes[v].timeout_ms;

	under_way(x, v, RUNNING, r);
	nr->wish = r->io;
	r->io = NULL;
	nr->token = x->next_token++ * x->plan->n + v;
	x->wishes[(x->wish_first + x->n_wishes++) % x->plan->n] = v;
	exec_set_due(x, v, timeout_ms > 0 ? nr->started_at_ms + timeout_ms : 0);
	if (nr->wish->at_most_once && !nr->row_exists) {
		exec_record(x, v, STEP_RUNNING, NULL, NULL);
		nr->row_exists = true;
	}
}

static void
begin_wait(struct exec *x, int v, struct node_result *r)
{
	struct node_run *nr = &x->nodes[v];
	int64_t timeout_ms = x->plan->nodes[v].timeout_ms;
	char text[TIME_TEXT_SIZE];
	json_t *output;

	under_way(x, v, WAITING, r);
	nr->wait_until_ms = r->due_at_ms;
	exec_set_due(x, v,
	    timeout_ms > 0 && nr->started_at_ms + timeout_ms < r->due_at_ms
	        ? nr->started_at_ms + timeout_ms
	        : r->due_at_ms);
	if (nr->row_exists)
		return;
	output = json_pack("{s:s}", "due_at", time_format(r->due_at_ms, text));
	exec_record(x, v, STEP_WAITING, output, NULL);
	json_decref(output);
	nr->row_exists = true;
}

static void
end_under_way(struct exec *x, int v)
{
	exec_set_due(x, v, 0);
	x->under_way--;
}

static void
fail(struct exec *x, int v, struct node_result *r, enum step_status status)
{
	const struct plan_node *pn = &x->plan->nodes[v];
	json_t *error = exec_error_json(r->code, r->err.field, r->err.text);

	if (r->detail != NULL)
		json_object_update_missing(error, r->detail);
	if (r->retryable && x->nodes[v].attempt <= pn->max_retries && retry(x, v, r, error))
		goto out;
	if (r->ports != NULL) {
		exec_end_step(x, v, STEP_SUCCEEDED, r->ports, NULL);
		r->ports = NULL;
	} else if (pn->on_error == ON_ERROR_FAIL || r->end == NODE_END_FAILED) {
		exec_end_step(x, v, status, NULL, json_incref(error));
		exec_fail_run(x, v, error);
	} else {
		exec_end_step(x, v, status, error_ports(x, v, error), json_incref(error));
	}
out:
	json_decref(error);
}

/* A random number in 0..1 that is the same for the same try of the same run (splitmix64). */
static double
luck(const struct exec *x, int v)
{
	const struct node_run *nr = &x->nodes[v];
	uint64_t h = 1469598103934665603ULL;

	for (const char *c = x->run_id; *c != '\0'; c++)
		h = (h ^ (unsigned char)*c) * 1099511628211ULL;
	for (const char *c = x->plan->nodes[v].id; *c != '\0'; c++)
		h = (h ^ (unsigned char)*c) * 1099511628211ULL;
	h += 0x9e3779b97f4a7c15ULL * (uint64_t)(nr->iteration * 64 + nr->attempt);
	h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9ULL;
	h = (h ^ (h >> 27)) * 0x94d049bb133111ebULL;
	return (double)((h ^ (h >> 31)) >> 11) / 9007199254740992.0;
}

/* ARCHITECTURE §5: initial · backoff^(n-1), capped, then jitter; never before Retry-After. */
static bool
retry(struct exec *x, int v, const struct node_result *r, json_t *error)
{
	const struct plan_node *pn = &x->plan->nodes[v];
	struct node_run *nr = &x->nodes[v];
	double wait = (double)pn->retry_initial_ms * pow(pn->retry_backoff, nr->attempt - 1);
	int64_t wait_ms, after = r->retry_after_ms;

	if (wait > (double)pn->retry_max_ms)
		wait = (double)pn->retry_max_ms;
	wait += wait * pn->retry_jitter * (2 * luck(x, v) - 1);
	wait_ms = (int64_t)wait;
	if (after > RETRY_WAIT_MAX_MS)
		after = RETRY_WAIT_MAX_MS;
	if (wait_ms < after)
		wait_ms = after;
	json_object_set_new_nocheck(error, "retry_in_ms", json_integer(wait_ms));
	exec_record(x, v, STEP_FAILED, NULL, error);
	nr->phase = RETRYING;
	nr->row_exists = false;
	x->under_way++;
	exec_set_due(x, v, x->now_ms + wait_ms);
	return true;
}

/* One item for each input item, with the error instead of its fields, so that pairing goes on. */
static json_t *
error_ports(struct exec *x, int v, json_t *error)
{
	const struct plan_node *pn = &x->plan->nodes[v];
	const struct visit *visit = x->nodes[v].visit;
	json_t *items = json_array();

	for (int s = 0; s < visit->n_in; s++) {
		for (size_t k = 0; k < json_array_size(visit->in[s].items); k++) {
			json_t *item = item_new(json_pack("{s:O}", "error", error));

			item_pair(item, s, k);
			json_array_append_new(items, item);
		}
	}
	return json_pack("{s:o}", pn->on_error == ON_ERROR_PORT ? "error" : pn->first_port, items);
}

static void
free_result(struct node_result *r)
{
	json_decref(r->ports);
	json_decref(r->response);
	json_decref(r->state);
	json_decref(r->detail);
	io_wish_free(r->io);
}

static void
timed_out(struct exec *x, int v)
{
	const struct plan_node *pn = &x->plan->nodes[v];
	struct node_result r = { 0 };

	exec_forget_io(x, v);
	end_under_way(x, v);
	node_fail(&r, "TIMEOUT", NULL, "the step took longer than its limit of %" PRId64 " ms",
	    pn->timeout_ms);
	r.retryable = (pn->type->flags & NODE_RETRY) != 0;
	fail(x, v, &r, STEP_FAILED);
	free_result(&r);
}

static int64_t
clock_ms(const struct exec *x)
{
	return x->now_ms + (x->mono_us != NULL ? (x->mono_us() - x->mono_at_now) / 1000 : 0);
}

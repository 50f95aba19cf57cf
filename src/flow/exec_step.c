#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/time.h"
#include "flow/exec_inner.h"
#include "flow/items.h"

static void apply(struct exec *x, int v, struct node_result *r);
static json_t *pass(struct exec *x, int v);
static void give_something(struct exec *x, int v, json_t *ports);
static void under_way(struct exec *x, int v, enum phase phase, struct node_result *r);
static void begin_io(struct exec *x, int v, struct node_result *r);
static void begin_wait(struct exec *x, int v, struct node_result *r);
static bool wait_timed_out(const struct exec *x, int v);
static int64_t clock_ms(const struct exec *x);

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
	if (x->began_ms != NULL)
		x->now_ms = x->began_ms(x->began_arg, pn->id, nr->iteration, nr->attempt);
	nr->started_at_ms = clock_ms(x);
	nr->started_us = x->mono_us != NULL ? x->mono_us() : 0;
	if (v == x->trigger) {
		exec_end_step(
		    x, v, STEP_SUCCEEDED, json_pack("{s:O}", pn->first_port, visit->items), NULL);
		return;
	}
	if (pn->disabled) {
		exec_end_step(x, v, STEP_SKIPPED, pass(x, v), NULL);
		return;
	}
	if (pn->prepare_err != NULL) {
		node_fail(
		    &r, "CONFIG_INVALID", pn->prepare_err->field, "%s", pn->prepare_err->text);
	} else if (exec_input_is_valid(x, v, &r)) {
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
	    (phase == WAITING && nr->ended == NULL && nr->wait_until_ms > x->now_ms) ||
	    wait_timed_out(x, v)) {
		exec_time_out(x, v);
		return;
	}
	exec_end_wait(x, v);
	if (phase == RETRYING) {
		nr->attempt++;
		exec_push_ready(x, v);
	} else if (phase == INTERRUPTED) {
		node_fail(&r, "UNKNOWN_OUTCOME", NULL,
		    "the worker stopped during this step; whether the call happened is not known");
		r.never_again = true;
		exec_fail_step(x, v, &r, STEP_UNKNOWN);
		exec_free_result(&r);
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
	json_decref(nr->ended);
	nr->ended = NULL;
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

/* Does what the node answered; frees it. */
static void
apply(struct exec *x, int v, struct node_result *r)
{
	switch (r->verdict) {
	case NODE_DONE:
		if (x->plan->nodes[v].always && r->end == NODE_GO_ON)
			give_something(x, v, r->ports);
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
		exec_fail_step(x, v, r, STEP_FAILED);
		break;
	case NODE_FAIL:
		exec_fail_step(
		    x, v, r, strcmp(r->code, "UNKNOWN_OUTCOME") == 0 ? STEP_UNKNOWN : STEP_FAILED);
		break;
	}
	exec_free_result(r);
}

/* What a disabled node gives: its input, paired as if it had worked on it. */
static json_t *
pass(struct exec *x, int v)
{
	const struct visit *visit = x->nodes[v].visit;
	json_t *items = json_array();

	for (int s = 0; s < visit->n_in; s++) {
		for (size_t k = 0; k < json_array_size(visit->in[s].items); k++) {
			json_t *item = item_share(json_array_get(visit->in[s].items, k));

			item_pair(item, s, k);
			json_array_append_new(items, item);
		}
	}
	return json_pack("{s:o}", x->plan->nodes[v].first_port, items);
}

/*
 * always_output: an empty item on the first port if it gave none, paired with all that came in.
 * Of a loop only when it gave nothing at all: `done` is empty in each round but the last.
 */
static void
give_something(struct exec *x, int v, json_t *ports)
{
	const struct plan_node *pn = &x->plan->nodes[v];
	const struct visit *visit = x->nodes[v].visit;
	json_t *item;

	if (json_array_size(json_object_get(ports, pn->first_port)) > 0 ||
	    (pn->loops && json_array_size(json_object_get(ports, "loop")) > 0))
		return;
	item = item_new(json_object());
	for (int s = 0; s < visit->n_in; s++) {
		for (size_t k = 0; k < json_array_size(visit->in[s].items); k++)
			item_pair(item, s, k);
	}
	json_object_set_new(ports, pn->first_port, json_pack("[o]", item));
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
	int64_t timeout_ms = x->plan->nodes[v].timeout_ms, due_at_ms = r->due_at_ms;
	char text[TIME_TEXT_SIZE];
	json_t *output;

	under_way(x, v, WAITING, r);
	if (timeout_ms > 0 && nr->started_at_ms + timeout_ms < due_at_ms)
		due_at_ms = nr->started_at_ms + timeout_ms;
	nr->is_outside = r->wait_for != NULL;
	/* Outside, one time decides: whether an answer came before it is seen there alone. */
	nr->wait_until_ms = nr->is_outside ? due_at_ms : r->due_at_ms;
	exec_set_due(x, v, due_at_ms);
	if (nr->row_exists)
		return;
	output = json_pack(
	    "{s:s, s:O*}", "due_at", time_format(nr->wait_until_ms, text), "wait", r->wait_for);
	exec_record(x, v, STEP_WAITING, output, NULL);
	json_decref(output);
	nr->row_exists = true;
}

/* What it waits for outside has expired, and that was the limit of the step. */
static bool
wait_timed_out(const struct exec *x, int v)
{
	const struct node_run *nr = &x->nodes[v];
	int64_t timeout_ms = x->plan->nodes[v].timeout_ms;

	return nr->phase == WAITING && timeout_ms > 0 &&
	       strcmp(js_text_or(nr->ended, "status", ""), "expired") == 0 &&
	       nr->started_at_ms + timeout_ms <= nr->wait_until_ms;
}

void
exec_end_wait(struct exec *x, int v)
{
	exec_set_due(x, v, 0);
	x->under_way--;
}

void
exec_free_result(struct node_result *r)
{
	json_decref(r->ports);
	json_decref(r->response);
	json_decref(r->state);
	json_decref(r->wait_for);
	json_decref(r->detail);
	io_wish_free(r->io);
}

static int64_t
clock_ms(const struct exec *x)
{
	return x->now_ms + (x->mono_us != NULL ? (x->mono_us() - x->mono_at_now) / 1000 : 0);
}

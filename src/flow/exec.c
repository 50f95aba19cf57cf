#include "flow/exec.h"

#include <inttypes.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "flow/exec_inner.h"
#include "flow/items.h"

static void fire_due(struct exec *x);
static bool may_fire(const struct exec *x, int v);
static void run_ready(struct exec *x);
static void end_if_done(struct exec *x);
static json_t *output_of_run(const struct exec *x);
static void free_node(struct node_run *nr);
static void free_steps(struct exec *x);

static const char *const status_names[] = {
	[STEP_SUCCEEDED] = "succeeded",
	[STEP_FAILED] = "failed",
	[STEP_SKIPPED] = "skipped",
	[STEP_CANCELLED] = "cancelled",
	[STEP_UNKNOWN] = "unknown",
	[STEP_RUNNING] = "running",
	[STEP_WAITING] = "waiting",
};

int
exec_new(const struct exec_start *start, struct exec **out, struct err *e)
{
	struct plan *p = start->plan;
	struct exec *x;
	int trigger =
	    start->trigger_node != NULL ? plan_node(p, start->trigger_node) : plan_trigger(p, NULL);

	*out = NULL;
	if (trigger < 0 || p->reach[trigger] == NULL)
		return err_set_field(e, "MR404", "trigger", "no trigger node \"%.100s\"",
		    start->trigger_node != NULL ? start->trigger_node : "(any)");
	if (!items_are_valid(start->trigger_items))
		return err_set_field(e, "MR400", "input", "the trigger's items are no items");
	x = mem_alloc(sizeof(*x));
	x->plan = plan_ref(p);
	x->arena = arena_new();
	x->run_id = arena_strdup(x->arena, start->run_id);
	x->trigger = trigger;
	x->trigger_items = json_incref(start->trigger_items);
	x->run = json_incref(start->run);
	x->workflow = json_incref(start->workflow);
	x->vars = json_incref(start->vars != NULL ? start->vars : p->vars);
	if (start->callbacks != NULL)
		x->callbacks = callback_site_copy(x->arena, start->callbacks);
	x->run_started_at_ms = start->started_at_ms;
	x->mono_us = start->mono_us;
	x->began_ms = start->began_ms;
	x->began_arg = start->began_arg;
	x->nodes = arena_array(x->arena, (size_t)p->n, sizeof(*x->nodes));
	x->edges = arena_array(x->arena, (size_t)p->m + 1, sizeof(*x->edges));
	x->cycles = arena_array(x->arena, (size_t)p->n_cycles + 1, sizeof(*x->cycles));
	x->ready = arena_array(x->arena, (size_t)p->n * 3, sizeof(int));
	x->skip = x->ready + p->n;
	x->wishes = x->skip + p->n;
	x->next_token = 1;
	exec_open_run(x);
	*out = x;
	return 0;
}

void
exec_free(struct exec *x)
{
	if (x == NULL)
		return;
	for (int v = 0; v < x->plan->n; v++)
		free_node(&x->nodes[v]);
	free_steps(x);
	mem_free(x->steps);
	mem_free(x->aborts);
	json_decref(x->trigger_items);
	json_decref(x->trigger_alias);
	json_decref(x->run);
	json_decref(x->workflow);
	json_decref(x->vars);
	json_decref(x->output);
	json_decref(x->error);
	json_decref(x->response);
	json_decref(x->notes);
	plan_unref(x->plan);
	arena_free(x->arena);
	mem_free(x);
}

void
exec_advance(struct exec *x, int64_t now_ms)
{
	int64_t timeout_ms = x->plan->timeout_ms;

	if (x->outcome != RUN_OPEN)
		return;
	x->now_ms = now_ms;
	x->mono_at_now = x->mono_us != NULL ? x->mono_us() : 0;
	if (timeout_ms > 0 && now_ms - x->run_started_at_ms >= timeout_ms) {
		json_t *error = exec_error_json("TIMEOUT", NULL, NULL);

		json_object_set_new(error, "message",
		    json_sprintf(
		        "the run took longer than its limit of %" PRId64 " ms", timeout_ms));
		json_object_set_new(error, "node", json_null());
		exec_finish(x, RUN_FAILED, error);
		return;
	}
	exec_settle(x);
	fire_due(x);
	run_ready(x);
	while (!x->is_held && x->outcome == RUN_OPEN && x->open > 0 && x->under_way == 0 &&
	       exec_unblock(x))
		run_ready(x);
	end_if_done(x);
}

const struct step_record *
exec_steps(const struct exec *x, size_t *n)
{
	*n = x->n_steps;
	return x->steps;
}

void
exec_steps_clear(struct exec *x)
{
	free_steps(x);
	x->n_steps = 0;
}

void
exec_cancel(struct exec *x, int64_t now_ms)
{
	if (x->outcome != RUN_OPEN)
		return;
	x->now_ms = now_ms;
	x->mono_at_now = x->mono_us != NULL ? x->mono_us() : 0;
	exec_finish(x, RUN_CANCELLED, NULL);
}

void
exec_hold(struct exec *x)
{
	x->is_held = true;
}

bool
exec_is_final(const struct exec *x)
{
	return x->outcome != RUN_OPEN;
}

enum run_outcome
exec_outcome(const struct exec *x)
{
	return x->outcome;
}

json_t *
exec_output(const struct exec *x)
{
	return x->output;
}

json_t *
exec_error(const struct exec *x)
{
	return x->error;
}

json_t *
exec_response(const struct exec *x)
{
	return x->response;
}

json_t *
exec_current_nodes(const struct exec *x)
{
	json_t *list = json_array();

	for (int v = 0; v < x->plan->n; v++) {
		switch (x->nodes[v].phase) {
		case READY:
		case RUNNING:
		case WAITING:
		case RETRYING:
		case INTERRUPTED:
			json_array_append_new(list, json_string(x->plan->nodes[v].id));
			break;
		case ABSENT:
		case PENDING:
		case DONE:
		case SKIPPED:
			break;
		}
	}
	return list;
}

int
exec_in_flight(const struct exec *x)
{
	return x->in_flight + x->n_wishes;
}

int64_t
exec_due_at_ms(const struct exec *x)
{
	int64_t due = INT64_MAX;

	if (x->outcome != RUN_OPEN)
		return INT64_MAX;
	if (x->plan->timeout_ms > 0)
		due = x->run_started_at_ms + x->plan->timeout_ms;
	for (int v = 0; x->timed > 0 && v < x->plan->n; v++) {
		if (may_fire(x, v) && x->nodes[v].due_at_ms < due)
			due = x->nodes[v].due_at_ms;
	}
	return due;
}

const char *
step_status_name(enum step_status s)
{
	return status_names[s];
}

bool
step_status_from_name(const char *name, enum step_status *out)
{
	for (size_t i = 0; i < countof(status_names); i++) {
		if (strcmp(status_names[i], name) == 0) {
			*out = (enum step_status)i;
			return true;
		}
	}
	return false;
}

void
exec_finish(struct exec *x, enum run_outcome outcome, json_t *error)
{
	if (x->outcome != RUN_OPEN) {
		json_decref(error);
		return;
	}
	for (int v = 0; x->under_way > 0 && v < x->plan->n; v++) {
		struct node_run *nr = &x->nodes[v];

		if (nr->phase != RUNNING && nr->phase != WAITING)
			continue;
		exec_forget_io(x, v);
		exec_record(x, v, STEP_CANCELLED, NULL, NULL);
		nr->phase = DONE;
	}
	x->outcome = outcome;
	x->error = error;
	if (outcome == RUN_SUCCEEDED)
		x->output = output_of_run(x);
}

static void
fire_due(struct exec *x)
{
	for (int v = 0; x->timed > 0 && x->outcome == RUN_OPEN && v < x->plan->n; v++) {
		struct node_run *nr = &x->nodes[v];

		if (!may_fire(x, v) || nr->due_at_ms > x->now_ms)
			continue;
		exec_resume_node(x, v, NULL);
		if (x->outcome == RUN_OPEN)
			exec_settle(x);
	}
}

/* Held, only the limits of I/O under way count. */
static bool
may_fire(const struct exec *x, int v)
{
	return x->nodes[v].due_at_ms != 0 && !exec_is_outside(&x->nodes[v]) &&
	       (!x->is_held || x->nodes[v].phase == RUNNING);
}

static void
run_ready(struct exec *x)
{
	for (;;) {
		int v;

		if (x->outcome != RUN_OPEN || x->is_held)
			return;
		if (x->plan->concurrency > 0 && x->under_way >= x->plan->concurrency)
			return;
		v = exec_pop_ready(x);
		if (v < 0)
			return;
		exec_start_node(x, v);
		if (x->outcome == RUN_OPEN)
			exec_settle(x);
	}
}

static void
end_if_done(struct exec *x)
{
	if (x->outcome == RUN_OPEN && x->open == 0)
		exec_finish(x, RUN_SUCCEEDED, NULL);
}

/* Of the respond node: its body. Else what the last node in order gave, on all its ports. */
static json_t *
output_of_run(const struct exec *x)
{
	const struct graph *g = x->plan->graph;
	json_t *all = json_array(), *items, *item, *only;
	const char *port;
	size_t i;

	if (x->response != NULL) {
		json_decref(all);
		return json_incref(json_object_get(x->response, "body"));
	}
	for (int r = g->n - 1; r >= 0; r--) {
		const struct node_run *nr = &x->nodes[g->order[r]];

		if (nr->visit == NULL || nr->visit->ports == NULL)
			continue;
		json_object_foreach(nr->visit->ports, port, items)
		{
			json_array_foreach(items, i, item)
			    json_array_append(all, json_object_get(item, "json"));
		}
		break;
	}
	if (json_array_size(all) != 1)
		return all;
	only = json_incref(json_array_get(all, 0));
	json_decref(all);
	return only;
}

static void
free_node(struct node_run *nr)
{
	for (struct visit *visit = nr->visit; visit != NULL; visit = visit->before) {
		json_decref(visit->items);
		json_decref(visit->ports);
	}
	io_wish_free(nr->wish);
	json_decref(nr->state);
	json_decref(nr->source);
	json_decref(nr->ended);
}

static void
free_steps(struct exec *x)
{
	for (size_t i = 0; i < x->n_steps; i++) {
		json_decref(x->steps[i].source);
		json_decref(x->steps[i].output);
		json_decref(x->steps[i].error);
	}
}

/*
 * Rebuilds a run from its recorded steps.
 *
 * A row is applied as the step that it records, without running the node. What follows from it
 * (skips, further rounds of a cycle) follows here as it did then, so the rows of skipped nodes are
 * already known when they come: they are taken off the list of new records. Those that never came
 * were lost with the worker and stay on it.
 */
#include <string.h>

#include "core/json.h"
#include "core/time.h"
#include "flow/exec_inner.h"

static bool forget_skip(struct exec *x, const struct step_record *row);
static int check(struct exec *x, int v, const struct step_record *row, struct err *e);
static int take_up(struct exec *x, int v, const struct step_record *row, struct err *e);
static void over(struct exec *x, int v, const struct step_record *row);
static void wait_again(struct exec *x, int v, enum phase phase, int64_t due_at_ms);

int
exec_replay(struct exec *x, const struct step_record *row, struct err *e)
{
	int v = plan_node(x->plan, row->node_id), rc = -1;

	x->replaying = true;
	if (v < 0) {
		err_set_field(
		    e, "MR409", "node_id", "this version has no node \"%.100s\"", row->node_id);
		goto out;
	}
	/* Where nothing could run, the run made a move of its own, as exec_advance does. */
	while (x->outcome == RUN_OPEN && x->open > 0 && x->n_ready == 0 && x->under_way == 0 &&
	       exec_unblock(x))
		;
	if (row->status == STEP_SKIPPED && row->output == NULL && forget_skip(x, row)) {
		rc = 0;
		goto out;
	}
	if (x->outcome != RUN_OPEN) {
		rc = 0;
		goto out;
	}
	if (check(x, v, row, e) != 0 || take_up(x, v, row, e) != 0)
		goto out;
	x->now_ms = row->started_at_ms + row->dur_us / 1000;
	if (x->outcome == RUN_OPEN)
		exec_settle(x);
	rc = 0;
out:
	x->replaying = false;
	return rc;
}

static bool
forget_skip(struct exec *x, const struct step_record *row)
{
	for (size_t i = 0; i < x->n_steps; i++) {
		struct step_record *s = &x->steps[i];

		if (s->iteration != row->iteration || strcmp(s->node_id, row->node_id) != 0)
			continue;
		memmove(s, s + 1, (x->n_steps - i - 1) * sizeof(*s));
		x->n_steps--;
		return true;
	}
	return false;
}

static int
check(struct exec *x, int v, const struct step_record *row, struct err *e)
{
	const struct node_run *nr = &x->nodes[v];
	bool possible = false;

	switch (nr->phase) {
	case READY:
		possible = true;
		break;
	case WAITING:
	case INTERRUPTED:
		possible = row->attempt == nr->attempt;
		break;
	case RETRYING:
		possible = row->attempt == nr->attempt + 1;
		break;
	case ABSENT:
	case PENDING:
	case RUNNING:
	case DONE:
	case SKIPPED:
		break;
	}
	if (possible && row->iteration == nr->iteration && row->attempt >= nr->attempt)
		return 0;
	return err_set_field(e, "MR409", "steps",
	    "the recorded step %.100s/%d/%d does not follow from those before it", row->node_id,
	    row->iteration, row->attempt);
}

static int
take_up(struct exec *x, int v, const struct step_record *row, struct err *e)
{
	struct node_run *nr = &x->nodes[v];
	struct err ignored = { 0 };
	int64_t due = 0;

	if (nr->phase == READY) {
		exec_take_ready(x, v);
	} else {
		exec_set_due(x, v, 0);
		x->under_way--;
	}
	exec_begin(x, v);
	nr->attempt = row->attempt;
	nr->started_at_ms = row->started_at_ms;
	nr->started_us = -1;
	nr->row_exists = row->status == STEP_WAITING || row->status == STEP_RUNNING;
	switch (row->status) {
	case STEP_WAITING:
		x->steps_made++;
		if (time_parse(js_str(json_object_get(row->output, "due_at")), &due, &ignored) != 0)
			return err_set_field(e, "MR409", "steps",
			    "the waiting step %.100s has no due time", row->node_id);
		nr->wait_until_ms = due;
		if (x->plan->nodes[v].timeout_ms > 0 &&
		    row->started_at_ms + x->plan->nodes[v].timeout_ms < due)
			due = row->started_at_ms + x->plan->nodes[v].timeout_ms;
		nr->is_outside = json_object_get(row->output, "wait") != NULL;
		json_decref(nr->ended);
		nr->ended = json_incref(json_object_get(row->output, "ended"));
		wait_again(x, v, WAITING, nr->ended != NULL ? 1 : due);
		break;
	case STEP_RUNNING:
		x->steps_made++;
		wait_again(x, v, INTERRUPTED, 1);
		break;
	case STEP_FAILED:
		if (json_object_get(row->error, "retry_in_ms") != NULL) {
			x->steps_made++;
			wait_again(x, v, RETRYING,
			    row->started_at_ms + row->dur_us / 1000 +
			        js_int_or(row->error, "retry_in_ms", 0));
			break;
		}
		over(x, v, row);
		break;
	case STEP_SUCCEEDED:
	case STEP_SKIPPED:
	case STEP_UNKNOWN:
	case STEP_CANCELLED:
		over(x, v, row);
		break;
	}
	return 0;
}

/* The node is final, and perhaps the run with it. */
static void
over(struct exec *x, int v, const struct step_record *row)
{
	const struct plan_node *pn = &x->plan->nodes[v];
	json_t *output = json_incref(row->output), *response;

	if (v == x->trigger && output == NULL)
		output = json_pack("{s:O}", pn->first_port, x->trigger_items);
	response = json_object_get(output, "response");
	if (json_is_object(response) && x->response == NULL)
		x->response = json_incref(response);
	if (pn->loops && row->status == STEP_SUCCEEDED)
		exec_loop_replayed(x, v, output);
	exec_end_step(x, v, row->status, output, json_incref(row->error));
	if (output == NULL && (row->status == STEP_FAILED || row->status == STEP_UNKNOWN))
		exec_fail_run(x, v, row->error != NULL ? row->error : json_null());
	else if (row->status == STEP_CANCELLED)
		exec_finish(x, RUN_CANCELLED, NULL);
	else if ((pn->type->flags & NODE_ENDS_RUN) != 0 && row->status == STEP_SUCCEEDED)
		exec_finish(x, RUN_SUCCEEDED, NULL);
}

static void
wait_again(struct exec *x, int v, enum phase phase, int64_t due_at_ms)
{
	x->nodes[v].phase = phase;
	x->under_way++;
	exec_set_due(x, v, due_at_ms);
}

/* What a run waits for: wishes given out, outcomes taken in, calls given up; ends from outside. */
#include "core/mem.h"
#include "flow/exec_inner.h"

const json_t *
exec_notes(const struct exec *x)
{
	return x->notes;
}

void
exec_notes_clear(struct exec *x)
{
	json_decref(x->notes);
	x->notes = NULL;
}

bool
exec_wish_next(struct exec *x, struct exec_wish *out)
{
	int v;
	struct node_run *nr;

	if (x->n_wishes == 0)
		return false;
	v = x->wishes[x->wish_first];
	x->wish_first = (x->wish_first + 1) % x->plan->n;
	x->n_wishes--;
	nr = &x->nodes[v];
	*out = (struct exec_wish){ nr->token, x->plan->nodes[v].id, nr->iteration, nr->attempt,
		nr->wish };
	x->in_flight++;
	return true;
}

bool
exec_abort_next(struct exec *x, int64_t *token)
{
	if (x->n_aborts == 0)
		return false;
	*token = x->aborts[--x->n_aborts];
	return true;
}

void
exec_io_done(struct exec *x, int64_t token, const struct io_result *result, int64_t now_ms)
{
	/* A token is its node's number and a count, so that finding the node is no search. */
	int v = (int)(token % x->plan->n);

	if (x->outcome != RUN_OPEN || token <= 0 || x->nodes[v].phase != RUNNING ||
	    x->nodes[v].token != token)
		return;
	x->now_ms = now_ms;
	x->mono_at_now = x->mono_us != NULL ? x->mono_us() : 0;
	x->in_flight--;
	exec_resume_node(x, v, result);
	if (x->outcome == RUN_OPEN)
		exec_settle(x);
}

void
exec_forget_io(struct exec *x, int v)
{
	struct node_run *nr = &x->nodes[v];

	if (nr->wish == NULL)
		return;
	for (int i = 0; i < x->n_wishes; i++) {
		int at = (x->wish_first + i) % x->plan->n;

		if (x->wishes[at] != v)
			continue;
		for (; i + 1 < x->n_wishes; i++) {
			int next = (x->wish_first + i + 1) % x->plan->n;

			x->wishes[at] = x->wishes[next];
			at = next;
		}
		x->n_wishes--;
		goto out;
	}
	if (x->n_aborts == x->cap_aborts) {
		x->cap_aborts = x->cap_aborts * 2 + 8;
		x->aborts = mem_grow(x->aborts, x->cap_aborts, sizeof(*x->aborts));
	}
	x->aborts[x->n_aborts++] = nr->token;
	x->in_flight--;
out:
	io_wish_free(nr->wish);
	nr->wish = NULL;
}

int64_t
exec_outside_due_ms(const struct exec *x)
{
	int64_t due = INT64_MAX;

	for (int v = 0; x->timed > 0 && v < x->plan->n; v++) {
		if (exec_is_outside(&x->nodes[v]) && x->nodes[v].due_at_ms < due)
			due = x->nodes[v].due_at_ms;
	}
	return due;
}

bool
exec_outside_next(const struct exec *x, int *v, struct exec_outside *out)
{
	while (*v < x->plan->n) {
		const struct node_run *nr = &x->nodes[(*v)++];

		if (!exec_is_outside(nr))
			continue;
		*out =
		    (struct exec_outside){ x->plan->nodes[*v - 1].id, nr->iteration, nr->attempt };
		return true;
	}
	return false;
}

void
exec_outside_end(struct exec *x, const struct exec_outside *step, json_t *ended)
{
	int v = plan_node(x->plan, step->node_id);

	if (v < 0 || !exec_is_outside(&x->nodes[v]))
		return;
	x->nodes[v].ended = json_incref(ended);
	exec_set_due(x, v, 1);
}

bool
exec_is_outside(const struct node_run *nr)
{
	return nr->phase == WAITING && nr->is_outside && nr->ended == NULL;
}

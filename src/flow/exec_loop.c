/*
 * What a loop node has left between its executions (N09).
 *
 * The execution that brings the items fills the loop; it and each further one give the next batch,
 * whatever came back meanwhile; the last gives what came back in all rounds. None of this is
 * recorded: a rebuilt run reads it off what each execution gave.
 *
 * The items of a batch come from the execution that filled the loop, the items at the end from
 * those that brought them back. So their inputs are kept behind the visit's own, for `paired` to
 * name, and the step's source lists them with "kept": true.
 */
#include <string.h>

#include "flow/exec_inner.h"
#include "flow/items.h"

static struct loop_run *loop_of(struct exec *x, int v);
static void keep(struct exec *x, int v, const struct input *in, int n);
static json_t *next_batch(struct node_call *call, struct loop_run *loop);
static int keep_batch(struct exec *x, int v, struct loop_run *loop, size_t n);
static void keep_back(struct exec *x, int v, struct loop_run *loop);
static json_t *come_back(struct exec *x, int v);

bool
node_loop_is_new(const struct node_call *call)
{
	const struct loop_run *loop = call->x->nodes[call->node].loop;

	return loop == NULL || loop->fill == NULL;
}

void
node_loop_fill(struct node_call *call, size_t size)
{
	struct node_run *nr = &call->x->nodes[call->node];
	struct loop_run *loop = loop_of(call->x, call->node);

	*loop = (struct loop_run){ .fill = nr->visit, .size = size, .back = nr->n_visits };
}

json_t *
node_loop_next(struct node_call *call, bool *is_done)
{
	struct loop_run *loop = loop_of(call->x, call->node);

	*is_done = loop->at == json_array_size(loop->fill->items);
	if (!*is_done)
		return next_batch(call, loop);
	keep_back(call->x, call->node, loop);
	loop->fill = NULL;
	return come_back(call->x, call->node);
}

bool
exec_loop_goes_on(const struct exec *x, int c)
{
	int v = x->plan->cycles[c].header;

	return x->plan->nodes[v].loops && x->nodes[v].loop != NULL &&
	       x->nodes[v].loop->fill != NULL;
}

void
exec_loop_forget(struct exec *x, int c)
{
	const struct plan_cycle *pc = &x->plan->cycles[c];

	for (int i = 0; i < pc->n_loops; i++) {
		if (x->nodes[pc->loops[i]].loop != NULL)
			x->nodes[pc->loops[i]].loop->fill = NULL;
	}
}

void
exec_loop_replayed(struct exec *x, int v, const json_t *ports)
{
	struct node_run *nr = &x->nodes[v];
	struct loop_run *loop = loop_of(x, v);
	size_t n = json_array_size(json_object_get(ports, "loop"));

	/* The first batch is as long as all but the last, or the only one. */
	if (loop->fill == NULL)
		*loop = (struct loop_run){ .fill = nr->visit, .size = n, .back = nr->n_visits };
	if (n > 0) {
		keep_batch(x, v, loop, n);
		loop->at += n;
	} else {
		keep_back(x, v, loop);
		loop->fill = NULL;
	}
}

static struct loop_run *
loop_of(struct exec *x, int v)
{
	if (x->nodes[v].loop == NULL)
		x->nodes[v].loop = arena_alloc(x->arena, sizeof(struct loop_run));
	return x->nodes[v].loop;
}

/* Puts n inputs behind those of v's newest visit. */
static void
keep(struct exec *x, int v, const struct input *in, int n)
{
	struct visit *visit = x->nodes[v].visit;
	int had = visit->n_in + visit->n_kept;
	struct input *all = arena_array(x->arena, (size_t)had + (size_t)n, sizeof(*all));

	memcpy(all, visit->in, (size_t)had * sizeof(*all));
	memcpy(all + had, in, (size_t)n * sizeof(*all));
	visit->in = all;
	visit->n_kept += n;
	for (int i = 0; i < n; i++) {
		json_t *source = exec_source(x, &in[i]), *kept = json_copy(source);

		json_object_set_new_nocheck(kept, "kept", json_true());
		json_array_append_new(x->nodes[v].source, kept);
		json_decref(source);
	}
}

static json_t *
next_batch(struct node_call *call, struct loop_run *loop)
{
	struct exec *x = call->x;
	const struct visit *fill = loop->fill;
	size_t left = json_array_size(fill->items) - loop->at;
	size_t n = left < loop->size ? left : loop->size;
	int shift = keep_batch(x, call->node, loop, n);
	json_t *items = json_array();

	for (size_t i = loop->at; i < loop->at + n; i++) {
		json_t *item = item_share(json_array_get(fill->items, i));
		int s = exec_input_of(fill, i);

		item_pair(item, s + shift, i - fill->in[s].first);
		json_array_append_new(items, item);
	}
	loop->at += n;
	return items;
}

/* Keeps what the next n items came from. What to add to their input's number. */
static int
keep_batch(struct exec *x, int v, struct loop_run *loop, size_t n)
{
	const struct visit *fill = loop->fill, *visit = x->nodes[v].visit;
	int first, last;

	if (visit == fill || n == 0 || loop->at + n > json_array_size(fill->items))
		return 0;
	first = exec_input_of(fill, loop->at);
	last = exec_input_of(fill, loop->at + n - 1);
	keep(x, v, &fill->in[first], last - first + 1);
	return visit->n_in - first;
}

/* Keeps what every round brought back; the newest visit's own inputs are there already. */
static void
keep_back(struct exec *x, int v, struct loop_run *loop)
{
	const struct node_run *nr = &x->nodes[v];
	int n = 0;
	struct input *in;

	for (int i = loop->back; i < nr->n_visits - 1; i++)
		n += nr->visits[i]->n_in;
	in = arena_array(x->arena, (size_t)n + 1, sizeof(*in));
	n = 0;
	for (int i = loop->back; i < nr->n_visits - 1; i++) {
		for (int k = 0; k < nr->visits[i]->n_in; k++)
			in[n++] = nr->visits[i]->in[k];
	}
	keep(x, v, in, n);
}

/* The items of all rounds, oldest first: those kept, then those of this execution. */
static json_t *
come_back(struct exec *x, int v)
{
	const struct visit *visit = x->nodes[v].visit;
	json_t *items = json_array();

	for (int i = 0; i < visit->n_kept + visit->n_in; i++) {
		int s = (visit->n_in + i) % (visit->n_in + visit->n_kept);
		const json_t *from = visit->in[s].items;

		for (size_t k = 0; k < json_array_size(from); k++) {
			json_t *item = item_share(json_array_get(from, k));

			item_pair(item, s, k);
			json_array_append_new(items, item);
		}
	}
	return items;
}

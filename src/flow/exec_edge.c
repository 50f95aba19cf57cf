/*
 * Deliveries, skips and cycles.
 *
 * An edge is decided once: it delivers or is skipped. Two kinds are held first. A back edge
 * collects what an iteration sends to the header; an edge that leaves a cycle collects what all
 * iterations send out. A cycle is at rest when each member is final. Then, if its back edges hold
 * something, its members start anew with that; else the edges that leave are decided, those which
 * leave several cycles when the last of these is at rest.
 */
#include <string.h>

#include "flow/exec_inner.h"

static void sink(struct exec *x, int at);
static void hold(struct exec *x, int edge, int iteration, json_t *items);
static void decide(struct exec *x, int edge, bool delivers);
static void node_decided(struct exec *x, int v);
static void put_on_skip(struct exec *x, int v);
static void rest(struct exec *x, int c);
static void next_iteration(struct exec *x, int c);
static void leave(struct exec *x, int c);
static void reopen(struct exec *x, int v);
static void clear_edge(struct exec *x, int edge);

void
exec_open_run(struct exec *x)
{
	const struct plan *p = x->plan;
	const struct graph *g = p->graph;
	const bool *reach = p->reach[x->trigger];

	for (int v = 0; v < p->n; v++) {
		struct node_run *nr = &x->nodes[v];

		nr->phase = reach[v] ? PENDING : ABSENT;
		nr->attempt = 1;
		nr->undecided = p->nodes[v].n_in;
		if (!reach[v])
			continue;
		x->open++;
		for (int i = 0; i < p->nodes[v].n_cycles; i++)
			x->cycles[p->nodes[v].cycles[i]].open++;
	}
	for (int i = 0; i < p->m; i++) {
		if (reach[g->from[i]])
			continue;
		x->edges[i].phase = EDGE_SKIPPED;
		if (!g->back[i])
			x->nodes[g->to[i]].undecided--;
	}
	exec_push_ready(x, x->trigger);
}

void
exec_push_ready(struct exec *x, int v)
{
	int rank = x->plan->graph->rank[v], at = x->n_ready++;

	x->nodes[v].phase = READY;
	while (at > 0 && x->ready[(at - 1) / 2] > rank) {
		x->ready[at] = x->ready[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	x->ready[at] = rank;
}

int
exec_pop_ready(struct exec *x)
{
	if (x->n_ready == 0)
		return -1;
	int v = x->plan->graph->order[x->ready[0]];
	x->ready[0] = x->ready[--x->n_ready];
	sink(x, 0);
	return v;
}

void
exec_take_ready(struct exec *x, int v)
{
	int rank = x->plan->graph->rank[v], at = 0;

	while (at < x->n_ready && x->ready[at] != rank)
		at++;
	if (at == x->n_ready)
		return;
	x->ready[at] = x->ready[--x->n_ready];
	for (at = x->n_ready / 2; at >= 0; at--)
		sink(x, at);
}

void
exec_deliver(struct exec *x, int v, json_t *ports)
{
	const struct graph *g = x->plan->graph;

	for (int i = g->out_at[v]; i < g->out_at[v + 1]; i++) {
		int edge = g->out[i];
		const struct plan_edge *pe = &x->plan->edges[edge];
		json_t *items = json_object_get(ports, pe->from_port);
		bool some = json_array_size(items) > 0;

		if (some)
			hold(x, edge, x->nodes[v].iteration, items);
		if (g->back[edge] || pe->n_leaves > 0)
			x->edges[edge].phase = EDGE_HELD;
		else
			decide(x, edge, some);
	}
}

void
exec_close_node(struct exec *x, int v, enum phase phase)
{
	const struct plan_node *pn = &x->plan->nodes[v];

	x->nodes[v].phase = phase;
	x->open--;
	for (int i = 0; i < pn->n_cycles; i++) {
		if (--x->cycles[pn->cycles[i]].open == 0)
			x->resting = true;
	}
}

void
exec_settle(struct exec *x)
{
	for (;;) {
		if (x->n_skip > 0) {
			int v = x->skip[--x->n_skip];

			exec_record(x, v, STEP_SKIPPED, NULL, NULL);
			exec_close_node(x, v, SKIPPED);
			exec_deliver(x, v, NULL);
		} else if (x->resting) {
			x->resting = false;
			/* Smallest first: an inner cycle that goes on keeps the outer ones from
			 * rest. */
			for (int c = 0; c < x->plan->n_cycles && x->n_skip == 0; c++) {
				if (x->cycles[c].open == 0 && !x->cycles[c].at_rest) {
					rest(x, c);
					x->resting = true;
				}
			}
		} else {
			return;
		}
	}
}

/*
 * Only cycles that overlap without one lying inside the other can wait for each other. Then the
 * first held edge is decided; failing that, the first pending node is skipped. Either way the run
 * comes nearer to its end.
 */
bool
exec_unblock(struct exec *x)
{
	const struct graph *g = x->plan->graph;

	for (int i = 0; i < g->m; i++) {
		if (x->edges[i].phase == EDGE_HELD && !g->back[i] &&
		    x->nodes[g->to[i]].phase == PENDING) {
			decide(x, i, x->edges[i].n > 0);
			exec_settle(x);
			return true;
		}
	}
	for (int r = 0; r < g->n; r++) {
		int v = g->order[r];

		if (x->nodes[v].phase != PENDING)
			continue;
		if (x->nodes[v].delivered > 0)
			exec_push_ready(x, v);
		else
			put_on_skip(x, v);
		exec_settle(x);
		return true;
	}
	return false;
}

static void
sink(struct exec *x, int at)
{
	for (;;) {
		int child = 2 * at + 1, rank = x->ready[at];

		if (child >= x->n_ready)
			return;
		if (child + 1 < x->n_ready && x->ready[child + 1] < x->ready[child])
			child++;
		if (x->ready[child] >= rank)
			return;
		x->ready[at] = x->ready[child];
		x->ready[child] = rank;
		at = child;
	}
}

static void
hold(struct exec *x, int edge, int iteration, json_t *items)
{
	struct edge_run *er = &x->edges[edge];

	if (er->n == er->cap) {
		int cap = er->cap * 2 + 1;
		struct delivery *v = arena_array(x->arena, (size_t)cap, sizeof(*v));

		if (er->n > 0)
			memcpy(v, er->v, (size_t)er->n * sizeof(*v));
		er->v = v;
		er->cap = cap;
	}
	er->v[er->n++] = (struct delivery){ iteration, items };
}

static void
decide(struct exec *x, int edge, bool delivers)
{
	int to = x->plan->graph->to[edge];
	struct node_run *nr = &x->nodes[to];

	x->edges[edge].phase = delivers ? EDGE_DELIVERED : EDGE_SKIPPED;
	x->edges[edge].order = ++x->deciding;
	/* It started with its first input and needs no other. */
	if (nr->phase != PENDING) {
		x->edges[edge].phase = EDGE_SKIPPED;
		return;
	}
	if (nr->undecided > 0)
		nr->undecided--;
	if (delivers)
		nr->delivered++;
	node_decided(x, to);
}

static void
node_decided(struct exec *x, int v)
{
	struct node_run *nr = &x->nodes[v];

	if (nr->delivered > 0 && (nr->undecided == 0 || x->plan->nodes[v].starts_first)) {
		exec_push_ready(x, v);
	} else if (nr->undecided == 0) {
		put_on_skip(x, v);
	}
}

static void
put_on_skip(struct exec *x, int v)
{
	/* Marked at once, so that it can't be put on the list twice. */
	x->nodes[v].phase = SKIPPED;
	x->skip[x->n_skip++] = v;
}

static void
rest(struct exec *x, int c)
{
	const struct plan_cycle *pc = &x->plan->cycles[c];

	for (int i = 0; i < pc->n_back; i++) {
		if (x->edges[pc->back[i]].n > 0) {
			next_iteration(x, c);
			return;
		}
	}
	/* A round that brings nothing back is a round: the loop goes on with its next batch. */
	if (exec_loop_goes_on(x, c)) {
		next_iteration(x, c);
		return;
	}
	x->cycles[c].at_rest = true;
	exec_loop_forget(x, c);
	leave(x, c);
}

static void
next_iteration(struct exec *x, int c)
{
	const struct plan *p = x->plan;
	const struct plan_cycle *pc = &p->cycles[c];

	for (int i = 0; i < pc->n_nodes; i++)
		reopen(x, pc->nodes[i]);
	for (int i = 0; i < pc->n_inside; i++) {
		int edge = pc->inside[i];

		clear_edge(x, edge);
		if (!p->graph->back[edge])
			x->nodes[p->graph->to[edge]].undecided++;
	}
	exec_push_ready(x, pc->header);
}

static void
leave(struct exec *x, int c)
{
	const struct plan *p = x->plan;

	for (int i = 0; i < p->cycles[c].n_exits; i++) {
		int edge = p->cycles[c].exits[i];
		const struct plan_edge *pe = &p->edges[edge];
		bool all = x->edges[edge].phase == EDGE_HELD && !p->graph->back[edge];

		for (int k = 0; all && k < pe->n_leaves; k++)
			all = x->cycles[pe->leaves[k]].at_rest;
		if (all)
			decide(x, edge, x->edges[edge].n > 0);
	}
}

static void
reopen(struct exec *x, int v)
{
	const struct plan_node *pn = &x->plan->nodes[v];
	struct node_run *nr = &x->nodes[v];

	if (nr->phase == ABSENT)
		return;
	x->open++;
	for (int i = 0; i < pn->n_cycles; i++) {
		x->cycles[pn->cycles[i]].open++;
		x->cycles[pn->cycles[i]].at_rest = false;
	}
	nr->iteration++;
	nr->phase = PENDING;
	nr->attempt = 1;
	nr->undecided = 0;
	nr->delivered = 0;
	nr->key = NULL;
	nr->row_exists = false;
}

static void
clear_edge(struct exec *x, int edge)
{
	x->edges[edge].phase = EDGE_PENDING;
	x->edges[edge].n = 0;
}

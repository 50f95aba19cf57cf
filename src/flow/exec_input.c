/* The input of a node: what its edges delivered, within the budgets, checked by the node's schema.
 */
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "flow/exec_inner.h"
#include "flow/items.h"

static void gather(struct exec *x, int v, struct visit *visit);
static void add_inputs(struct exec *x, int edge, struct visit *visit);
static void join_items(struct exec *x, int v, struct visit *visit);
static void cut_to_first(struct exec *x, struct visit *visit);
static void drop_items(void *items);
static void keep_visit(struct exec *x, struct node_run *nr, struct visit *visit);

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
	keep_visit(x, nr, visit);
	json_decref(nr->source);
	nr->source = NULL;
	if (v == x->trigger)
		visit->items = json_incref(x->trigger_items);
	else
		gather(x, v, visit);
	x->items_taken += (int64_t)json_array_size(visit->items);
	return visit;
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

/* W08: the node's `validation`, a schema for the json of each input item. */
bool
exec_input_is_valid(struct exec *x, int v, struct node_result *r)
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

json_t *
exec_source(const struct exec *x, const struct input *in)
{
	const struct plan_edge *pe = &x->plan->edges[in->edge];

	bool once = x->plan->nodes[pe->to].once;
	json_t *source;

	if (in->iteration == 0 && !once)
		return json_incref(pe->source);
	source = json_pack("{s:s, s:s, s:i}", "node", x->plan->nodes[in->from].id, "port",
	    pe->from_port, "iteration", in->iteration);
	if (once)
		json_object_set_new_nocheck(source, "first", json_true());
	return source;
}

/* By halving: a node behind a loop may have an input of each round. */
int
exec_input_of(const struct visit *visit, size_t i)
{
	int low = 0, high = visit->n_in - 1;

	while (low < high) {
		int middle = low + (high - low + 1) / 2;

		if (visit->in[middle].first > i)
			high = middle - 1;
		else
			low = middle;
	}
	return high < 0 ? -1 : low;
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
	if (x->plan->nodes[v].once)
		cut_to_first(x, visit);
	join_items(x, v, visit);
}

/* execute_once: the first item of each in-port. */
static void
cut_to_first(struct exec *x, struct visit *visit)
{
	const struct plan_edge *edges = x->plan->edges;
	int n = 0;

	for (int i = 0; i < visit->n_in; i++) {
		struct input in = visit->in[i];
		bool is_first = true;

		for (int k = 0; k < n; k++)
			is_first = is_first && strcmp(edges[visit->in[k].edge].to_port,
			                           edges[in.edge].to_port) != 0;
		if (!is_first)
			continue;
		in.items = json_pack("[O]", json_array_get(in.items, 0));
		in.first = (size_t)n;
		arena_defer(x->arena, drop_items, in.items);
		visit->in[n++] = in;
	}
	visit->n_in = n;
}

static void
drop_items(void *items)
{
	json_decref(items);
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

	for (int i = 0; i < visit->n_in; i++)
		json_array_append_new(source, exec_source(x, &visit->in[i]));
	x->nodes[v].source = source;
	if (visit->n_in == 1) {
		visit->items = json_incref(visit->in[0].items);
		return;
	}
	visit->items = json_array();
	for (int i = 0; i < visit->n_in; i++)
		json_array_extend(visit->items, visit->in[i].items);
}

static void
keep_visit(struct exec *x, struct node_run *nr, struct visit *visit)
{
	if (nr->n_visits == nr->cap_visits) {
		int cap = nr->cap_visits * 2 + 1;
		struct visit **v = arena_array(x->arena, (size_t)cap, sizeof(struct visit *));

		if (nr->n_visits > 0)
			memcpy(v, nr->visits, (size_t)nr->n_visits * sizeof(struct visit *));
		nr->visits = v;
		nr->cap_visits = cap;
	}
	nr->visits[nr->n_visits++] = visit;
	nr->visit = visit;
}

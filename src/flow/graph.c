#include "flow/graph.h"

#include <string.h>

#include "core/mem.h"

/* A depth-first walk without recursion: a definition may be 2,000 nodes deep. */
struct walk {
	int *node; /* the way from the root */
	int *next; /* next edge to look at, index into g->out */
	int n;
};

static void edges_by_node(struct arena *a, int n, int m, const int *end, int **at, int **edges);
static void find_back_edges(struct graph *g, struct arena *a, const bool *is_root);
static void walk_from(struct graph *g, struct walk *w, int root, char *state);
static void find_order(struct graph *g, struct arena *a);
static void find_parts(struct graph *g, struct arena *a);
static int find_cycles(struct graph *g, struct arena *a, struct err *e);
static int collect_cycle(struct graph *g, int header, bool *member, int *todo);

int
graph_new(struct arena *a, int n, int m, const int *from, const int *to, const bool *is_root,
    struct graph **out, struct err *e)
{
	struct graph *g = arena_alloc(a, sizeof(*g));

	g->n = n;
	g->m = m;
	g->from = from;
	g->to = to;
	edges_by_node(a, n, m, from, &g->out_at, &g->out);
	edges_by_node(a, n, m, to, &g->in_at, &g->in);
	g->back = arena_array(a, (size_t)m + 1, sizeof(*g->back));
	g->order = arena_array(a, (size_t)n + 1, sizeof(*g->order));
	g->rank = arena_array(a, (size_t)n + 1, sizeof(*g->rank));
	g->part = arena_array(a, (size_t)n + 1, sizeof(*g->part));
	find_back_edges(g, a, is_root);
	find_order(g, a);
	*out = g;
	return find_cycles(g, a, e);
}

void
graph_reach(const struct graph *g, int v, bool *reached)
{
	int *todo = mem_array((size_t)g->n + 1, sizeof(*todo));
	int n = 0;

	reached[v] = true;
	todo[n++] = v;
	while (n > 0) {
		v = todo[--n];
		for (int i = g->out_at[v]; i < g->out_at[v + 1]; i++) {
			int next = g->to[g->out[i]];

			if (!reached[next]) {
				reached[next] = true;
				todo[n++] = next;
			}
		}
	}
	mem_free(todo);
}

static void
edges_by_node(struct arena *a, int n, int m, const int *end, int **at, int **edges)
{
	int *first = arena_array(a, (size_t)n + 2, sizeof(*first));
	int *list = arena_array(a, (size_t)m + 1, sizeof(*list));

	for (int i = 0; i < m; i++)
		first[end[i] + 2]++;
	for (int v = 0; v < n; v++)
		first[v + 2] += first[v + 1];
	for (int i = 0; i < m; i++)
		list[first[end[i] + 1]++] = i;
	*at = first;
	*edges = list;
}

static void
find_back_edges(struct graph *g, struct arena *a, const bool *is_root)
{
	struct walk w = { arena_array(a, (size_t)g->n + 1, sizeof(int)),
		arena_array(a, (size_t)g->n + 1, sizeof(int)), 0 };
	char *state = arena_array(a, (size_t)g->n + 1, 1);

	for (int v = 0; v < g->n; v++) {
		if (is_root[v])
			walk_from(g, &w, v, state);
	}
	for (int v = 0; v < g->n; v++)
		walk_from(g, &w, v, state);
}

static void
walk_from(struct graph *g, struct walk *w, int root, char *state)
{
	enum { NEW, ON_THE_WAY, LEFT };

	if (state[root] != NEW)
		return;
	state[root] = ON_THE_WAY;
	w->node[0] = root;
	w->next[0] = g->out_at[root];
	w->n = 1;
	while (w->n > 0) {
		int v = w->node[w->n - 1];

		if (w->next[w->n - 1] == g->out_at[v + 1]) {
			state[v] = LEFT;
			w->n--;
			continue;
		}
		int edge = g->out[w->next[w->n - 1]++];
		int to = g->to[edge];
		if (state[to] == ON_THE_WAY) {
			g->back[edge] = true;
		} else if (state[to] == NEW) {
			state[to] = ON_THE_WAY;
			w->node[w->n] = to;
			w->next[w->n++] = g->out_at[to];
		}
	}
}

/* The lowest number first among those whose predecessors are placed: stable, and as drawn. */
static void
find_order(struct graph *g, struct arena *a)
{
	int *waits = arena_array(a, (size_t)g->n + 1, sizeof(*waits));
	int from = 0, placed = 0;

	for (int i = 0; i < g->m; i++)
		waits[g->to[i]] += g->back[i] ? 0 : 1;
	while (placed < g->n) {
		int v = from;

		while (waits[v] != 0)
			v++;
		from = v + 1;
		waits[v] = -1;
		g->rank[v] = placed;
		g->order[placed++] = v;
		for (int i = g->out_at[v]; i < g->out_at[v + 1]; i++) {
			int edge = g->out[i], to = g->to[edge];

			if (!g->back[edge] && --waits[to] == 0 && to < from)
				from = to;
		}
	}
}

/* Kosaraju: walks against the edges, in the order in which a walk along them left the nodes. */
static void
find_parts(struct graph *g, struct arena *a)
{
	int *todo = arena_array(a, (size_t)g->n + 1, sizeof(*todo));
	int *left = arena_array(a, (size_t)g->n + 1, sizeof(*left));
	int *next = arena_array(a, (size_t)g->n + 1, sizeof(*next));
	bool *seen = arena_array(a, (size_t)g->n + 1, sizeof(*seen));
	int n_left = 0, part = 0;

	for (int root = 0; root < g->n; root++) {
		int n = 0;

		if (seen[root])
			continue;
		seen[root] = true;
		todo[n] = root;
		next[n++] = g->out_at[root];
		while (n > 0) {
			int v = todo[n - 1];

			if (next[n - 1] == g->out_at[v + 1]) {
				left[n_left++] = v;
				n--;
				continue;
			}
			int to = g->to[g->out[next[n - 1]++]];
			if (!seen[to]) {
				seen[to] = true;
				todo[n] = to;
				next[n++] = g->out_at[to];
			}
		}
	}
	memset(g->part, -1, (size_t)g->n * sizeof(*g->part));
	while (n_left > 0) {
		int root = left[--n_left], n = 0;

		if (g->part[root] != -1)
			continue;
		g->part[root] = part;
		todo[n++] = root;
		while (n > 0) {
			int v = todo[--n];

			for (int i = g->in_at[v]; i < g->in_at[v + 1]; i++) {
				int from = g->from[g->in[i]];

				if (g->part[from] == -1) {
					g->part[from] = part;
					todo[n++] = from;
				}
			}
		}
		part++;
	}
}

static int
find_cycles(struct graph *g, struct arena *a, struct err *e)
{
	bool *member = arena_array(a, (size_t)g->n + 1, sizeof(*member));
	bool *is_header = arena_array(a, (size_t)g->n + 1, sizeof(*is_header));
	int *todo = arena_array(a, (size_t)g->n + 1, sizeof(*todo));
	int n_headers = 0, total = 0;

	for (int i = 0; i < g->m; i++) {
		if (g->back[i] && !is_header[g->to[i]]) {
			is_header[g->to[i]] = true;
			n_headers++;
		}
	}
	if (n_headers == 0)
		return 0;
	find_parts(g, a);
	g->cycles = arena_array(a, (size_t)n_headers, sizeof(*g->cycles));
	for (int h = 0; h < g->n; h++) {
		int at = g->n_cycles, n;

		if (!is_header[h])
			continue;
		n = collect_cycle(g, h, member, todo);
		total += n;
		if (total > GRAPH_CYCLE_NODES_MAX)
			return err_set_field(e, "MR400", "edges",
			    "the edges form too many cycles inside each other");
		struct graph_cycle c = { h, arena_array(a, (size_t)n, sizeof(int)), 0 };
		for (int v = 0; v < g->n; v++) {
			if (member[v])
				c.nodes[c.n++] = v;
			member[v] = false;
		}
		while (at > 0 && g->cycles[at - 1].n > c.n) {
			g->cycles[at] = g->cycles[at - 1];
			at--;
		}
		g->cycles[at] = c;
		g->n_cycles++;
	}
	return 0;
}

static int
collect_cycle(struct graph *g, int header, bool *member, int *todo)
{
	int n = 0, count = 1;

	member[header] = true;
	for (int i = g->in_at[header]; i < g->in_at[header + 1]; i++) {
		int from = g->from[g->in[i]];

		if (g->back[g->in[i]] && !member[from]) {
			member[from] = true;
			todo[n++] = from;
			count++;
		}
	}
	while (n > 0) {
		int v = todo[--n];

		for (int i = g->in_at[v]; i < g->in_at[v + 1]; i++) {
			int from = g->from[g->in[i]];

			if (!member[from] && g->part[from] == g->part[header]) {
				member[from] = true;
				todo[n++] = from;
				count++;
			}
		}
	}
	return count;
}

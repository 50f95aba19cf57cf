/* Which nodes and edges belong to which cycle, as the executor asks for it. */
#include <string.h>

#include "core/mem.h"
#include "flow/plan_inner.h"

/* Lists in the making; each as long as there are nodes or edges. */
struct lists {
	int *a, *b, *c;
	bool **member; /* by cycle, by node */
};

static void read_cycle(struct plan *p, int c, struct lists *l);
static void read_membership(struct plan *p, struct lists *l);
static void read_loops(struct plan *p, struct lists *l);
static int *list_of(struct arena *a, const int *v, int n);

void
plan_read_cycles(struct plan *p)
{
	const struct graph *g = p->graph;
	size_t most = (size_t)(p->m > p->n ? p->m : p->n) + 1;
	struct lists l = { mem_array(most, sizeof(int)), mem_array(most, sizeof(int)),
		mem_array(most, sizeof(int)), mem_array((size_t)g->n_cycles + 1, sizeof(bool *)) };

	p->n_cycles = g->n_cycles;
	p->cycles = arena_array(p->arena, (size_t)g->n_cycles + 1, sizeof(*p->cycles));
	for (int c = 0; c < g->n_cycles; c++)
		read_cycle(p, c, &l);
	read_membership(p, &l);
	read_loops(p, &l);
	for (int c = 0; c < g->n_cycles; c++)
		mem_free(l.member[c]);
	mem_free(l.member);
	mem_free(l.a);
	mem_free(l.b);
	mem_free(l.c);
}

static void
read_cycle(struct plan *p, int c, struct lists *l)
{
	const struct graph *g = p->graph;
	struct plan_cycle *pc = &p->cycles[c];
	bool *member = mem_array((size_t)p->n, sizeof(bool));

	l->member[c] = member;
	pc->header = g->cycles[c].header;
	pc->nodes = g->cycles[c].nodes;
	pc->n_nodes = g->cycles[c].n;
	for (int i = 0; i < pc->n_nodes; i++)
		member[pc->nodes[i]] = true;
	for (int i = 0; i < p->m; i++) {
		if (!member[g->from[i]])
			continue;
		if (!member[g->to[i]])
			l->a[pc->n_exits++] = i;
		else if (g->back[i] && g->to[i] == pc->header)
			l->b[pc->n_back++] = i;
		else
			l->c[pc->n_inside++] = i;
	}
	pc->exits = list_of(p->arena, l->a, pc->n_exits);
	pc->back = list_of(p->arena, l->b, pc->n_back);
	pc->inside = list_of(p->arena, l->c, pc->n_inside);
}

static void
read_membership(struct plan *p, struct lists *l)
{
	const struct graph *g = p->graph;

	for (int v = 0; v < p->n; v++) {
		struct plan_node *n = &p->nodes[v];

		for (int c = 0; c < g->n_cycles; c++) {
			if (l->member[c][v])
				l->a[n->n_cycles++] = c;
		}
		n->cycles = list_of(p->arena, l->a, n->n_cycles);
	}
	for (int i = 0; i < p->m; i++) {
		struct plan_edge *e = &p->edges[i];

		for (int c = 0; c < g->n_cycles; c++) {
			if (l->member[c][g->from[i]] && !l->member[c][g->to[i]])
				l->a[e->n_leaves++] = c;
		}
		e->leaves = list_of(p->arena, l->a, e->n_leaves);
		if (!g->back[i])
			p->nodes[g->to[i]].n_in++;
	}
}

/* A loop ends with the cycle that it heads; one that heads none, with the largest around it. */
static void
read_loops(struct plan *p, struct lists *l)
{
	for (int v = 0; v < p->n; v++) {
		const struct plan_node *n = &p->nodes[v];

		l->a[v] = n->n_cycles > 0 ? n->cycles[n->n_cycles - 1] : -1;
		for (int i = 0; i < n->n_cycles; i++) {
			if (p->cycles[n->cycles[i]].header == v)
				l->a[v] = n->cycles[i];
		}
	}
	for (int c = 0; c < p->n_cycles; c++) {
		struct plan_cycle *pc = &p->cycles[c];

		for (int i = 0; i < pc->n_nodes; i++) {
			if (p->nodes[pc->nodes[i]].loops && l->a[pc->nodes[i]] == c)
				l->b[pc->n_loops++] = pc->nodes[i];
		}
		pc->loops = list_of(p->arena, l->b, pc->n_loops);
	}
}

static int *
list_of(struct arena *a, const int *v, int n)
{
	int *list = arena_array(a, (size_t)n + 1, sizeof(*list));

	if (n > 0)
		memcpy(list, v, (size_t)n * sizeof(*list));
	return list;
}

/*
 * graph.h: nodes and edges as numbers: order, back edges, cycles, reach.
 *
 * An edge is a back edge when a depth-first walk from the roots meets its target on the way it
 * came: without back edges the graph is acyclic. The cycle of a header h (target of back edges) is
 * h and all nodes of its strongly connected part which reach one of these back edges without
 * passing h.
 */
#ifndef MR_FLOW_GRAPH_H
#define MR_FLOW_GRAPH_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/err.h"

#define GRAPH_CYCLE_NODES_MAX 200000 /* members of all cycles together */

struct graph_cycle {
	int header;
	int *nodes; /* members, header included, ascending */
	int n;
};

/* Everything lives in the arena it was made with. */
struct graph {
	int n, m;
	const int *from, *to; /* m edges */

	/* Edge numbers by node, in edge order: out[out_at[v]] … out[out_at[v + 1] - 1]. */
	int *out_at, *out;
	int *in_at, *in;

	bool *back; /* by edge */
	int *order; /* nodes so that no edge but back edges goes against it; lowest number first */
	int *rank;  /* by node: its place in `order` */
	int *part;  /* by node: number of its strongly connected part */

	struct graph_cycle *cycles; /* smallest first */
	int n_cycles;
};

/*
 * `from` and `to` are kept, their members lie in 0..n-1. `is_root` says where walks begin (nodes
 * that none of them reaches follow, in number order). -1: MR400, the cycles are too many.
 */
mr_must_check int graph_new(struct arena *a, int n, int m, const int *from, const int *to,
    const bool *is_root, struct graph **out, struct err *e);

/* reached[v] = true for each node that can be walked to from v, v included. Others are unchanged.
 */
void graph_reach(const struct graph *g, int v, bool *reached);

#endif

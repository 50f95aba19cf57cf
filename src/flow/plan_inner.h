/*
 * plan_inner.h: the inside of a plan, for flow/exec*.c and flow/call.c only.
 *
 * Nodes and edges are numbers, in the order of the definition; graph.h has their order and cycles.
 */
#ifndef MR_FLOW_PLAN_INNER_H
#define MR_FLOW_PLAN_INNER_H

#include "core/schema.h"
#include "flow/graph.h"
#include "flow/plan.h"
#include "flow/template.h"

enum on_error { ON_ERROR_FAIL, ON_ERROR_CONTINUE, ON_ERROR_PORT };

struct plan_node {
	const char *id;
	const struct node_type *type;
	json_t *config;
	struct template *template; /* NULL: the config holds no expression */
	void *prepared;
	struct err *prepare_err; /* NULL: prepared, or nothing to prepare */
	struct schema *validation;
	const char *first_port; /* where a disabled node and on_error "continue" put their items */
	enum on_error on_error;
	bool disabled;
	bool once;   /* takes the first item of each in-port */
	bool always; /* its first port gives an empty item rather than none */
	bool starts_first;
	bool loops; /* goes round over items of its own */
	int max_retries;
	int64_t retry_initial_ms, retry_max_ms;
	double retry_backoff, retry_jitter;
	json_t *retry_on, *give_up_on; /* codes and statuses, or NULL; the definition's */
	int64_t timeout_ms;            /* 0 = none */
	int n_in;                      /* incoming edges that are no back edges */
	int *cycles;                   /* which it is a member of, smallest first */
	int n_cycles;
};

struct plan_edge {
	int from, to;
	const char *from_port, *to_port;
	json_t *source; /* {"node","port","iteration":0} */
	int *leaves;    /* cycles that `from` is a member of and `to` is not */
	int n_leaves;
};

struct plan_cycle {
	int header;
	int *nodes, n_nodes;
	int *back, n_back; /* back edges to the header from inside */
	int *exits, n_exits;
	int *inside, n_inside; /* other edges with both ends in the cycle */
	int *loops, n_loops;   /* members that loop and have nothing left when it ends */
};

struct plan {
	int refs;
	struct arena *arena;
	json_t *definition;
	struct graph *graph;
	struct plan_node *nodes;
	struct plan_edge *edges;
	struct plan_cycle *cycles;
	int n, m, n_cycles;
	struct expr_names names;
	int *slots; /* open addressing by node id: node + 1, 0 = free; n_slots is a power of 2 */
	unsigned n_slots;
	bool **reach; /* by node, NULL unless it is a trigger: what a run from it can reach */
	json_t *vars; /* declared defaults */
	int64_t timeout_ms;
	int step_budget;
	int item_budget;
	int concurrency; /* 0 = any */
};

void plan_read_cycles(struct plan *p);

#endif

/*
 * exec_inner.h: the state of one run in memory. exec.c is the door; exec_input.c gathers what a
 * node gets, exec_step.c runs it and records it, exec_fail.c decides about failures, exec_edge.c
 * delivers (skips, cycles), exec_io.c hands out wishes, exec_scope.c says what expressions see
 * (exec_callback.c: addresses of callbacks), exec_replay.c rebuilds, call.c is the node's side.
 *
 *	PENDING -> READY -> RUNNING (I/O) ----> DONE
 *	   |         |  `-> WAITING (*) -------^  ^
 *	   |         `----> RETRYING -> READY ----'
 *	   `-> SKIPPED
 *	(*) for a time; or for something outside, whose end comes with its row alone
 *
 * Each move of a node is made in exec_step.c, but PENDING -> READY, SKIPPED and the reset of a
 * cycle's nodes to PENDING, which are made in exec_edge.c. exec_loop.c keeps what a loop node has
 * left between its executions.
 */
#ifndef MR_FLOW_EXEC_INNER_H
#define MR_FLOW_EXEC_INNER_H

#include "flow/exec.h"
#include "flow/node_type.h"
#include "flow/plan_inner.h"

enum phase {
	ABSENT, /* this run's trigger can't reach it */
	PENDING,
	READY,
	RUNNING,     /* I/O in flight */
	WAITING,     /* until due_at_ms; if is_outside, until there is `ended` */
	RETRYING,    /* until due_at_ms, then READY with the next attempt */
	INTERRUPTED, /* replayed `running` row: the outcome is unknown */
	DONE,
	SKIPPED
};

/* Items that came over one edge from one iteration of its source. */
struct input {
	int edge;
	int from;
	int iteration;
	json_t *items; /* borrowed from the visit that made them */
	size_t first;  /* place of items[0] among all input items */
};

/* One execution of a node: kept to the end of the run, since later nodes may read it. */
struct visit {
	int iteration;
	struct input *in;
	int n_in;
	int n_kept;    /* behind those n_in: what a loop's items came from, for pairing only */
	json_t *items; /* all input items; owned */
	json_t *ports; /* output; owned, NULL until there is one */
	struct visit *before;
};

/* What a loop node has left (exec_loop.c). */
struct loop_run {
	struct visit *fill; /* the execution that brought the items; NULL: none is open */
	size_t at;          /* items given out */
	size_t size;        /* of a batch */
	int back;           /* number of the first visit that may have brought something back */
};

struct node_run {
	enum phase phase;
	int iteration; /* of the current or next execution */
	int attempt;
	int undecided; /* incoming edges that have neither delivered nor been skipped */
	int delivered;
	struct visit *visit;   /* the newest */
	struct visit **visits; /* all, by iteration */
	int n_visits, cap_visits;
	struct loop_run *loop;             /* NULL: no loop node, or not begun */
	int64_t started_at_ms, started_us; /* started_us < 0: before this process */
	int64_t due_at_ms;                 /* RETRYING, WAITING; RUNNING: its timeout; 0 = none */
	int64_t wait_until_ms;             /* WAITING: due_at_ms may be the timeout before it */
	bool is_outside;                   /* WAITING for what app.wait has */
	json_t *ended;                     /* how that ended; owned, NULL: it hasn't */
	bool row_exists;                   /* a `running` or `waiting` row of this attempt */
	int64_t token;
	struct io_wish *wish;
	json_t *state;
	json_t *source;
	char *key; /* idempotency key, made when asked for */
};

enum edge_phase { EDGE_PENDING, EDGE_HELD, EDGE_DELIVERED, EDGE_SKIPPED };

struct delivery {
	int iteration;
	json_t *items; /* borrowed from the visit that made them */
};

struct edge_run {
	enum edge_phase phase;
	int64_t order; /* of deciding, for nodes that start on the first */
	struct delivery *v;
	int n, cap;
};

struct cycle_run {
	int open; /* members that are not final */
	bool at_rest;
};

struct exec {
	struct plan *plan;
	struct arena *arena;
	const char *run_id;
	int trigger;
	json_t *trigger_items;
	json_t *trigger_alias; /* json of trigger item 0 with body and json; made when asked for */
	json_t *run, *workflow, *vars;
	struct callback_site *callbacks; /* NULL: expressions see no addresses */
	int64_t run_started_at_ms;
	int64_t (*mono_us)(void);
	int64_t (*began_ms)(void *arg, const char *node_id, int iteration, int attempt);
	void *began_arg;
	int64_t now_ms, mono_at_now;

	struct node_run *nodes;
	struct edge_run *edges;
	struct cycle_run *cycles;
	int *ready, n_ready; /* heap of ranks */
	int *skip, n_skip;   /* nodes to be skipped */
	bool resting;        /* a cycle may have come to rest */
	int open;            /* nodes that are not final */
	int under_way;       /* RUNNING, WAITING, RETRYING */
	int timed;           /* nodes with a due time */
	int in_flight;
	int64_t deciding; /* counts decided edges */

	struct step_record *steps;
	size_t n_steps, cap_steps;
	int steps_made;
	int64_t items_taken; /* by nodes, as input */
	bool replaying;
	bool is_held; /* exec_hold */

	int64_t next_token;
	int *wishes; /* ring of nodes whose wish was not given out yet */
	int wish_first, n_wishes;
	int64_t *aborts;
	size_t n_aborts, cap_aborts;

	enum run_outcome outcome;
	json_t *output, *error, *response;
	json_t *notes; /* exec_notes; NULL: none */
};

/* What the node_… functions of node_type.h work on. */
struct node_call {
	struct exec *x;
	int node;
	size_t item; /* that the scope speaks of */
	json_t *items_json;
	json_t *number; /* $itemIndex, $runIndex */
	json_t *run;    /* root `run` with addresses of callbacks; NULL: not asked for */
	struct expr_scope scope;
};

/* exec.c */
void exec_finish(struct exec *x, enum run_outcome outcome, json_t *error); /* steals error */

/* exec_io.c */
void exec_forget_io(struct exec *x, int v);      /* aborts the wish of v, if any */
bool exec_is_outside(const struct node_run *nr); /* waits for what app.wait has */

/* exec_edge.c */
void exec_open_run(struct exec *x);
void exec_push_ready(struct exec *x, int v);
int exec_pop_ready(struct exec *x); /* -1: none */
void exec_take_ready(struct exec *x, int v);
void exec_deliver(struct exec *x, int v, json_t *ports); /* v's output; NULL skips all edges */
void exec_close_node(struct exec *x, int v, enum phase phase);
void exec_settle(struct exec *x);  /* skips and cycles, until nothing moves */
bool exec_unblock(struct exec *x); /* nothing can run and nodes are open: makes one move */

/* exec_input.c */
struct visit *exec_begin(struct exec *x, int v); /* gathers the input of an execution */
bool exec_within_budget(struct exec *x, int v);  /* false: the run was ended */
bool exec_input_is_valid(struct exec *x, int v, struct node_result *r); /* false: *r is FAIL */

json_t *exec_source(const struct exec *x, const struct input *in); /* its row in a step's source */
int exec_input_of(const struct visit *visit, size_t i); /* the input that brought item i; -1 */

/* exec_loop.c */
bool exec_loop_goes_on(const struct exec *x, int c); /* the loop at the head of c is not done */
void exec_loop_forget(struct exec *x, int c);        /* the cycle has ended: its loop begins anew */
void exec_loop_replayed(struct exec *x, int v, const json_t *ports); /* as a batch or done was */

/* exec_step.c */
void exec_start_node(struct exec *x, int v);
void exec_resume_node(struct exec *x, int v, const struct io_result *io); /* NULL: it is due */
void exec_set_due(struct exec *x, int v, int64_t due_at_ms);
void exec_end_wait(struct exec *x, int v); /* no longer under way */
void exec_end_step(struct exec *x, int v, enum step_status status, json_t *ports, json_t *error);
void exec_record(struct exec *x, int v, enum step_status status, json_t *output, json_t *error);
void exec_free_result(struct node_result *r);

/* exec_fail.c */
void exec_fail_step(struct exec *x, int v, struct node_result *r, enum step_status status);
void exec_time_out(struct exec *x, int v);
void exec_fail_run(struct exec *x, int v, json_t *error);
json_t *exec_error_json(const char *code, const char *field, const char *text);

/* exec_callback.c */
json_t *exec_run_seen(struct node_call *call); /* root `run`, borrowed */

/* exec_scope.c */
void exec_scope_begin(struct node_call *call, struct exec *x, int v);
void exec_scope_end(struct node_call *call);
json_t *exec_json_seen(struct exec *x, json_t *json); /* the trigger's with its other names */

#endif

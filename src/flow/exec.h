/*
 * exec.h: the executor of one run, in memory. Pure: no I/O, no clock but the one it is given, no
 * thread.
 *
 *	x = exec_new(&start)                      a fresh run, or
 *	exec_replay(x, &record) for each row      the steps already recorded, in step_no order
 *	loop:
 *	  exec_advance(x, now)                    runs what is runnable until all is blocked
 *	  exec_steps(x, &n), exec_steps_clear(x)  new step records, to be persisted in this order
 *	  exec_wish_next(x, &w)                   I/O to start
 *	  exec_abort_next(x, &token)              I/O to give up
 *	  exec_is_final(x)                        yes: persist the end, exec_free
 *	                                          no: wait for I/O (exec_io_done) or until
 *	                                          exec_due_at_ms(x), whichever is first; go round
 *
 * Semantics. A node starts when each incoming edge has delivered items or been skipped, and one
 * delivered; it runs once with all items appended in edge order. A port that gives no items skips
 * its edges; a node whose edges were all skipped is recorded `skipped`. A cycle comes to rest when
 * all its nodes are final; items that arrived over its back edges then start the next iteration,
 * else the edges that leave it deliver what all iterations gave. A loop node that heads a cycle has
 * its next iteration too when nothing came back, until its items are used up.
 *
 * Parking. With exec_in_flight(x) == 0 and exec_due_at_ms(x) far away, the worker may drop x, store
 * the due time and later rebuild by exec_new + exec_replay of the recorded rows: delays are
 * `waiting` rows, retry waits are the `failed` rows whose error has retry_in_ms. Rebuilding gives
 * the same records as going straight on, at any point. What is waited for outside (node_wait_for)
 * ends by its row alone, {"due_at","wait","ended"}: with exec_outside_due_ms(x) set and no I/O in
 * flight the run has to leave memory until then.
 */
#ifndef MR_FLOW_EXEC_H
#define MR_FLOW_EXEC_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "flow/callback.h"
#include "flow/io.h"
#include "flow/plan.h"

#define EXEC_STEPS_DEFAULT 10000 /* settings.step_budget; more ends the run with STEP_BUDGET */
#define EXEC_STEPS_MAX 100000
#define EXEC_ITEMS_DEFAULT 200000 /* settings.item_budget: items given to nodes, all together */
#define EXEC_ITEMS_MAX 1000000    /* branches that meet again multiply items: ITEM_BUDGET ends it */

enum step_status {
	STEP_SUCCEEDED,
	STEP_FAILED,  /* error.retry_in_ms: another try follows; output: on_error goes on with it */
	STEP_SKIPPED, /* with output: a disabled node that passed its items on */
	STEP_CANCELLED, /* the run ended while it was under way */
	STEP_UNKNOWN,   /* at_most_once, and nobody knows whether the call happened */
	STEP_RUNNING,   /* at_most_once: recorded before the call; a later record replaces it */
	STEP_WAITING    /* output {"due_at": instant, "wait"?}; a later record replaces it */
};

/* One row of app.step. Pointers are borrowed from x, or for exec_replay from the caller. */
struct step_record {
	const char *node_id;
	int iteration; /* 0; in a cycle 1, 2, … for its further rounds */
	int attempt;   /* 1, 2, … */
	enum step_status status;
	int64_t started_at_ms;
	int64_t dur_us;
	json_t *source; /* [{"node","port","iteration"}], one per input, or NULL */
	json_t *output; /* {"<port>":[item…]}, or NULL */
	json_t *error;  /* {"code","message","field"?,"retry_in_ms"?,…}, or NULL */
	bool replaces;  /* a `running` or `waiting` row of this key exists: update it */
};

enum run_outcome { RUN_OPEN, RUN_SUCCEEDED, RUN_FAILED, RUN_CANCELLED };

/* Everything is borrowed for the call of exec_new only (JSON is referenced, not copied: don't
 * change it). */
struct exec_start {
	struct plan *plan;
	const char *run_id;       /* text; seeds the jitter, makes the idempotency keys */
	const char *trigger_node; /* node id; NULL: the first trigger of the plan */
	json_t *trigger_items;    /* array of items */
	json_t *run;              /* root `run`, or NULL */
	json_t *workflow;         /* root `workflow`, or NULL */
	json_t *vars; /* root `vars`: definition_variables(); NULL: the declared defaults */
	int64_t started_at_ms; /* first start of the run: its timeout counts from here */
	const struct callback_site *callbacks; /* copied; NULL: no addresses */
	int64_t (*mono_us)(void); /* measures dur_us; NULL: durations of pure steps are 0 */
	/* When a try of a node begins, at `now` of exec_advance or later; NULL: by the clock. */
	int64_t (*began_ms)(void *arg, const char *node_id, int iteration, int attempt);
	void *began_arg;
};

struct exec;

/* 0: *out. -1: *e is set: MR404 when the trigger node does not exist. */
mr_must_check int exec_new(const struct exec_start *start, struct exec **out, struct err *e);
void exec_free(struct exec *x); /* NULL is fine */

/*
 * Feeds one recorded step, in recorded order, before the first exec_advance. -1: *e is set (MR409):
 * the row does not fit this plan; the run can't go on. A trigger's row may come without output: its
 * items are known.
 */
mr_must_check int exec_replay(struct exec *x, const struct step_record *row, struct err *e);

/* Runs everything that can run at `now_ms`; fires what is due. Does nothing once final. */
void exec_advance(struct exec *x, int64_t now_ms);

/* New records since the last clear, in order; they live until exec_steps_clear. */
const struct step_record *exec_steps(const struct exec *x, size_t *n);
void exec_steps_clear(struct exec *x);

#define EXEC_NOTES_MAX 100 /* of one run between two clears; further ones are dropped */

/*
 * What people should know though no step failed (N16: an expression in text that gave nothing):
 * borrowed array of {"node","message"}, or NULL. Live until exec_notes_clear.
 */
const json_t *exec_notes(const struct exec *x);
void exec_notes_clear(struct exec *x);

struct exec_wish {
	int64_t token; /* for exec_io_done; unique in this x */
	const char *node_id;
	int iteration;
	int attempt;
	const struct io_wish *io; /* lives until exec_io_done or exec_abort_next of this token */
};

/* The next I/O to start; false when there is none. A wish is given once. */
bool exec_wish_next(struct exec *x, struct exec_wish *out);

/* The next I/O to abort (timeout, cancel, end of the run); false when there is none. No
 * exec_io_done for it. */
bool exec_abort_next(struct exec *x, int64_t *token);

/* Outcome of a wish; unknown or aborted tokens are ignored. Call exec_advance afterwards. */
void exec_io_done(struct exec *x, int64_t token, const struct io_result *result, int64_t now_ms);

/* Ends the run as cancelled; steps under way are recorded `cancelled`, their I/O is to be aborted.
 */
void exec_cancel(struct exec *x, int64_t now_ms);

/*
 * From now on no node begins, no wait ends and no try is repeated; I/O under way ends, or runs into
 * its limit. With exec_in_flight(x) == 0 nothing happens any longer. Rebuilt from its rows, a run
 * goes on where this one stood.
 */
void exec_hold(struct exec *x);

bool exec_is_final(const struct exec *x);
enum run_outcome exec_outcome(const struct exec *x);
json_t *exec_output(
    const struct exec *x); /* borrowed; of the respond node (its body), else of the last node */
json_t *exec_error(
    const struct exec *x); /* borrowed {"code","message","node","field"?}; NULL unless failed */
json_t *exec_response(const struct exec
        *x); /* borrowed {"status","headers","body"} once a respond node ran, or NULL */

json_t *exec_current_nodes(const struct exec *x); /* new array of ids of nodes under way */
int exec_in_flight(const struct exec *x);         /* I/O given out and not done */

/* Earliest instant at which exec_advance has something to do without I/O; INT64_MAX = never. */
int64_t exec_due_at_ms(const struct exec *x);

/* Earliest instant at which what a step waits for outside expires; INT64_MAX = none waits so. */
int64_t exec_outside_due_ms(const struct exec *x);

struct exec_outside {
	const char *node_id;
	int iteration;
	int attempt;
};

/*
 * The steps that wait for something outside: the first whose number is at least *v, *v is behind
 * it then; false: no more. exec_outside_end tells how it ended (borrowed; node_answer says the
 * form), for who knows without the row; exec_advance goes on with it.
 */
bool exec_outside_next(const struct exec *x, int *v, struct exec_outside *out);
void exec_outside_end(struct exec *x, const struct exec_outside *step, json_t *ended);

const char *step_status_name(enum step_status s); /* "succeeded" … */
bool step_status_from_name(const char *name, enum step_status *out);

#endif

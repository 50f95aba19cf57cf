/*
 * run.h: one claimed run in memory, from its claim to its last write.
 *
 *   claimed -> (plan, recorded steps are read) -> advancing <-> I/O in flight
 *                                                    |-> outbox: something to write -> tick
 *                                                    '-> final, parked or lost: freed by the tick
 *
 * What is written carries the claim's fence. While a tick with the run is in flight nothing else of
 * the run is sent, so its writes keep their order.
 */
#ifndef MR_WORKER_RUN_H
#define MR_WORKER_RUN_H

#include <jansson.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "core/uuid.h"
#include "flow/exec.h"
#include "worker/worker.h"

#define RUN_FLUSH_MS 50  /* I/O in flight for this long: what is done so far is recorded */
#define RUN_PARK_MS 1000 /* waits that are longer are rows, not timers in memory */

struct held_wish; /* an at_most_once call that waits until its start is committed */

struct run {
	struct worker *w;
	struct uuid workspace_id;
	struct uuid id;
	char id_text[UUID_TEXT_SIZE];
	char workspace_text[UUID_TEXT_SIZE];
	struct uuid workflow_id;
	struct uuid version_id;
	int64_t fence;
	int seq; /* recorded changes so far */
	bool is_sync;
	int64_t started_at_ms; /* of the run, now if this is its first start */

	/* What the claim brought; given to the executor by prepare.c. */
	char *trigger_node;
	json_t *trigger_items;
	json_t *root_run;
	json_t *overrides;      /* of variables, or NULL */
	struct redact *secrets; /* opened in this run: nothing of them is recorded; or NULL */

	struct plan_entry *plan; /* one reference, or NULL while it is read */
	struct exec *exec;       /* NULL until it has begun */
	struct err broken;       /* code set: the run can't go on, it ends as failed */

	char
	    *offered; /* not NULL: held without a lease (offer.h); the wake-up row to claim it by */
	bool in_tick; /* a tick with it is in flight */
	bool in_outbox;
	bool again;      /* changed while in_tick: goes to the outbox when that has committed */
	bool has_ended;  /* the tick in flight carries its last write */
	bool is_lost;    /* the lease is gone: write nothing, free it */
	bool is_parking; /* its next write ends its stay in memory */
	bool is_final;
	bool gives_back; /* the worker stops: its next write is a release */
	bool is_paused;  /* begins no step; once its I/O has ended it leaves memory, and is kept */
	bool loading;    /* recorded steps, or its connections, are being read */
	int64_t due_at_ms;                    /* while parking */
	TAILQ_HEAD(flight_of_run, flight) io; /* started and not answered: step.c's */
	int io_count;

	struct loop_timer timer; /* next instant the executor has something to do, or the flush */
	int64_t flush_at_ms;     /* mono; 0: nothing waits for a flush */
	SLIST_HEAD(, held_wish) held;
	TAILQ_ENTRY(run) all;
	TAILQ_ENTRY(run) out;
};

/* What a run begins with. The texts are copied, the items and overrides taken over. */
struct run_start {
	struct uuid workspace_id, id, workflow_id, version_id;
	int64_t fence;
	int version;
	struct str trigger_type, node;
	bool is_sync;
	int seq;
	int64_t started_at_ms;
	json_t *items, *overrides;
	const char *offered;
};

/* What a claimed row says; its texts are the row's, items and overrides are new. */
struct run_start run_claim(const PGresult *res, int row);

/* Root `run` of expressions; new. */
json_t *run_root(const struct run_start *start);

/* Makes a run and starts it, or the reads it needs first. */
void run_begin(struct worker *w, const struct run_start *start);

/* Makes a run of a claimed row and starts it, or the reads it needs first. */
void run_claimed(struct worker *w, const PGresult *res, int row);

/* Advances the executor as far as it goes and puts the run where it belongs. */
void run_advance(struct run *run);

/* The outcome of an I/O, from step.c. */
void run_io_done(struct run *run, int64_t token, const struct io_result *result);

/* The tick that carried the run has committed: starts what waited for that, frees what has ended.
 */
void run_committed(struct run *run);

/* The lease is gone (stale fence, cancelled, or given up): aborts I/O, frees. Not while in_tick. */
void run_lost(struct run *run);

/* Somebody has paused it: its I/O goes on to its end, nothing else begins. */
void run_pause(struct run *run);

/* Asks for the run to be given back at its next write (graceful stop). */
void run_give_back(struct run *run);

/* The run can't go on: it ends as failed, with the reason. */
void run_break(struct run *run, const struct err *e);

/* Frees it, unless an answer is under way to it: who gets that calls again. Not while in_tick. */
void run_free(struct run *run);

#endif

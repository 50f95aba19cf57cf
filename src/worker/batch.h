/*
 * batch.h: the parameters of one work.tick, as arrays in Postgres' binary format.
 */
#ifndef MR_WORKER_BATCH_H
#define MR_WORKER_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "db/array.h"
#include "db/pool.h"
#include "worker/run.h"

#define BATCH_RUNS_MAX 200
/* Bytes of step outputs: a larger batch would hold others up. */
#define BATCH_BYTES_MAX (4 * 1024 * 1024)

struct batch {
	struct array tids;
	/* one element a run */
	struct array ws, run, fence, status, seq, output, response, started, due, error, current;
	struct array workflow, steps, us, bytes; /* what its new steps have used */
	/* one element a step */
	struct array s_ws, s_run, s_node, s_iteration, s_attempt, s_no, s_status, s_started,
	    s_duration, s_source, s_output, s_error, s_again;
	/* one element a log line */
	struct array l_ws, l_run, l_id, l_node, l_level, l_at, l_message, l_data;
};

void batch_open(struct batch *b);
void batch_reset(struct batch *b);
void batch_free(struct batch *b);
bool batch_is_full(const struct batch *b);

/*
 * Adds what the run has to write: its new steps, and where it goes. Takes the steps from its
 * executor, numbers them, and sets has_ended when this is the run's last write.
 */
void batch_add(struct batch *b, struct run *run);

/* Adds the call of work.tick to the job, or of work.claim when nothing is to be recorded. */
void batch_bind(struct batch *b, struct job *job, int64_t worker_id, int64_t lease_cap_ms);

#endif

/*
 * step.h: performs the I/O that nodes describe, by asking millrace-egress (egress/egress.h).
 *
 * While egress is away requests wait for it; the node's own timeout ends them (flow/exec.h). What
 * was under way when it went is answered IO_ABORTED, and retried as the node says.
 */
#ifndef MR_WORKER_STEP_H
#define MR_WORKER_STEP_H

#include "flow/exec.h"
#include "worker/worker.h"

struct egress_client *step_client_new(struct worker *w);
void step_client_free(struct egress_client *c);

/* Starts the I/O; run_io_done(run, token, …) is called once, later. */
void step_start(struct egress_client *c, struct run *run, const struct exec_wish *wish);

/* Gives it up; run_io_done won't be called for it. An unknown token is fine. */
void step_abort(struct egress_client *c, struct run *run, int64_t token);

/* Gives up all of the run's. */
void step_abort_all(struct egress_client *c, struct run *run);

int step_in_flight(const struct egress_client *c);

#endif

/*
 * step.h: performs the I/O that nodes describe, by asking millrace-egress (egress/egress.h).
 *
 * While egress is away requests wait for it; the node's own timeout ends them (flow/exec.h). What
 * was under way when it went is answered IO_ABORTED, and retried as the node says.
 */
#ifndef MR_WORKER_STEP_H
#define MR_WORKER_STEP_H

#include "flow/exec.h"
#include "flow/io.h"
#include "worker/worker.h"

struct egress_client *step_client_new(struct worker *w);
void step_client_free(struct egress_client *c);

/* Starts the I/O; run_io_done(run, token, …) is called once, later. */
void step_start(struct egress_client *c, struct run *run, const struct exec_wish *wish);

/* Gives it up; run_io_done won't be called for it. An unknown token is fine. */
void step_abort(struct egress_client *c, struct run *run, int64_t token);

/* Gives up all of the run's. */
void step_abort_all(struct egress_client *c, struct run *run);

/* What waited until it was known where calls may go is sent. */
void step_resume(struct egress_client *c);

/* Egress is there. */
bool step_is_up(const struct egress_client *c);

typedef void (*step_answer_fn)(const struct io_result *result, void *arg);

/*
 * Asks egress something that is no step of a run. Takes `request` (without `id`) over; `body` lives
 * until `answer`, which is called once, later. result->message is the answer's, also with IO_OK.
 */
void step_ask(
    struct egress_client *c, json_t *request, struct str body, step_answer_fn answer, void *arg);

int step_in_flight(const struct egress_client *c);

#endif

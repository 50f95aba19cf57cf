/*
 * tick.h: sends work.tick: what finished while the previous one was in flight, and the next claims.
 *
 * One tick a connection at a time, each one transaction and one fsync. Nobody waits for a full
 * batch: idle, a tick carries one run and latency is a round trip; under load batches grow by
 * themselves.
 */
#ifndef MR_WORKER_TICK_H
#define MR_WORKER_TICK_H

#include "worker/run.h"
#include "worker/worker.h"

struct ticks *ticks_new(struct worker *w);
void ticks_free(struct ticks *t);

/* The run has something to write. In a tick already: it is written again after that. */
void tick_add(struct run *run);

/* The run is freed: it is written no more. Not while in_tick. */
void tick_forget(struct run *run);

/* Sends what there is, at the end of this turn of the loop. */
void tick_soon(struct worker *w);

/* No tick is sent while held; lease.c holds them for its sweep. */
void tick_hold(struct worker *w, bool held);

int tick_in_flight(const struct worker *w);

/* A tick would be sent at once. */
bool tick_is_free(const struct worker *w);

#endif

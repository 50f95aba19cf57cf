/*
 * lease.h: the worker's membership: joins, beats, notices what it has lost, and frees what others
 * lost.
 *
 * One heartbeat renews all leases. A worker whose row is gone (it was silent for too long) forgets
 * its runs, whose fences are stale by then, and joins anew under a new id.
 */
#ifndef MR_WORKER_LEASE_H
#define MR_WORKER_LEASE_H

#include "core/uuid.h"
#include "worker/worker.h"

struct lease *lease_new(struct worker *w);
void lease_free(struct lease *l);

/* Gives back every queue row of ours that no run in memory stands for: the outcome of a tick is
 * unknown. Ticks are held meanwhile. */
void lease_sweep(struct lease *l);

/* Somebody has changed something: looks soon which runs are no longer ours, or are paused. */
void lease_look(struct lease *l);

/* The next sweep counts a loss of this run: its data broke a tick. */
void lease_count_loss(struct lease *l, const struct uuid *run_id);

/* Leaves for good; fn is called once the row is gone, or the database did not answer. */
void lease_leave(struct lease *l, void (*fn)(void *arg), void *arg);

#endif

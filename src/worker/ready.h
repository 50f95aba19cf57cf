/*
 * ready.h: the runs that may be claimed, in memory, and who is next.
 *
 *   ring of workspaces that have one -> heap by (prio, run id) of each
 *
 * The set is a copy of what work.feed said, nothing more: an entry whose row is gone or leased
 * costs one address in a claim. Fairness is exact in one process: one run a turn of the ring. A run
 * that has lost a lease before is a suspect and is given alone, so that it can't take neighbours
 * with it.
 */
#ifndef MR_WORKER_READY_H
#define MR_WORKER_READY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/uuid.h"
#include "db/array.h"

#define READY_MAX 200000 /* entries held; the rest is read again when the set has run dry */

struct ready;

struct ready_entry {
	struct uuid run_id; /* time-ordered: first in, first out inside a workspace and priority */
	struct tid tid;
	int16_t prio; /* lower first */
};

struct ready *ready_new(void);
void ready_free(struct ready *r); /* NULL is fine */

/* False: the set is full and the entry was left out; ready_overflowed() holds until ready_clear. */
bool ready_add(struct ready *r, const struct uuid *workspace_id, const struct ready_entry *entry,
    bool suspect);

/*
 * Takes up to max addresses into tids, one a turn of the ring; returns how many. While there is a
 * suspect it gives that one alone.
 */
int ready_take(struct ready *r, int max, struct array *tids);

size_t ready_count(const struct ready *r);
bool ready_overflowed(const struct ready *r);
void ready_clear(struct ready *r);

#endif

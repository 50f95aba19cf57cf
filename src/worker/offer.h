/*
 * offer.h: runs that web hands over. A webhook that comes alone is offered here as soon as its
 * acceptance is committed, with all that a claim would bring: an idle worker begins at once, and
 * neither a notification nor a claim lies between the two commits.
 *
 * Such a run has no lease. Nothing of it leaves memory before its first write, which names fence 0
 * and is taken only while nobody has claimed the run (work.tick). So it must end within that write:
 * what needs I/O or a wait is claimed as usual, from the row that came with the offer.
 */
#ifndef MR_WORKER_OFFER_H
#define MR_WORKER_OFFER_H

#include <sys/types.h>

#include "worker/worker.h"

struct offers;

/* Serves `listener` (taken over; -1: none, and the result is NULL) to the user `web`. */
struct offers *offers_new(struct worker *w, int listener, uid_t web);

/* NULL is fine. */
void offers_free(struct offers *o);

#endif

/*
 * notify.h: tells the web processes what has changed, after the commit, from a connection of its
 * own.
 *
 * Ids only, coalesced: the first goes at once, then at most one a NOTIFY_MS. What doesn't fit is
 * replaced by `*`: anything may have changed. A run that a request waits for is told at once and
 * never left out. Nothing depends on a notification arriving.
 */
#ifndef MR_WORKER_NOTIFY_H
#define MR_WORKER_NOTIFY_H

#include "worker/run.h"
#include "worker/worker.h"

#define NOTIFY_MS 5
#define NOTIFY_BYTES_MAX 7000 /* Postgres takes less than 8000 */

struct notifier *notifier_new(struct worker *w);
void notifier_free(struct notifier *n);

/* Something of the run was committed. */
void notify_run(struct notifier *n, const struct run *run);

#endif

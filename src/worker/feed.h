/*
 * feed.h: reads arrivals, once, into the ready set.
 *
 * work.feed is asked each FEED_BUSY_MS while there is work, backing off to FEED_IDLE_MS, and at
 * once on NOTIFY mr_work. With several workers each keeps its share of the queue (by a hash of the
 * run id); an idle one reads all of it, so nothing depends on the shares being agreed upon.
 */
#ifndef MR_WORKER_FEED_H
#define MR_WORKER_FEED_H

#include "worker/worker.h"

#define FEED_BUSY_MS 5
#define FEED_IDLE_MS 250

struct feed *feed_new(struct worker *w);
void feed_free(struct feed *f);

/* Asks at once, unless there is plenty. */
void feed_soon(struct feed *f);

/*
 * A wake-up with its payload (db/wake.h). With nothing else to do the rows it names are claimed at
 * once; otherwise the feed is asked, which reads them with everything else, in fair order.
 */
void feed_hint(struct feed *f, const char *payload);

/* Forgets the snapshot and the ready set: the next feed reads all from the mark. */
void feed_anew(struct feed *f);

#endif

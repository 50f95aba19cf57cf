/*
 * clock.h: what is done by the clock: wakes runs whose timer is due, fires schedules to the second,
 * works out further due times, frees what dead workers held, moves the queue's mark, chains audit
 * entries. pg_cron does the same each minute, so nothing hangs on a worker being there in time.
 */
#ifndef MR_WORKER_CLOCK_H
#define MR_WORKER_CLOCK_H

#include "worker/worker.h"

#define CLOCK_IDLE_MS 1000 /* timers made by others are seen this late at most */
#define CLOCK_MARK_MS 10000
#define CLOCK_CHAIN_MS 1000
#define CLOCK_EXTEND_MS 1000 /* a schedule just armed has its due times this late at most */

struct ticker *clock_new(struct worker *w);
void clock_free(struct ticker *c);

#endif

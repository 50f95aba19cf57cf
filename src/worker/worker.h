/*
 * worker.h: the state of a worker process, and who does what.
 *
 *   feed.c    what became ready -> ready.c    who is next
 *   tick.c    one transaction: record, move on, claim  -> run.c  a claimed run in memory
 *   run.c     drives flow/exec.h; its I/O goes to step.c, which asks millrace-egress
 *   secret.c  has secrets of connections opened by millrace-vault; test.c tries connections
 *   plans.c   definitions compiled once, by version
 *   lease.c   joins, heartbeat, lost leases    clock.c  timers, schedules, the reaper
 *   mail.c    sends the outbox, by way of egress    outgoing.c  where workspaces' calls may go
 *   domain.c  looks for the records that prove domains
 *   offer.c   runs that web hands over, without a claim
 *   replay.c  tries versions over recorded runs
 *   notify.c  tells the web processes, after the commit
 *
 * One thread, one event loop. Nothing here blocks.
 */
#ifndef MR_WORKER_WORKER_H
#define MR_WORKER_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "core/loop.h"
#include "db/listen.h"
#include "db/pool.h"
#include "worker/ready.h"

struct run;
struct plans;
struct egress_client;
struct secrets;
struct tester;
struct ticks;
struct feed;
struct lease;
struct ticker;
struct notifier;
struct mailer;
struct prover;
struct sinks;
struct outgoing;
struct offers;
struct replayer;

struct worker {
	struct loop *loop;
	struct pool *tick_pool; /* one transaction a connection at a time */
	struct pool *side_pool; /* feed, heartbeat, loads, housekeeping */
	struct listener *listener;

	int64_t id; /* app.worker.id; 0: not joined, nothing may be claimed */
	int place;  /* of `workers` living ones: which share of the queue is ours first */
	int workers;
	bool draining; /* SIGTERM came: no new claims */

	struct ready *ready;
	struct feed *feed;
	struct ticks *ticks;
	struct plans *plans;
	struct egress_client *egress;
	struct secrets *secrets;
	struct tester *tester;
	struct lease *lease;
	struct ticker *ticker;
	struct notifier *notifier;
	struct mailer *mailer;
	struct prover *prover;
	struct sinks *sinks;
	struct outgoing *outgoing;
	struct offers *offers;
	struct replayer *replayer;

	TAILQ_HEAD(run_list, run) runs;   /* all in memory */
	TAILQ_HEAD(out_list, run) outbox; /* those with something to write, oldest first */
	int run_count;
};

#endif

/*
 * main.c: millrace-worker: executes steps and records runs.
 *
 * SIGTERM drains: no new claims, pure steps end, I/O in flight gets MILLRACE_DRAIN_MS, then what is
 * left is given back with its lease, uncounted. A second SIGTERM skips the wait.
 *
 *   --web    the user whose offers of runs are taken (offer.h); with descriptor 3 as the socket
 */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/conf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/process.h"
#include "core/sock.h"
#include "core/time.h"
#include "db/loop.h"
#include "worker/clock.h"
#include "worker/domain.h"
#include "worker/feed.h"
#include "worker/lease.h"
#include "worker/mail.h"
#include "worker/notify.h"
#include "worker/offer.h"
#include "worker/outgoing.h"
#include "worker/plans.h"
#include "worker/replay.h"
#include "worker/run.h"
#include "worker/secret.h"
#include "worker/sink.h"
#include "worker/step.h"
#include "worker/test.h"
#include "worker/tick.h"
#include "worker/worker.h"

#define DRAIN_LOOK_MS 20
#define GIVE_BACK_MS 5000 /* after that we leave without: the reaper frees what is left */

struct drain {
	struct worker *w;
	struct loop_timer timer;
	int64_t ends_ms; /* mono: I/O is given up */
	int64_t leaves_ms;
	bool leaving;
};

static int worker_start(struct worker *w, struct drain *drain, struct err *e);
static int offers_start(struct worker *w, int argc, char **argv, struct err *e);
static void worker_stop(struct worker *w);
static void on_notify(const char *channel, const char *payload, void *arg);
static void on_resync(void *arg);
static void on_signal(int signo, void *arg);
static void drain_look(struct loop_timer *t, void *arg);
static void on_left(void *arg);

int
main(int argc, char **argv)
{
	struct worker w = { 0 };
	struct drain drain = { .w = &w };
	enum log_level level = LOG_LEVEL_INFO;
	pid_t parent = getppid();
	struct err e = { 0 };

	log_init("worker", level, STDERR_FILENO);
	/* One arena for the one thread, and what a burst took is given back. */
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
	if (conf_load(&e) != 0 || log_level_parse(conf_text(CONF_LOG_LEVEL), &level, &e) != 0)
		goto fail;
	log_init("worker", level, STDERR_FILENO);
	process_die_with_parent(SIGTERM, parent);
	process_harden();
	if (worker_start(&w, &drain, &e) != 0 || offers_start(&w, argc, argv, &e) != 0)
		goto fail;
	log_info("worker.started", "pid=%d", (int)getpid());
	loop_run(w.loop);
	log_info("worker.stopped", "pid=%d", (int)getpid());
	worker_stop(&w);
	return 0;
fail:
	log_err(LOG_LEVEL_ERROR, "worker.start", &e);
	worker_stop(&w);
	return 1;
}

static int
worker_start(struct worker *w, struct drain *drain, struct err *e)
{
	static const char *const channels[] = { "mr_work" };
	const struct listener_calls calls = { .notify = on_notify, .resync = on_resync, .arg = w };
	struct pool_conf tick_conf = { .dsn = conf_text(CONF_DSN),
		.name = "millrace-worker",
		.size = (int)conf_int(CONF_CLAIM_CONNECTIONS),
		.depth = 1,
		.flight_ms = 30000 };
	struct pool_conf side_conf = { .dsn = conf_text(CONF_DSN),
		.name = "millrace-worker-side",
		.size = 2,
		.queue = 100000,
		.queue_ms = 10000,
		.flight_ms = 30000 };

	if (conf_text(CONF_DSN)[0] == '\0')
		return err_set_field(e, "MR400", conf_name(CONF_DSN),
		    "the database is not set: give its address in %s", conf_name(CONF_DSN));
	if (loop_new(&w->loop, e) != 0 || loop_signal(w->loop, SIGTERM, on_signal, drain, e) != 0 ||
	    loop_signal(w->loop, SIGINT, on_signal, drain, e) != 0)
		return -1;
	signal(SIGPIPE, SIG_IGN);
	TAILQ_INIT(&w->runs);
	TAILQ_INIT(&w->outbox);
	w->tick_pool = db_loop_pool(w->loop, &tick_conf);
	w->side_pool = db_loop_pool(w->loop, &side_conf);
	w->ready = ready_new();
	w->feed = feed_new(w);
	w->ticks = ticks_new(w);
	w->plans = plans_new(w);
	w->secrets = secrets_new(w);
	w->outgoing = outgoing_new(w);
	w->egress = step_client_new(w);
	w->tester = tester_new(w);
	w->notifier = notifier_new(w);
	w->lease = lease_new(w);
	w->ticker = clock_new(w);
	w->sinks = sinks_new(w);
	w->prover = prover_new(w);
	w->replayer = replayer_new(w);
	if (mailer_new(w, &w->mailer, e) != 0)
		return -1;
	w->listener = db_loop_listener(
	    w->loop, conf_text(CONF_DSN), "millrace-worker-listen", channels, 1, &calls);
	return 0;
}

/* Only the worker that has the socket is offered anything. */
static int
offers_start(struct worker *w, int argc, char **argv, struct err *e)
{
	int64_t web = geteuid();

	if (argc > 2 && strcmp(argv[1], "--web") == 0) {
		if (str_int64(str_of(argv[2]), 0, UINT32_MAX - 1, &web, e) != 0)
			return err_set(e, "MR400", "%s is no user id", argv[2]);
	} else if (argc > 1) {
		return err_set(e, "MR400", "usage: millrace-worker [--web <uid>]");
	}
	w->offers = offers_new(w, sock_given(), (uid_t)web);
	return 0;
}

/*
 * Frees what was started; runs still in memory are left to the reaper. The pools go first: they end
 * what is under way, and those who hear of it are still there.
 */
static void
worker_stop(struct worker *w)
{
	offers_free(w->offers);
	listener_free(w->listener);
	pool_free(w->tick_pool);
	pool_free(w->side_pool);
	clock_free(w->ticker);
	mailer_free(w->mailer);
	sinks_free(w->sinks);
	prover_free(w->prover);
	replayer_free(w->replayer);
	lease_free(w->lease);
	notifier_free(w->notifier);
	tester_free(w->tester);
	step_client_free(w->egress);
	secrets_free(w->secrets);
	outgoing_free(w->outgoing);
	plans_free(w->plans);
	ticks_free(w->ticks);
	feed_free(w->feed);
	ready_free(w->ready);
	loop_free(w->loop);
}

static void
on_notify(const char *channel, const char *payload, void *arg)
{
	struct worker *w = arg;

	(void)channel;
	/* What is no run wakes without naming one. */
	if (payload == NULL || payload[0] == '\0') {
		tester_soon(w->tester);
		prover_soon(w->prover);
		replayer_soon(w->replayer);
		lease_look(w->lease);
	}
	feed_hint(w->feed, payload);
}

static void
on_resync(void *arg)
{
	on_notify(NULL, "", arg);
}

static void
on_signal(int signo, void *arg)
{
	struct drain *drain = arg;
	struct worker *w = drain->w;

	log_info("worker.draining", "signal=%d runs=%d", signo, w->run_count);
	drain->ends_ms = w->draining ? mono_ms() : mono_ms() + conf_int(CONF_DRAIN_MS);
	drain->leaves_ms = drain->ends_ms + GIVE_BACK_MS;
	w->draining = true;
	loop_timer(w->loop, &drain->timer, 0, DRAIN_LOOK_MS, drain_look, drain);
}

static void
drain_look(struct loop_timer *t, void *arg)
{
	struct drain *drain = arg;
	struct worker *w = drain->w;
	struct run *run, *next;

	(void)t;
	if (drain->leaving)
		return;
	if (w->run_count > 0 && mono_ms() >= drain->ends_ms) {
		for (run = TAILQ_FIRST(&w->runs); run != NULL; run = next) {
			next = TAILQ_NEXT(run, all);
			run_give_back(run);
		}
	}
	if ((w->run_count == 0 && tick_in_flight(w) == 0) || mono_ms() >= drain->leaves_ms) {
		drain->leaving = true;
		lease_leave(w->lease, on_left, w);
	}
}

static void
on_left(void *arg)
{
	struct worker *w = arg;

	loop_stop(w->loop);
}

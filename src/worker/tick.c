#include "worker/tick.h"

#include <assert.h>
#include <string.h>

#include "core/conf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"
#include "db/array.h"
#include "db/value.h"
#include "worker/batch.h"
#include "worker/claim.h"
#include "worker/feed.h"
#include "worker/lease.h"
#include "worker/notify.h"

#define TICKS_MAX 8

struct tick {
	struct worker *w;
	bool is_busy;
	int claims;
	struct batch batch;
	struct run **runs; /* those it carries */
	int n;
	int cap;
};

struct ticks {
	struct worker *w;
	struct tick v[TICKS_MAX];
	int size;
	int busy;
	bool held;
	int claim_max;
	int flight_max;
	struct loop_timer soon;
};

static void pump(struct loop_timer *t, void *arg);
static struct tick *tick_idle(struct ticks *ticks);
static int tick_fill(struct tick *t);
static void tick_send(struct tick *t);
static void tick_done(struct job *job, const struct job_result *result, void *arg);
static void tick_failed(struct tick *t, const struct job_result *result);
static void tick_stale(struct tick *t, const struct uuid *run_id);

struct ticks *
ticks_new(struct worker *w)
{
	struct ticks *ticks = mem_alloc(sizeof(*ticks));

	ticks->w = w;
	ticks->size = (int)conf_int(CONF_CLAIM_CONNECTIONS);
	ticks->claim_max = (int)conf_int(CONF_CLAIM_MAX);
	ticks->flight_max = (int)conf_int(CONF_FLIGHT_MAX);
	if (ticks->size > TICKS_MAX)
		ticks->size = TICKS_MAX;
	for (int i = 0; i < ticks->size; i++) {
		ticks->v[i].w = w;
		batch_open(&ticks->v[i].batch);
	}
	return ticks;
}

void
ticks_free(struct ticks *ticks)
{
	if (ticks == NULL)
		return;
	loop_timer_stop(&ticks->soon);
	for (int i = 0; i < ticks->size; i++) {
		batch_free(&ticks->v[i].batch);
		mem_free(ticks->v[i].runs);
	}
	mem_free(ticks);
}

void
tick_add(struct run *run)
{
	if (run->in_tick) {
		run->again = true;
	} else if (!run->in_outbox) {
		run->in_outbox = true;
		TAILQ_INSERT_TAIL(&run->w->outbox, run, out);
		tick_soon(run->w);
	}
}

void
tick_forget(struct run *run)
{
	assert(!run->in_tick);
	if (run->in_outbox)
		TAILQ_REMOVE(&run->w->outbox, run, out);
	run->in_outbox = false;
}

void
tick_soon(struct worker *w)
{
	if (w->ticks->soon.loop == NULL)
		loop_timer(w->loop, &w->ticks->soon, 0, 0, pump, w->ticks);
}

void
tick_hold(struct worker *w, bool held)
{
	w->ticks->held = held;
	if (!held)
		tick_soon(w);
}

int
tick_in_flight(const struct worker *w)
{
	return w->ticks->busy;
}

bool
tick_is_free(const struct worker *w)
{
	return !w->ticks->held && w->ticks->busy < w->ticks->size;
}

static void
pump(struct loop_timer *timer, void *arg)
{
	struct ticks *ticks = arg;
	struct tick *t;

	(void)timer;
	while (!ticks->held && ticks->w->id != 0 && (t = tick_idle(ticks)) != NULL) {
		if (tick_fill(t) == 0)
			return;
		tick_send(t);
	}
}

static struct tick *
tick_idle(struct ticks *ticks)
{
	for (int i = 0; i < ticks->size; i++) {
		if (!ticks->v[i].is_busy)
			return &ticks->v[i];
	}
	return NULL;
}

/* Takes runs from the outbox and claims from the ready set; returns how many in all. */
static int
tick_fill(struct tick *t)
{
	struct worker *w = t->w;
	struct ticks *ticks = w->ticks;
	int room = ticks->flight_max - w->run_count;

	batch_reset(&t->batch);
	t->n = 0;
	while (!TAILQ_EMPTY(&w->outbox) && !batch_is_full(&t->batch)) {
		struct run *run = TAILQ_FIRST(&w->outbox);

		TAILQ_REMOVE(&w->outbox, run, out);
		run->in_outbox = false;
		run->in_tick = true;
		if (t->n == t->cap) {
			t->cap = t->cap ? t->cap * 2 : 64;
			t->runs = mem_grow(t->runs, (size_t)t->cap, sizeof(struct run *));
		}
		t->runs[t->n++] = run;
		batch_add(&t->batch, run);
	}
	t->claims = 0;
	if (!w->draining && room > 0)
		t->claims = ready_take(
		    w->ready, room < ticks->claim_max ? room : ticks->claim_max, &t->batch.tids);
	return t->n + t->claims;
}

static void
tick_send(struct tick *t)
{
	struct job *job = job_new(t->w->tick_pool, tick_done, t);
	struct err e = { 0 };

	batch_bind(&t->batch, job, t->w->id, conf_int(CONF_LEASE_CAP_MS));
	t->is_busy = true;
	t->w->ticks->busy++;
	if (job_submit(job, 0, &e) != 0) {
		struct job_result result = { .err = &e };

		tick_done(NULL, &result, t);
	}
}

static void
tick_done(struct job *job, const struct job_result *result, void *arg)
{
	struct tick *t = arg;
	struct worker *w = t->w;
	const PGresult *res = result->v[0];
	struct err e = { 0 };
	int rows;

	(void)job;
	t->is_busy = false;
	w->ticks->busy--;
	if (result->err != NULL || value_shape(res, CLAIM_SHAPE, &e) != 0) {
		tick_failed(t, result);
		return;
	}
	rows = PQntuples(res);
	for (int i = 0; i < rows && value_bool(res, i, CLAIM_IS_STALE); i++) {
		struct uuid run_id = value_uuid(res, i, CLAIM_RUN);

		tick_stale(t, &run_id);
	}
	for (int i = 0; i < t->n; i++) {
		struct run *run = t->runs[i];

		run->in_tick = false;
		if (!run->is_lost) {
			log_debug("run.recorded", "run_id=%s mono_us=%lld", run->id_text,
			    (long long)mono_us());
			notify_run(w->notifier, run);
		}
		if (run->again && !run->is_lost && !run->has_ended) {
			run->again = false;
			tick_add(run);
		}
		run_committed(run);
	}
	for (int i = 0; i < rows; i++) {
		if (!value_bool(res, i, CLAIM_IS_STALE))
			run_claimed(w, res, i);
	}
	/* A full claim that emptied the set: there may be more. Else the feed has its own pace. */
	if (t->claims == w->ticks->claim_max && ready_count(w->ready) == 0)
		feed_soon(w->feed);
	tick_soon(w);
}

/*
 * Nothing is known of the runs it carried, or nothing was done: they are forgotten, and the sweep
 * gives back what is still leased. Where the data was at fault a loss is counted, so that the run
 * at fault is claimed alone next and ends in quarantine, while its neighbours succeed.
 */
static void
tick_failed(struct tick *t, const struct job_result *result)
{
	static const char *const data_classes[] = { "21", "22", "23", "54", "MR" };
	bool counted = false;

	log_err(LOG_LEVEL_ERROR, "tick.failed", result->err);
	for (size_t i = 0; result->err != NULL && i < countof(data_classes); i++)
		counted = counted || strncmp(result->err->code, data_classes[i], 2) == 0;
	counted = counted && !result->unknown && !err_is(result->err, "MR503");
	for (int i = 0; i < t->n; i++) {
		struct run *run = t->runs[i];

		run->in_tick = false;
		if (counted)
			lease_count_loss(t->w->lease, &run->id);
		run_lost(run);
	}
	lease_sweep(t->w->lease);
}

static void
tick_stale(struct tick *t, const struct uuid *run_id)
{
	for (int i = 0; i < t->n; i++) {
		if (uuid_eq(&t->runs[i]->id, run_id)) {
			log_info("lease.stale", "run_id=%s fence=%lld", t->runs[i]->id_text,
			    (long long)t->runs[i]->fence);
			run_lost(t->runs[i]);
			return;
		}
	}
}

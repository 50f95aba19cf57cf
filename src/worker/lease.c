#include "worker/lease.h"

#include <string.h>
#include <unistd.h>

#include "core/conf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"
#include "db/array.h"
#include "db/value.h"
#include "worker/feed.h"
#include "worker/run.h"
#include "worker/step.h"
#include "worker/tick.h"

#define LOST_CHECK_MS 1000
#define LOST_SOON_MS 50 /* after a wake-up; many come in a row */
#define REJOIN_MS 250
#define SWEEP_MS 60000 /* insurance: nothing is known to leave a lease behind */

struct lease {
	struct worker *w;
	struct loop_timer beat;
	struct loop_timer check;
	struct loop_timer sweep;
	bool beating;
	bool checking;
	bool looks_soon;
	struct array ws, run, fence; /* of the lost check */
	struct array known;          /* of the sweep */
	struct array counted;
	void (*left)(void *arg);
	void *left_arg;
};

static const struct statement st_join = { "worker_join", "select work.worker_join($1, $2)" };
static const struct statement st_leave = { "worker_leave", "select work.worker_leave($1)" };
static const struct statement st_beat = { "heartbeat", "select * from work.heartbeat($1, $2)" };
static const struct statement st_lost = { "lost", "select * from work.lost($1, $2, $3, $4)" };
static const struct statement st_sweep = { "sweep", "select work.sweep($1, $2, $3)" };

static void join(struct loop_timer *t, void *arg);
static void joined(struct job *job, const struct job_result *result, void *arg);
static void beat(struct loop_timer *t, void *arg);
static void beaten(struct job *job, const struct job_result *result, void *arg);
static void forget_all(struct lease *l);
static void check(struct loop_timer *t, void *arg);
static void checked(struct job *job, const struct job_result *result, void *arg);
static struct run *run_find(struct worker *w, const struct uuid *id);
static void sweep(struct loop_timer *t, void *arg);
static void swept(struct job *job, const struct job_result *result, void *arg);
static void left(struct job *job, const struct job_result *result, void *arg);
static void side_submit(struct lease *l, struct job *job, job_fn fn);

struct lease *
lease_new(struct worker *w)
{
	struct lease *l = mem_alloc(sizeof(*l));

	l->w = w;
	array_open(&l->ws, ARRAY_UUID);
	array_open(&l->run, ARRAY_UUID);
	array_open(&l->fence, ARRAY_INT8);
	array_open(&l->known, ARRAY_UUID);
	array_open(&l->counted, ARRAY_UUID);
	loop_timer(w->loop, &l->beat, 0, 0, join, l);
	loop_timer(w->loop, &l->check, LOST_CHECK_MS, LOST_CHECK_MS, check, l);
	loop_timer(w->loop, &l->sweep, SWEEP_MS, 0, sweep, l);
	return l;
}

void
lease_free(struct lease *l)
{
	if (l == NULL)
		return;
	loop_timer_stop(&l->beat);
	loop_timer_stop(&l->check);
	loop_timer_stop(&l->sweep);
	array_free(&l->ws);
	array_free(&l->run);
	array_free(&l->fence);
	array_free(&l->known);
	array_free(&l->counted);
	mem_free(l);
}

void
lease_sweep(struct lease *l)
{
	tick_hold(l->w, true);
	loop_timer(l->w->loop, &l->sweep, 0, 0, sweep, l);
}

void
lease_look(struct lease *l)
{
	if (!TAILQ_EMPTY(&l->w->runs) && !l->checking && !l->looks_soon) {
		l->looks_soon = true;
		loop_timer(l->w->loop, &l->check, LOST_SOON_MS, LOST_CHECK_MS, check, l);
	}
}

void
lease_count_loss(struct lease *l, const struct uuid *run_id)
{
	array_uuid(&l->counted, run_id);
}

void
lease_leave(struct lease *l, void (*fn)(void *arg), void *arg)
{
	struct job *job = job_new(l->w->side_pool, left, l);

	l->left = fn;
	l->left_arg = arg;
	loop_timer_stop(&l->beat);
	loop_timer_stop(&l->sweep);
	job_statement(job, &st_leave, true);
	job_int8(job, l->w->id);
	l->w->id = 0;
	side_submit(l, job, left);
}

static void
join(struct loop_timer *t, void *arg)
{
	struct lease *l = arg;
	struct job *job = job_new(l->w->side_pool, joined, l);
	char host[256];

	(void)t;
	if (gethostname(host, sizeof(host) - 1) != 0)
		host[0] = '\0';
	host[sizeof(host) - 1] = '\0';
	job_statement(job, &st_join, true);
	job_text(job, host);
	job_int4(job, (int32_t)getpid());
	side_submit(l, job, joined);
}

static void
joined(struct job *job, const struct job_result *result, void *arg)
{
	struct lease *l = arg;
	struct worker *w = l->w;

	(void)job;
	if (result->err != NULL) {
		log_err(LOG_LEVEL_WARN, "worker.join", result->err);
		loop_timer(w->loop, &l->beat, REJOIN_MS, 0, join, l);
		return;
	}
	w->id = value_int8(result->v[0], 0, 0);
	w->place = 0;
	w->workers = 1;
	log_info("worker.joined", "worker=%lld", (long long)w->id);
	loop_timer(w->loop, &l->beat, 0, conf_int(CONF_HEARTBEAT_MS), beat, l);
	feed_anew(w->feed);
}

static void
beat(struct loop_timer *t, void *arg)
{
	struct lease *l = arg;
	struct job *job;
	json_t *load;

	(void)t;
	if (l->beating)
		return;
	job = job_new(l->w->side_pool, beaten, l);
	load = json_pack("{s:i, s:i, s:I}", "runs", l->w->run_count, "io",
	    step_in_flight(l->w->egress), "ready", (json_int_t)ready_count(l->w->ready));
	job_statement(job, &st_beat, true);
	job_int8(job, l->w->id);
	job_json(job, load);
	json_decref(load);
	l->beating = true;
	side_submit(l, job, beaten);
}

static void
beaten(struct job *job, const struct job_result *result, void *arg)
{
	struct lease *l = arg;
	struct worker *w = l->w;
	int place, workers;

	(void)job;
	l->beating = false;
	if (result->err != NULL) {
		log_err(LOG_LEVEL_WARN, "worker.heartbeat", result->err);
		return;
	}
	if (w->id == 0)
		return;
	if (!value_bool(result->v[0], 0, 0)) {
		log_warn("worker.reaped", "worker=%lld runs=%d", (long long)w->id, w->run_count);
		forget_all(l);
		loop_timer(w->loop, &l->beat, 0, 0, join, l);
		return;
	}
	place = value_int4(result->v[0], 0, 1);
	workers = value_int4(result->v[0], 0, 2);
	if (place != w->place || workers != w->workers) {
		w->place = place;
		w->workers = workers;
		feed_anew(w->feed);
	}
}

/* Our leases are others' by now: the runs are dropped, and ticks in flight will find stale fences.
 */
static void
forget_all(struct lease *l)
{
	struct run *run, *next;

	l->w->id = 0;
	for (run = TAILQ_FIRST(&l->w->runs); run != NULL; run = next) {
		next = TAILQ_NEXT(run, all);
		if (!run->is_lost)
			run_lost(run);
	}
}

/* Asks which fences are gone, and who was paused: a cancelled run's I/O is to be aborted within two
 * seconds. */
static void
check(struct loop_timer *t, void *arg)
{
	struct lease *l = arg;
	struct worker *w = l->w;
	struct run *run;
	struct job *job;

	(void)t;
	l->looks_soon = false;
	if (l->checking || w->id == 0)
		return;
	array_reset(&l->ws);
	array_reset(&l->run);
	array_reset(&l->fence);
	TAILQ_FOREACH(run, &w->runs, all)
	{
		/* What was offered is under no lease. */
		if (run->is_lost || run->offered != NULL)
			continue;
		array_uuid(&l->ws, &run->workspace_id);
		array_uuid(&l->run, &run->id);
		array_int8(&l->fence, run->fence);
	}
	if (l->run.n == 0)
		return;
	job = job_new(w->side_pool, checked, l);
	job_statement(job, &st_lost, true);
	job_int8(job, w->id);
	job_array(job, &l->ws);
	job_array(job, &l->run);
	job_array(job, &l->fence);
	l->checking = true;
	side_submit(l, job, checked);
}

static void
checked(struct job *job, const struct job_result *result, void *arg)
{
	struct lease *l = arg;

	(void)job;
	l->checking = false;
	if (result->err != NULL)
		return;
	for (int i = 0; i < PQntuples(result->v[0]); i++) {
		struct uuid id = value_uuid(result->v[0], i, 0);
		struct run *run = run_find(l->w, &id);

		/* In a tick by now: that one finds out by itself. Another fence: claimed again
		 * since. */
		if (run != NULL && run->fence == value_int8(result->v[0], i, 1) && !run->in_tick &&
		    !run->is_lost) {
			if (value_bool(result->v[0], i, 2)) {
				run_pause(run);
				continue;
			}
			log_info("lease.lost", "run_id=%s", run->id_text);
			run_lost(run);
		}
	}
}

static struct run *
run_find(struct worker *w, const struct uuid *id)
{
	struct run *run;

	TAILQ_FOREACH(run, &w->runs, all)
	{
		if (uuid_eq(&run->id, id))
			return run;
	}
	return NULL;
}

/* Waits until no tick is in flight, then names the runs that we know of. */
static void
sweep(struct loop_timer *t, void *arg)
{
	struct lease *l = arg;
	struct worker *w = l->w;
	struct run *run;
	struct job *job;

	(void)t;
	if (w->id == 0) {
		loop_timer(w->loop, &l->sweep, SWEEP_MS, 0, sweep, l);
		tick_hold(w, false);
		return;
	}
	tick_hold(w, true);
	if (tick_in_flight(w) > 0) {
		loop_timer(w->loop, &l->sweep, 5, 0, sweep, l);
		return;
	}
	array_reset(&l->known);
	TAILQ_FOREACH(run, &w->runs, all)
	{
		if (!run->is_lost)
			array_uuid(&l->known, &run->id);
	}
	job = job_new(w->side_pool, swept, l);
	job_statement(job, &st_sweep, true);
	job_int8(job, w->id);
	job_array(job, &l->known);
	job_array(job, &l->counted);
	side_submit(l, job, swept);
}

static void
swept(struct job *job, const struct job_result *result, void *arg)
{
	struct lease *l = arg;

	(void)job;
	if (result->err != NULL) {
		log_err(LOG_LEVEL_WARN, "worker.sweep", result->err);
		loop_timer(l->w->loop, &l->sweep, REJOIN_MS, 0, sweep, l);
		return;
	}
	array_reset(&l->counted);
	loop_timer(l->w->loop, &l->sweep, SWEEP_MS, 0, sweep, l);
	tick_hold(l->w, false);
	feed_soon(l->w->feed);
}

static void
left(struct job *job, const struct job_result *result, void *arg)
{
	struct lease *l = arg;

	(void)job;
	if (result->err != NULL)
		log_err(LOG_LEVEL_WARN, "worker.leave", result->err);
	l->left(l->left_arg);
}

/* Submits; a job that is refused ends at once, as it would later. */
static void
side_submit(struct lease *l, struct job *job, job_fn fn)
{
	struct err e = { 0 };

	if (job_submit(job, 0, &e) != 0) {
		struct job_result refused = { .err = &e };

		fn(NULL, &refused, l);
	}
}

#include "worker/clock.h"

#include "core/conf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"
#include "db/array.h"
#include "db/value.h"
#include "flow/cron.h"
#include "flow/tz.h"
#include "worker/feed.h"

#define TIMERS_MAX 500    /* woken in one transaction */
#define SCHEDULES_MAX 100 /* extended in one go */
#define DUE_TIMES_MAX 500 /* stored ahead for one schedule */
#define CHAIN_MAX 5000    /* audit entries chained in one transaction */
#define DUE_AHEAD_MS (48 * 3600 * 1000LL)

struct ticker {
	struct worker *w;
	struct loop_timer fire;
	struct loop_timer extend;
	struct loop_timer reap;
	struct loop_timer mark;
	struct loop_timer chain;
};

static const struct statement st_fire = { "clock_fire",
	"select t.fired, t.next_ms, work.schedule_fire() as fired_schedules,"
	" work.schedule_next() as next_schedule_ms from work.timer_fire($1) t" };
static const struct statement st_low = { "schedule_low", "select * from work.schedule_low($1)" };
static const struct statement st_extend = { "schedule_extend",
	"select work.schedule_extend($1, $2, $3, $4)" };

static const struct statement st_reap = { "reap", "select work.reap($1)" };
static const struct statement st_mark = { "mark", "select work.mark()" };
static const struct statement st_chain = { "audit_chain",
	"select work.audit_chain($1), work.audit_verify($1)" };

static void fire(struct loop_timer *t, void *arg);
static void fired(struct job *job, const struct job_result *result, void *arg);
static void extend(struct loop_timer *t, void *arg);
static void low_got(struct job *job, const struct job_result *result, void *arg);
static void schedule_extend(struct ticker *c, const PGresult *res, int row);
static void extended(struct job *job, const struct job_result *result, void *arg);
static void reap(struct loop_timer *t, void *arg);
static void mark(struct loop_timer *t, void *arg);
static void chain(struct loop_timer *t, void *arg);
static void housekept(struct job *job, const struct job_result *result, void *arg);
static void submit(struct job *job);

struct ticker *
clock_new(struct worker *w)
{
	struct ticker *c = mem_alloc(sizeof(*c));

	c->w = w;
	loop_timer(w->loop, &c->fire, CLOCK_IDLE_MS, 0, fire, c);
	loop_timer(w->loop, &c->extend, CLOCK_IDLE_MS, CLOCK_EXTEND_MS, extend, c);
	loop_timer(w->loop, &c->reap, conf_int(CONF_REAP_MS), conf_int(CONF_REAP_MS), reap, c);
	loop_timer(w->loop, &c->mark, CLOCK_MARK_MS, CLOCK_MARK_MS, mark, c);
	loop_timer(w->loop, &c->chain, CLOCK_CHAIN_MS, CLOCK_CHAIN_MS, chain, c);
	return c;
}

void
clock_free(struct ticker *c)
{
	if (c == NULL)
		return;
	loop_timer_stop(&c->fire);
	loop_timer_stop(&c->extend);
	loop_timer_stop(&c->reap);
	loop_timer_stop(&c->mark);
	loop_timer_stop(&c->chain);
	mem_free(c);
}

static void
fire(struct loop_timer *t, void *arg)
{
	struct ticker *c = arg;
	struct job *job;
	struct err e = { 0 };

	(void)t;
	loop_timer(c->w->loop, &c->fire, CLOCK_IDLE_MS, 0, fire, c);
	if (c->w->draining)
		return;
	job = job_new(c->w->side_pool, fired, c);
	job_statement(job, &st_fire, true);
	job_int4(job, TIMERS_MAX);
	if (job_submit(job, 0, &e) != 0)
		log_err(LOG_LEVEL_WARN, "clock.fire", &e);
}

static void
fired(struct job *job, const struct job_result *result, void *arg)
{
	struct ticker *c = arg;
	const PGresult *res = result->v[0];
	int64_t wait_ms = CLOCK_IDLE_MS;

	(void)job;
	if (result->err != NULL) {
		log_err(LOG_LEVEL_WARN, "clock.fire", result->err);
		return;
	}
	if (value_int4(res, 0, 0) > 0 || value_int4(res, 0, 2) > 0)
		feed_soon(c->w->feed);
	for (int col = 1; col <= 3; col += 2) {
		if (!value_is_null(res, 0, col) && value_int8(res, 0, col) < wait_ms)
			wait_ms = value_int8(res, 0, col);
	}
	loop_timer(c->w->loop, &c->fire, wait_ms, 0, fire, c);
}

static void
extend(struct loop_timer *t, void *arg)
{
	struct ticker *c = arg;
	struct job *job;
	struct err e = { 0 };

	(void)t;
	if (c->w->draining)
		return;
	job = job_new(c->w->side_pool, low_got, c);
	job_statement(job, &st_low, true);
	job_int4(job, SCHEDULES_MAX);
	if (job_submit(job, 0, &e) != 0)
		log_err(LOG_LEVEL_WARN, "clock.extend", &e);
}

static void
low_got(struct job *job, const struct job_result *result, void *arg)
{
	struct ticker *c = arg;
	struct err e = { 0 };

	(void)job;
	if (result->err != NULL) {
		log_err(LOG_LEVEL_WARN, "clock.extend", result->err);
		return;
	}
	if (value_shape(result->v[0], "uuttz", &e) != 0) {
		log_err(LOG_LEVEL_ERROR, "clock.extend", &e);
		return;
	}
	for (int i = 0; i < PQntuples(result->v[0]); i++)
		schedule_extend(c, result->v[0], i);
}

/* Works out the due times behind those that are stored: at least one, up to DUE_AHEAD_MS ahead. */
static void
schedule_extend(struct ticker *c, const PGresult *res, int row)
{
	struct uuid workspace_id = value_uuid(res, row, 0);
	struct uuid trigger_id = value_uuid(res, row, 1);
	int64_t until_ms = value_timestamp_ms(res, row, 4);
	int64_t due_ms[DUE_TIMES_MAX];
	struct array due = { 0 };
	struct cron rule;
	const struct tz *zone;
	struct job *job;
	struct err e = { 0 };
	char until[TIME_TEXT_SIZE];
	int n;

	if (cron_parse(value_str(res, row, 2), &rule, &e) != 0 ||
	    tz_find(value_str(res, row, 3), &zone, &e) != 0) {
		log_err(LOG_LEVEL_ERROR, "schedule.rule", &e);
		return;
	}
	n = cron_next_many(&rule, zone, until_ms, until_ms, due_ms, DUE_TIMES_MAX);
	array_open(&due, ARRAY_TIMESTAMPTZ);
	for (int i = 0; i < n && (i == 0 || due_ms[i] < now_ms() + DUE_AHEAD_MS); i++)
		array_timestamp(&due, due_ms[i]);
	job = job_new(c->w->side_pool, extended, c);
	job_statement(job, &st_extend, true);
	job_uuid(job, &workspace_id);
	job_uuid(job, &trigger_id);
	job_text(job, time_format(until_ms, until));
	job_array(job, &due);
	array_free(&due);
	if (job_submit(job, 0, &e) != 0)
		log_err(LOG_LEVEL_WARN, "clock.extend", &e);
}

static void
extended(struct job *job, const struct job_result *result, void *arg)
{
	(void)job;
	(void)arg;
	if (result->err != NULL)
		log_err(LOG_LEVEL_WARN, "clock.extend", result->err);
}

static void
reap(struct loop_timer *t, void *arg)
{
	struct ticker *c = arg;
	struct job *job;

	(void)t;
	if (c->w->id == 0)
		return;
	job = job_new(c->w->side_pool, housekept, c);
	job_statement(job, &st_reap, true);
	job_int4(job, (int32_t)conf_int(CONF_SILENT_MS));
	submit(job);
}

static void
mark(struct loop_timer *t, void *arg)
{
	struct ticker *c = arg;
	struct job *job = job_new(c->w->side_pool, housekept, c);

	(void)t;
	job_statement(job, &st_mark, true);
	submit(job);
}

static void
chain(struct loop_timer *t, void *arg)
{
	struct ticker *c = arg;
	struct job *job = job_new(c->w->side_pool, housekept, c);

	(void)t;
	job_statement(job, &st_chain, true);
	job_int4(job, CHAIN_MAX);
	submit(job);
}

static void
housekept(struct job *job, const struct job_result *result, void *arg)
{
	(void)job;
	(void)arg;
	if (result->err != NULL)
		log_err(LOG_LEVEL_WARN, "worker.housekeeping", result->err);
}

static void
submit(struct job *job)
{
	struct err e = { 0 };

	if (job_submit(job, 0, &e) != 0)
		log_err(LOG_LEVEL_WARN, "worker.housekeeping", &e);
}

#include "worker/replay.h"

#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"
#include "db/value.h"
#include "flow/rehearse.h"
#include "worker/claim.h"
#include "worker/plans.h"
#include "worker/run.h"

/* Behind the columns of a claim. */
enum next_column { NEXT_REPLAY = CLAIM_BODY + 1, NEXT_TRIED, NEXT_STATUS, NEXT_OUTPUT, NEXT_ERROR };
#define NEXT_SHAPE CLAIM_SHAPE "uuttt"

/* The recorded run that is being tried. */
struct subject {
	struct uuid workspace_id, run_id, replay_id, version_id, tried_id;
	char id_text[UUID_TEXT_SIZE];
	char *node;
	json_t *items, *overrides, *root, *output, *error;
	int64_t started_at_ms;
	enum run_outcome outcome;
	struct plan_entry *was, *tried;
};

struct replayer {
	struct worker *w;
	struct loop_timer look;
	bool busy;       /* a run is being tried, or asked for */
	int64_t rest_ms; /* before the next one */
	struct subject *subject;
};

static const struct statement st_next = { "replay_next",
	"select * from work.replay_next($1, $2, $3, $4, $5, $6, $7, $8)" };
static const struct statement st_steps = { "run_load", "select * from work.run_load($1, $2)" };

static void look(struct loop_timer *t, void *arg);
static void next_ask(
    struct replayer *r, const char *outcome, const char *reason, const json_t *differences);
static void next_got(struct job *job, const struct job_result *result, void *arg);
static struct subject *subject_new(const PGresult *res);
static void subject_begin(struct loop_timer *t, void *arg);
static void subject_free(struct replayer *r);
static void plan_got(void *arg);
static void steps_ask(struct replayer *r);
static void steps_got(struct job *job, const struct job_result *result, void *arg);
static json_t *try_over(const struct subject *s, const PGresult *res, struct err *e);
static void leave(struct replayer *r);

struct replayer *
replayer_new(struct worker *w)
{
	struct replayer *r = mem_alloc(sizeof(*r));

	r->w = w;
	loop_timer(w->loop, &r->look, REPLAY_LOOK_MS, 0, look, r);
	return r;
}

void
replayer_free(struct replayer *r)
{
	if (r == NULL)
		return;
	loop_timer_stop(&r->look);
	subject_free(r);
	mem_free(r);
}

void
replayer_soon(struct replayer *r)
{
	if (!r->busy)
		loop_timer(r->w->loop, &r->look, 0, 0, look, r);
}

static void
look(struct loop_timer *t, void *arg)
{
	struct replayer *r = arg;

	(void)t;
	if (r->w->draining || r->w->id == 0)
		leave(r);
	else
		next_ask(r, NULL, NULL, NULL);
}

/* Says what came of the run that was tried, if one was, and asks for the next. */
static void
next_ask(struct replayer *r, const char *outcome, const char *reason, const json_t *differences)
{
	const struct subject *s = r->subject;
	struct job *job = job_new(r->w->side_pool, next_got, r);
	struct err e = { 0 };

	job_statement(job, &st_next, true);
	job_int8(job, r->w->id);
	job_int4(job, REPLAY_LEASE_MS);
	job_uuid(job, s != NULL ? &s->workspace_id : NULL);
	job_uuid(job, s != NULL ? &s->replay_id : NULL);
	job_uuid(job, s != NULL ? &s->run_id : NULL);
	job_text(job, outcome);
	job_text(job, reason);
	job_json(job, differences);
	subject_free(r);
	r->busy = true;
	if (job_submit(job, 0, &e) != 0) {
		log_err(LOG_LEVEL_WARN, "replay.next", &e);
		leave(r);
	}
}

static void
next_got(struct job *job, const struct job_result *result, void *arg)
{
	struct replayer *r = arg;
	struct err e = { 0 };

	(void)job;
	if (result->err != NULL) {
		log_err(LOG_LEVEL_WARN, "replay.next", result->err);
		leave(r);
	} else if (value_shape(result->v[0], NEXT_SHAPE, &e) != 0) {
		log_err(LOG_LEVEL_ERROR, "replay.next", &e);
		leave(r);
	} else if (PQntuples(result->v[0]) == 0) {
		leave(r);
	} else {
		r->subject = subject_new(result->v[0]);
		loop_timer(r->w->loop, &r->look, r->rest_ms, 0, subject_begin, r);
	}
}

static struct subject *
subject_new(const PGresult *res)
{
	struct subject *s = mem_alloc(sizeof(*s));
	struct run_start start = run_claim(res, 0);

	s->workspace_id = start.workspace_id;
	s->run_id = start.id;
	s->version_id = start.version_id;
	s->replay_id = value_uuid(res, 0, NEXT_REPLAY);
	s->tried_id = value_uuid(res, 0, NEXT_TRIED);
	uuid_format(&start.id, s->id_text);
	s->node = mem_strndup(start.node.p, start.node.n);
	s->items = start.items;
	s->overrides = start.overrides;
	s->root = run_root(&start);
	s->started_at_ms = start.started_at_ms;
	s->outcome = str_is(value_str(res, 0, NEXT_STATUS), "failed") ? RUN_FAILED : RUN_SUCCEEDED;
	s->output = claim_json(res, 0, NEXT_OUTPUT);
	s->error = claim_json(res, 0, NEXT_ERROR);
	return s;
}

static void
subject_free(struct replayer *r)
{
	struct subject *s = r->subject;

	r->subject = NULL;
	if (s == NULL)
		return;
	plans_release(r->w->plans, s->was, r);
	plans_release(r->w->plans, s->tried, r);
	json_decref(s->items);
	json_decref(s->overrides);
	json_decref(s->root);
	json_decref(s->output);
	json_decref(s->error);
	mem_free(s->node);
	mem_free(s);
}

static void
subject_begin(struct loop_timer *t, void *arg)
{
	struct replayer *r = arg;

	(void)t;
	if (r->w->draining)
		leave(r);
	else
		plan_got(r);
}

/* Reads one plan after the other, then the steps. */
static void
plan_got(void *arg)
{
	struct replayer *r = arg;
	struct subject *s = r->subject;

	if (s->was == NULL)
		s->was = plans_get(r->w->plans, &s->workspace_id, &s->version_id, plan_got, r);
	if (s->was->is_read && s->tried == NULL)
		s->tried = plans_get(r->w->plans, &s->workspace_id, &s->tried_id, plan_got, r);
	if (s->tried == NULL || !s->tried->is_read)
		return;
	if (plans_is_transient(s->was) || plans_is_transient(s->tried))
		leave(r);
	else if (s->was->plan == NULL || s->tried->plan == NULL)
		next_ask(r, "skipped", "broken", NULL);
	else
		steps_ask(r);
}

static void
steps_ask(struct replayer *r)
{
	struct job *job = job_new(r->w->side_pool, steps_got, r);
	struct err e = { 0 };

	job_statement(job, &st_steps, true);
	job_uuid(job, &r->subject->workspace_id);
	job_uuid(job, &r->subject->run_id);
	if (job_submit(job, 0, &e) != 0) {
		log_err(LOG_LEVEL_WARN, "replay.steps", &e);
		leave(r);
	}
}

static void
steps_got(struct job *job, const struct job_result *result, void *arg)
{
	struct replayer *r = arg;
	int64_t began_us = mono_us();
	struct err e = { 0 };
	json_t *differences;

	(void)job;
	if (result->err != NULL) {
		log_err(LOG_LEVEL_WARN, "replay.steps", result->err);
		leave(r);
		return;
	}
	differences = try_over(r->subject, result->v[0], &e);
	r->rest_ms = 1 + (mono_us() - began_us) * REPLAY_REST / 1000;
	if (differences == NULL) {
		log_err(LOG_LEVEL_INFO, "replay.broken", &e);
		next_ask(r, "skipped", "broken", NULL);
	} else if (json_array_size(differences) == 0) {
		next_ask(r, "same", NULL, NULL);
	} else {
		next_ask(r, "differs", NULL, differences);
	}
	json_decref(differences);
}

/* What would differ: a new array. NULL: *e is set, the run can't be tried. */
static json_t *
try_over(const struct subject *s, const PGresult *res, struct err *e)
{
	struct exec_start start = { .plan = s->was->plan,
		.run_id = s->id_text,
		.trigger_node = s->node,
		.trigger_items = s->items,
		.run = s->root,
		.workflow = s->was->workflow,
		.started_at_ms = s->started_at_ms };
	int n = PQntuples(res), read = 0;
	struct step_record *rows = mem_array((size_t)n + 1, sizeof(*rows));
	json_t *differences = NULL, *vars = NULL;
	struct err refused = { 0 };
	struct rehearsal r = { .plan = s->tried->plan,
		.start = &start,
		.rows = rows,
		.n = (size_t)n,
		.outcome = s->outcome,
		.output = s->output,
		.error = s->error };

	if (value_shape(res, CLAIM_STEP_SHAPE, e) != 0)
		goto out;
	while (read < n) {
		if (claim_step(res, read, &rows[read], e) != 0) {
			read++;
			goto out;
		}
		read++;
	}
	start.vars = plans_variables(s->was, s->overrides, e);
	if (start.vars == NULL)
		goto out;
	vars = plans_variables(s->tried, s->overrides, &refused);
	r.vars = vars;
	r.refused = vars == NULL ? &refused : NULL;
	if (rehearse(&r, &differences, e) != 0)
		differences = NULL;
out:
	for (int i = 0; i < read; i++)
		claim_step_free(&rows[i]);
	json_decref(start.vars);
	json_decref(vars);
	mem_free(rows);
	return differences;
}

/* Nothing to do, or nothing that can be done now: looks again later. */
static void
leave(struct replayer *r)
{
	subject_free(r);
	r->busy = false;
	loop_timer(r->w->loop, &r->look, REPLAY_LOOK_MS, 0, look, r);
}

#include "worker/prepare.h"

#include "core/conf.h"
#include "core/log.h"
#include "core/time.h"
#include "db/value.h"
#include "worker/claim.h"
#include "worker/plans.h"
#include "worker/run.h"

static const struct statement st_connection_check = { "connection_check",
	"select * from work.connection_check($1, $2, $3, $4)" };
static const struct statement st_run_load = { "run_load", "select * from work.run_load($1, $2)" };

static void plan_got(void *arg);
static void connections_check(struct run *run);
static void connections_checked(struct job *job, const struct job_result *result, void *arg);
static void steps_load(struct run *run);
static void steps_got(struct job *job, const struct job_result *result, void *arg);
static void read_submit(struct run *run, struct job *job, const char *event);
static bool read_ended(struct run *run, const struct job_result *result, const char *event);
static void begin_first(struct run *run);
static int begin(struct run *run, struct err *e);
static int steps_replay(struct run *run, const PGresult *res, struct err *e);

void
prepare_run(struct run *run)
{
	run->plan = plans_get(run->w->plans, &run->workspace_id, &run->version_id, plan_got, run);
	if (run->plan->is_read)
		plan_got(run);
}

static void
plan_got(void *arg)
{
	struct run *run = arg;

	if (run->is_lost || run->has_ended)
		run_free(run);
	else if (run->plan->plan == NULL && plans_is_transient(run->plan))
		run_give_back(run);
	else if (run->plan->plan == NULL)
		run_break(run, &run->plan->broken);
	else if (run->seq > 0)
		steps_load(run);
	else if (run->plan->connections.n > 0)
		connections_check(run);
	else
		begin_first(run);
}

/* A run whose connections can't be used fails before its first step. */
static void
connections_check(struct run *run)
{
	struct job *job = job_new(run->w->side_pool, connections_checked, run);

	job_statement(job, &st_connection_check, true);
	job_uuid(job, &run->workspace_id);
	job_uuid(job, &run->version_id);
	job_array(job, &run->plan->connections);
	job_array(job, &run->plan->connectors);
	read_submit(run, job, "run.connections");
}

static void
connections_checked(struct job *job, const struct job_result *result, void *arg)
{
	struct run *run = arg;
	struct err e = { 0 };

	(void)job;
	if (!read_ended(run, result, "run.connections"))
		return;
	if (PQntuples(result->v[0]) == 0) {
		begin_first(run);
		return;
	}
	err_set(&e, "MR4CI", "connection " STR_FMT " " STR_FMT,
	    STR_ARG(value_str(result->v[0], 0, 0)), STR_ARG(value_str(result->v[0], 0, 1)));
	run_break(run, &e);
}

static void
steps_load(struct run *run)
{
	struct job *job = job_new(run->w->side_pool, steps_got, run);

	job_statement(job, &st_run_load, true);
	job_uuid(job, &run->workspace_id);
	job_uuid(job, &run->id);
	read_submit(run, job, "run.load");
}

static void
steps_got(struct job *job, const struct job_result *result, void *arg)
{
	struct run *run = arg;
	struct err e = { 0 };

	(void)job;
	if (!read_ended(run, result, "run.load"))
		return;
	if (begin(run, &e) != 0 || steps_replay(run, result->v[0], &e) != 0)
		run_break(run, &e);
	else
		run_advance(run);
}

/* Without the database the run goes back; `event` names what could not be read. */
static void
read_submit(struct run *run, struct job *job, const char *event)
{
	struct err e = { 0 };

	run->loading = true;
	if (job_submit(job, 0, &e) != 0) {
		run->loading = false;
		log_err(LOG_LEVEL_WARN, event, &e);
		run_give_back(run);
	}
}

/* true: it was read, and the run is still ours. */
static bool
read_ended(struct run *run, const struct job_result *result, const char *event)
{
	run->loading = false;
	if (run->is_lost || run->has_ended) {
		run_free(run);
		return false;
	}
	if (result->err != NULL) {
		log_err(LOG_LEVEL_WARN, event, result->err);
		run_give_back(run);
		return false;
	}
	return true;
}

/* Nothing of it was recorded: begins at the trigger. */
static void
begin_first(struct run *run)
{
	struct err e = { 0 };

	if (begin(run, &e) != 0)
		run_break(run, &e);
	else
		run_advance(run);
}

static int
begin(struct run *run, struct err *e)
{
	struct buf origin = { 0 };
	struct callback_site callbacks = { .workspace_id = run->workspace_id,
		.run_id = run->id,
		.key = str_of(run->plan->callback_key) };
	struct exec_start start = { .plan = run->plan->plan,
		.run_id = run->id_text,
		.trigger_node = run->trigger_node,
		.trigger_items = run->trigger_items,
		.run = run->root_run,
		.workflow = run->plan->workflow,
		.started_at_ms = run->started_at_ms,
		.callbacks = &callbacks,
		.mono_us = mono_us };
	int rc;

	start.vars = plans_variables(run->plan, run->overrides, e);
	if (start.vars == NULL)
		return -1;
	conf_public_url(&origin);
	callbacks.origin = buf_cstr(&origin);
	rc = exec_new(&start, &run->exec, e);
	buf_free(&origin);
	json_decref(start.vars);
	return rc;
}

static int
steps_replay(struct run *run, const PGresult *res, struct err *e)
{
	int rc = value_shape(res, CLAIM_STEP_SHAPE, e);

	for (int i = 0; rc == 0 && i < PQntuples(res); i++) {
		struct step_record row;

		rc = claim_step(res, i, &row, e);
		if (rc == 0)
			rc = exec_replay(run->exec, &row, e);
		claim_step_free(&row);
	}
	return rc;
}

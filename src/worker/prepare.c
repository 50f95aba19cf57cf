#include "worker/prepare.h"

#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"
#include "db/value.h"
#include "flow/definition.h"
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
static json_t *variables_of(struct run *run, struct err *e);
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
	struct exec_start start = { .plan = run->plan->plan,
		.run_id = run->id_text,
		.trigger_node = run->trigger_node,
		.trigger_items = run->trigger_items,
		.run = run->root_run,
		.workflow = run->plan->workflow,
		.started_at_ms = run->started_at_ms,
		.mono_us = mono_us };
	int rc;

	start.vars = variables_of(run, e);
	if (start.vars == NULL)
		return -1;
	rc = exec_new(&start, &run->exec, e);
	json_decref(start.vars);
	return rc;
}

/* The run's variables: a new reference; NULL: *e says which is missing or wrong. */
static json_t *
variables_of(struct run *run, struct err *e)
{
	struct issue_list issues = { 0 };
	json_t *vars;

	if (run->overrides == NULL && run->plan->variables != NULL)
		return json_incref(run->plan->variables);
	vars = definition_variables(run->plan->definition, run->overrides, &issues);
	if (err_from_issues(e, &issues) != 0) {
		json_decref(vars);
		vars = NULL;
	}
	issue_list_free(&issues);
	return vars;
}

static int
steps_replay(struct run *run, const PGresult *res, struct err *e)
{
	int rc = value_shape(res, "tisitzlttt", e);

	for (int i = 0; rc == 0 && i < PQntuples(res); i++) {
		struct str node = value_str(res, i, 0);
		struct str status = value_str(res, i, 4);
		char *node_id = mem_strndup(node.p, node.n);
		char *name = mem_strndup(status.p, status.n);
		struct step_record row = { .node_id = node_id,
			.iteration = value_int4(res, i, 1),
			.attempt = value_int2(res, i, 2),
			.started_at_ms = value_timestamp_ms(res, i, 5),
			.dur_us = value_int8(res, i, 6),
			.source = claim_json(res, i, 7),
			.output = claim_json(res, i, 8),
			.error = claim_json(res, i, 9) };

		if (!step_status_from_name(name, &row.status))
			rc = err_set(e, "MR409", "step %s has an unknown status", node_id);
		else
			rc = exec_replay(run->exec, &row, e);
		json_decref(row.source);
		json_decref(row.output);
		json_decref(row.error);
		mem_free(node_id);
		mem_free(name);
	}
	return rc;
}

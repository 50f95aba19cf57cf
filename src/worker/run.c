#include "worker/run.h"

#include <assert.h>
#include <string.h>

#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/redact.h"
#include "core/time.h"
#include "db/value.h"
#include "flow/definition.h"
#include "worker/claim.h"
#include "worker/plans.h"
#include "worker/step.h"
#include "worker/tick.h"

struct held_wish {
	struct exec_wish wish;
	SLIST_ENTRY(held_wish) link;
};

static const struct statement st_connection_check = { "connection_check",
	"select * from work.connection_check($1, $2, $3, $4)" };
static const struct statement st_run_load = { "run_load", "select * from work.run_load($1, $2)" };

static void run_prepared(void *arg);
static void connections_check(struct run *run);
static void connections_checked(struct job *job, const struct job_result *result, void *arg);
static void steps_got(struct job *job, const struct job_result *result, void *arg);
static int steps_replay(struct run *run, const PGresult *res, struct err *e);
static void run_first(struct run *run);
static int run_begin(struct run *run, struct err *e);
static json_t *run_variables(struct run *run, struct err *e);
static void run_break(struct run *run, const struct err *e);
static void run_start_io(struct run *run);
static void run_settle(struct run *run);
static void run_timer(struct loop_timer *t, void *arg);
static void run_free(struct run *run);

void
run_claimed(struct worker *w, const PGresult *res, int row)
{
	struct run *run = mem_alloc(sizeof(*run));
	struct str node = value_str(res, row, CLAIM_NODE);

	run->w = w;
	run->workspace_id = value_uuid(res, row, CLAIM_WORKSPACE);
	run->id = value_uuid(res, row, CLAIM_RUN);
	uuid_format(&run->id, run->id_text);
	log_debug("run.claimed", "run_id=%s mono_us=%lld", run->id_text, (long long)mono_us());
	uuid_format(&run->workspace_id, run->workspace_text);
	run->fence = value_int8(res, row, CLAIM_FENCE);
	run->version_id = value_uuid(res, row, CLAIM_VERSION_ID);
	run->is_sync = value_bool(res, row, CLAIM_IS_SYNC);
	run->seq = value_int4(res, row, CLAIM_SEQ);
	run->started_at_ms = value_is_null(res, row, CLAIM_STARTED)
	                         ? now_ms()
	                         : value_timestamp_ms(res, row, CLAIM_STARTED);
	run->trigger_node = mem_strndup(node.p, node.n);
	run->trigger_items = claim_trigger_items(res, row);
	run->root_run = claim_root_run(run, res, row);
	run->overrides = claim_json(res, row, CLAIM_VARIABLES);
	SLIST_INIT(&run->held);
	TAILQ_INIT(&run->io);
	TAILQ_INSERT_TAIL(&w->runs, run, all);
	w->run_count++;
	run->plan = plans_get(w->plans, &run->workspace_id, &run->version_id, run_prepared, run);
	if (run->plan->is_read)
		run_prepared(run);
}

void
run_advance(struct run *run)
{
	assert(run->exec != NULL && !run->is_final && !run->is_parking);
	exec_advance(run->exec, now_ms());
	run_start_io(run);
	run_settle(run);
}

void
run_io_done(struct run *run, int64_t token, const struct io_result *result)
{
	exec_io_done(run->exec, token, result, now_ms());
	if (!run->is_lost)
		run_advance(run);
}

void
run_committed(struct run *run)
{
	if (run->is_lost || run->has_ended) {
		run_free(run);
		return;
	}
	run->flush_at_ms = 0;
	while (!SLIST_EMPTY(&run->held)) {
		struct held_wish *held = SLIST_FIRST(&run->held);

		SLIST_REMOVE_HEAD(&run->held, link);
		step_start(run->w->egress, run, &held->wish);
		mem_free(held);
	}
	if (!run->in_outbox)
		run_settle(run);
}

void
run_lost(struct run *run)
{
	run->is_lost = true;
	loop_timer_stop(&run->timer);
	step_abort_all(run->w->egress, run);
	if (!run->in_tick)
		run_free(run);
}

void
run_give_back(struct run *run)
{
	if (run->is_final || run->is_parking || run->is_lost || run->gives_back)
		return;
	run->gives_back = true;
	loop_timer_stop(&run->timer);
	step_abort_all(run->w->egress, run);
	tick_add(run);
}

/* The plan is there: begins the run, or reads its recorded steps first. */
static void
run_prepared(void *arg)
{
	struct run *run = arg;
	struct err e = { 0 };
	struct job *job;

	if (run->is_lost || run->has_ended) {
		run_free(run);
		return;
	}
	if (run->plan->plan == NULL) {
		if (plans_is_transient(run->plan))
			run_give_back(run);
		else
			run_break(run, &run->plan->broken);
		return;
	}
	if (run->seq == 0 && run->plan->connections.n > 0) {
		connections_check(run);
		return;
	}
	if (run->seq == 0) {
		run_first(run);
		return;
	}
	job = job_new(run->w->side_pool, steps_got, run);
	job_statement(job, &st_run_load, true);
	job_uuid(job, &run->workspace_id);
	job_uuid(job, &run->id);
	run->loading = true;
	if (job_submit(job, 0, &e) != 0) {
		run->loading = false;
		log_err(LOG_LEVEL_WARN, "run.load", &e);
		run_give_back(run);
	}
}

/* A run whose connections can't be used fails before its first step. */
static void
connections_check(struct run *run)
{
	struct job *job = job_new(run->w->side_pool, connections_checked, run);
	struct err e = { 0 };

	job_statement(job, &st_connection_check, true);
	job_uuid(job, &run->workspace_id);
	job_uuid(job, &run->version_id);
	job_array(job, &run->plan->connections);
	job_array(job, &run->plan->connectors);
	run->loading = true;
	if (job_submit(job, 0, &e) != 0) {
		run->loading = false;
		log_err(LOG_LEVEL_WARN, "run.connections", &e);
		run_give_back(run);
	}
}

static void
connections_checked(struct job *job, const struct job_result *result, void *arg)
{
	struct run *run = arg;
	struct err e = { 0 };

	(void)job;
	run->loading = false;
	if (run->is_lost || run->has_ended) {
		run_free(run);
	} else if (result->err != NULL) {
		log_err(LOG_LEVEL_WARN, "run.connections", result->err);
		run_give_back(run);
	} else if (PQntuples(result->v[0]) > 0) {
		err_set(&e, "MR4CI", "connection " STR_FMT " " STR_FMT,
		    STR_ARG(value_str(result->v[0], 0, 0)), STR_ARG(value_str(result->v[0], 0, 1)));
		run_break(run, &e);
	} else {
		run_first(run);
	}
}

/* Nothing of it was recorded: begins at the trigger. */
static void
run_first(struct run *run)
{
	struct err e = { 0 };

	if (run_begin(run, &e) != 0)
		run_break(run, &e);
	else
		run_advance(run);
}

static void
steps_got(struct job *job, const struct job_result *result, void *arg)
{
	struct run *run = arg;
	struct err e = { 0 };

	(void)job;
	run->loading = false;
	if (run->is_lost || run->has_ended) {
		run_free(run);
		return;
	}
	if (result->err != NULL) {
		log_err(LOG_LEVEL_WARN, "run.load", result->err);
		run_give_back(run);
		return;
	}
	if (run_begin(run, &e) != 0 || steps_replay(run, result->v[0], &e) != 0)
		run_break(run, &e);
	else
		run_advance(run);
}

static int
run_begin(struct run *run, struct err *e)
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

	start.vars = run_variables(run, e);
	if (start.vars == NULL)
		return -1;
	rc = exec_new(&start, &run->exec, e);
	json_decref(start.vars);
	return rc;
}

/* The run's variables: a new reference; NULL: *e says which is missing or wrong. */
static json_t *
run_variables(struct run *run, struct err *e)
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

/* The run can't go on: it ends as failed, with the reason. */
static void
run_break(struct run *run, const struct err *e)
{
	run->broken = *e;
	run->is_final = true;
	tick_add(run);
}

/* Starts what the executor wishes for; aborts what it gives up. */
static void
run_start_io(struct run *run)
{
	struct exec_wish wish;
	int64_t token;

	while (exec_abort_next(run->exec, &token))
		step_abort(run->w->egress, run, token);
	while (exec_wish_next(run->exec, &wish)) {
		struct held_wish *held;

		if (!wish.io->at_most_once) {
			step_start(run->w->egress, run, &wish);
			continue;
		}
		held = mem_alloc(sizeof(*held));
		held->wish = wish;
		SLIST_INSERT_HEAD(&run->held, held, link);
	}
}

/* Decides what the run waits for: a write, a time, or I/O. */
static void
run_settle(struct run *run)
{
	int64_t due_at_ms, wait_ms;
	size_t steps;

	if (run->gives_back || exec_is_final(run->exec)) {
		run->is_final = !run->gives_back;
		loop_timer_stop(&run->timer);
		tick_add(run);
		return;
	}
	due_at_ms = exec_due_at_ms(run->exec);
	wait_ms = due_at_ms - now_ms();
	exec_steps(run->exec, &steps);
	if (exec_in_flight(run->exec) == 0 && SLIST_EMPTY(&run->held) && wait_ms > RUN_PARK_MS) {
		run->is_parking = due_at_ms != INT64_MAX;
		run->due_at_ms = due_at_ms;
		loop_timer_stop(&run->timer);
		if (!run->is_parking)
			run_break(run, &(struct err){ .code = "MR500",
			                   .text = "the run has nothing left to wait for" });
		else
			tick_add(run);
		return;
	}
	if (!SLIST_EMPTY(&run->held))
		tick_add(run);
	else if (run->flush_at_ms == 0 && steps > 0)
		run->flush_at_ms = mono_ms() + RUN_FLUSH_MS;
	if (run->flush_at_ms != 0 && run->flush_at_ms - mono_ms() < wait_ms)
		wait_ms = run->flush_at_ms - mono_ms();
	if (wait_ms > 3600000)
		wait_ms = 3600000; /* looks again: a timer of ours needs no long spans */
	loop_timer(run->w->loop, &run->timer, wait_ms < 0 ? 0 : wait_ms, 0, run_timer, run);
}

static void
run_timer(struct loop_timer *t, void *arg)
{
	struct run *run = arg;

	(void)t;
	if (run->flush_at_ms != 0 && run->flush_at_ms <= mono_ms()) {
		run->flush_at_ms = INT64_MAX; /* until it has committed */
		tick_add(run);
	}
	run_advance(run);
}

static void
run_free(struct run *run)
{
	assert(!run->in_tick);
	if (run->loading || (run->plan != NULL && !run->plan->is_read))
		return; /* the answer that is under way comes back here */
	loop_timer_stop(&run->timer);
	step_abort_all(run->w->egress, run);
	tick_forget(run);
	while (!SLIST_EMPTY(&run->held)) {
		struct held_wish *held = SLIST_FIRST(&run->held);

		SLIST_REMOVE_HEAD(&run->held, link);
		mem_free(held);
	}
	TAILQ_REMOVE(&run->w->runs, run, all);
	run->w->run_count--;
	plans_release(run->w->plans, run->plan, run);
	exec_free(run->exec);
	json_decref(run->trigger_items);
	json_decref(run->root_run);
	json_decref(run->overrides);
	redact_free(run->secrets);
	mem_free(run->trigger_node);
	mem_free(run);
}

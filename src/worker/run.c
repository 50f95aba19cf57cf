#include "worker/run.h"

#include <assert.h>
#include <string.h>

#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/redact.h"
#include "core/time.h"
#include "db/value.h"
#include "worker/claim.h"
#include "worker/feed.h"
#include "worker/plans.h"
#include "worker/prepare.h"
#include "worker/step.h"
#include "worker/tick.h"

struct held_wish {
	struct exec_wish wish;
	SLIST_ENTRY(held_wish) link;
};

static void run_decline(struct run *run);
static void run_start_io(struct run *run);
static void run_settle(struct run *run);
static void run_timer(struct loop_timer *t, void *arg);

struct run_start
run_claim(const PGresult *res, int row)
{
	return (struct run_start){
		.workspace_id = value_uuid(res, row, CLAIM_WORKSPACE),
		.id = value_uuid(res, row, CLAIM_RUN),
		.workflow_id = value_uuid(res, row, CLAIM_WORKFLOW),
		.version_id = value_uuid(res, row, CLAIM_VERSION_ID),
		.fence = value_int8(res, row, CLAIM_FENCE),
		.version = value_int4(res, row, CLAIM_VERSION),
		.trigger_type = value_str(res, row, CLAIM_TRIGGER_TYPE),
		.node = value_str(res, row, CLAIM_NODE),
		.is_sync = value_bool(res, row, CLAIM_IS_SYNC),
		.seq = value_int4(res, row, CLAIM_SEQ),
		.started_at_ms = value_is_null(res, row, CLAIM_STARTED)
		                     ? now_ms()
		                     : value_timestamp_ms(res, row, CLAIM_STARTED),
		.items = claim_trigger_items(res, row),
		.overrides = claim_json(res, row, CLAIM_VARIABLES),
	};
}

json_t *
run_root(const struct run_start *start)
{
	char id[UUID_TEXT_SIZE], workspace[UUID_TEXT_SIZE], started[TIME_TEXT_SIZE];

	return json_pack("{s:s, s:i, s:o, s:s, s:s}", "id", uuid_format(&start->id, id), "version",
	    start->version, "trigger_type", js_string(start->trigger_type), "started_at",
	    time_format(start->started_at_ms, started), "workspace_id",
	    uuid_format(&start->workspace_id, workspace));
}

void
run_claimed(struct worker *w, const PGresult *res, int row)
{
	const struct run_start start = run_claim(res, row);

	run_begin(w, &start);
}

void
run_begin(struct worker *w, const struct run_start *start)
{
	struct run *run = mem_alloc(sizeof(*run));

	run->w = w;
	run->workspace_id = start->workspace_id;
	run->id = start->id;
	uuid_format(&run->id, run->id_text);
	log_debug("run.claimed", "run_id=%s mono_us=%lld offered=%d", run->id_text,
	    (long long)mono_us(), start->offered != NULL);
	uuid_format(&run->workspace_id, run->workspace_text);
	run->fence = start->fence;
	run->workflow_id = start->workflow_id;
	run->version_id = start->version_id;
	run->is_sync = start->is_sync;
	run->seq = start->seq;
	run->started_at_ms = start->started_at_ms;
	run->trigger_node = mem_strndup(start->node.p, start->node.n);
	run->trigger_items = start->items;
	run->overrides = start->overrides;
	run->offered = start->offered != NULL ? mem_strdup(start->offered) : NULL;
	run->root_run = run_root(start);
	SLIST_INIT(&run->held);
	TAILQ_INIT(&run->io);
	TAILQ_INSERT_TAIL(&w->runs, run, all);
	w->run_count++;
	prepare_run(run);
}

void
run_advance(struct run *run)
{
	assert(run->exec != NULL && !run->is_final && !run->is_parking);
	if (run->is_paused)
		exec_hold(run->exec);
	exec_advance(run->exec, now_ms());
	if (run->offered != NULL && !exec_is_final(run->exec)) {
		run_decline(run);
		return;
	}
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
run_pause(struct run *run)
{
	if (run->is_final || run->is_parking || run->is_lost || run->gives_back || run->is_paused)
		return;
	run->is_paused = true;
	if (run->exec != NULL && !run->loading)
		run_advance(run);
}

void
run_give_back(struct run *run)
{
	if (run->is_final || run->is_parking || run->is_lost || run->gives_back)
		return;
	if (run->offered != NULL) {
		run_decline(run);
		return;
	}
	run->gives_back = true;
	loop_timer_stop(&run->timer);
	step_abort_all(run->w->egress, run);
	tick_add(run);
}

void
run_break(struct run *run, const struct err *e)
{
	run->broken = *e;
	run->is_final = true;
	tick_add(run);
}

void
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
	mem_free(run->offered);
	mem_free(run);
}

/* It needs more than what it was offered for: nothing was written or sent yet, so it is claimed. */
static void
run_decline(struct run *run)
{
	feed_hint(run->w->feed, run->offered);
	run_lost(run);
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
	int64_t due_at_ms, outside_ms, wait_ms;
	size_t steps;

	if (run->gives_back || exec_is_final(run->exec)) {
		run->is_final = !run->gives_back;
		loop_timer_stop(&run->timer);
		tick_add(run);
		return;
	}
	if (run->is_paused && exec_in_flight(run->exec) == 0 && SLIST_EMPTY(&run->held)) {
		run->is_parking = true;
		loop_timer_stop(&run->timer);
		tick_add(run);
		return;
	}
	due_at_ms = exec_due_at_ms(run->exec);
	outside_ms = exec_outside_due_ms(run->exec);
	wait_ms = due_at_ms - now_ms();
	exec_steps(run->exec, &steps);
	if (exec_in_flight(run->exec) == 0 && SLIST_EMPTY(&run->held) &&
	    (wait_ms > RUN_PARK_MS || outside_ms != INT64_MAX)) {
		if (outside_ms < due_at_ms)
			due_at_ms = outside_ms;
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

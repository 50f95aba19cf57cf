#include "worker/batch.h"

#include "core/json.h"
#include "core/redact.h"
#include "core/time.h"

/* json[] has no binary form of ours: it goes as text[], cast by the server. */
static const struct statement st_tick = { "tick",
	"select * from work.tick($1, $2, $3, $4, $5, $6, $7, $8, $9::text[]::json[],"
	" $10::text[]::json[], $11, $12, $13::text[]::json[], $14::text[]::json[], $15, $16, $17,"
	" $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28::text[]::json[],"
	" $29::text[]::json[], $30::text[]::json[], $31, $32, $33, $34, $35, $36, $37, $38,"
	" $39::text[]::json[])" };
static const struct statement st_claim = { "claim",
	"select false, c.* from work.claim($1, $2, $3, true) c" };

struct column {
	size_t at; /* of the array in struct batch */
	enum array_type type;
};

/* In the order of work.tick's parameters. */
#define COLUMN(member, type)                                                                       \
	{                                                                                          \
		offsetof(struct batch, member), type                                               \
	}
static const struct column columns[] = {
	COLUMN(tids, ARRAY_TID),
	COLUMN(ws, ARRAY_UUID),
	COLUMN(run, ARRAY_UUID),
	COLUMN(fence, ARRAY_INT8),
	COLUMN(status, ARRAY_TEXT),
	COLUMN(seq, ARRAY_INT4),
	COLUMN(output, ARRAY_TEXT),
	COLUMN(response, ARRAY_TEXT),
	COLUMN(started, ARRAY_TIMESTAMPTZ),
	COLUMN(due, ARRAY_TIMESTAMPTZ),
	COLUMN(error, ARRAY_TEXT),
	COLUMN(current, ARRAY_TEXT),
	COLUMN(workflow, ARRAY_UUID),
	COLUMN(steps, ARRAY_INT4),
	COLUMN(us, ARRAY_INT8),
	COLUMN(bytes, ARRAY_INT8),
	COLUMN(s_ws, ARRAY_UUID),
	COLUMN(s_run, ARRAY_UUID),
	COLUMN(s_node, ARRAY_TEXT),
	COLUMN(s_iteration, ARRAY_INT4),
	COLUMN(s_attempt, ARRAY_INT2),
	COLUMN(s_no, ARRAY_INT4),
	COLUMN(s_status, ARRAY_TEXT),
	COLUMN(s_started, ARRAY_TIMESTAMPTZ),
	COLUMN(s_duration, ARRAY_INT8),
	COLUMN(s_source, ARRAY_TEXT),
	COLUMN(s_output, ARRAY_TEXT),
	COLUMN(s_error, ARRAY_TEXT),
	COLUMN(s_again, ARRAY_BOOL),
	COLUMN(l_ws, ARRAY_UUID),
	COLUMN(l_run, ARRAY_UUID),
	COLUMN(l_id, ARRAY_UUID),
	COLUMN(l_node, ARRAY_TEXT),
	COLUMN(l_level, ARRAY_TEXT),
	COLUMN(l_at, ARRAY_TIMESTAMPTZ),
	COLUMN(l_message, ARRAY_TEXT),
	COLUMN(l_data, ARRAY_TEXT),
};

/* What steps have used, as app/meter.sql counts it. */
struct used {
	int steps;
	int64_t us;
	size_t bytes;
};

static struct array *column_of(struct batch *b, const struct column *c);
static struct used add_steps(struct batch *b, struct run *run);
static void add_step(
    struct batch *b, struct run *run, const struct step_record *step, struct used *used);
static void add_ending(struct batch *b, struct run *run, json_t *error);
static size_t add_redacted(struct array *a, const struct run *run, json_t *v);
static void add_retry(struct batch *b, struct run *run, const struct step_record *step);
static void add_notes(struct batch *b, struct run *run);
static void add_warning(struct batch *b, struct run *run, const char *node_id, const char *message);
static json_t *error_of(const struct run *run);

void
batch_open(struct batch *b)
{
	for (size_t i = 0; i < countof(columns); i++)
		array_open(column_of(b, &columns[i]), columns[i].type);
}

void
batch_reset(struct batch *b)
{
	for (size_t i = 0; i < countof(columns); i++)
		array_reset(column_of(b, &columns[i]));
}

void
batch_free(struct batch *b)
{
	for (size_t i = 0; i < countof(columns); i++)
		array_free(column_of(b, &columns[i]));
}

bool
batch_is_full(const struct batch *b)
{
	return b->run.n >= BATCH_RUNS_MAX || b->s_output.b.len >= BATCH_BYTES_MAX;
}

void
batch_add(struct batch *b, struct run *run)
{
	json_t *current = NULL;
	json_t *error = NULL;
	const char *status = "running";
	struct used used = { 0 };

	if (run->exec != NULL)
		used = add_steps(b, run);
	if (run->is_final) {
		enum run_outcome outcome =
		    run->broken.code[0] != '\0' ? RUN_FAILED : exec_outcome(run->exec);

		status = outcome == RUN_SUCCEEDED   ? "succeeded"
		         : outcome == RUN_CANCELLED ? "cancelled"
		                                    : "failed";
		error = error_of(run);
		run->seq++;
	} else if (run->gives_back) {
		status = "queued";
	} else if (run->is_parking) {
		status = run->is_paused ? "paused" : "waiting";
		run->seq++;
	} else {
		current = exec_current_nodes(run->exec);
	}
	run->has_ended = run->is_final || run->gives_back || run->is_parking;
	array_uuid(&b->ws, &run->workspace_id);
	array_uuid(&b->run, &run->id);
	array_int8(&b->fence, run->fence);
	array_text(&b->status, str_of(status));
	array_int4(&b->seq, run->seq);
	array_timestamp(&b->started, run->started_at_ms);
	if (run->is_parking && !run->is_paused)
		array_timestamp(&b->due, run->due_at_ms);
	else
		array_null(&b->due);
	array_json(&b->current, current);
	array_uuid(&b->workflow, &run->workflow_id);
	array_int4(&b->steps, used.steps);
	array_int8(&b->us, used.us);
	array_int8(&b->bytes, (int64_t)used.bytes);
	add_ending(b, run, error);
	json_decref(current);
	json_decref(error);
}

void
batch_bind(struct batch *b, struct job *job, int64_t worker_id, int64_t lease_cap_ms)
{
	bool records = b->run.n > 0;

	job_statement(job, records ? &st_tick : &st_claim, true);
	job_int8(job, worker_id);
	job_int4(job, (int32_t)lease_cap_ms);
	/* The addresses come first, and are all that a claim needs. */
	for (size_t i = 0; i < (records ? countof(columns) : 1); i++)
		job_array(job, column_of(b, &columns[i]));
}

static struct array *
column_of(struct batch *b, const struct column *c)
{
	return (struct array *)(void *)((char *)b + c->at);
}

static struct used
add_steps(struct batch *b, struct run *run)
{
	size_t n;
	const struct step_record *steps = exec_steps(run->exec, &n);
	struct used used = { 0 };

	for (size_t i = 0; i < n; i++)
		add_step(b, run, &steps[i], &used);
	exec_steps_clear(run->exec);
	add_notes(b, run);
	return used;
}

/* Of a row that is written again SQL counts what it grows by: it knows what was there. */
static void
add_step(struct batch *b, struct run *run, const struct step_record *step, struct used *used)
{
	size_t bytes = 0;

	array_uuid(&b->s_ws, &run->workspace_id);
	array_uuid(&b->s_run, &run->id);
	array_text(&b->s_node, str_of(step->node_id));
	array_int4(&b->s_iteration, step->iteration);
	array_int2(&b->s_attempt, (int16_t)step->attempt);
	array_int4(&b->s_no, ++run->seq);
	array_text(&b->s_status, str_of(step_status_name(step->status)));
	array_timestamp(&b->s_started, step->started_at_ms);
	array_int8(&b->s_duration, step->dur_us);
	bytes += array_json(&b->s_source, step->source);
	bytes += add_redacted(&b->s_output, run, step->output);
	bytes += add_redacted(&b->s_error, run, step->error);
	array_bool(&b->s_again, step->replaces);
	if (!step->replaces) {
		used->steps += step->status != STEP_SKIPPED;
		used->us += step->dur_us;
		used->bytes += bytes;
	}
	if (step->status == STEP_FAILED && js_get(step->error, "retry_in_ms") != NULL)
		add_retry(b, run, step);
}

/* What the run gave, once it has ended; nulls before. */
static void
add_ending(struct batch *b, struct run *run, json_t *error)
{
	bool ended = run->is_final && run->exec != NULL;

	add_redacted(&b->output, run, ended ? exec_output(run->exec) : NULL);
	add_redacted(&b->response, run, ended && run->is_sync ? exec_response(run->exec) : NULL);
	add_redacted(&b->error, run, error);
}

/* Secrets opened in the run are taken out of what is recorded of it. The octets of that. */
static size_t
add_redacted(struct array *a, const struct run *run, json_t *v)
{
	json_t *kept = redact_json(run->secrets, v);
	size_t bytes = array_json(a, kept);

	json_decref(kept);
	return bytes;
}

/* A retry is worth a line: nobody would look for it among the steps. */
static void
add_retry(struct batch *b, struct run *run, const struct step_record *step)
{
	struct buf message = { 0 };

	buf_printf(&message, "try %d failed (%s); next try in %lld ms", step->attempt,
	    js_text_or(step->error, "code", "?"),
	    (long long)js_int_or(step->error, "retry_in_ms", 0));
	add_warning(b, run, step->node_id, buf_cstr(&message));
	buf_free(&message);
}

static void
add_notes(struct batch *b, struct run *run)
{
	json_t *note;
	size_t i;

	json_array_foreach(exec_notes(run->exec), i, note)
	    add_warning(b, run, js_text_or(note, "node", ""), js_text_or(note, "message", ""));
	exec_notes_clear(run->exec);
}

static void
add_warning(struct batch *b, struct run *run, const char *node_id, const char *message)
{
	struct uuid id = uuid_v7();
	struct buf kept = { 0 };

	array_uuid(&b->l_ws, &run->workspace_id);
	array_uuid(&b->l_run, &run->id);
	array_uuid(&b->l_id, &id);
	array_text(&b->l_node, str_of(node_id));
	array_text(&b->l_level, str_of("warn"));
	array_timestamp(&b->l_at, now_ms());
	if (run->secrets != NULL && redact_text(run->secrets, str_of(message), &kept))
		array_text(&b->l_message, buf_view(&kept));
	else
		array_text(&b->l_message, str_of(message));
	buf_free(&kept);
	array_json(&b->l_data, NULL);
}

/* {code, message, node} of a run that failed: new, or NULL. */
static json_t *
error_of(const struct run *run)
{
	if (run->broken.code[0] != '\0')
		return json_pack("{s:s, s:s, s:n}", "code", err_name(run->broken.code), "message",
		    run->broken.text, "node");
	return json_incref(exec_error(run->exec));
}

/*
 * How a rehearsal goes (rehearse.h). A longer file than most: what is recorded of calls and waits
 * answers both in one order of time.
 */
#include "flow/rehearse.h"

#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "flow/rehearse_diff.h"

/* A recorded step. */
struct told {
	const struct step_record *row;
	size_t order; /* of its end */
	int asked;    /* calls of it answered so far */
	bool is_met;  /* what is tried has it, too */
};

/* A call that was wished for and is not answered yet. */
struct open_call {
	int64_t token;
	struct told *told; /* NULL: nothing recorded answers it */
	int item;          /* which call of the step */
};

/* One run of the executor over what is recorded. */
struct stage {
	const struct rehearsal *r;
	struct exec *x;
	struct told *told; /* sorted by key */
	int64_t now_ms;
	json_t *requests; /* key and number of the call -> what was sent, of the recorded version */
	bool is_trial;    /* false: the recorded version itself, which tells its requests */
	json_t *differences;
	struct open_call *calls;
	size_t n_calls, cap_calls;
};

static int perform(struct stage *s, const struct exec_start *start, struct err *e);
static void go_on(struct stage *s);
static void take_steps(struct stage *s);
static void take_calls(struct stage *s);
static void forget_calls(struct stage *s);
static void call_opened(struct stage *s, const struct exec_wish *wish);
static void request_seen(struct stage *s, const struct exec_wish *wish, int item);
static bool next_moment(struct stage *s);
static bool end_wait(struct stage *s, int64_t before_ms);
static struct open_call *next_answer(struct stage *s);
static bool can_answer(const struct open_call *call);
static json_t *answer_item(const struct open_call *call);
static void give_answer(struct stage *s, struct open_call *call);
static int64_t ended_ms(const struct step_record *row);
static void missing(struct stage *s);
static int64_t began_ms(void *arg, const char *node_id, int iteration, int attempt);
static struct told *find(const struct stage *s, const char *node_id, int iteration, int attempt);
static int by_key(const void *a, const void *b);
static bool is_plain_skip(const struct step_record *row);

int
rehearse(const struct rehearsal *r, json_t **differences, struct err *e)
{
	struct stage was = { .r = r }, is = { .r = r, .is_trial = true };
	struct exec_start start = *r->start;
	struct err broken = { 0 };
	int rc = -1;

	*differences = NULL;
	was.requests = is.requests = json_object();
	is.differences = json_array();
	if (r->plan != start.plan && perform(&was, &start, e) != 0)
		goto out;
	start.plan = r->plan;
	start.vars = r->vars;
	if (r->refused != NULL)
		broken = *r->refused;
	if (r->refused != NULL || perform(&is, &start, &broken) != 0) {
		json_t *error =
		    json_pack("{s:s, s:s}", "code", err_name(broken.code), "message", broken.text);
		struct diff_ending was_ending = { r->outcome, r->output, r->error };
		struct diff_ending is_ending = { RUN_FAILED, NULL, error };

		diff_endings(is.differences, &was_ending, &is_ending);
		json_decref(error);
	}
	*differences = json_incref(is.differences);
	rc = 0;
out:
	json_decref(is.differences);
	json_decref(is.requests);
	return rc;
}

static int
perform(struct stage *s, const struct exec_start *start, struct err *e)
{
	struct exec_start own = *start;
	int rc = -1;

	own.mono_us = NULL;
	own.began_ms = began_ms;
	own.began_arg = s;
	s->now_ms = start->started_at_ms;
	s->told = mem_array(s->r->n + 1, sizeof(*s->told));
	for (size_t i = 0; i < s->r->n; i++)
		s->told[i] = (struct told){ .row = &s->r->rows[i], .order = i };
	qsort(s->told, s->r->n, sizeof(*s->told), by_key);
	if (exec_new(&own, &s->x, e) != 0)
		goto out;
	do
		go_on(s);
	while (!exec_is_final(s->x) && next_moment(s));
	if (s->is_trial && exec_is_final(s->x)) {
		struct diff_ending was = { s->r->outcome, s->r->output, s->r->error };
		struct diff_ending is = { exec_outcome(s->x), exec_output(s->x), exec_error(s->x) };

		missing(s);
		diff_endings(s->differences, &was, &is);
	}
	rc = 0;
out:
	exec_free(s->x);
	mem_free(s->calls);
	mem_free(s->told);
	return rc;
}

static void
go_on(struct stage *s)
{
	exec_advance(s->x, s->now_ms);
	exec_notes_clear(s->x);
	take_steps(s);
	forget_calls(s);
	take_calls(s);
}

/* Compares what was done with what is recorded. */
static void
take_steps(struct stage *s)
{
	size_t n;
	const struct step_record *steps = exec_steps(s->x, &n);

	for (size_t i = 0; s->is_trial && i < n; i++) {
		const struct step_record *is = &steps[i];
		struct told *was = find(s, is->node_id, is->iteration, is->attempt);

		if (is->status == STEP_RUNNING || is->status == STEP_WAITING)
			continue;
		if (was != NULL)
			was->is_met = true;
		if (was != NULL && !(is_plain_skip(is) && is_plain_skip(was->row)))
			diff_steps(s->differences, was->row, is);
		else if (was == NULL && !is_plain_skip(is))
			diff_lone(s->differences, is, "new");
	}
	exec_steps_clear(s->x);
}

static void
take_calls(struct stage *s)
{
	struct exec_wish wish;

	while (exec_wish_next(s->x, &wish))
		call_opened(s, &wish);
}

static void
forget_calls(struct stage *s)
{
	int64_t token;

	while (exec_abort_next(s->x, &token)) {
		for (size_t i = 0; i < s->n_calls; i++) {
			if (s->calls[i].token == token)
				s->calls[i--] = s->calls[--s->n_calls];
		}
	}
}

static void
call_opened(struct stage *s, const struct exec_wish *wish)
{
	struct told *told = find(s, wish->node_id, wish->iteration, wish->attempt);
	struct open_call call = { wish->token, told, told != NULL ? told->asked++ : 0 };

	request_seen(s, wish, call.item);
	if (!can_answer(&call) && s->is_trial &&
	    (told == NULL || told->row->status != STEP_CANCELLED)) {
		const struct step_record at = { .node_id = wish->node_id,
			.iteration = wish->iteration,
			.attempt = wish->attempt };
		json_t *asked =
		    json_pack("{s:s, s:s}", "method", wish->io->method, "url", wish->io->url);

		diff_add(s->differences, &at, "unknown", NULL, asked);
		json_decref(asked);
	}
	if (s->n_calls == s->cap_calls) {
		s->cap_calls = s->cap_calls * 2 + 8;
		s->calls = mem_grow(s->calls, s->cap_calls, sizeof(*s->calls));
	}
	s->calls[s->n_calls++] = call;
}

/* Keeps what the recorded version sent, and compares with it what the other one would send. */
static void
request_seen(struct stage *s, const struct exec_wish *wish, int item)
{
	const struct step_record at = {
		.node_id = wish->node_id, .iteration = wish->iteration, .attempt = wish->attempt
	};
	const struct io_wish *io = wish->io;
	json_t *sent = json_pack("{s:s, s:s, s:O, s:s?, s:o?}", "method", io->method, "url",
	    io->url, "headers", io->headers, "connection", io->connection, "body",
	    io->body != NULL ? js_string(str_make(io->body, io->body_len)) : NULL);
	struct buf key = { 0 };
	json_t *before;

	buf_printf(&key, "%s %d %d %d", at.node_id, at.iteration, at.attempt, item);
	before = json_object_get(s->requests, buf_cstr(&key));
	if (!s->is_trial)
		json_object_set(s->requests, buf_cstr(&key), sent);
	else if (before != NULL && !js_equal(before, sent))
		diff_add(s->differences, &at, "request", before, sent);
	json_decref(sent);
	buf_free(&key);
}

/* Lets the time pass until something happens; false: nothing does any more. */
static bool
next_moment(struct stage *s)
{
	struct open_call *call = next_answer(s);
	int64_t due_ms = exec_due_at_ms(s->x), end_ms;

	for (size_t i = 0; i < s->n_calls; i++) {
		/* Nothing tells when it would have been answered, so no limit of time counts. */
		if (!can_answer(&s->calls[i]) &&
		    (s->calls[i].told == NULL || s->calls[i].told->row->status != STEP_CANCELLED))
			due_ms = INT64_MAX;
	}
	end_ms = call != NULL ? ended_ms(call->told->row) : INT64_MAX;
	if (end_wait(s, due_ms < end_ms ? due_ms : end_ms))
		return true;
	if (due_ms < end_ms) {
		s->now_ms = due_ms > s->now_ms ? due_ms : s->now_ms;
		return true;
	}
	if (call == NULL)
		return false;
	s->now_ms = end_ms > s->now_ms ? end_ms : s->now_ms;
	give_answer(s, call);
	return true;
}

/* What a step waited for outside has ended, no later than `before_ms`: as its row says. */
static bool
end_wait(struct stage *s, int64_t before_ms)
{
	struct exec_outside step;
	int v = 0;

	while (exec_outside_next(s->x, &v, &step)) {
		struct told *told = find(s, step.node_id, step.iteration, step.attempt);
		json_t *item, *ended;

		if (told == NULL || ended_ms(told->row) > before_ms ||
		    (told->row->status != STEP_SUCCEEDED && told->row->status != STEP_FAILED))
			continue;
		item = json_array_get(json_object_get(told->row->output, "main"), 0);
		ended = json_pack(
		    "{s:s, s:O*}", "status", item != NULL ? "answered" : "expired", "answer", item);
		exec_outside_end(s->x, &step, ended);
		json_decref(ended);
		if (ended_ms(told->row) > s->now_ms)
			s->now_ms = ended_ms(told->row);
		return true;
	}
	return false;
}

/* Of the calls that can be answered the one whose step ended first. */
static struct open_call *
next_answer(struct stage *s)
{
	struct open_call *first = NULL;

	for (size_t i = 0; i < s->n_calls; i++) {
		struct open_call *call = &s->calls[i];

		if (can_answer(call) && (first == NULL || call->told->order < first->told->order))
			first = call;
	}
	return first;
}

static bool
can_answer(const struct open_call *call)
{
	const json_t *error;
	const char *code;

	if (call->told == NULL)
		return false;
	if (call->told->row->status == STEP_SUCCEEDED)
		return answer_item(call) != NULL;
	error = call->told->row->error;
	code = js_text_or(error, "code", "");
	return strcmp(code, "HTTP_STATUS") == 0 ||
	       strcmp(io_error_name(io_error_from_name(code)), code) == 0;
}

/* What the call gave; borrowed. NULL: the recorded step made no such call. */
static json_t *
answer_item(const struct open_call *call)
{
	json_t *item =
	    json_array_get(json_object_get(call->told->row->output, "main"), (size_t)call->item);
	json_t *json = json_object_get(item, "json");

	return json_is_integer(json_object_get(json, "status")) &&
	               json_object_get(json, "body") != NULL
	           ? item
	           : NULL;
}

static void
give_answer(struct stage *s, struct open_call *call)
{
	const struct step_record *row = call->told->row;
	const char *code = js_text_or(row->error, "code", "");
	struct io_result result = { 0 };
	json_t *item = NULL, *json;
	int64_t token = call->token;

	if (row->status == STEP_SUCCEEDED) {
		item = json_incref(answer_item(call));
	} else if (strcmp(code, "HTTP_STATUS") == 0) {
		item = json_pack("{s:{s:O, s:{}, s:O?}}", "json", "status",
		    json_object_get(row->error, "status"), "headers", "body",
		    json_object_get(row->error, "body"));
	} else {
		result.error = io_error_from_name(code);
		result.message = js_text_or(row->error, "message", NULL);
	}
	json = json_object_get(item, "json");
	result.status = (int)js_int_or(json, "status", 0);
	result.headers = js_object(json, "headers");
	result.recorded = item;
	*call = s->calls[--s->n_calls];
	exec_io_done(s->x, token, &result, s->now_ms);
	json_decref(item);
}

static int64_t
ended_ms(const struct step_record *row)
{
	return row->started_at_ms + row->dur_us / 1000;
}

/* What the recorded run did and this one did not. */
static void
missing(struct stage *s)
{
	for (size_t i = 0; i < s->r->n; i++) {
		if (!s->told[i].is_met && !is_plain_skip(s->told[i].row))
			diff_lone(s->differences, s->told[i].row, "missing");
	}
}

/* The clock stands where it stood when this try began then. */
static int64_t
began_ms(void *arg, const char *node_id, int iteration, int attempt)
{
	struct stage *s = arg;
	const struct told *told = find(s, node_id, iteration, attempt);

	if (told != NULL && told->row->started_at_ms > s->now_ms)
		s->now_ms = told->row->started_at_ms;
	return s->now_ms;
}

static struct told *
find(const struct stage *s, const char *node_id, int iteration, int attempt)
{
	const struct step_record row = {
		.node_id = node_id, .iteration = iteration, .attempt = attempt
	};
	const struct told key = { .row = &row };

	return bsearch(&key, s->told, s->r->n, sizeof(*s->told), by_key);
}

static int
by_key(const void *a, const void *b)
{
	const struct step_record *x = ((const struct told *)a)->row,
	                         *y = ((const struct told *)b)->row;
	int d = strcmp(x->node_id, y->node_id);

	if (d == 0)
		d = (x->iteration > y->iteration) - (x->iteration < y->iteration);
	return d != 0 ? d : (x->attempt > y->attempt) - (x->attempt < y->attempt);
}

static bool
is_plain_skip(const struct step_record *row)
{
	return row->status == STEP_SKIPPED && row->output == NULL;
}

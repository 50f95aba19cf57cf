#include "worker/test.h"

#include <string.h>

#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/redact.h"
#include "core/time.h"
#include "db/value.h"
#include "flow/connection.h"
#include "worker/secret.h"
#include "worker/step.h"

#define TAKE_MAX 20

/* One test under way; it outlives no worker, and another one takes it after 30 s. */
struct trial {
	struct tester *tester;
	struct uuid workspace, id;
	struct redact *secrets;
};

struct tester {
	struct worker *w;
	struct loop_timer look;
	int64_t looked_ms;
	struct job *job; /* takes tests, or NULL */
};

static const struct statement st_take = { "connection_test_take",
	"select * from work.connection_test_take($1)" };
static const struct statement st_done = { "connection_test_done",
	"select work.connection_test_done($1, $2, $3, $4)" };

static void look(struct loop_timer *t, void *arg);
static void taken(struct job *job, const struct job_result *result, void *arg);
static void opened(const struct secret *s, const struct err *e, void *arg);
static int call_url(struct trial *trial, const struct secret *s, const char *url, struct err *e);
static void answered(const struct io_result *result, void *arg);
static void trial_end(struct trial *trial, bool ok, const char *message);
static void stored(struct job *job, const struct job_result *result, void *arg);

struct tester *
tester_new(struct worker *w)
{
	struct tester *t = mem_alloc(sizeof(*t));

	t->w = w;
	loop_timer(w->loop, &t->look, TEST_LOOK_MS, 0, look, t);
	return t;
}

void
tester_free(struct tester *t)
{
	if (t == NULL)
		return;
	loop_timer_stop(&t->look);
	mem_free(t);
}

void
tester_soon(struct tester *t)
{
	int64_t wait_ms = t->looked_ms + TEST_AGAIN_MS - mono_ms();

	loop_timer(t->w->loop, &t->look, wait_ms > 0 ? wait_ms : 0, 0, look, t);
}

static void
look(struct loop_timer *timer, void *arg)
{
	struct tester *t = arg;
	struct err e = { 0 };

	(void)timer;
	loop_timer(t->w->loop, &t->look, TEST_LOOK_MS, 0, look, t);
	if (t->job != NULL || t->w->draining)
		return;
	t->looked_ms = mono_ms();
	t->job = job_new(t->w->side_pool, taken, t);
	job_statement(t->job, &st_take, true);
	job_int4(t->job, TAKE_MAX);
	if (job_submit(t->job, 0, &e) != 0) {
		t->job = NULL;
		log_err(LOG_LEVEL_WARN, "test.take", &e);
	}
}

static void
taken(struct job *job, const struct job_result *result, void *arg)
{
	struct tester *t = arg;
	char connection[UUID_TEXT_SIZE];
	struct uuid id;

	(void)job;
	t->job = NULL;
	if (result->err != NULL) {
		log_err(LOG_LEVEL_WARN, "test.take", result->err);
		return;
	}
	for (int i = 0; i < PQntuples(result->v[0]); i++) {
		struct trial *trial = mem_alloc(sizeof(*trial));

		trial->tester = t;
		trial->workspace = value_uuid(result->v[0], i, 0);
		trial->id = value_uuid(result->v[0], i, 1);
		id = value_uuid(result->v[0], i, 2);
		secret_open(t->w->secrets, &trial->workspace, NULL, uuid_format(&id, connection),
		    opened, trial);
	}
}

static void
opened(const struct secret *s, const struct err *e, void *arg)
{
	struct trial *trial = arg;
	const char *url = s != NULL ? js_text_or(s->config, "test_url", NULL) : NULL;
	struct err own = { 0 };

	if (s == NULL)
		trial_end(trial, false, e->text);
	else if (url == NULL)
		trial_end(trial, true, "the secret opens; without a test URL nothing was called");
	else if (call_url(trial, s, url, &own) != 0)
		trial_end(trial, false, own.text);
}

static int
call_url(struct trial *trial, const struct secret *s, const char *url, struct err *e)
{
	struct buf with = { 0 };
	json_t *headers = json_array();
	char workspace[UUID_TEXT_SIZE];
	int rc = -1;

	buf_text(&with, url);
	if (!connection_allows(s->config, url))
		err_set(e, "MR4CI", "the test URL is not at one of the connection's hosts");
	else if (connection_apply(s->connector, s->config, s->secret, headers, &with, e) == 0) {
		trial->secrets = redact_new();
		redact_add_json(trial->secrets, s->secret);
		step_ask(trial->tester->w->egress,
		    json_pack("{s:s, s:s, s:s, s:o, s:O, s:i, s:i}", "op", "http", "workspace",
		        uuid_format(&trial->workspace, workspace), "method", "GET", "url",
		        js_string(buf_view(&with)), "headers", headers, "timeout_ms", TEST_URL_MS,
		        "follow", 0),
		    (struct str){ 0 }, answered, trial);
		rc = 0;
	}
	json_decref(headers);
	buf_free(&with);
	return rc;
}

static void
answered(const struct io_result *result, void *arg)
{
	struct trial *trial = arg;
	const char *why = result->message != NULL ? result->message : "the call failed";
	struct buf text = { 0 }, kept = { 0 };
	bool ok = result->error == IO_OK && result->status < 400;

	if (result->error == IO_OK)
		buf_printf(&text, "the answer has status %d", result->status);
	else
		buf_printf(&text, "%s: %s", io_error_name(result->error), why);
	if (redact_text(trial->secrets, buf_view(&text), &kept))
		trial_end(trial, ok, buf_cstr(&kept));
	else
		trial_end(trial, ok, buf_cstr(&text));
	buf_free(&text);
	buf_free(&kept);
}

static void
trial_end(struct trial *trial, bool ok, const char *message)
{
	struct job *job = job_new(trial->tester->w->side_pool, stored, NULL);
	struct err e = { 0 };

	job_statement(job, &st_done, true);
	job_uuid(job, &trial->workspace);
	job_uuid(job, &trial->id);
	job_bool(job, ok);
	job_text(job, message);
	if (job_submit(job, 0, &e) != 0)
		log_err(LOG_LEVEL_WARN, "test.done", &e);
	redact_free(trial->secrets);
	mem_free(trial);
}

/* Not stored: it is taken again after 30 s. */
static void
stored(struct job *job, const struct job_result *result, void *arg)
{
	(void)job;
	(void)arg;
	if (result->err != NULL)
		log_err(LOG_LEVEL_WARN, "test.done", result->err);
}

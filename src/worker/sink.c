#include "worker/sink.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/buf.h"
#include "core/log.h"
#include "core/mem.h"
#include "db/value.h"
#include "worker/step.h"

#define LOOK_MS 1000
#define AT_ONCE 8     /* messages in flight */
#define POST_MS 20000 /* well below the lease of a minute */
#define ANSWER_BYTES 65536

struct sinks {
	struct worker *w;
	struct loop_timer look;
	bool looking; /* a claim is under way */
	int flying;
};

struct message {
	struct sinks *s;
	struct uuid workspace_id;
	int64_t until;
	struct buf body;
};

static const struct statement st_take = {
	"audit_sink_take",
	"select workspace_id, url, id, at, body, signature, until_seq from work.audit_sink_take($1)"
};
static const struct statement st_done = { "audit_sink_done",
	"select work.audit_sink_done($1, $2, $3)" };

static void look(struct loop_timer *t, void *arg);
static void taken(struct job *job, const struct job_result *result, void *arg);
static void message_send(struct sinks *s, const PGresult *res, int row);
static void message_answered(const struct io_result *result, void *arg);
static void recorded(struct job *job, const struct job_result *result, void *arg);
static json_t *header(const char *name, struct str value);

struct sinks *
sinks_new(struct worker *w)
{
	struct sinks *s = mem_alloc(sizeof(*s));

	s->w = w;
	loop_timer(w->loop, &s->look, LOOK_MS, LOOK_MS, look, s);
	return s;
}

void
sinks_free(struct sinks *s)
{
	if (s == NULL)
		return;
	loop_timer_stop(&s->look);
	mem_free(s);
}

static void
look(struct loop_timer *t, void *arg)
{
	struct sinks *s = arg;
	struct job *job;
	struct err e = { 0 };

	(void)t;
	if (s->looking || s->w->draining || s->flying >= AT_ONCE || !step_is_up(s->w->egress))
		return;
	job = job_new(s->w->side_pool, taken, s);
	job_statement(job, &st_take, true);
	job_int4(job, AT_ONCE - s->flying);
	if (job_submit(job, 0, &e) != 0)
		log_err(LOG_LEVEL_WARN, "sink.take", &e);
	else
		s->looking = true;
}

static void
taken(struct job *job, const struct job_result *result, void *arg)
{
	struct sinks *s = arg;
	struct err e = { 0 };

	(void)job;
	s->looking = false;
	if (result->err != NULL) {
		log_err(LOG_LEVEL_WARN, "sink.take", result->err);
	} else if (value_shape(result->v[0], "uttlttl", &e) != 0) {
		log_err(LOG_LEVEL_ERROR, "sink.take", &e);
	} else {
		for (int i = 0; i < PQntuples(result->v[0]); i++)
			message_send(s, result->v[0], i);
	}
}

static void
message_send(struct sinks *s, const PGresult *res, int row)
{
	struct message *m = mem_alloc(sizeof(*m));
	char workspace[UUID_TEXT_SIZE], at[24];
	json_t *headers, *url;

	m->s = s;
	m->workspace_id = value_uuid(res, row, 0);
	m->until = value_int8(res, row, 6);
	buf_str(&m->body, value_str(res, row, 4));
	snprintf(at, sizeof(at), "%" PRId64, value_int8(res, row, 3));
	headers = json_pack("[o, o, o, o]", header("content-type", str_of("application/json")),
	    header("webhook-id", value_str(res, row, 2)), header("webhook-timestamp", str_of(at)),
	    header("webhook-signature", value_str(res, row, 5)));
	url = js_string(value_str(res, row, 1));
	s->flying++;
	step_ask(s->w->egress,
	    json_pack("{s:s, s:s, s:s, s:o, s:o, s:i, s:i, s:i}", "op", "http", "workspace",
	        uuid_format(&m->workspace_id, workspace), "method", "POST", "url", url, "headers",
	        headers, "timeout_ms", POST_MS, "max_bytes", ANSWER_BYTES, "follow", 0),
	    buf_view(&m->body), message_answered, m);
}

/* Frees the message. Not recorded, it is sent again when its lease is over. */
static void
message_answered(const struct io_result *result, void *arg)
{
	struct message *m = arg;
	struct sinks *s = m->s;
	struct job *job = job_new(s->w->side_pool, recorded, s);
	char id[UUID_TEXT_SIZE], text[64] = "";
	const char *error = NULL;
	struct err e = { 0 };

	if (result->error != IO_OK) {
		error = result->message != NULL ? result->message : "it could not be sent";
	} else if (result->status < 200 || result->status > 299) {
		snprintf(text, sizeof(text), "the receiver answered %d", result->status);
		error = text;
	}
	if (error != NULL)
		log_warn("sink.failed", "workspace=%s until=%" PRId64 " text=%s",
		    uuid_format(&m->workspace_id, id), m->until, error);
	job_statement(job, &st_done, true);
	job_uuid(job, &m->workspace_id);
	job_int8(job, m->until);
	job_text(job, error);
	if (job_submit(job, 0, &e) != 0)
		log_err(LOG_LEVEL_WARN, "sink.record", &e);
	s->flying--;
	buf_free(&m->body);
	mem_free(m);
}

/* A backlog goes out message after message, not one a second. */
static void
recorded(struct job *job, const struct job_result *result, void *arg)
{
	struct sinks *s = arg;

	(void)job;
	if (result->err != NULL)
		log_err(LOG_LEVEL_WARN, "sink.record", result->err);
	else if (!s->w->draining)
		loop_timer(s->w->loop, &s->look, 0, LOOK_MS, look, s);
}

static json_t *
header(const char *name, struct str value)
{
	return json_pack("[s, o]", name, js_string(value));
}

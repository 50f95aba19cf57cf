/* The parts of call.h that talk to the database. */
#include "web/call.h"

#include <stdio.h>
#include <string.h>

#include "core/crypto.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "db/value.h"
#include "web/answer.h"
#include "web/pg.h"
#include "web/rate.h"
#include "web/routes.h"
#include "web/sql.h"

enum { AGENT_MAX = 255 };

/* What a caller is told who may do what he got wrong. */
struct refusal {
	struct err err;
	json_t *issues;
};

static enum call_next operation_answer(struct call *c);
static enum call_next refusal_answer(struct call *c);
static void live_tell(struct call *c);
static void live_told(struct job *job, const struct job_result *result, void *arg);
static struct str stored_answer(const char *message);
static enum call_next submit(struct call *c, struct job *job, call_step then);
static int job_flags(const struct route *route);
static void job_done(struct job *job, const struct job_result *result, void *arg);
static void request_sha256(const struct call *c, uint8_t out[SHA256_SIZE]);
static void json_release(void *v);

enum call_next
call_sql(struct call *c, const struct statement *st, const json_t *p, call_step then)
{
	struct job *job = job_new(pg_pool(), job_done, c);

	call_enter(c, job);
	job_statement(job, st, false);
	job_json(job, p);
	return submit(c, job, then);
}

enum call_next
call_enter_only(struct call *c, call_step then)
{
	struct job *job = job_new(pg_pool(), job_done, c);

	call_enter(c, job);
	return submit(c, job, then);
}

enum call_next
call_permit(struct call *c, call_step then)
{
	struct job *job = job_new(pg_pool(), job_done, c);

	call_enter(c, job);
	job_statement(job, &sql_permit, false);
	job_text(job, c->route->permission);
	return submit(c, job, then);
}

enum call_next
call_refuse_after_permit(struct call *c, const struct issue_list *issues)
{
	struct refusal *r = arena_alloc(c->arena, sizeof(*r));

	r->issues = answer_issues(issues);
	arena_defer(c->arena, json_release, r->issues);
	if (err_from_issues(&r->err, issues) == 0)
		err_set(&r->err, "MR500", "a refusal without a reason");
	c->own = r;
	return call_permit(c, refusal_answer);
}

enum call_next
call_fail_after_permit(struct call *c, const struct err *e)
{
	struct refusal *r = arena_alloc(c->arena, sizeof(*r));

	r->err = *e;
	r->issues = NULL;
	c->own = r;
	return call_permit(c, refusal_answer);
}

void
call_asked(struct call *c)
{
	c->asked = json_copy(c->p);
	json_object_del(c->asked, "secret");
	arena_defer(c->arena, json_release, c->asked);
}

/* The key guards the operation and what was sent with it: another request under it is a conflict.
 */
enum call_next
call_operation(struct call *c)
{
	const char *key = call_header_in(c, "idempotency-key");
	uint8_t sha256[SHA256_SIZE];
	struct job *job;

	if (!(c->route->flags & ROUTE_IDEMPOTENT) || key == NULL)
		return call_sql(c, sql_operation(c->route), c->p, operation_answer);
	request_sha256(c, sha256);
	job = job_new(pg_pool(), job_done, c);
	call_enter(c, job);
	job_statement(job, &sql_idempotency_check, false);
	job_text(job, key);
	job_text(job, c->route->operation);
	job_bytea(job, str_make((const char *)sha256, sizeof(sha256)));
	job_statement(job, sql_operation_kept(c->route), false);
	job_text(job, key);
	job_json(job, c->p);
	return submit(c, job, operation_answer);
}

json_t *
call_client(const struct call *c)
{
	const char *agent = call_header_in(c, "user-agent");
	const char *workspace = call_header_in(c, "x-workspace");

	json_t *client = json_pack("{s:s, s:s*, s:s, s:s, s:s}", "address", c->address, "workspace",
	    workspace, "operation", c->route->operation, "method", method_name(c->method),
	    "request_id", c->request_id);

	if (agent != NULL)
		json_object_set_new(
		    client, "agent", js_string(str_sub(str_of(agent), 0, AGENT_MAX)));
	return client;
}

void
call_enter(const struct call *c, struct job *job)
{
	json_t *client = call_client(c);

	job_statement(job, &sql_enter, false);
	job_text(job, c->credential.value);
	job_json(job, client);
	json_decref(client);
}

static enum call_next
operation_answer(struct call *c)
{
	if (c->reply.failed && err_is(&c->reply.err, "MR2R0"))
		return call_answer_operation(c, stored_answer(c->reply.message));
	if (c->reply.failed)
		return call_fail_reply(c);
	if (c->route->flags & ROUTE_WAKES)
		pg_wake(NULL);
	if (c->route->flags & ROUTE_TELLS)
		live_tell(c);
	return call_answer_operation(c, c->reply.text);
}

/* Workers tell of what they do themselves; this is for what an operation has done to a run. */
static void
live_tell(struct call *c)
{
	struct str id;
	struct uuid run;
	struct job *job;
	struct err e;

	if (!answer_member(c->reply.text, "id", &id) || id.n < 2 ||
	    uuid_parse(str_sub(id, 1, id.n - 2), &run, &e) != 0)
		return;
	job = job_new(pg_notifier(), live_told, NULL);
	call_enter(c, job);
	job_statement(job, &sql_live_tell, false);
	job_uuid(job, &run);
	if (job_submit(job, 0, &e) != 0)
		log_err(LOG_LEVEL_WARN, "live.tell", &e);
}

static void
live_told(struct job *job, const struct job_result *result, void *arg)
{
	(void)job;
	(void)arg;
	if (result->err != NULL)
		log_err(LOG_LEVEL_WARN, "live.tell", result->err);
}

static enum call_next
refusal_answer(struct call *c)
{
	const struct refusal *r = c->own;

	return c->reply.failed ? call_fail_reply(c) : call_fail(c, &r->err, r->issues);
}

/* What idempotency_keep was given, as text of JSON. */
static struct str
stored_answer(const char *message)
{
	if (message == NULL || strcmp(message, "null") == 0)
		return str_make(NULL, 0);
	return str_of(message);
}

static enum call_next
submit(struct call *c, struct job *job, call_step then)
{
	struct err e;

	if (job_submit(job, job_flags(c->route), &e) != 0)
		return call_fail(c, &e, NULL);
	c->job = job;
	c->then = then;
	c->waiting = true;
	return CALL_WAIT;
}

/* What a GET with a credential writes, it may write twice. Others make codes and count tries. */
static int
job_flags(const struct route *route)
{
	if (route->flags & ROUTE_SLOW)
		return JOB_EXCLUSIVE;
	return route->method == METHOD_GET && !(route->flags & ROUTE_PUBLIC) ? JOB_READ : 0;
}

/* All of the result lives until this returns: what the next step needs is copied. */
static void
job_done(struct job *job, const struct job_result *result, void *arg)
{
	struct call *c = arg;
	const PGresult *last;

	(void)job;
	c->job = NULL;
	c->reply = (struct call_reply){ .failed = result->err != NULL };
	if (result->err != NULL) {
		c->reply.err = *result->err;
		c->reply.message = arena_strdup(c->arena, result->message);
		c->reply.detail = arena_strdup(c->arena, result->detail);
	} else {
		if (c->credential.value != NULL)
			rate_learn(c, value_str(result->v[0], 0, 0));
		last = result->v[result->n - 1];
		if (PQntuples(last) == 1 && !value_is_null(last, 0, 0))
			c->reply.text = arena_str(c->arena, value_str(last, 0, 0));
	}
	call_wake(c);
}

static void
request_sha256(const struct call *c, uint8_t out[SHA256_SIZE])
{
	char *text = js_text_of(c->asked != NULL ? c->asked : c->p, JS_SORTED);

	crypto_sha256(str_of(text), out);
	mem_free(text);
}

static void
json_release(void *v)
{
	json_decref(v);
}

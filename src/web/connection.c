/*
 * connection.c: stored credentials. A secret is checked by its kind, sealed to the vault's public
 * key in a thread, and gone from here before SQL is asked: it takes two round trips, since what a
 * secret is bound to (workspace, connection, version) is the database's to say.
 */
#include "web/handlers.h"

#include <string.h>
#include <sys/queue.h>

#include "core/json.h"
#include "core/time.h"
#include "flow/connection.h"
#include "web/pg.h"
#include "web/request.h"
#include "web/sql.h"
#include "web/vault.h"

#define TEST_LOOK_MS 100   /* how often a test under way is looked after */
#define TEST_WAIT_MS 40000 /* longer than a worker waits for the answer */

/* A test of a connection that somebody waits for. */
struct testing {
	LIST_ENTRY(testing) link;
	struct call *call;
	json_t *p; /* {"test"} */
	int64_t until_ms;
};

static LIST_HEAD(, testing) tests = LIST_HEAD_INITIALIZER(tests);
static bool looking; /* a timer is set */

static const struct statement sql_connection_seal = { "connection_seal",
	"select api.connection_seal($1)" };
static const struct statement sql_connection_tested = { "connection_tested",
	"select api.connection_tested($1)" };

static enum call_next seal_begin(struct call *c);
static enum call_next seal_known(struct call *c);
static enum call_next kinds_answer(struct call *c);
static enum call_next test_begun(struct call *c);
static enum call_next test_wait(struct call *c);
static enum call_next test_look(struct call *c);
static enum call_next test_looked(struct call *c);
static void test_leave(struct call *c);
static void tests_wake(void);

enum call_next
connector_list(struct call *c)
{
	return call_permit(c, kinds_answer);
}

enum call_next
connection_create(struct call *c)
{
	struct issue_list issues = { 0 };
	enum call_next next;

	connection_check(js_text_or(c->p, "connector", ""), json_object_get(c->p, "config"),
	    json_object_get(c->p, "secret"), &issues);
	next = issues.errors > 0 ? call_refuse_after_permit(c, &issues) : seal_begin(c);
	issue_list_free(&issues);
	return next;
}

enum call_next
connection_update(struct call *c)
{
	bool changes =
	    json_object_get(c->p, "secret") != NULL || json_object_get(c->p, "config") != NULL;

	return changes ? seal_begin(c) : call_operation(c);
}

enum call_next
connection_test(struct call *c)
{
	return call_sql(c, sql_operation(c->route), c->p, test_begun);
}

static enum call_next
kinds_answer(struct call *c)
{
	json_t *body;

	if (c->reply.failed)
		return call_fail_reply(c);
	body = json_pack("{s:o, s:n}", "items", connection_kinds(), "next_cursor");
	call_answer_json(c, 200, body);
	json_decref(body);
	return CALL_DONE;
}

/* What to seal for; of an existing connection, also its kind. */
static enum call_next
seal_begin(struct call *c)
{
	json_t *p = json_object();
	enum call_next next;

	call_asked(c);
	if (json_object_get(c->p, "id") != NULL)
		json_object_set(p, "id", json_object_get(c->p, "id"));
	next = call_sql(c, &sql_connection_seal, p, seal_known);
	json_decref(p);
	return next;
}

static enum call_next
seal_known(struct call *c)
{
	struct issue_list issues = { 0 };
	json_t *seal, *secret = json_object_get(c->p, "secret");
	const char *kind;
	enum call_next next;

	if (c->reply.failed)
		return call_fail_reply(c);
	seal = vault_reply_kept(c);
	kind = js_text_or(seal, "connector", NULL);
	if (kind != NULL)
		connection_check(kind, json_object_get(c->p, "config"), secret, &issues);
	if (issues.errors > 0)
		next = call_fail_issues(c, &issues);
	else if (secret == NULL)
		next = call_operation(c);
	else {
		next = vault_seal_operation(c, seal, secret);
		json_object_del(c->p, "secret");
	}
	issue_list_free(&issues);
	return next;
}

static enum call_next
test_begun(struct call *c)
{
	struct testing *t;
	json_t *begun;

	if (c->reply.failed)
		return call_fail_reply(c);
	pg_wake(NULL);
	begun = vault_reply_kept(c);
	t = arena_alloc(c->arena, sizeof(*t));
	t->call = c;
	t->p = begun;
	t->until_ms = mono_ms() + TEST_WAIT_MS;
	c->own = t;
	return test_wait(c);
}

static enum call_next
test_wait(struct call *c)
{
	struct testing *t = c->own;

	LIST_INSERT_HEAD(&tests, t, link);
	c->leave = test_leave;
	c->then = test_look;
	c->waiting = true;
	if (!looking)
		request_after(TEST_LOOK_MS, tests_wake);
	looking = true;
	return CALL_WAIT;
}

static enum call_next
test_look(struct call *c)
{
	const struct testing *t = c->own;

	return call_sql(c, &sql_connection_tested, t->p, test_looked);
}

static enum call_next
test_looked(struct call *c)
{
	const struct testing *t = c->own;

	if (c->reply.failed)
		return call_fail_reply(c);
	if (c->reply.text.p != NULL)
		return call_answer_operation(c, c->reply.text);
	if (mono_ms() >= t->until_ms)
		return call_refuse(c, 503, "no worker has tried the connection in time");
	return test_wait(c);
}

static void
test_leave(struct call *c)
{
	struct testing *t = c->own;

	LIST_REMOVE(t, link);
}

static void
tests_wake(void)
{
	struct testing *t;

	looking = false;
	while ((t = LIST_FIRST(&tests)) != NULL) {
		LIST_REMOVE(t, link);
		t->call->leave = NULL;
		call_wake(t->call);
	}
}

/*
 * health.c: is it alive, can it serve, how is it doing. Liveness asks nobody; readiness asks the
 * database and the vault; the age of the queue is shown there and takes no process out.
 */
#include "web/handlers.h"

#include "core/conf.h"
#include "core/json.h"
#include "web/answer.h"
#include "web/metrics.h"
#include "web/pg.h"
#include "web/sql.h"
#include "web/vault.h"

static enum call_next readyz_answer(struct call *c);

enum call_next
healthz(struct call *c)
{
	return call_answer(c, 200, "application/json", str_of("{\"status\":\"ok\"}"));
}

enum call_next
readyz(struct call *c)
{
	if (!pool_is_up(pg_pool()))
		return call_answer(c, 503, "application/json",
		    str_of("{\"status\":\"unavailable\",\"checks\":{\"database\":\"away\"}}"));
	if (conf_text(CONF_VAULT_SOCK)[0] != '\0') {
		if (!vault_is_up())
			return call_answer(c, 503, "application/json",
			    str_of("{\"status\":\"unavailable\",\"checks\":{\"vault\":\"away\"}}"));
		json_object_set_new(c->p, "vault", json_string("ok"));
	}
	return call_sql(c, sql_operation(c->route), c->p, readyz_answer);
}

enum call_next
metrics(struct call *c)
{
	struct buf b = { 0 };

	metrics_print(&b);
	call_answer(
	    c, 200, "text/plain; version=0.0.4; charset=utf-8", arena_str(c->arena, buf_view(&b)));
	buf_free(&b);
	return CALL_DONE;
}

/* The database knows of the others; of the vault it is told. */
enum call_next
health_get(struct call *c)
{
	if (conf_text(CONF_VAULT_SOCK)[0] != '\0')
		json_object_set_new(c->p, "vault", json_boolean(vault_is_up()));
	return call_operation(c);
}

static enum call_next
readyz_answer(struct call *c)
{
	struct str status;
	bool ok;

	if (c->reply.failed)
		return call_answer(c, 503, "application/json",
		    str_of("{\"status\":\"unavailable\",\"checks\":{\"database\":\"failing\"}}"));
	ok = answer_member(c->reply.text, "status", &status) && str_is(status, "\"ok\"");
	return call_answer(c, ok ? 200 : 503, "application/json", c->reply.text);
}

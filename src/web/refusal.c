#include "web/refusal.h"

#include <string.h>

#include "core/json.h"
#include "core/log.h"
#include "web/pg.h"
#include "web/routes.h"
#include "web/sql.h"

enum { FLYING_MAX = 64 };

static const struct statement sql_audit_refused = { "audit_refused",
	"select api.audit_refused($1)" };
static int flying;

static bool is_worth_noting(const struct call *c);
static void noted(struct job *job, const struct job_result *result, void *arg);

void
refusal_note(const struct call *c)
{
	struct job *job;
	const char *email;
	json_t *p;
	struct err ignored;

	if (!is_worth_noting(c))
		return;
	log_info("refused", "request_id=%s operation=%s status=%d address=%s", c->request_id,
	    c->route->operation, c->status, c->address);
	if (flying >= FLYING_MAX)
		return;
	email = js_text_or(c->p, "email", js_text_or(c->p, "username", NULL));
	p = json_pack("{s:i, s:s, s:s, s:s*}", "status", c->status, "code", err_name(c->why->code),
	    "message", c->why->text, "email", (c->route->flags & ROUTE_PUBLIC) ? email : NULL);
	if (strncmp(c->route->path, "/api/v1/workspaces/{id}", 23) == 0)
		json_object_set(p, "workspace", json_object_get(c->p, "id"));
	job = job_new(pg_pool(), noted, NULL);
	call_enter(c, job);
	job_statement(job, &sql_audit_refused, false);
	job_json(job, p);
	if (job_submit(job, 0, &ignored) == 0)
		flying++;
	json_decref(p);
}

static bool
is_worth_noting(const struct call *c)
{
	if (c->route == NULL || c->why == NULL || (c->route->flags & (ROUTE_RAW | ROUTE_LOOPBACK)))
		return false;
	return c->status == 403 ||
	       (c->status == 401 && (c->route->flags & ROUTE_PUBLIC) && c->p != NULL &&
	           strcmp(c->route->operation, "auth_refresh") != 0);
}

static void
noted(struct job *job, const struct job_result *result, void *arg)
{
	(void)job;
	(void)arg;
	flying--;
	if (result->err != NULL)
		log_err(LOG_LEVEL_WARN, "audit.refusal", result->err);
}

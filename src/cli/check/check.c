/*
 * check.c: `millrace check tenancy|roles|audit [--url URL] [--dsn DSN] [--json] [--heads FILE]`.
 *
 * Ends with 0 when every cell is as it must be, with 1 otherwise. The administrator's connection
 * must be a superuser's: it looks at what RLS hides and removes what it made. `audit` asks the
 * database alone, so it works on one that was just restored.
 */
#include "cli/check/check.h"

#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "core/conf.h"
#include "core/crypto.h"
#include "core/json.h"
#include "core/mem.h"

#define LOCK_SQL "select pg_try_advisory_lock(hashtext('millrace check'))"
#define NOISY_MAX 100 /* violations that are printed */
#define SLOW_DOWN_MAX 40

static volatile sig_atomic_t interrupted;

/* The command line. */
struct asked {
	const char *which, *dsn;
	const char *heads; /* NULL: none to compare with */
};

static int options(struct check *c, int argc, char **argv, struct asked *asked, struct err *e);
static int prepare(struct check *c, const char *dsn, struct err *e);
static int matrix(struct check *c, const char *which, struct err *e);
static int contract(struct check *c, struct err *e);
static int worlds(struct check *c, struct err *e);
static int roles_read(struct check *c, struct err *e);
static int clear(struct check *c, struct err *e);
static void summary(const struct check *c, const char *which);
static void on_signal(int sig);

int
cmd_check(const struct place *place, int argc, char **argv, struct err *e)
{
	struct check c = { .place = place, .arena = arena_new() };
	struct asked asked = { .which = "", .dsn = conf_text(CONF_DSN) };
	int rc = -1;

	c.counts = json_object();
	c.violations = json_array();
	if (options(&c, argc, argv, &asked, e) != 0 || prepare(&c, asked.dsn, e) != 0)
		goto out;
	rc = strcmp(asked.which, "audit") == 0 ? check_audit(&c, asked.heads, e)
	                                       : matrix(&c, asked.which, e);
	if (rc == 0)
		summary(&c, asked.which);
	if (rc == 0 && json_array_size(c.violations) > 0)
		rc = err_set(e, "MR409", "check %s: %zu violations", asked.which,
		    json_array_size(c.violations));
out:
	pg_close(c.pg);
	http_free(&c.http);
	json_decref(c.a.things);
	json_decref(c.b.things);
	json_decref(c.counts);
	json_decref(c.violations);
	spec_free(&c.spec);
	arena_free(c.arena);
	return rc;
}

static int
options(struct check *c, int argc, char **argv, struct asked *asked, struct err *e)
{
	static const struct option names[] = { { "url", 1, NULL, 'u' }, { "dsn", 1, NULL, 'd' },
		{ "heads", 1, NULL, 'h' }, { "json", 0, NULL, 'j' }, { NULL, 0, NULL, 0 } };
	int o;

	while ((o = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (o == 'u')
			buf_text(&c->http.base, optarg);
		else if (o == 'd')
			asked->dsn = optarg;
		else if (o == 'h')
			asked->heads = optarg;
		else if (o == 'j')
			c->as_json = true;
		else
			return err_set(e, "MR400",
			    "usage: millrace check tenancy|roles|audit [--url URL] [--dsn DSN] "
			    "[--json] [--heads FILE]");
	}
	asked->which = optind < argc ? argv[optind] : "";
	if (strcmp(asked->which, "tenancy") != 0 && strcmp(asked->which, "roles") != 0 &&
	    strcmp(asked->which, "audit") != 0)
		return err_set(e, "MR400",
		    "say which: millrace check tenancy, millrace check roles, or millrace check "
		    "audit");
	if (c->http.base.len == 0)
		buf_printf(&c->http.base, "http://localhost:%d", (int)conf_int(CONF_PORT));
	while (str_ends(buf_view(&c->http.base), "/"))
		buf_truncate(&c->http.base, c->http.base.len - 1);
	return 0;
}

static int
prepare(struct check *c, const char *dsn, struct err *e)
{
	struct sigaction action = { .sa_handler = on_signal };
	const char *locked;

	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	if (pg_open(dsn, "millrace check", &c->pg, e) != 0 ||
	    pg_script(c->pg, "set search_path = pg_catalog", e) != 0 ||
	    check_value(c, LOCK_SQL, 0, NULL, &locked, e) != 0)
		return -1;
	if (strcmp(locked, "t") != 0)
		return err_set(e, "MR409", "another check is under way in this database");
	return 0;
}

/* Tenancy or roles: in two workspaces that are gone afterwards, however it ends. */
static int
matrix(struct check *c, const char *which, struct err *e)
{
	struct err after;
	int rc = -1;

	if (contract(c, e) != 0)
		return -1;
	if (worlds(c, e) != 0)
		goto out;
	if (strcmp(which, "tenancy") == 0)
		rc = check_catalog(c, e) == 0 ? check_tenancy(c, e) : -1;
	else
		rc = check_needs(c, e) == 0 ? check_roles(c, e) : -1;
out:
	if (clear(c, &after) != 0)
		fprintf(
		    stderr, "millrace: the check's workspaces are still there: %s\n", after.text);
	return rc;
}

/* The contract that this installation serves, and what is asked of the database about it. */
static int
contract(struct check *c, struct err *e)
{
	const char *params[1];
	struct buf text = { 0 };
	json_t *document = NULL;
	int rc = -1;

	if (http_need(&c->http, 200, "GET", "/api/v1/openapi.json", NULL, &document, e) != 0)
		goto out;
	spec_read(&c->spec, c->arena, document);
	js_dump(&text, document, JS_COMPACT);
	params[0] = buf_cstr(&text);
	if (pg_call(c->pg, "select set_config('check.openapi', $1, false)", 1, params, NULL, e) !=
	    0)
		goto out;
	rc = check_script(c, "lint.sql", e) != 0 || check_script(c, "need.sql", e) != 0 ||
	             check_script(c, "table.sql", e) != 0 || check_script(c, "world.sql", e) != 0 ||
	             check_channels_listen(c, e) != 0
	         ? -1
	         : 0;
out:
	buf_free(&text);
	return rc;
}

/* First what an earlier check left behind, if it was killed. */
static int
worlds(struct check *c, struct err *e)
{
	uint8_t random[4];
	char hex[2 * sizeof(random) + 1];

	crypto_random(random, sizeof(random));
	(void)crypto_hex(random, sizeof(random), hex);
	if (roles_read(c, e) != 0 || clear(c, e) != 0 ||
	    world_make(c, &c->a, TEXT(c, "%s-a", hex), e) != 0)
		return -1;
	return world_make(c, &c->b, TEXT(c, "%s-b", hex), e);
}

static int
roles_read(struct check *c, struct err *e)
{
	PGresult *res = NULL;
	int rc = pg_call(c->pg, "select unnest(pg_temp.check_roles())", 0, NULL, &res, e);

	for (int i = 0; rc == 0 && i < PQntuples(res) && i < ROLES_MAX; i++)
		c->roles[c->roles_len++] = TEXT(c, "%s", PQgetvalue(res, i, 0));
	PQclear(res);
	return rc;
}

static int
clear(struct check *c, struct err *e)
{
	const char *n;

	if (PQtransactionStatus(pg_conn(c->pg)) != PQTRANS_IDLE &&
	    pg_script(c->pg, "rollback", e) != 0)
		return -1;
	return check_value(c, "select pg_temp.check_clear()", 0, NULL, &n, e);
}

static void
on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

int
check_value(struct check *c, const char *sql, int n, const char *const *params, const char **out,
    struct err *e)
{
	struct buf text = { 0 };
	int rc = pg_value(c->pg, sql, n, params, &text, e);

	*out = arena_text(c->arena, buf_view(&text));
	buf_free(&text);
	return rc;
}

int
check_script(struct check *c, const char *name, struct err *e)
{
	char path[PATH_MAX];
	struct buf text = { 0 };
	int rc = file_read(path_of(path, c->place->root, "sql/check", name, NULL), &text, e);

	if (rc == 0)
		rc = pg_script(c->pg, buf_cstr(&text), e);
	buf_free(&text);
	return rc;
}

int
check_rows(struct check *c, const char *sql, int n, const char *const *params, struct err *e)
{
	PGresult *res = NULL;
	int rc = pg_call(c->pg, sql, n, params, &res, e);

	for (int i = 0; rc == 0 && i < PQntuples(res); i++)
		check_cell(c, strcmp(PQgetvalue(res, i, 6), "t") == 0, PQgetvalue(res, i, 0),
		    PQgetvalue(res, i, 1), PQgetvalue(res, i, 2), PQgetvalue(res, i, 3),
		    PQgetvalue(res, i, 4), PQgetvalue(res, i, 5));
	PQclear(res);
	return rc;
}

void
check_cell(struct check *c, bool ok, const char *kind, const char *object, const char *what,
    const char *want, const char *got, const char *how)
{
	check_cells(c, kind, 1);
	if (!ok)
		check_violation(c, kind, object, what, want, got, how);
}

void
check_cells(struct check *c, const char *kind, int n)
{
	json_t *count = json_object_get(c->counts, kind);

	if (count == NULL) {
		count = json_pack("[i, i]", 0, 0);
		(void)json_object_set_new(c->counts, kind, count);
	}
	(void)json_array_set_new(
	    count, 0, json_integer(json_integer_value(json_array_get(count, 0)) + n));
}

void
check_violation(struct check *c, const char *kind, const char *object, const char *what,
    const char *want, const char *got, const char *how)
{
	json_t *count;

	check_cells(c, kind, 0);
	count = json_object_get(c->counts, kind);
	(void)json_array_set_new(
	    count, 1, json_integer(json_integer_value(json_array_get(count, 1)) + 1));
	(void)json_array_append_new(
	    c->violations, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "kind", kind, "object",
	                       object, "what", what, "want", want, "got", got, "how", how));
}

void
check_progress(const struct check *c, const char *kind)
{
	const json_t *count = json_object_get(c->counts, kind);
	int violations = (int)json_integer_value(json_array_get(count, 1));

	if (c->as_json)
		return;
	printf("%-4s %-12s %6d cells", violations == 0 ? "ok" : "BAD", kind,
	    (int)json_integer_value(json_array_get(count, 0)));
	printf(violations == 0 ? "\n" : "  %d violations\n", violations);
	(void)fflush(stdout);
}

static void
summary(const struct check *c, const char *which)
{
	json_t *all, *violation, *count;
	const char *kind;
	int cells = 0;
	size_t i;

	json_object_foreach(c->counts, kind, count) cells +=
	    (int)json_integer_value(json_array_get(count, 0));
	if (c->as_json) {
		char *text;

		all = json_pack("{s:s, s:b, s:i, s:O, s:O}", "check", which, "ok",
		    json_array_size(c->violations) == 0, "cells", cells, "counts", c->counts,
		    "violations", c->violations);
		text = js_text_of(all, JS_PRETTY);
		printf("%s\n", text);
		mem_free(text);
		json_decref(all);
		return;
	}
	json_array_foreach(c->violations, i, violation)
	{
		if (i == NOISY_MAX) {
			printf("… and %zu more: see them with --json\n",
			    json_array_size(c->violations) - i);
			break;
		}
		printf("\nBAD %s: %s\n    wanted %s, got %s\n    again: %s\n",
		    js_text_or(violation, "object", ""), js_text_or(violation, "what", ""),
		    js_text_or(violation, "want", ""), js_text_or(violation, "got", ""),
		    js_text_or(violation, "how", ""));
	}
	printf("check %s: ", which);
	if (c->spec.len > 0)
		printf("%zu operations, ", c->spec.len);
	printf("%d cells, %zu violations\n", cells, json_array_size(c->violations));
}

int
check_ask(struct check *c, const struct op *op, const struct who *who, const char *target,
    const json_t *body, const char *workspace, struct http_said *said, struct err *e)
{
	const char *headers[12] = { NULL };
	struct http_ask ask = { .method = op->method, .path = target, .headers = headers };
	json_t *made = body == NULL ? spec_body(&c->spec, op) : NULL;
	struct buf text = { 0 };
	const char *forgotten;
	int n = 0, rc;

	if (who->cookie != NULL) {
		headers[n++] = TEXT(c, "Cookie: %s=%s",
		    str_starts(buf_view(&c->http.base), "https:") ? "__Host-mr" : "mr",
		    who->cookie);
		headers[n++] = TEXT(c, "Origin: %s", buf_cstr(&c->http.base));
		headers[n++] = TEXT(c, "X-CSRF-Token: %s", who->csrf != NULL ? who->csrf : "");
	}
	if (who->bearer != NULL)
		headers[n++] = TEXT(c, "Authorization: Bearer %s", who->bearer);
	if (workspace != NULL)
		headers[n++] = TEXT(c, "X-Workspace: %s", workspace);
	if (op->has_if_match)
		headers[n++] =
		    "If-Match: \"987654321\""; /* nobody's: what is there stays as it is */
	if (strcmp(op->id, "ws") == 0) {
		headers[n++] = "Connection: Upgrade";
		headers[n++] = "Upgrade: websocket";
		headers[n++] = "Sec-WebSocket-Version: 13";
		headers[n++] = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
	}
	if (body != NULL || made != NULL) {
		headers[n++] = "Content-Type: application/json";
		js_dump(&text, body != NULL ? body : made, JS_COMPACT);
		ask.body = str_of(buf_cstr(&text));
	}
	for (int i = 0;; i++) {
		rc = interrupted ? err_set(e, "MR503", "interrupted")
		                 : http_send(&c->http, &ask, said, e);
		if (rc != 0 || said->status != 429 || i == SLOW_DOWN_MAX)
			break;
		rc = check_value(c, "select pg_temp.check_forget()", 0, NULL, &forgotten, e);
		if (rc != 0)
			break;
		if (strcmp(forgotten, "0") == 0)
			(void)poll(
			    NULL, 0, said->retry_after_s > 0 ? said->retry_after_s * 1000 : 250);
	}
	buf_free(&text);
	json_decref(made);
	return rc;
}

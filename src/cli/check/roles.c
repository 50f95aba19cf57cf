/*
 * roles.c: each operation with each role, scope and kind of credential.
 *
 * Expected is the table of roles cut by the token's scopes; got is a 403 that names the permission,
 * a 401, or anything else that is no failure. Requests have a valid shape and mean things that
 * aren't there, so who may ask changes nothing; where that isn't enough, somebody new asks.
 */
#include <stdio.h>
#include <string.h>

#include "cli/check/check.h"
#include "core/json.h"

#define SCOPES_MAX 64

/* Who asks, and how it must end. */
struct asker {
	struct who who;
	int role;           /* of check.roles; -1: nobody who is let in */
	const char *scopes; /* ",run:read,"; NULL: a person, who has all of the role */
	bool is_program;    /* a JWT */
	int refused;        /* the status for everything; 0: it depends */
	const char *workspace;
};

struct matrix {
	struct asker v[SCOPES_MAX + 4 * ROLES_MAX];
	size_t n;
	const char *may[ROLES_MAX]; /* ",run:read,run:write," */
};

static int askers_make(struct check *c, struct matrix *m, struct err *e);
static int scoped(struct check *c, struct matrix *m, struct err *e);
static int strangers(struct check *c, struct matrix *m, struct err *e);
static int op_ask(struct check *c, const struct matrix *m, const struct op *op,
    const struct asker *a, struct err *e);
static void judge(struct check *c, const struct op *op, const struct asker *a, bool allowed,
    const struct http_said *said);
static bool has(const char *list, const char *permission);

int
check_roles(struct check *c, struct err *e)
{
	struct matrix m = { .n = 0 };

	if (askers_make(c, &m, e) != 0 || scoped(c, &m, e) != 0 || strangers(c, &m, e) != 0)
		return -1;
	for (size_t i = 0; i < c->spec.len; i++) {
		const struct op *op = &c->spec.ops[i];

		for (size_t j = 0; strcmp(op->permission, "none") != 0 && j < m.n; j++) {
			if (op_ask(c, &m, op, &m.v[j], e) != 0)
				return -1;
		}
	}
	check_progress(c, "people");
	check_progress(c, "tokens");
	check_progress(c, "strangers");
	return 0;
}

/* Each role by cookie, by JWT, and with a token that carries every scope: the role cuts it. */
static int
askers_make(struct check *c, struct matrix *m, struct err *e)
{
	const char *scopes, *list;

	if (check_value(c, "select app.scope_list()", 0, NULL, &scopes, e) != 0 ||
	    check_value(c, "select ',' || array_to_string(app.scope_list(), ',') || ','", 0, NULL,
	        &list, e) != 0)
		return -1;
	for (int i = 0; i < c->roles_len; i++) {
		struct asker *token = &m->v[m->n + 2];

		if (check_value(
		        c, "select pg_temp.check_may($1)", 1, &c->roles[i], &m->may[i], e) != 0)
			return -1;
		m->v[m->n] = (struct asker){ .who = c->a.cookie[i], .role = i };
		m->v[m->n + 1] =
		    (struct asker){ .who = c->a.jwt[i], .role = i, .is_program = true };
		*token = (struct asker){ .role = i, .scopes = list };
		if (world_token(c, &c->a, i, scopes,
		        TEXT(c, "token of %s, all scopes", c->roles[i]), &token->who, e) != 0)
			return -1;
		m->n += 3;
	}
	return 0;
}

/* The owner's tokens with each scope alone, and with none. */
static int
scoped(struct check *c, struct matrix *m, struct err *e)
{
	PGresult *res = NULL;
	int rc = pg_call(c->pg, "select unnest(app.scope_list() || ''::text)", 0, NULL, &res, e);

	for (int i = 0; rc == 0 && i < PQntuples(res); i++) {
		const char *scope = PQgetvalue(res, i, 0);
		struct asker *a = &m->v[m->n++];

		if (i == SCOPES_MAX) {
			rc = err_set(e, "MR500", "there are more than %d scopes", SCOPES_MAX);
			break;
		}
		*a = (struct asker){ .scopes = TEXT(c, ",%s,", scope) };
		rc = world_token(c, &c->a, 0, TEXT(c, "{%s}", scope),
		    TEXT(c, "token of owner, %s", scope[0] != '\0' ? scope : "no scope"), &a->who,
		    e);
	}
	PQclear(res);
	return rc;
}

/* Who must never be let in, whatever is asked. */
static int
strangers(struct check *c, struct matrix *m, struct err *e)
{
	static const struct {
		const char *label, *sql;
	} ended[] = {
		{ "revoked token", "update app.token set revoked_at = now() where token_hash = "
		                   "sha256(convert_to($1, 'UTF8'))" },
		{ "expired token", "update app.token set expires_at = now() - interval '1 s' where "
		                   "token_hash = sha256(convert_to($1, 'UTF8'))" },
	};
	const char *scopes;
	struct asker *a;

	m->v[m->n++] =
	    (struct asker){ .who = { .label = "no credential" }, .role = -1, .refused = 401 };
	m->v[m->n++] = (struct asker){ .who = { .label = "no token of ours", .bearer = "nonsense" },
		.role = -1,
		.refused = 401 };
	if (check_value(c, "select app.scope_list()", 0, NULL, &scopes, e) != 0)
		return -1;
	a = &m->v[m->n++];
	*a = (struct asker){ .role = -1, .refused = 404, .workspace = c->a.id };
	if (world_token(c, &c->b, 0, scopes, "token of B in A's workspace", &a->who, e) != 0)
		return -1;
	a = &m->v[m->n++];
	*a = (struct asker){
		.who = c->b.cookie[0], .role = -1, .refused = 404, .workspace = c->a.slug
	};
	a->who.label = "session of B in A's workspace";
	for (size_t i = 0; i < countof(ended); i++) {
		a = &m->v[m->n++];
		*a = (struct asker){ .role = -1, .refused = 401 };
		if (world_token(c, &c->a, 0, scopes, ended[i].label, &a->who, e) != 0 ||
		    pg_call(c->pg, ended[i].sql, 1, &a->who.bearer, NULL, e) != 0)
			return -1;
	}
	return 0;
}

static int
op_ask(struct check *c, const struct matrix *m, const struct op *op, const struct asker *a,
    struct err *e)
{
	bool is_personal = strcmp(op->permission, "session") == 0;
	bool allowed = a->refused == 0 &&
	               (is_personal ? a->scopes == NULL
	                            : has(m->may[a->role], op->permission) &&
	                                  (a->scopes == NULL || has(a->scopes, op->permission)));
	struct http_said said = { 0 };
	struct who who = a->who;
	json_t *values = json_object();
	int rc = -1;

	/* A workspace is entered before anything is asked there; all else needn't be there. */
	if (strncmp(op->path, "/api/v1/workspaces/{id}", 23) == 0)
		(void)json_object_set_new(values, "id", json_string(c->a.id));
	/* What a person may do to themselves ends sessions and accounts: somebody new does it. */
	if (is_personal && allowed && strcmp(op->method, "GET") != 0 &&
	    world_somebody(c, &c->a, a->role, a->is_program, &who, e) != 0)
		goto out;
	if (check_ask(c, op, &who, spec_fill(&c->spec, op, values), NULL, a->workspace, &said, e) !=
	    0)
		goto out;
	judge(c, op, a, allowed, &said);
	rc = 0;
out:
	json_decref(values);
	buf_free(&said.body);
	return rc;
}

static void
judge(struct check *c, const struct op *op, const struct asker *a, bool allowed,
    const struct http_said *said)
{
	const char *kind = a->role < 0 ? "strangers" : a->scopes != NULL ? "tokens" : "people";
	const char *text = TEXT(c, STR_FMT, STR_ARG(buf_view(&said->body)));
	const char *want;
	bool ok;

	if (a->refused != 0) {
		ok = said->status == a->refused;
		want = TEXT(c, "%d", a->refused);
	} else if (allowed) {
		ok = said->status != 401 && said->status != 403 && said->status < 500;
		want = "no refusal";
	} else {
		ok = said->status == 403 && strstr(text, op->permission) != NULL;
		want = TEXT(c, "403 naming %s", op->permission);
	}
	check_cell(c, ok, kind, op->id, TEXT(c, "asked by %s", a->who.label), want,
	    TEXT(c, "%d %.200s", said->status, text),
	    TEXT(c, "%s %s with %s", op->method, op->path, a->who.label));
}

static bool
has(const char *list, const char *permission)
{
	char word[128];

	(void)snprintf(word, sizeof(word), ",%s,", permission);
	return strstr(list, word) != NULL;
}

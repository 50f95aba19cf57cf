/*
 * audit.c: every entry of every audit log against its chain; chains against heads kept elsewhere.
 *
 * A chain shows what was changed, removed or moved inside it (sql/app/audit_chain.sql). Who may do
 * everything in the database can write a whole new one; that shows only beside a head which was
 * out of reach: pg_cron tells each to the server's log daily, and --heads takes these lines.
 */
#include <stdio.h>
#include <string.h>

#include "cli/check/check.h"
#include "core/buf.h"
#include "core/json.h"
#include "core/uuid.h"

#define SLICE "5000"

static int chain_check(struct check *c, const char *id, const char *base, struct err *e);
static int problems(
    struct check *c, const char *kind, const char *id, const json_t *list, struct err *e);
static int heads_check(struct check *c, const char *path, struct err *e);
static int head_check(struct check *c, const char *const *head, struct err *e);
static int answer(struct check *c, const char *sql, int n, const char *const *params, json_t **out,
    struct err *e);

int
check_audit(struct check *c, const char *heads, struct err *e)
{
	PGresult *res = NULL;
	int rc = pg_call(c->pg,
	    "select h.workspace_id, h.base_seq from app.audit_head h"
	    " union select w.id, 0 from app.workspace w"
	    "  where not exists (select from app.audit_head h where h.workspace_id = w.id)"
	    " order by 1",
	    0, NULL, &res, e);

	for (int i = 0; rc == 0 && i < PQntuples(res); i++)
		rc = chain_check(c, PQgetvalue(res, i, 0), PQgetvalue(res, i, 1), e);
	if (rc == 0) {
		check_progress(c, "chains");
		check_progress(c, "entries");
	}
	if (rc == 0 && heads != NULL)
		rc = heads_check(c, heads, e);
	PQclear(res);
	return rc;
}

/* Slice by slice, so that no statement is long; then both ends. */
static int
chain_check(struct check *c, const char *id, const char *base, struct err *e)
{
	const char *params[] = { id, base };
	json_t *said = NULL;
	int64_t n;
	int rc;

	do {
		rc = answer(c, "select app.audit_check($1::uuid, $2::bigint, " SLICE ")", 2, params,
		    &said, e);
		if (rc != 0)
			break;
		n = js_int_or(said, "checked", 0);
		params[1] = TEXT(c, "%" JSON_INTEGER_FORMAT, (json_int_t)js_int_or(said, "seq", 0));
		check_cells(c, "entries", (int)n);
		rc = problems(c, "entries", id, json_object_get(said, "problems"), e);
		json_decref(said);
		said = NULL;
	} while (rc == 0 && n > 0);
	if (rc == 0)
		rc = answer(c, "select app.audit_ends($1::uuid)", 1, params, &said, e);
	if (rc == 0) {
		check_cells(c, "chains", 1);
		rc = problems(c, "chains", id, said, e);
	}
	json_decref(said);
	return rc;
}

static int
problems(struct check *c, const char *kind, const char *id, const json_t *list, struct err *e)
{
	const json_t *problem;
	size_t i;

	if (!json_is_array(list))
		return err_set(e, "MR500", "the database gave no list of problems");
	json_array_foreach(list, i, problem)
	{
		json_int_t seq = js_int_or(problem, "seq", 0);

		check_violation(c, kind, TEXT(c, "workspace %s", id),
		    TEXT(c, "entry %" JSON_INTEGER_FORMAT " of its audit log, %s", seq,
		        js_text_or(problem, "id", "no id")),
		    "as it was written", js_text_or(problem, "problem", ""),
		    TEXT(c, "select app.audit_check('%s', %" JSON_INTEGER_FORMAT ", 1)", id,
		        seq > 0 ? seq - 1 : 0));
	}
	return 0;
}

/* Lines of the server's log, of which `workspace=ID seq=N hash=HEX` is read. */
static int
heads_check(struct check *c, const char *path, struct err *e)
{
	struct buf text = { 0 };
	struct str rest, line;
	int rc = file_read(path, &text, e);

	rest = buf_view(&text);
	while (rc == 0 && str_next(&rest, '\n', &line)) {
		char id[UUID_TEXT_SIZE], seq[20], hash[65];
		const char *head[] = { id, seq, hash };
		const char *at = strstr(arena_text(c->arena, line), "workspace=");

		if (at == NULL)
			continue;
		if (sscanf(at, "workspace=%36s seq=%19[0-9] hash=%64[0-9a-f]", id, seq, hash) == 3)
			rc = head_check(c, head, e);
		else
			rc = err_set(e, "MR400", "%s: a head that is cut off: %s", path, at);
	}
	if (rc == 0)
		check_progress(c, "heads");
	buf_free(&text);
	return rc;
}

/* What retention or an erasure has removed since, both of which are entries, can't be compared. */
static int
head_check(struct check *c, const char *const *head, struct err *e)
{
	static const char found[] =
	    "select coalesce((select case when $2::bigint < h.base_seq then 'expired'"
	    "                             when $2::bigint = h.base_seq then encode(h.base_hash, "
	    "'hex')"
	    "                             else encode(l.hash, 'hex') end"
	    "                   from app.audit_head h"
	    "                   left join app.audit_link l on l.workspace_id = h.workspace_id and "
	    "l.seq = "
	    "$2::bigint"
	    "                  where h.workspace_id = $1::uuid),"
	    "                (select 'erased' from app.erasure x where x.subject_id = $1::uuid "
	    "limit 1),"
	    "                'gone')";
	const char *got;

	if (check_value(c, found, 2, head, &got, e) != 0)
		return -1;
	check_cell(c,
	    strcmp(got, head[2]) == 0 || strcmp(got, "expired") == 0 || strcmp(got, "erased") == 0,
	    "heads", TEXT(c, "workspace %s", head[0]),
	    TEXT(c, "the hash of entry %s is the one that was kept", head[1]), head[2], got,
	    TEXT(c,
	        "select encode(hash, 'hex') from app.audit_link where workspace_id = '%s' and seq "
	        "= %s",
	        head[0], head[1]));
	return 0;
}

static int
answer(
    struct check *c, const char *sql, int n, const char *const *params, json_t **out, struct err *e)
{
	struct buf text = { 0 };
	int rc = pg_value(c->pg, sql, n, params, &text, e);

	if (rc == 0)
		rc = js_parse(buf_view(&text), text.len, JS_DEPTH_MAX, out, e);
	buf_free(&text);
	return rc;
}

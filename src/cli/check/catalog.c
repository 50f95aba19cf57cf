/*
 * catalog.c: what the database answers by itself (sql/check).
 */
#include <string.h>

#include "cli/check/check.h"

int
check_catalog(struct check *c, struct err *e)
{
	const char *params[] = { c->a.cookie[0].cookie, c->a.id, c->b.id };
	struct err ignored;
	int rc = -1;

	if (check_rows(c,
	        "select 'lint', coalesce(l.object, 'the catalog'), coalesce(l.rule, 'no rule "
	        "speaks'), 'no such object',"
	        " coalesce(l.rule, ''), 'sql/check/lint.sql: select * from pg_temp.lint', l.rule "
	        "is null"
	        "  from (select 1) x left join pg_temp.lint l on true",
	        0, NULL, e) != 0)
		goto out;
	check_progress(c, "lint");
	if (pg_script(c->pg, "begin", e) != 0 ||
	    check_rows(c,
	        "select t.kind, t.object, t.what, t.want, t.got,"
	        "       'set role, api.enter($1) as A, then: ' || t.how, t.ok"
	        "  from pg_temp.tenancy($1, $2::uuid, $3::uuid) t",
	        3, params, e) != 0)
		goto out;
	check_progress(c, "tables");
	check_progress(c, "relations");
	check_progress(c, "rights");
	rc = 0;
out:
	if (pg_script(c->pg, "rollback", &ignored) != 0)
		rc = -1;
	return rc;
}

int
check_needs(struct check *c, struct err *e)
{
	if (check_rows(c,
	        "select 'needs', coalesce(n.object, 'api'), coalesce(n.what, 'functions ask for "
	        "what the contract says'),"
	        " 'the same permission in both', coalesce(n.what, ''),"
	        " 'sql/check/need.sql: select * from pg_temp.need', n.object is null"
	        "  from (select 1) x left join pg_temp.need n on true",
	        0, NULL, e) != 0)
		return -1;
	check_progress(c, "needs");
	/* The table itself: each role has what the next has, and who only looks changes nothing. */
	if (check_rows(c,
	        "select 'ladder', p.permission, 'held by ' || p.role || ', so by ' || u.above, "
	        "'true', 'false',"
	        "       'select * from app.role_permission order by permission, role',"
	        "       exists (select from app.role_permission q where q.role = u.above and "
	        "q.permission = p.permission)"
	        "  from app.role_permission p"
	        "  join (values ('viewer', 'operator'), ('operator', 'editor'), ('editor', "
	        "'admin'), ('admin', 'owner')) u (role, above)"
	        "       on u.role = p.role"
	        " union all "
	        "select 'ladder', p.permission, 'held by viewer: it only reads', 'true', 'false',"
	        "       'select * from app.role_permission where role = ''viewer''', p.permission "
	        "like '%:read'"
	        "  from app.role_permission p where p.role = 'viewer'",
	        0, NULL, e) != 0)
		return -1;
	check_progress(c, "ladder");
	return 0;
}

int
check_channels_listen(struct check *c, struct err *e)
{
	PGresult *res = NULL;
	int rc = pg_call(c->pg, "select t.channel from pg_temp.channels() t", 0, NULL, &res, e);

	for (int i = 0; rc == 0 && i < PQntuples(res); i++)
		rc = pg_script(c->pg, TEXT(c, "listen %s", PQgetvalue(res, i, 0)), e);
	PQclear(res);
	return rc;
}

/* Channels aren't access controlled: what is in a payload, everybody who connects may read. */
void
check_channels_read(struct check *c)
{
	PGnotify *note;

	(void)PQconsumeInput(pg_conn(c->pg));
	while ((note = PQnotifies(pg_conn(c->pg))) != NULL) {
		check_cell(c, strspn(note->extra, "0123456789abcdef-:, ") == strlen(note->extra),
		    "channels", note->relname, "a payload holds ids only", "ids", note->extra,
		    TEXT(c, "listen %s", note->relname));
		PQfreemem(note);
	}
}

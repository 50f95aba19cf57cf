#include "db/sync.h"

#include <string.h>

#include "core/log.h"
#include "core/mem.h"

struct pg {
	PGconn *conn;
};

static void notice(void *arg, const char *message);
static int result_error(struct pg *pg, const PGresult *res, struct err *e);

int
pg_open(const char *dsn, const char *name, struct pg **out, struct err *e)
{
	const char *const keys[] = { "fallback_application_name", "dbname", "client_encoding",
		"connect_timeout", NULL };
	const char *const values[] = { name, dsn, "UTF8", "10", NULL };
	struct pg *pg = mem_alloc(sizeof(*pg));
	int rc = -1;

	*out = NULL;
	pg->conn = PQconnectdbParams(keys, values, 1);
	if (PQstatus(pg->conn) != CONNECTION_OK) {
		const char *why = PQerrorMessage(pg->conn);

		err_set(e, "08001", "%.*s", (int)strcspn(why, "\n"), why);
		goto out;
	}
	PQsetNoticeProcessor(pg->conn, notice, NULL);
	*out = pg;
	pg = NULL;
	rc = 0;
out:
	pg_close(pg);
	return rc;
}

void
pg_close(struct pg *pg)
{
	if (pg != NULL) {
		PQfinish(pg->conn);
		mem_free(pg);
	}
}

int
pg_call(
    struct pg *pg, const char *sql, int n, const char *const *params, PGresult **res, struct err *e)
{
	PGresult *got = PQexecParams(pg->conn, sql, n, NULL, params, NULL, NULL, 0);
	ExecStatusType status = PQresultStatus(got);
	int rc = 0;

	if (res != NULL)
		*res = NULL;
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
		rc = result_error(pg, got, e);
	} else if (res != NULL) {
		*res = got;
		got = NULL;
	}
	PQclear(got);
	return rc;
}

int
pg_script(struct pg *pg, const char *sql, struct err *e)
{
	PGresult *res = PQexec(pg->conn, sql);
	ExecStatusType status = PQresultStatus(res);
	int rc = 0;

	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY)
		rc = result_error(pg, res, e);
	PQclear(res);
	return rc;
}

int
pg_value(struct pg *pg, const char *sql, int n, const char *const *params, struct buf *out,
    struct err *e)
{
	PGresult *res = NULL;
	int rc = -1;

	if (pg_call(pg, sql, n, params, &res, e) != 0)
		goto out;
	if (PQntuples(res) < 1 || PQnfields(res) < 1) {
		err_set(e, "MR404", "the database gave no row");
		goto out;
	}
	buf_append(out, PQgetvalue(res, 0, 0), (size_t)PQgetlength(res, 0, 0));
	rc = 0;
out:
	PQclear(res);
	return rc;
}

PGconn *
pg_conn(struct pg *pg)
{
	return pg->conn;
}

static void
notice(void *arg, const char *message)
{
	(void)arg;
	log_debug("db.notice", "text=%s", message);
}

static int
result_error(struct pg *pg, const PGresult *res, struct err *e)
{
	struct err_native native = {
		.sqlstate = PQresultErrorField(res, PG_DIAG_SQLSTATE),
		.message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY),
		.table = PQresultErrorField(res, PG_DIAG_TABLE_NAME),
		.column = PQresultErrorField(res, PG_DIAG_COLUMN_NAME),
		.constraint = PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME),
		.hint = PQresultErrorField(res, PG_DIAG_MESSAGE_HINT),
	};
	struct err mapped;

	err_from_native(&mapped, &native);
	if (native.message == NULL)
		native.message = PQerrorMessage(pg->conn);
	err_set_field(e, mapped.code, mapped.field, "%s", native.message);
	return -1;
}

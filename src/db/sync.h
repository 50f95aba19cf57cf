/*
 * sync.h: blocking calls, for the CLI and for tests. A process with a loop uses pool.h.
 */
#ifndef MR_DB_SYNC_H
#define MR_DB_SYNC_H

#include <libpq-fe.h>

#include "core/buf.h"
#include "core/def.h"
#include "core/err.h"

struct pg;

/* Connects within 10 s. -1: 08001 with libpq's reason (never the password). Notices go to the log
 * (debug). */
mr_must_check int pg_open(const char *dsn, const char *name, struct pg **out, struct err *e);

/* NULL is fine. */
void pg_close(struct pg *pg);

/*
 * One statement with n text parameters (NULL: SQL null), text results. 0: *res is the caller's
 * (PQclear); out may be NULL. -1: the error, its field and text as err_from_native; an error with a
 * native code has Postgres' own message as text, since who calls this is an operator.
 */
mr_must_check int pg_call(struct pg *pg, const char *sql, int n, const char *const *params,
    PGresult **res, struct err *e);

/* Any number of statements without parameters (a migration, begin/commit); results are dropped. */
mr_must_check int pg_script(struct pg *pg, const char *sql, struct err *e);

/* First column of the first row, appended to out; nothing for null. -1 also when there is no row:
 * MR404. */
mr_must_check int pg_value(struct pg *pg, const char *sql, int n, const char *const *params,
    struct buf *out, struct err *e);

/* The connection itself: COPY, notifications. */
PGconn *pg_conn(struct pg *pg);

#endif

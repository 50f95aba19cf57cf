#ifndef MR_WEB_SQL_H
#define MR_WEB_SQL_H

/*
 * sql.h: all SQL that the web process sends: calls of one api function each.
 */

#include "db/pool.h"
#include "web/routes.h"

extern const struct statement sql_enter;
extern const struct statement sql_permit;
extern const struct statement sql_idempotency_check;
extern const struct statement sql_run_logs;
extern const struct statement sql_live_read;
extern const struct statement sql_live_tell;

/* Makes the statements of the table; once, at start. */
void sql_load(void);

/* `select api.<operation>($1)`, and the same kept under an idempotency key ($1 key, $2 p). */
const struct statement *sql_operation(const struct route *route);
const struct statement *sql_operation_kept(const struct route *route);

#endif

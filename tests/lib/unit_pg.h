/*
 * unit_pg.h: a throw-away Postgres cluster for the unit tests of db, made by pg.sh. It ends with
 * the test program, whatever way that ends.
 */
#ifndef MR_TESTS_UNIT_PG_H
#define MR_TESTS_UNIT_PG_H

#include "unit.h"

#include <unistd.h>

#include "core/log.h"
#include "db/sync.h"

static char pg_folder[200], pg_dsn[300];

/* For cmocka_run_group_tests. */
static int
pg_start(void **state)
{
	char command[400];
	FILE *out;
	int rc = -1;

	(void)state;
	log_init("unit", getenv("UNIT_LOG") != NULL ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR, 2);
	snprintf(command, sizeof(command), "tests/lib/pg.sh start %d max_connections=40", getpid());
	out = popen(command, "r");
	if (out != NULL && fgets(pg_folder, sizeof(pg_folder), out) != NULL &&
	    fgets(pg_dsn, sizeof(pg_dsn), out) != NULL) {
		pg_folder[strcspn(pg_folder, "\n")] = '\0';
		pg_dsn[strcspn(pg_dsn, "\n")] = '\0';
		rc = 0;
	}
	if (out != NULL)
		pclose(out);
	return rc;
}

static int
pg_stop(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof(command), "tests/lib/pg.sh stop %s", pg_folder);
	return system(command);
}

/* Runs SQL on a connection of its own. */
static inline void
pg_run(const char *sql)
{
	struct pg *pg;
	struct err e;

	assert_ok(pg_open(pg_dsn, "unit", &pg, &e), e);
	assert_ok(pg_script(pg, sql, &e), e);
	pg_close(pg);
}

#endif

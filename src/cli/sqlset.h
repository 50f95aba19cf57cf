/*
 * sqlset.h: the SQL files that make the database, in the order in which they are applied.
 */
#ifndef MR_CLI_SQLSET_H
#define MR_CLI_SQLSET_H

#include "cli/place.h"
#include "core/crypto.h"
#include "core/def.h"
#include "core/err.h"

struct sqlfile {
	int version; /* of a migration; 0 otherwise */
	char *name;  /* from the root: sql/api/run.sql */
	char *text;
	char checksum[SHA256_HEX_SIZE];
};

struct sqlset {
	struct sqlfile *v;
	int n;
	int cap;
	char checksum[SHA256_HEX_SIZE]; /* of all names and texts */
};

/* One file. */
mr_must_check int sqlset_file(
    const struct place *place, const char *name, struct sqlset *out, struct err *e);

/*
 * migrations/NNNN_*.sql, by number. -1: MR400 a name of another form, or a number twice.
 */
mr_must_check int sqlset_migrations(const struct place *place, struct sqlset *out, struct err *e);

/*
 * sql/clear.sql, then sql/app, sql/api, sql/work, sql/ops, sql/report: each by name. A missing
 * folder is empty.
 */
mr_must_check int sqlset_code(const struct place *place, struct sqlset *out, struct err *e);

/* Takes { 0 }. */
void sqlset_free(struct sqlset *set);

#endif

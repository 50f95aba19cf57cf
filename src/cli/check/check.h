/*
 * check.h: what the parts of `millrace check` share.
 *
 * A cell is one question with one expected answer: an operation, a role and a credential; a table
 * and another tenant. What a cell doesn't find as it must be is a violation, with how to ask again.
 */
#ifndef MR_CLI_CHECK_CHECK_H
#define MR_CLI_CHECK_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/check/spec.h"
#include "cli/check/world.h"
#include "cli/http.h"
#include "cli/place.h"
#include "core/arena.h"
#include "db/sync.h"

struct check {
	const struct place *place;
	struct pg *pg; /* the administrator's */
	struct http http;
	struct arena *arena;
	struct spec spec;
	const char *roles[ROLES_MAX]; /* owner first, viewer fifth; then one made of permissions */
	int roles_len;
	struct world a, b;
	json_t *counts;     /* kind -> [cells, violations] */
	json_t *violations; /* [{kind, object, what, want, got, how}] */
	bool as_json;
};

/* Text that lives as long as the check. */
#define TEXT(c, ...) arena_printf((c)->arena, __VA_ARGS__)

/* Counts a cell; one that isn't ok is a violation. Texts are copied. */
void check_cell(struct check *c, bool ok, const char *kind, const char *object, const char *what,
    const char *want, const char *got, const char *how);

/* Counts n cells that are as they must be; notes one that isn't, which was counted before. */
void check_cells(struct check *c, const char *kind, int n);
void check_violation(struct check *c, const char *kind, const char *object, const char *what,
    const char *want, const char *got, const char *how);

/* Ends a part with its line of progress. */
void check_progress(const struct check *c, const char *kind);

/* As pg_value; the text lives in the arena. */
mr_must_check int check_value(struct check *c, const char *sql, int n, const char *const *params,
    const char **out, struct err *e);

/* A query whose rows are kind, object, what, want, got, how, ok: a cell each. */
mr_must_check int check_rows(
    struct check *c, const char *sql, int n, const char *const *params, struct err *e);

/* Runs sql/check/<name>. */
mr_must_check int check_script(struct check *c, const char *name, struct err *e);

/*
 * One request of an operation as somebody: fills in what its shape needs (If-Match, a body where
 * `body` is NULL and one is needed), and waits where it is told to slow down. `workspace` is the
 * X-Workspace header, NULL: none. said->body is the caller's to free. -1: nobody answers, or the
 * check was interrupted.
 */
mr_must_check int check_ask(struct check *c, const struct op *op, const struct who *who,
    const char *target, const json_t *body, const char *workspace, struct http_said *said,
    struct err *e);

/* The matrices. */
mr_must_check int check_catalog(struct check *c, struct err *e);
mr_must_check int check_needs(struct check *c, struct err *e);
mr_must_check int check_channels_listen(struct check *c, struct err *e);
void check_channels_read(struct check *c);
mr_must_check int check_tenancy(struct check *c, struct err *e);
mr_must_check int check_roles(struct check *c, struct err *e);

/* Every audit log's chain; heads: a file of the server's log lines to compare with, or NULL. */
mr_must_check int check_audit(struct check *c, const char *heads, struct err *e);

#endif

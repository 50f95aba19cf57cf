/*
 * world.h: a throw-away workspace of `millrace check`: its people, their credentials, and one thing
 * of each kind that an id of the contract may mean.
 *
 * A thing is found by the path of its collection: POST makes it, else the first that GET lists. So
 * a new noun of the contract needs no entry here.
 */
#ifndef MR_CLI_CHECK_WORLD_H
#define MR_CLI_CHECK_WORLD_H

#include <jansson.h>

#include "core/def.h"
#include "core/err.h"

struct check;
struct op;

#define ROLES_MAX 6

/* How somebody signs in: by cookie with its CSRF token, or by bearer. All NULL: not at all. */
struct who {
	const char *label;
	const char *cookie, *csrf;
	const char *bearer;
};

struct world {
	const char *name; /* of the marked slug */
	const char *id, *slug;
	const char *user[ROLES_MAX];
	struct who cookie[ROLES_MAX]; /* browsers of these people */
	struct who jwt[ROLES_MAX];    /* and their programs */
	json_t *things;               /* collection -> id */
};

/* Makes the workspace and a person a role. */
mr_must_check int world_make(struct check *c, struct world *w, const char *name, struct err *e);

/* A person of that role who is used up by what is asked next. */
mr_must_check int world_somebody(struct check *c, const struct world *w, int role, bool as_program,
    struct who *out, struct err *e);

/* A token of that person with these scopes (an SQL array: {run:read}). */
mr_must_check int world_token(struct check *c, const struct world *w, int role, const char *scopes,
    const char *label, struct who *out, struct err *e);

/*
 * The thing that `name` means in a path, query or body of op; made when it wasn't yet. *out is NULL
 * when nothing tells. -1: nobody answers.
 */
mr_must_check int world_thing(struct check *c, struct world *w, const struct op *op,
    const char *name, const char **out, struct err *e);

/* Puts this world's things where a body holds ids. */
mr_must_check int world_body(
    struct check *c, struct world *w, const struct op *op, json_t *body, struct err *e);

/* Own things for all {names} of op's path: {name: id}; new. */
mr_must_check int world_values(
    struct check *c, struct world *w, const struct op *op, json_t **out, struct err *e);

#endif

#ifndef MR_WEB_INPUT_H
#define MR_WEB_INPUT_H

/*
 * input.h: from path, query, headers and body of a call to p, the one flat object that an api
 * function takes; checked by the operation's own schemas of assets/openapi.json.
 *
 *   body fields at top level; then query and path parameters under their names; if_match
 */

#include <jansson.h>

#include "core/def.h"
#include "core/err.h"
#include "web/call.h"
#include "web/routes.h"

struct input;

struct input_limits {
	size_t body_bytes;
	int json_depth;
};

/*
 * Reads the document (a reference is taken) for the rows of the table. -1: MR500 an operation of
 * the table isn't in it, or is there with schemas that we don't understand.
 */
mr_must_check int input_load(json_t *openapi, const struct route *table, size_t n,
    const struct input_limits *limits, struct input **out, struct err *e);
void input_free(struct input *in);

/*
 * Sets c->p. -1: the call was not even readable (MR400, MR413, MR415 in *e), or `issues` isn't
 * empty.
 */
mr_must_check int input_build(
    const struct input *in, struct call *c, struct issue_list *issues, struct err *e);

#endif

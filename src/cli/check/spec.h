/*
 * spec.h: the contract as `millrace check` needs it: a list of operations, and values that fit a
 * schema.
 */
#ifndef MR_CLI_CHECK_SPEC_H
#define MR_CLI_CHECK_SPEC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/def.h"

struct op {
	const char *id, *method, *path, *permission;
	json_t *parameters; /* [parameter], resolved; borrowed, as is the schema */
	json_t *schema;     /* of a JSON body; NULL: none */
	bool has_if_match, is_raw, is_any;
};

struct spec {
	json_t *document;
	struct op *ops;
	size_t len;
	struct arena *arena;
};

/* Takes the document over. What isn't an operation of a contract is left out. */
void spec_read(struct spec *spec, struct arena *a, json_t *document);
void spec_free(struct spec *spec);

/* NULL: there is none. */
const struct op *spec_find(const struct spec *spec, const char *method, const char *path);

/* The node itself, or what its $ref means. Borrowed. */
json_t *spec_deref(const struct spec *spec, json_t *node);

/* A new value that fits the schema: its example, its default, or the least that passes. */
json_t *spec_sample(const struct spec *spec, json_t *schema, const char *name);

/* A new body for the operation, with this check's overrides; NULL: it takes none. */
json_t *spec_body(const struct spec *spec, const struct op *op);

/*
 * The path with its {names} filled in: from `values` where they are there, else with samples; then
 * the query: what `values` has of it, and samples of what is required.
 */
const char *spec_fill(const struct spec *spec, const struct op *op, const json_t *values);

/* Is this parameter or property an id? */
bool spec_is_id(const struct spec *spec, json_t *schema);

#endif

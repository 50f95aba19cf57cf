/*
 * schema.h: validates a JSON value by a subset of JSON Schema (2020-12, as OpenAPI 3.1 uses it).
 *
 * Understood: type (a name or a list), enum, const, properties, required, additionalProperties,
 * items, prefixItems, minItems, maxItems, uniqueItems, minimum, maximum, exclusiveMinimum,
 * exclusiveMaximum, multipleOf, minLength, maxLength (code points), pattern, format (uuid,
 * date-time, email, uri; others pass), minProperties, maxProperties, oneOf, anyOf, allOf, not, $ref
 * to a place of the same document ("#/components/schemas/X", "#/$defs/X", any JSON pointer). Passed
 * over: title, description, default, example(s), deprecated, readOnly, writeOnly, discriminator,
 * $schema, $id, $comment, $defs, x-…. Anything else: schema_verify refuses it.
 *
 * Patterns are POSIX extended expressions that match anywhere, by bytes, with \d \w \s \D \W \S,
 * (?:…) and escaped punctuation besides; back-references, look-around and lazy quantifiers are
 * refused, and sizes are bounded, so that matching has no exponential case. At most 500 bytes.
 *
 * Fields of issues read `nodes[0].config.url`.
 */
#ifndef MR_CORE_SCHEMA_H
#define MR_CORE_SCHEMA_H

#include <jansson.h>

#include "core/def.h"
#include "core/err.h"

enum schema_flag {
	/* A string that contains `{{` meets any type: node configs, whose value is known at run
	   time. */
	SCHEMA_EXPRESSIONS = 1,
};

struct schema;

/* Takes a reference of the document and compiles its patterns. Never fails: see schema_verify. */
struct schema *schema_new(json_t *document);

/* NULL is fine. */
void schema_free(struct schema *s);

/* The schema at `at` (of the document; NULL: its root) is one we understand whole. -1: MR400 with
 * the place. */
mr_must_check int schema_verify(const struct schema *s, const json_t *at, struct err *e);

/*
 * Validates value by the schema `at` (of the document; NULL: its root) and adds every issue to the
 * list, fields prefixed with `field` ("" or NULL: none). Returns how many it added.
 */
int schema_check(const struct schema *s, const json_t *at, const json_t *value, const char *field,
    int flags, struct issue_list *issues);

#endif

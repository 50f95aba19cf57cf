/*
 * schema_parts.h: what the three files of the validator share. Not for others: see schema.h.
 */
#ifndef MR_CORE_SCHEMA_PARTS_H
#define MR_CORE_SCHEMA_PARTS_H

#include <regex.h>
#include <stdbool.h>

#include "core/json.h"
#include "core/schema.h"

struct pattern {
	const char *text; /* the document's */
	regex_t regex;
	bool good; /* false: `regex` was not compiled */
};

struct schema {
	json_t *document;
	struct pattern *patterns; /* sorted by text */
	size_t n, cap;
};

/* The place a `$ref` points to; NULL: there is none. */
const json_t *schema_ref(const struct schema *s, const char *ref);

/* The compiled pattern, or NULL when it can't be used. */
const struct pattern *schema_pattern(const struct schema *s, const char *text);

/* Our dialect to an ERE in `out`. -1: MR400 with the reason. */
mr_must_check int pattern_translate(struct str text, struct buf *out, struct err *e);

/* A format we don't know is met by every text. */
bool format_is_met(const char *format, struct str text);

/* `types` is a name or a list of names. */
bool schema_type_fits(const json_t *types, const json_t *v);

/* What the format looks like, for the message. */
const char *format_wording(const char *format);

#endif

/*
 * redact.h: takes the values of opened secrets out of what is kept.
 *
 * A value is found as it is, with any of its characters written as JSON (\" \n \u0041), as URL
 * (%41, + for a blank) or twice escaped, in any mixture, and as base64 or base64url at any
 * alignment, within longer text. What was found becomes REDACT_MASK.
 */
#ifndef MR_CORE_REDACT_H
#define MR_CORE_REDACT_H

#include <jansson.h>
#include <stdbool.h>

#include "core/buf.h"
#include "core/str.h"

#define REDACT_MASK "[secret]"
#define REDACT_MIN 4 /* a shorter value would be found everywhere: it isn't looked for */

struct redact;

struct redact *redact_new(void);

/* Wipes the values. NULL is fine. */
void redact_free(struct redact *r);

/* Adds a value; one that is there already, or is shorter than REDACT_MIN, is passed over. */
void redact_add(struct redact *r, struct str value);

/* Adds each text of a JSON value, at any depth. */
void redact_add_json(struct redact *r, const json_t *v);

/* Appends the text without the values; false: there was none, and nothing was appended. */
bool redact_text(const struct redact *r, struct str text, struct buf *out);

/*
 * The value with all texts and keys redacted: a new reference, to v itself when there was nothing.
 * v NULL, or r NULL: v with one more reference.
 */
json_t *redact_json(const struct redact *r, json_t *v);

#endif

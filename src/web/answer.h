#ifndef MR_WEB_ANSWER_H
#define MR_WEB_ANSWER_H

/*
 * answer.h: the forms that all answers share: status lines, the error body, security headers, and
 * the look into an answer of the database without parsing it whole.
 */

#include <stdbool.h>

#include "core/buf.h"
#include "core/str.h"
#include "web/call.h"

/* "Not Found"; "" for a status we never send. */
const char *answer_status_text(int status);

/* Appends the error body for a refusal by HTTP status. */
void answer_refusal(struct buf *out, int status, const char *message, const char *request_id);

/* The errors of a list as `issues` of the error body; new. */
json_t *answer_issues(const struct issue_list *list);

/* The headers of every answer (security notes §10): lines with CR LF between, none at the end. */
extern const char answer_security_headers[];

/*
 * The raw text of a member of the object `json` (valid JSON, as Postgres prints it), at the top
 * level. false: no such member, or no object.
 */
bool answer_member(struct str json, const char *key, struct str *value);

/* Does an If-None-Match header name this ETag (a number)? */
bool answer_etag_matches(const char *if_none_match, struct str etag);

#endif

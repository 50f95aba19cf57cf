/*
 * issue.h: findings about a definition, collected, never only the first. An issue is the JSON
 * object
 * {"field","issue","severity"}; severity is "error" (can't be saved) or "warning".
 */
#ifndef MR_FLOW_ISSUE_H
#define MR_FLOW_ISSUE_H

#include <jansson.h>
#include <stdbool.h>

#define ISSUE_MAX                                                                                  \
	200 /* further issues are dropped; one definition can't fill memory with its findings */

/* `field` is a path such as nodes[0].config.url. */
void issue_error(json_t *issues, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void issue_warn(json_t *issues, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* True when one of them is an error. */
bool issues_has_error(const json_t *issues);

#endif

#ifndef MR_WEB_HOOKS_H
#define MR_WEB_HOOKS_H

/*
 * hooks.h: acceptance of webhooks. The handler itself is `delivery_accept` (handlers.h); who waits
 * for the workflow's answer is kept by sync_answer.h.
 */

#include "web/call.h"

void hooks_start(void);

/* All request headers by their names in lower case, as an item has them: a new object. */
json_t *hook_headers(const struct call *c);

#endif

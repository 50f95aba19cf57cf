#ifndef MR_WEB_HOOKS_H
#define MR_WEB_HOOKS_H

/*
 * hooks.h: acceptance of webhooks. The handler itself is `delivery_accept` (handlers.h); who waits
 * for the workflow's answer is kept by sync_answer.h.
 */

void hooks_start(void);

#endif

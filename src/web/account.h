#ifndef MR_WEB_ACCOUNT_H
#define MR_WEB_ACCOUNT_H

/*
 * account.h: operations that take the person's password, for those of other files.
 */

#include "web/call.h"

/*
 * Derives the hash of `password` in c->p for the person who is signed in, and a new one of `fresh`
 * (empty: none). `then` finds password_hash, new_hash, user_id, user_email in c->p; SQL compares.
 */
enum call_next account_password(struct call *c, struct str fresh, call_step then);

/* The route's own operation, without passwords; its answer is the call's. */
enum call_next account_operation(struct call *c);

#endif

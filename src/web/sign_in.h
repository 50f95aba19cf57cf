#ifndef MR_WEB_SIGN_IN_H
#define MR_WEB_SIGN_IN_H

/*
 * sign_in.h: how each way of signing in from a browser ends: with the session's cookie. The session
 * itself is made in SQL by app.session_make, whichever way it was earned.
 */

#include <jansson.h>
#include <stdbool.h>

#include "web/call.h"

/* A form of another site must not sign its visitor in as somebody else. */
bool sign_in_is_foreign(const struct call *c);

/* The reply of SQL as JSON, {} for null; new. */
json_t *sign_in_reply(const struct call *c);

/* Sets the session's cookie; "" takes it away. */
void sign_in_cookie(struct call *c, const char *secret);

/* The cookie, and the body that goes with it, of a session as app.session_make gives one. */
enum call_next sign_in_answer(struct call *c, const json_t *session);

#endif

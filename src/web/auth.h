#ifndef MR_WEB_AUTH_H
#define MR_WEB_AUTH_H

/*
 * auth.h: how a sign-in by password goes on, for the second step of it (second_factor.c).
 */

#include <jansson.h>
#include <stdbool.h>

#include "web/call.h"

/* The answer to a session as app.session_make gives one: a cookie, or, `jwt`, a pair of tokens. */
enum call_next auth_session_answer(struct call *c, const json_t *session, bool jwt);

#endif

#ifndef MR_WEB_CORS_H
#define MR_WEB_CORS_H

/*
 * cors.h: pages of other sites that may call the API. Nobody but the configured origins is
 * answered with a header of this kind, and never with `*`: for the rest the browser's same-origin
 * rule stands.
 */

#include "web/call.h"

/* On each answer: allows the origin that asks, if it is configured. */
void cors_answer(const struct credential_site *site, struct call *c);

/* On the 204 to OPTIONS besides: what such a page may send. `allow` is the route's. */
void cors_preflight(const struct credential_site *site, struct call *c, const char *allow);

#endif

#ifndef MR_WEB_OUTBOUND_H
#define MR_WEB_OUTBOUND_H

/*
 * outbound.h: requests to other servers, for signing in by them. They go through egress, asked as
 * the installation and never as a workspace: one connection a web worker, made when first needed.
 */

#include "web/call.h"

struct outbound {
	const char *method, *url;
	const char *authorization; /* NULL: none */
	const char *form;          /* the body, urlencoded; NULL: none */
};

/*
 * `then` finds c->reply: the body as text and the status; or failed, with a sentence that names no
 * secret. Redirects are not followed: an endpoint is where its issuer says it is.
 */
enum call_next outbound_send(struct call *c, const struct outbound *request, call_step then);

#endif

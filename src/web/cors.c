#include "web/cors.h"

void
cors_answer(const struct credential_site *site, struct call *c)
{
	const char *origin = call_header_in(c, "origin");

	if (site->guests[0] == NULL)
		return;
	/* Also where none is allowed: a cache must not give one origin's answer to another. */
	call_header_out(c, "vary", "Origin");
	if (!origin_is_guest(site, origin))
		return;
	call_header_out(c, "access-control-allow-origin", origin);
	call_header_out(c, "access-control-allow-credentials", "true");
	call_header_out(c, "access-control-expose-headers",
	    "ETag, Location, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, "
	    "X-Request-Id");
}

void
cors_preflight(const struct credential_site *site, struct call *c, const char *allow)
{
	if (!origin_is_guest(site, call_header_in(c, "origin")) ||
	    call_header_in(c, "access-control-request-method") == NULL)
		return;
	call_header_out(c, "access-control-allow-methods", allow);
	call_header_out(c, "access-control-allow-headers",
	    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-CSRF-Token, "
	    "X-Request-Id, X-Workspace");
	call_header_out(c, "access-control-max-age", "600");
}

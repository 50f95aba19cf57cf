/* introspect.c: what another program asks about a credential. Access tokens are opened here. */
#include "web/handlers.h"

#include <string.h>

#include "core/json.h"
#include "core/time.h"
#include "web/request.h"

/* What is no token, or no more, is no error: SQL finds nothing under the empty text. */
enum call_next
token_introspect(struct call *c)
{
	const struct credential_site *site = request_site();
	struct str token = js_str(json_object_get(c->p, "token"));
	const char *as_entered = "";
	json_t *claims = NULL;
	struct err e;

	if (str_starts(token, "mr"))
		return call_operation(c);
	if (site->jwt_keys != NULL && jwt_verify(site->jwt_keys, token, site->jwt_audience,
	                                  now_ms() / 1000, &claims, &e) == 0)
		as_entered = arena_printf(c->arena, "mrj_%s", js_text_or(claims, "sid", ""));
	json_decref(claims);
	json_object_set_new(c->p, "token", json_string(as_entered));
	return call_operation(c);
}

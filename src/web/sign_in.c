#include "web/sign_in.h"

#include "core/json.h"
#include "web/credential.h"
#include "web/request.h"

enum { COOKIE_LIFE_S = 30 * 24 * 3600 };

bool
sign_in_is_foreign(const struct call *c)
{
	const char *origin = call_header_in(c, "origin");

	return origin != NULL && !origin_is_own(request_site(), origin, call_header_in(c, "host"));
}

json_t *
sign_in_reply(const struct call *c)
{
	return json_loadb(c->reply.text.p != NULL ? c->reply.text.p : "{}",
	    c->reply.text.p != NULL ? c->reply.text.n : 2, 0, NULL);
}

void
sign_in_cookie(struct call *c, const char *secret)
{
	const struct credential_site *site = request_site();

	call_header_out(c, "set-cookie",
	    arena_printf(c->arena, "%s=%s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%d%s",
	        credential_cookie_name(site), secret, secret[0] != '\0' ? COOKIE_LIFE_S : 0,
	        site->secure ? "; Secure" : ""));
}

enum call_next
sign_in_answer(struct call *c, const json_t *session)
{
	const char *secret = js_text_or(session, "secret", "");
	char csrf[CSRF_SIZE];
	json_t *body;

	csrf_derive(secret, csrf);
	sign_in_cookie(c, secret);
	body = json_pack("{s:O, s:O, s:s, s:O}", "user", json_object_get(session, "user"),
	    "workspace_id", json_object_get(session, "workspace_id"), "csrf_token", csrf,
	    "expires_at", json_object_get(session, "expires_at"));
	if (c->route->status == 201)
		call_header_out(c, "location", "/api/v1/users/me");
	call_answer_json(c, c->route->status, body);
	json_decref(body);
	return CALL_DONE;
}

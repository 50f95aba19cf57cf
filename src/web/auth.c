/*
 * auth.c: signing up and in. More than one round trip: between salt and comparison the password's
 * hash is derived in a thread.
 */
#include "web/auth.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/conf.h"
#include "core/crypto.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/time.h"
#include "web/handlers.h"
#include "web/hashing.h"
#include "web/password.h"
#include "web/request.h"
#include "web/sign_in.h"
#include "web/sql.h"

static const struct statement sql_auth_lookup = { "auth_lookup", "select api.auth_lookup($1)" };
static const struct statement sql_auth_register_count = { "auth_register_count",
	"select api.auth_register_count($1)" };
static const struct statement sql_auth_open = { "auth_open", "select api.auth_open($1)" };

/* Of the call, while it signs in. */
struct sign_in {
	struct str email, password;
	bool jwt;
};

static enum call_next sign_in_begin(struct call *c, const char *email_field, bool jwt);
static enum call_next sign_in_salted(struct call *c);
static enum call_next sign_in_hashed(struct call *c);
static enum call_next register_counted(struct call *c);
static enum call_next register_hashed(struct call *c);
static enum call_next session_answer(struct call *c);
static enum call_next refresh_answer(struct call *c);
static enum call_next pair_answer(struct call *c, const json_t *session, const char *user_id);
static enum call_next logout_answer(struct call *c);
static enum call_next me_answer(struct call *c);

enum call_next
auth_register(struct call *c)
{
	struct sign_in *s = arena_alloc(c->arena, sizeof(*s));
	const char *weakness;
	struct err e;

	s->email = js_str(json_object_get(c->p, "email"));
	s->password = js_str(json_object_get(c->p, "password"));
	if (sign_in_is_foreign(c))
		return call_refuse(c, 403, "the request comes from another site");
	weakness = password_weakness(s->password, s->email);
	if (weakness != NULL) {
		err_set_field(&e, "MR400", "password", "%s", weakness);
		return call_fail(c, &e, NULL);
	}
	c->own = s;
	return call_sql(c, &sql_auth_register_count, c->p, register_counted);
}

enum call_next
auth_login(struct call *c)
{
	if (sign_in_is_foreign(c))
		return call_refuse(c, 403, "the request comes from another site");
	return sign_in_begin(c, "email", false);
}

enum call_next
auth_token(struct call *c)
{
	return sign_in_begin(c, "username", true);
}

enum call_next
auth_refresh(struct call *c)
{
	return call_sql(c, sql_operation(c->route), c->p, refresh_answer);
}

enum call_next
auth_logout(struct call *c)
{
	return call_sql(c, sql_operation(c->route), c->p, logout_answer);
}

enum call_next
auth_session_answer(struct call *c, const json_t *session, bool jwt)
{
	const json_t *user = json_object_get(session, "user");

	return jwt ? pair_answer(c, session, js_text_or(user, "id", ""))
	           : sign_in_answer(c, session);
}

enum call_next
user_answer(struct call *c)
{
	return call_sql(c, sql_operation(c->route), c->p, me_answer);
}

static enum call_next
sign_in_begin(struct call *c, const char *email_field, bool jwt)
{
	struct sign_in *s = arena_alloc(c->arena, sizeof(*s));
	json_t *p = json_object();
	enum call_next next;

	s->email = js_str(json_object_get(c->p, email_field));
	s->password = js_str(json_object_get(c->p, "password"));
	s->jwt = jwt;
	c->own = s;
	json_object_set_new(p, "email", js_string(s->email));
	next = call_sql(c, &sql_auth_lookup, p, sign_in_salted);
	json_decref(p);
	return next;
}

static enum call_next
sign_in_salted(struct call *c)
{
	struct sign_in *s = c->own;
	enum call_next next;
	json_t *reply;

	if (c->reply.failed)
		return call_fail_reply(c);
	reply = sign_in_reply(c);
	next = hashing_start(
	    c, s->password, js_text_or(reply, "password_salt", "-"), str_of(NULL), sign_in_hashed);
	json_decref(reply);
	return next;
}

static enum call_next
sign_in_hashed(struct call *c)
{
	struct sign_in *s = c->own;
	enum call_next next;
	json_t *p;

	if (c->reply.failed)
		return call_refuse(c, 500, "the password could not be checked");
	p = json_pack(
	    "{s:s, s:s}", "password_hash", c->reply.text.p, "kind", s->jwt ? "jwt" : "cookie");
	json_object_set_new(p, "email", js_string(s->email));
	if (c->reply.message != NULL)
		json_object_set_new(p, "new_hash", json_string(c->reply.message));
	next = call_sql(c, &sql_auth_open, p, session_answer);
	json_decref(p);
	return next;
}

static enum call_next
register_counted(struct call *c)
{
	const struct sign_in *s = c->own;

	if (c->reply.failed)
		return call_fail_reply(c);
	return hashing_start(c, str_of(NULL), "", s->password, register_hashed);
}

static enum call_next
register_hashed(struct call *c)
{
	if (c->reply.failed)
		return call_refuse(c, 500, "the password could not be hashed");
	json_object_del(c->p, "password");
	json_object_set_new(c->p, "password_hash", json_string(c->reply.message));
	return call_sql(c, sql_operation(c->route), c->p, session_answer);
}

static enum call_next
session_answer(struct call *c)
{
	const struct sign_in *s = c->own;
	const char *ticket;
	json_t *session, *body;
	enum call_next next = CALL_DONE;

	if (c->reply.failed)
		return call_fail_reply(c);
	session = sign_in_reply(c);
	ticket = js_text_or(session, "mfa_ticket", NULL);
	if (js_bool_or(session, "mailed", false)) {
		next = call_answer(c, 202, NULL, str_of(NULL));
	} else if (ticket != NULL) {
		body = json_pack("{s:b, s:s, s:O}", "mfa_required", 1, "ticket", ticket,
		    "expires_at", json_object_get(session, "expires_at"));
		next = call_answer_json(c, 202, body);
		json_decref(body);
	} else {
		next = auth_session_answer(c, session, s->jwt);
	}
	json_decref(session);
	return next;
}

/* A spent token ends its session for good, so that is no error of the transaction. */
static enum call_next
refresh_answer(struct call *c)
{
	json_t *session;
	enum call_next next;

	if (c->reply.failed)
		return call_fail_reply(c);
	session = sign_in_reply(c);
	if (js_bool_or(session, "ended", false))
		next = call_refuse(
		    c, 401, "this refresh token was used before; the session has ended");
	else
		next = pair_answer(c, session, js_text_or(session, "user_id", ""));
	json_decref(session);
	return next;
}

static enum call_next
pair_answer(struct call *c, const json_t *session, const char *user_id)
{
	const struct credential_site *site = request_site();
	int64_t now_s = now_ms() / 1000, life_s = conf_int(CONF_JWT_LIFE_S);
	struct buf token = { 0 };
	json_t *claims, *body;
	struct err e;

	if (site->jwt_keys == NULL)
		return call_refuse(c, 503, "access tokens are not set up on this installation");
	claims = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "iss", "millrace", "aud",
	    site->jwt_audience, "sub", user_id, "sid", js_text_or(session, "sid", ""), "iat", now_s,
	    "exp", now_s + life_s);
	if (jwt_sign(site->jwt_keys, claims, &token, &e) != 0) {
		json_decref(claims);
		return call_fail(c, &e, NULL);
	}
	body = json_pack("{s:s, s:s, s:I, s:s}", "access_token", buf_cstr(&token), "token_type",
	    "bearer", "expires_in", life_s, "refresh_token",
	    js_text_or(session, "refresh_token", ""));
	call_answer_json(c, 200, body);
	json_decref(body);
	json_decref(claims);
	buf_free(&token);
	return CALL_DONE;
}

static enum call_next
logout_answer(struct call *c)
{
	if (c->reply.failed)
		return call_fail_reply(c);
	if (c->credential.kind == CREDENTIAL_COOKIE)
		sign_in_cookie(c, "");
	return call_answer(c, 204, NULL, str_of(NULL));
}

/* The token is made from the session's secret, which SQL doesn't know. */
static enum call_next
me_answer(struct call *c)
{
	char csrf[CSRF_SIZE];
	json_t *me;

	if (c->reply.failed)
		return call_fail_reply(c);
	me = sign_in_reply(c);
	if (c->credential.kind == CREDENTIAL_COOKIE) {
		csrf_derive(c->credential.value, csrf);
		json_object_set_new(me, "csrf_token", json_string(csrf));
	} else
		json_object_set_new(me, "csrf_token", json_null());
	call_answer_json(c, c->route->status, me);
	json_decref(me);
	return CALL_DONE;
}

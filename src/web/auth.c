/*
 * auth.c: signing up and in. The only operations with more than one round trip: between salt and
 * comparison the password's hash is derived in a thread.
 */
#include "web/handlers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/conf.h"
#include "core/crypto.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/time.h"
#include "web/password.h"
#include "web/request.h"
#include "web/sign_in.h"
#include "web/sql.h"

static const struct statement sql_auth_lookup = { "auth_lookup", "select api.auth_lookup($1)" };
static const struct statement sql_auth_open = { "auth_open", "select api.auth_open($1)" };

/* What a thread works on; wiped when it is done. */
struct hashing {
	char *password;
	size_t password_len;
	char like[PASSWORD_HASH_SIZE]; /* "": a new hash */
	char hash[PASSWORD_HASH_SIZE];
	char new_hash[PASSWORD_HASH_SIZE]; /* "": the old parameters are still today's */
};

/* Of the call, while it signs in. */
struct sign_in {
	struct str email, password;
	bool jwt;
};

static enum call_next sign_in_begin(struct call *c, const char *email_field, bool jwt);
static enum call_next sign_in_salted(struct call *c);
static enum call_next sign_in_hashed(struct call *c);
static enum call_next register_hashed(struct call *c);
static enum call_next session_answer(struct call *c);
static enum call_next refresh_answer(struct call *c);
static enum call_next pair_answer(struct call *c, const json_t *session, const char *user_id);
static enum call_next logout_answer(struct call *c);
static enum call_next me_answer(struct call *c);
static int hash_work(void *arg);
static void hash_done(struct call *c, void *arg);
static void hash_free(void *arg);

static const struct call_work hash_kind = { hash_work, hash_done, hash_free };

enum call_next
auth_register(struct call *c)
{
	struct sign_in *s = arena_alloc(c->arena, sizeof(*s));
	struct hashing *h;
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
	h = mem_alloc(sizeof(*h));
	h->password = mem_strndup(s->password.p, s->password.n);
	h->password_len = s->password.n;
	c->own = s;
	return call_task(c, &hash_kind, h, register_hashed);
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
	struct hashing *h;
	json_t *reply;

	if (c->reply.failed)
		return call_fail_reply(c);
	reply = sign_in_reply(c);
	h = mem_alloc(sizeof(*h));
	h->password = mem_strndup(s->password.p, s->password.n);
	h->password_len = s->password.n;
	snprintf(h->like, sizeof(h->like), "%s", js_text_or(reply, "password_salt", "-"));
	json_decref(reply);
	return call_task(c, &hash_kind, h, sign_in_hashed);
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
register_hashed(struct call *c)
{
	if (c->reply.failed)
		return call_refuse(c, 500, "the password could not be hashed");
	json_object_del(c->p, "password");
	json_object_set_new(c->p, "password_hash", json_string(c->reply.text.p));
	return call_sql(c, sql_operation(c->route), c->p, session_answer);
}

static enum call_next
session_answer(struct call *c)
{
	const struct sign_in *s = c->own;
	json_t *session;
	enum call_next next;

	if (c->reply.failed)
		return call_fail_reply(c);
	session = sign_in_reply(c);
	next = s->jwt
	           ? pair_answer(c, session, js_text_or(json_object_get(session, "user"), "id", ""))
	           : sign_in_answer(c, session);
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

/* In a thread: touches nothing but its own memory. */
static int
hash_work(void *arg)
{
	struct hashing *h = arg;
	struct str password = str_make(h->password, h->password_len);

	if (h->like[0] == '\0')
		return password_hash(password, h->hash);
	if (password_derive(password, h->like, h->hash) != 0)
		return -1;
	return password_is_outdated(h->like) ? password_hash(password, h->new_hash) : 0;
}

/* The next step finds the hash as the reply's text, and the new one, if any, as its message. */
static void
hash_done(struct call *c, void *arg)
{
	const struct hashing *h = arg;

	c->reply.text = str_of(arena_strdup(c->arena, h->hash));
	if (h->new_hash[0] != '\0')
		c->reply.message = arena_strdup(c->arena, h->new_hash);
}

static void
hash_free(void *arg)
{
	struct hashing *h = arg;

	crypto_wipe(h->password, h->password_len);
	mem_free(h->password);
	crypto_wipe(h, sizeof(*h));
	mem_free(h);
}

/*
 * passkey.c: registering passkeys and signing in with one. Signing in takes two round trips: the
 * first uses the challenge up and brings the public key, the second opens the session.
 */
#include "web/handlers.h"

#include <string.h>

#include "core/json.h"
#include "web/request.h"
#include "web/router.h"
#include "web/sign_in.h"
#include "web/sql.h"
#include "web/webauthn.h"

static const struct statement sql_passkey_find = { "passkey_find", "select api.passkey_find($1)" };

/* Of the call, while somebody signs in. */
struct signing {
	struct webauthn_key key;
	struct str client_data, authenticator_data, signature;
	const char *user_handle; /* in hex; NULL: the authenticator didn't say */
};

static const struct webauthn_site *passkey_site(void);
static enum call_next options_answer(struct call *c);
static json_t *register_options(const json_t *reply);
static json_t *algorithms_json(void);
static enum call_next created_answer(struct call *c);
static enum call_next found(struct call *c);
static enum call_next opened(struct call *c);
static int key_read(const json_t *reply, struct signing *s);
static int body_bytes(struct call *c, const char *field, struct str *out, struct err *e);
static const char *hex_of(struct call *c, const void *p, size_t n);
static int hex_read(const char *text, uint8_t *out, size_t size, size_t *n);
static json_t *base64url_of_hex(const char *text);

enum call_next
passkey_options(struct call *c)
{
	return call_sql(c, sql_operation(c->route), c->p, options_answer);
}

enum call_next
passkey_create(struct call *c)
{
	struct webauthn_key *key = arena_alloc(c->arena, sizeof(*key));
	uint8_t challenge_hash[SHA256_SIZE];
	struct str client_data = { 0 }, attestation = { 0 };
	struct err e;
	enum call_next next;
	json_t *p;

	if (body_bytes(c, "client_data", &client_data, &e) != 0 ||
	    body_bytes(c, "attestation", &attestation, &e) != 0 ||
	    webauthn_client_data(
	        passkey_site(), client_data, "webauthn.create", challenge_hash, &e) != 0 ||
	    webauthn_register(passkey_site(), client_data, attestation, key, &e) != 0)
		return call_fail_after_permit(c, &e);
	p = json_pack("{s:s, s:s, s:s, s:i, s:I, s:s}", "challenge_hash",
	    hex_of(c, challenge_hash, sizeof(challenge_hash)), "credential_id",
	    hex_of(c, key->id, key->id_len), "public_key", hex_of(c, key->public, key->public_len),
	    "algorithm", key->algorithm, "sign_count", (json_int_t)key->count, "name",
	    js_text_or(c->p, "name", "Passkey"));
	next = call_sql(c, sql_operation(c->route), p, created_answer);
	json_decref(p);
	return next;
}

enum call_next
auth_passkey_options(struct call *c)
{
	return call_sql(c, sql_operation(c->route), c->p, options_answer);
}

enum call_next
auth_passkey(struct call *c)
{
	struct signing *s = arena_alloc(c->arena, sizeof(*s));
	uint8_t challenge_hash[SHA256_SIZE];
	struct str id = { 0 }, handle = { 0 };
	struct err e;
	enum call_next next;
	json_t *p;

	if (sign_in_is_foreign(c))
		return call_refuse(c, 403, "the request comes from another site");
	if (body_bytes(c, "id", &id, &e) != 0 ||
	    body_bytes(c, "client_data", &s->client_data, &e) != 0 ||
	    body_bytes(c, "authenticator_data", &s->authenticator_data, &e) != 0 ||
	    body_bytes(c, "signature", &s->signature, &e) != 0 ||
	    (json_is_string(json_object_get(c->p, "user_handle")) &&
	        body_bytes(c, "user_handle", &handle, &e) != 0) ||
	    webauthn_client_data(
	        passkey_site(), s->client_data, "webauthn.get", challenge_hash, &e) != 0)
		return call_fail(c, &e, NULL);
	if (id.n == 0 || id.n > sizeof(s->key.id)) {
		err_set_field(&e, "MR400", "id", "this is no passkey's id");
		return call_fail(c, &e, NULL);
	}
	memcpy(s->key.id, id.p, id.n);
	s->key.id_len = id.n;
	if (handle.n > 0)
		s->user_handle = hex_of(c, handle.p, handle.n);
	c->own = s;
	p = json_pack("{s:s, s:s}", "challenge_hash",
	    hex_of(c, challenge_hash, sizeof(challenge_hash)), "credential_id",
	    hex_of(c, id.p, id.n));
	next = call_sql(c, &sql_passkey_find, p, found);
	json_decref(p);
	return next;
}

/* Passkeys belong to the host that people see, and to one address of it. */
static const struct webauthn_site *
passkey_site(void)
{
	static const char *origins[2];
	static struct webauthn_site site;

	site = (struct webauthn_site){ request_site()->passkey_host, origins };
	origins[0] = request_site()->passkey_origin;
	return &site;
}

static enum call_next
options_answer(struct call *c)
{
	const struct webauthn_site *site = passkey_site();
	json_t *reply, *options;

	if (c->reply.failed)
		return call_fail_reply(c);
	reply = sign_in_reply(c);
	options = json_object_get(reply, "user") != NULL ? register_options(reply) : json_object();
	json_object_set_new(
	    options, "challenge", base64url_of_hex(js_text_or(reply, "challenge", "")));
	json_object_set_new(options, "rp_id", json_string(site->id));
	json_object_set_new(options, "timeout_ms", json_integer(300000));
	call_answer_json(c, c->route->status, options);
	json_decref(options);
	json_decref(reply);
	return CALL_DONE;
}

static json_t *
register_options(const json_t *reply)
{
	const json_t *user = json_object_get(reply, "user");
	json_t *exclude = json_array(), *id;
	size_t i;

	json_array_foreach(json_object_get(reply, "exclude"), i, id)
	    json_array_append_new(exclude, base64url_of_hex(json_string_value(id)));
	return json_pack("{s:{s:o, s:O, s:O}, s:o, s:o}", "user", "id",
	    base64url_of_hex(js_text_or(user, "id", "")), "name", json_object_get(user, "name"),
	    "display_name", json_object_get(user, "display_name"), "exclude", exclude, "algorithms",
	    algorithms_json());
}

static json_t *
algorithms_json(void)
{
	return json_pack("[i, i, i]", -7, -8, -257);
}

static enum call_next
created_answer(struct call *c)
{
	if (c->reply.failed)
		return call_fail_reply(c);
	return call_answer_operation(c, c->reply.text);
}

/* A passkey that nobody has and a signature that is wrong get the same answer. */
static enum call_next
found(struct call *c)
{
	struct signing *s = c->own;
	json_t *reply = NULL, *p;
	uint32_t count;
	struct err e;
	enum call_next next = CALL_DONE;

	if (c->reply.failed)
		return call_fail_reply(c);
	if (c->reply.text.p != NULL)
		reply = sign_in_reply(c);
	if (reply == NULL || key_read(reply, s) != 0) {
		call_refuse(c, 401, "this passkey opens no account here");
		goto out;
	}
	if (webauthn_assert(passkey_site(), s->client_data, s->authenticator_data, s->signature,
	        &s->key, &count, &e) != 0) {
		call_fail(c, &e, NULL);
		goto out;
	}
	p = json_pack("{s:s, s:I}", "credential_id", hex_of(c, s->key.id, s->key.id_len),
	    "sign_count", (json_int_t)count);
	next = call_sql(c, sql_operation(c->route), p, opened);
	json_decref(p);
out:
	json_decref(reply);
	return next;
}

static enum call_next
opened(struct call *c)
{
	json_t *session;
	enum call_next next;

	if (c->reply.failed)
		return call_fail_reply(c);
	session = sign_in_reply(c);
	if (js_bool_or(session, "cloned", false))
		next = call_refuse(c, 401,
		    "this passkey seems to have been copied: it opens nothing any more; sign in "
		    "another way and delete it");
	else
		next = sign_in_answer(c, session);
	json_decref(session);
	return next;
}

/* The authenticator may say whose passkey it is: then it must be that person's. */
static int
key_read(const json_t *reply, struct signing *s)
{
	const char *owner = js_text_or(reply, "user_id", "");

	s->key.algorithm = (int)js_int_or(reply, "algorithm", 0);
	if (s->user_handle != NULL && strcmp(s->user_handle, owner) != 0)
		return -1;
	return hex_read(js_text_or(reply, "public_key", ""), s->key.public, sizeof(s->key.public),
	    &s->key.public_len);
}

static int
body_bytes(struct call *c, const char *field, struct str *out, struct err *e)
{
	struct buf b = { 0 };
	int rc = 0;

	if (crypto_unbase64url(&b, js_str(json_object_get(c->p, field)), e) != 0)
		rc = err_set_field(e, "MR400", field, "this is not base64url");
	else
		*out = arena_str(c->arena, buf_view(&b));
	buf_free(&b);
	return rc;
}

static const char *
hex_of(struct call *c, const void *p, size_t n)
{
	return crypto_hex(p, n, arena_alloc(c->arena, 2 * n + 1));
}

static int
hex_read(const char *text, uint8_t *out, size_t size, size_t *n)
{
	size_t len = strlen(text);

	if (len % 2 != 0 || len / 2 > size)
		return -1;
	for (*n = 0; *n < len / 2; (*n)++) {
		int hi = hex_value(text[2 * *n]), lo = hex_value(text[2 * *n + 1]);

		if (hi < 0 || lo < 0)
			return -1;
		out[*n] = (uint8_t)(hi * 16 + lo);
	}
	return 0;
}

static json_t *
base64url_of_hex(const char *text)
{
	uint8_t bytes[WEBAUTHN_ID_MAX];
	struct buf b = { 0 };
	size_t n = 0;
	json_t *out;

	if (hex_read(text, bytes, sizeof(bytes), &n) == 0)
		crypto_base64url(&b, str_make((const char *)bytes, n));
	out = json_string(buf_cstr(&b));
	buf_free(&b);
	return out;
}

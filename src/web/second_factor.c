/*
 * second_factor.c: codes of authenticator apps. SQL gives out the sealed secret of who asks, we
 * open it, and SQL computes what the code must be (sql/app/second_factor.sql).
 */
#include <string.h>

#include "core/crypto.h"
#include "core/json.h"
#include "web/account.h"
#include "web/auth.h"
#include "web/handlers.h"
#include "web/locker.h"
#include "web/sign_in.h"
#include "web/sql.h"

enum { SECRET_BYTES = 20, SECRET_HEX_SIZE = 2 * SECRET_BYTES + 1 };

static const struct statement sql_second_factor_lookup = { "second_factor_lookup",
	"select api.second_factor_lookup($1)" };

static enum call_next begin_checked(struct call *c);
static enum call_next begin_answer(struct call *c);
static enum call_next disable_checked(struct call *c);
static enum call_next code_looked_up(struct call *c);
static enum call_next signed_in(struct call *c);
static int secret_open(const json_t *reply, char hex[SECRET_HEX_SIZE], struct err *e);
static void base32(struct str data, struct buf *out);
static void uri_text(struct str text, struct buf *out);

/* ticket and code -> a session */
enum call_next
auth_second_factor(struct call *c)
{
	if (sign_in_is_foreign(c))
		return call_refuse(c, 403, "the request comes from another site");
	return call_sql(c, &sql_second_factor_lookup, c->p, code_looked_up);
}

/* code -> what the route says: second_factor_confirm, totp_confirm */
enum call_next
second_factor_code(struct call *c)
{
	return call_sql(c, &sql_second_factor_lookup, c->p, code_looked_up);
}

enum call_next
totp_disable(struct call *c)
{
	return account_password(c, str_of(NULL), disable_checked);
}

enum call_next
totp_begin(struct call *c)
{
	return account_password(c, str_of(NULL), begin_checked);
}

/* The secret is made here; SQL gets it sealed, with its hash. */
static enum call_next
begin_checked(struct call *c)
{
	uint8_t secret[SECRET_BYTES] = { 0 }, digest[SHA256_SIZE];
	struct str plain = str_make((const char *)secret, sizeof(secret));
	struct str place = js_str(json_object_get(c->p, "user_id"));
	struct buf sealed = { 0 }, text = { 0 }, key = { 0 };
	char hex[SHA256_HEX_SIZE];
	enum call_next next;
	struct err e;

	crypto_random(secret, sizeof(secret));
	if (locker_seal(plain, place, &sealed, &e) != 0) {
		next = call_fail(c, &e, NULL);
	} else {
		crypto_base64(&text, buf_view(&sealed));
		crypto_sha256(plain, digest);
		base32(plain, &key);
		c->own = arena_strdup(c->arena, buf_cstr(&key));
		json_object_set_new(c->p, "sealed", json_string(buf_cstr(&text)));
		json_object_set_new(
		    c->p, "secret_hash", json_string(crypto_hex(digest, sizeof(digest), hex)));
		json_object_del(c->p, "password");
		next = call_sql(c, sql_operation(c->route), c->p, begin_answer);
	}
	crypto_wipe(secret, sizeof(secret));
	if (key.len > 0)
		crypto_wipe(key.data, key.len);
	buf_free(&sealed);
	buf_free(&text);
	buf_free(&key);
	return next;
}

/* The one time that the secret is shown. */
static enum call_next
begin_answer(struct call *c)
{
	const char *secret = c->own;
	struct buf uri = { 0 };
	json_t *body;

	if (c->reply.failed)
		return call_fail_reply(c);
	buf_text(&uri, "otpauth://totp/Millrace:");
	uri_text(js_str(json_object_get(c->p, "user_email")), &uri);
	buf_printf(&uri, "?secret=%s&issuer=Millrace&algorithm=SHA1&digits=6&period=30", secret);
	body = json_pack("{s:s, s:s}", "secret", secret, "uri", buf_cstr(&uri));
	call_answer_json(c, c->route->status, body);
	json_decref(body);
	buf_free(&uri);
	return CALL_DONE;
}

static enum call_next
disable_checked(struct call *c)
{
	json_object_del(c->p, "password");
	return call_sql(c, &sql_second_factor_lookup, c->p, code_looked_up);
}

static enum call_next
code_looked_up(struct call *c)
{
	bool signs_in = json_object_get(c->p, "ticket") != NULL;
	char hex[SECRET_HEX_SIZE];
	json_t *reply;
	struct err e;
	int rc;

	if (c->reply.failed)
		return call_fail_reply(c);
	reply = sign_in_reply(c);
	rc = secret_open(reply, hex, &e);
	json_decref(reply);
	if (rc != 0)
		return call_fail(c, &e, NULL);
	json_object_set_new(c->p, "secret", json_string(hex));
	crypto_wipe(hex, sizeof(hex));
	return signs_in ? call_sql(c, sql_operation(c->route), c->p, signed_in)
	                : account_operation(c);
}

static enum call_next
signed_in(struct call *c)
{
	enum call_next next;
	json_t *session;

	if (c->reply.failed)
		return call_fail_reply(c);
	session = sign_in_reply(c);
	next = auth_session_answer(c, session, strcmp(js_text_or(session, "kind", ""), "jwt") == 0);
	json_decref(session);
	return next;
}

static int
secret_open(const json_t *reply, char hex[SECRET_HEX_SIZE], struct err *e)
{
	struct buf sealed = { 0 }, plain = { 0 };
	int rc = -1;

	if (crypto_unbase64(&sealed, js_str(json_object_get(reply, "sealed")), e) != 0 ||
	    locker_open(buf_view(&sealed), js_str(json_object_get(reply, "user_id")), &plain, e) !=
	        0)
		goto out;
	if (plain.len != SECRET_BYTES) {
		(void)err_set(e, "MR500", "a second factor has the wrong length");
		goto out;
	}
	(void)crypto_hex((const uint8_t *)plain.data, plain.len, hex);
	rc = 0;
out:
	if (plain.len > 0)
		crypto_wipe(plain.data, plain.len);
	buf_free(&sealed);
	buf_free(&plain);
	return rc;
}

/* RFC 4648; five bytes are eight characters, and our secrets are a multiple of that. */
static void
base32(struct str data, struct buf *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

	for (size_t i = 0; i + 5 <= data.n; i += 5) {
		uint64_t group = 0;

		for (size_t k = 0; k < 5; k++)
			group = group << 8 | (uint8_t)data.p[i + k];
		for (int shift = 35; shift >= 0; shift -= 5)
			buf_byte(out, digits[group >> shift & 31]);
	}
}

static void
uri_text(struct str text, struct buf *out)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char ch = (unsigned char)text.p[i];

		if ((ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z') ||
		    (ch >= 'a' && ch <= 'z') || strchr("-._~@", ch) != NULL)
			buf_byte(out, ch);
		else
			buf_printf(out, "%%%02X", ch);
	}
}

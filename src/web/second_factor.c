/*
 * second_factor.c: codes of authenticator apps. SQL counts the try and gives out the sealed secret
 * of who asks; the vault opens it and says of which moment the code is, and SQL takes its word
 * (sql/app/second_factor.sql).
 */
#include <string.h>

#include "core/crypto.h"
#include "core/json.h"
#include "vault/vault.h"
#include "web/account.h"
#include "web/auth.h"
#include "web/handlers.h"
#include "web/sign_in.h"
#include "web/sql.h"
#include "web/vault.h"

enum { SECRET_BYTES = 20, CODE_DIGITS = 6 };

static const struct statement sql_second_factor_lookup = { "second_factor_lookup",
	"select api.second_factor_lookup($1)" };

static enum call_next begin_checked(struct call *c);
static enum call_next begin_sealed(struct call *c);
static enum call_next begin_answer(struct call *c);
static enum call_next disable_checked(struct call *c);
static enum call_next code_looked_up(struct call *c);
static enum call_next signed_in(struct call *c);
static enum call_next code_judged(struct call *c);
static enum call_next code_operation(struct call *c);
static bool code_read(const json_t *p, char digits[CODE_DIGITS + 1]);
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

/* The secret is made here; SQL gets it sealed. */
static enum call_next
begin_checked(struct call *c)
{
	json_t *seal = json_pack("{s:s, s:s, s:i}", "owner", js_text_or(c->p, "user_id", ""),
	    "field", VAULT_FIELD_TOTP, "version", 1);
	uint8_t secret[SECRET_BYTES] = { 0 };
	struct str plain = str_make((const char *)secret, sizeof(secret));
	struct buf key = { 0 };
	enum call_next next;

	crypto_random(secret, sizeof(secret));
	base32(plain, &key);
	c->own = arena_strdup(c->arena, buf_cstr(&key));
	json_object_del(c->p, "password");
	next = vault_seal(c, seal, plain, begin_sealed);
	crypto_wipe(secret, sizeof(secret));
	buf_free(&key);
	json_decref(seal);
	return next;
}

static enum call_next
begin_sealed(struct call *c)
{
	json_t *made;

	if (c->reply.failed)
		return call_fail(c, &c->reply.err, NULL);
	made = vault_reply(c);
	json_object_update(c->p, made);
	json_decref(made);
	return call_sql(c, sql_operation(c->route), c->p, begin_answer);
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
	(void)buf_reserve(&uri, 1024);
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

/* A recovery code is SQL's own to compare. */
static enum call_next
code_looked_up(struct call *c)
{
	char digits[CODE_DIGITS + 1];
	enum call_next next;
	json_t *question;

	if (c->reply.failed)
		return call_fail_reply(c);
	if (!code_read(c->p, digits))
		return code_operation(c);
	question = sign_in_reply(c);
	json_object_set_new(question, "op", json_string("verify"));
	json_object_set_new(question, "kind", json_string("totp"));
	next = vault_ask(c, question, str_of(digits), code_judged);
	json_decref(question);
	return next;
}

/* A code that doesn't hold goes on without the vault's word, for SQL to refuse. */
static enum call_next
code_judged(struct call *c)
{
	json_t *verdict;

	if (c->reply.failed && (err_is(&c->reply.err, "MR400") || err_is(&c->reply.err, "MR404")))
		return call_refuse(c, 409,
		    "this authenticator app can't be checked any more: use a recovery code, or ask "
		    "an administrator to take it away, and set it up anew");
	if (c->reply.failed)
		return call_fail(c, &c->reply.err, NULL);
	verdict = vault_reply(c);
	if (js_bool_or(verdict, "holds", false)) {
		json_object_set(c->p, "step", json_object_get(verdict, "step"));
		json_object_set(c->p, "word", json_object_get(verdict, "word"));
	}
	json_decref(verdict);
	return code_operation(c);
}

static enum call_next
code_operation(struct call *c)
{
	bool signs_in = json_object_get(c->p, "ticket") != NULL;

	return signs_in ? call_sql(c, sql_operation(c->route), c->p, signed_in)
	                : account_operation(c);
}

/* Six digits, with whatever blanks and dashes people put between; else it is no code of an app. */
static bool
code_read(const json_t *p, char digits[CODE_DIGITS + 1])
{
	struct str code = js_str(json_object_get(p, "code"));
	size_t n = 0;

	for (size_t i = 0; i < code.n; i++) {
		if (strchr(" \t-", code.p[i]) != NULL)
			continue;
		if (code.p[i] < '0' || code.p[i] > '9' || n == CODE_DIGITS)
			return false;
		digits[n++] = code.p[i];
	}
	digits[n] = '\0';
	return n == CODE_DIGITS;
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

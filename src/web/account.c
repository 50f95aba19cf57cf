/*
 * account.c: what a person does about the own account, and by a link from a mail. Where a password
 * is needed it goes as in auth.c: salt, a thread, comparison.
 */
#include "web/account.h"

#include "core/json.h"
#include "web/handlers.h"
#include "web/hashing.h"
#include "web/password.h"
#include "web/sign_in.h"
#include "web/sql.h"

static const struct statement sql_auth_mail_count = { "auth_mail_count",
	"select api.auth_mail_count($1)" };
static const struct statement sql_password_lookup = { "password_lookup",
	"select api.password_lookup($1)" };

/* Of the call, while a password is checked. */
struct checking {
	struct str fresh;
	call_step then;
};

static enum call_next verify_answer(struct call *c);
static enum call_next mail_counted(struct call *c);
static enum call_next mailed_answer(struct call *c);
static enum call_next fresh_hashed(struct call *c);
static enum call_next password_salted(struct call *c);
static enum call_next password_hashed(struct call *c);
static enum call_next operation_answer(struct call *c);
static enum call_next refuse_weak(struct call *c, const char *field, const char *weakness);

enum call_next
auth_verify(struct call *c)
{
	if (sign_in_is_foreign(c))
		return call_refuse(c, 403, "the request comes from another site");
	return call_sql(c, sql_operation(c->route), c->p, verify_answer);
}

enum call_next
auth_mail(struct call *c)
{
	return call_sql(c, &sql_auth_mail_count, c->p, mail_counted);
}

enum call_next
auth_reset_confirm(struct call *c)
{
	struct str password = js_str(json_object_get(c->p, "password"));
	const char *weakness = password_weakness(password, str_of(NULL));

	if (weakness != NULL)
		return refuse_weak(c, "password", weakness);
	return hashing_start(c, str_of(NULL), "", password, fresh_hashed);
}

enum call_next
password_change(struct call *c)
{
	struct str fresh = js_str(json_object_get(c->p, "new_password"));
	const char *weakness = password_weakness(fresh, str_of(NULL));

	if (weakness != NULL)
		return refuse_weak(c, "new_password", weakness);
	return account_password(c, fresh, account_operation);
}

enum call_next
email_change(struct call *c)
{
	return account_password(c, str_of(NULL), account_operation);
}

enum call_next
account_password(struct call *c, struct str fresh, call_step then)
{
	struct checking *k = arena_alloc(c->arena, sizeof(*k));

	*k = (struct checking){ fresh, then };
	c->own = k;
	return call_sql(c, &sql_password_lookup, c->p, password_salted);
}

enum call_next
account_operation(struct call *c)
{
	json_object_del(c->p, "password");
	json_object_del(c->p, "new_password");
	return call_sql(c, sql_operation(c->route), c->p, operation_answer);
}

static enum call_next
verify_answer(struct call *c)
{
	enum call_next next;
	json_t *session;

	if (c->reply.failed)
		return call_fail_reply(c);
	session = sign_in_reply(c);
	next = sign_in_answer(c, session);
	json_decref(session);
	return next;
}

static enum call_next
mail_counted(struct call *c)
{
	if (c->reply.failed)
		return call_fail_reply(c);
	return call_sql(c, sql_operation(c->route), c->p, mailed_answer);
}

/* The same for each address, whether anybody has it or not. */
static enum call_next
mailed_answer(struct call *c)
{
	if (c->reply.failed)
		return call_fail_reply(c);
	return call_answer(c, 202, NULL, str_of(NULL));
}

static enum call_next
fresh_hashed(struct call *c)
{
	if (c->reply.failed)
		return call_refuse(c, 500, "the password could not be hashed");
	json_object_set_new(c->p, "new_hash", json_string(c->reply.message));
	return account_operation(c);
}

static enum call_next
password_salted(struct call *c)
{
	const struct checking *k = c->own;
	enum call_next next;
	json_t *reply;

	if (c->reply.failed)
		return call_fail_reply(c);
	reply = sign_in_reply(c);
	json_object_set(c->p, "user_id", json_object_get(reply, "user_id"));
	json_object_set(c->p, "user_email", json_object_get(reply, "email"));
	next = hashing_start(c, js_str(json_object_get(c->p, "password")),
	    js_text_or(reply, "password_salt", "-"), k->fresh, password_hashed);
	json_decref(reply);
	return next;
}

static enum call_next
password_hashed(struct call *c)
{
	const struct checking *k = c->own;

	if (c->reply.failed)
		return call_refuse(c, 500, "the password could not be checked");
	json_object_set_new(c->p, "password_hash", json_string(c->reply.text.p));
	if (k->fresh.n > 0)
		json_object_set_new(c->p, "new_hash", json_string(c->reply.message));
	return k->then(c);
}

static enum call_next
operation_answer(struct call *c)
{
	if (c->reply.failed)
		return call_fail_reply(c);
	return call_answer_operation(c, c->reply.text);
}

static enum call_next
refuse_weak(struct call *c, const char *field, const char *weakness)
{
	struct err e;

	err_set_field(&e, "MR400", field, "%s", weakness);
	return call_fail(c, &e, NULL);
}

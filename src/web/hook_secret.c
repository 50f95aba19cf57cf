/*
 * hook_secret.c: a new secret by which a webhook's senders prove themselves. It is sealed to the
 * vault before SQL is asked, and shown in this one answer; whether a sender knows it the vault says
 * (hook_proof.h).
 */
#include <string.h>

#include "core/crypto.h"
#include "core/json.h"
#include "web/handlers.h"
#include "web/routes.h"
#include "web/sql.h"
#include "web/vault.h"

#define SECRET_BYTES 24

/* Between the steps of one rotation. */
struct rotation {
	const char *secret;
	json_t *seal; /* of the arena */
};

static const struct statement sql_trigger_seal = { "trigger_seal", "select api.trigger_seal($1)" };

static enum call_next seal_known(struct call *c);
static enum call_next sealed(struct call *c);
static enum call_next rotated(struct call *c);
static const char *secret_of(struct call *c);

enum call_next
trigger_rotate(struct call *c)
{
	struct rotation *r = arena_alloc(c->arena, sizeof(*r));
	json_t *p = json_pack("{s:s}", "id", js_text_or(c->p, "id", ""));
	enum call_next next;

	r->secret = secret_of(c);
	c->own = r;
	json_object_del(c->p, "secret");
	json_object_set_new(c->p, "is_pair", json_boolean(strchr(r->secret, ':') != NULL));
	next = call_sql(c, &sql_trigger_seal, p, seal_known);
	json_decref(p);
	return next;
}

static enum call_next
seal_known(struct call *c)
{
	struct rotation *r = c->own;

	if (c->reply.failed)
		return call_fail_reply(c);
	r->seal = vault_reply_kept(c);
	return vault_seal(c, r->seal, str_of(r->secret), sealed);
}

static enum call_next
sealed(struct call *c)
{
	const struct rotation *r = c->own;
	json_t *made;

	if (c->reply.failed)
		return call_fail(c, &c->reply.err, NULL);
	made = vault_reply(c);
	json_object_set(c->p, "secret_id", json_object_get(r->seal, "field"));
	json_object_update(c->p, made);
	json_decref(made);
	return call_sql(c, sql_operation(c->route), c->p, rotated);
}

static enum call_next
rotated(struct call *c)
{
	const struct rotation *r = c->own;
	json_t *answer = NULL;
	enum call_next next;
	struct err e;

	if (c->reply.failed)
		return call_fail_reply(c);
	if (js_parse(c->reply.text, c->reply.text.n, JS_DEPTH_MAX, &answer, &e) != 0)
		return call_fail(c, &e, NULL);
	json_object_set_new(answer, "secret", json_string(r->secret));
	next = call_answer_json(c, c->route->status, answer);
	json_decref(answer);
	return next;
}

/* The one that the caller got from a provider, or a new one in the form of Standard Webhooks. */
static const char *
secret_of(struct call *c)
{
	const char *given = js_text_or(c->p, "secret", "");
	uint8_t random[SECRET_BYTES];
	struct buf text = { 0 };
	const char *secret;

	if (given[0] != '\0')
		return arena_strdup(c->arena, given);
	crypto_random(random, sizeof(random));
	crypto_base64(&text, str_make((const char *)random, sizeof(random)));
	secret = arena_printf(c->arena, "whsec_%s", buf_cstr(&text));
	crypto_wipe(random, sizeof(random));
	buf_free(&text);
	return secret;
}

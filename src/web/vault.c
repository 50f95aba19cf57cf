#include "web/vault.h"

#include <stdio.h>
#include <string.h>

#include "core/ask.h"
#include "core/conf.h"
#include "core/crypto.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/seal.h"
#include "core/time.h"
#include "vault/vault.h"
#include "web/peer.h"

#define LOOK_MS 20 /* it answers from memory */
#define UP_MS 500  /* an answer is good for so long: anybody may ask for readiness */

/* One round to the vault, in a thread: touches nothing but its own memory. */
struct errand {
	json_t *question;
	struct buf body; /* of the question; or the secret to seal */
	char place[200]; /* sealing: what the record belongs to */
	char key[40];    /* sealing: id of a key to make as well, or "" */
	char workspace[40];
	bool seals;
	json_t *answer;
	struct buf out; /* body of the answer */
	bool failed;
	struct err err; /* why; a try that was made again leaves one, too */
};

static const struct peer_setup setup = { .name = "vault",
	.sock = CONF_VAULT_SOCK,
	.away = "the vault is away",
	.limits = { VAULT_JSON_MAX, SIZE_MAX / 2, 0, 4 }, /* the vault has its own */
	.asks_again = true };
static struct peer *vault;

static enum call_next errand_go(struct call *c, struct errand *errand, call_step then);
static enum call_next operation_sealed(struct call *c);
static int errand_work(void *arg);
static int seal_work(struct errand *errand);
static void errand_done(struct call *c, void *arg);
static void errand_release(void *arg);
static void set_base64(json_t *o, const char *name, struct str bytes);
static void json_release(void *v);

static const struct call_work errand_kind = { errand_work, errand_done, errand_release };

enum call_next
vault_seal(struct call *c, const json_t *seal, struct str secret, call_step then)
{
	struct errand *errand = mem_alloc(sizeof(*errand));
	const char *workspace = js_text_or(seal, "workspace", "");

	errand->seals = true;
	errand->question = json_pack("{s:s, s:i}", "op", "public", "id", 1);
	(void)buf_reserve(&errand->body, secret.n + 1);
	buf_str(&errand->body, secret);
	(void)snprintf(errand->place, sizeof(errand->place), VAULT_PLACE,
	    workspace[0] != '\0' ? workspace : VAULT_INSTALLATION, js_text_or(seal, "owner", ""),
	    js_text_or(seal, "field", ""), (long long)js_int_or(seal, "version", 1));
	(void)snprintf(errand->key, sizeof(errand->key), "%s", js_text_or(seal, "key", ""));
	(void)snprintf(errand->workspace, sizeof(errand->workspace), "%s", workspace);
	return errand_go(c, errand, then);
}

enum call_next
vault_seal_operation(struct call *c, json_t *seal, const json_t *secret)
{
	struct buf text = { 0 };
	enum call_next next;

	c->own = seal;
	(void)buf_reserve(&text, js_bytes(secret, SEAL_MAX) + 64);
	js_dump(&text, secret, JS_COMPACT);
	next = vault_seal(c, seal, buf_view(&text), operation_sealed);
	buf_free(&text);
	return next;
}

int
vault_verify(json_t *question, struct str sent, peer_fn fn, void *arg, struct err *e)
{
	if (vault == NULL)
		vault = peer_new(&setup);
	return peer_ask(vault, question, sent, VAULT_VERIFY_MS, fn, arg, e);
}

void
vault_drop(const void *arg)
{
	if (vault != NULL)
		peer_drop(vault, arg);
}

enum call_next
vault_ask(struct call *c, json_t *question, struct str body, call_step then)
{
	struct errand *errand = mem_alloc(sizeof(*errand));

	errand->question = json_incref(question);
	json_object_set_new(errand->question, "id", json_integer(1));
	(void)buf_reserve(&errand->body, body.n + 1);
	buf_str(&errand->body, body);
	return errand_go(c, errand, then);
}

bool
vault_is_up(void)
{
	static int64_t asked_ms;
	static bool was_up;
	json_t *question = json_pack("{s:s, s:i}", "op", "public", "id", 1), *answer = NULL;
	struct err e;

	if (asked_ms == 0 || mono_ms() - asked_ms > UP_MS) {
		was_up = ask(conf_text(CONF_VAULT_SOCK), question, (struct str){ 0 }, LOOK_MS,
		             &answer, NULL, &e) == 0;
		asked_ms = mono_ms();
	}
	json_decref(answer);
	json_decref(question);
	return was_up;
}

json_t *
vault_reply(const struct call *c)
{
	return json_loadb(c->reply.text.p != NULL ? c->reply.text.p : "null",
	    c->reply.text.p != NULL ? c->reply.text.n : 4, JSON_DECODE_ANY, NULL);
}

json_t *
vault_reply_kept(struct call *c)
{
	json_t *reply = vault_reply(c);

	arena_defer(c->arena, json_release, reply);
	return reply;
}

static enum call_next
operation_sealed(struct call *c)
{
	const json_t *seal = c->own;
	json_t *made;

	if (c->reply.failed)
		return call_fail(c, &c->reply.err, NULL);
	made = vault_reply(c);
	json_object_set(c->p, "id", json_object_get(seal, "owner"));
	json_object_set(c->p, "version", json_object_get(seal, "version"));
	json_object_update(c->p, made);
	json_decref(made);
	return call_operation(c);
}

static enum call_next
errand_go(struct call *c, struct errand *errand, call_step then)
{
	if (conf_text(CONF_VAULT_SOCK)[0] != '\0')
		return call_task(c, &errand_kind, errand, then);
	errand_release(errand);
	return call_refuse(c, 503, "this installation runs without a vault");
}

static int
errand_work(void *arg)
{
	struct errand *errand = arg;
	int rc = ask(conf_text(CONF_VAULT_SOCK), errand->question,
	    errand->seals ? (struct str){ 0 } : buf_view(&errand->body), VAULT_ASK_MS,
	    &errand->answer, &errand->out, &errand->err);

	if (rc == 0 && errand->seals)
		rc = seal_work(errand);
	/* Told by the errand, so that the reason reaches the caller. */
	errand->failed = rc != 0;
	return 0;
}

/* With the vault's public key in `answer`: the sealed record, and a wrapped key if need be. */
static int
seal_work(struct errand *errand)
{
	struct buf public = { 0 }, record = { 0 };
	json_t *made = json_object(), *question = NULL, *key = NULL;
	int rc = -1;

	err_set(&errand->err, "MR500", "the vault gave no public key");
	if (crypto_unbase64(
	        &public, js_str(json_object_get(errand->answer, "public")), &errand->err) != 0 ||
	    public.len != SEAL_KEY_SIZE ||
	    seal_box((const uint8_t *)public.data, (uint32_t)js_int_or(errand->answer, "key_id", 0),
	        buf_view(&errand->body), str_of(errand->place), &record, &errand->err) != 0)
		goto out;
	set_base64(made, "sealed", buf_view(&record));
	if (errand->key[0] != '\0') {
		question = json_pack("{s:s, s:i, s:s, s:s, s:i}", "op", "key_new", "id", 2,
		    "workspace", errand->workspace, "key", errand->key, "number", 1);
		if (ask(conf_text(CONF_VAULT_SOCK), question, (struct str){ 0 }, VAULT_ASK_MS, &key,
		        NULL, &errand->err) != 0)
			goto out;
		json_object_set_new(key, "id", json_string(errand->key));
		json_object_set(made, "key", key);
	}
	json_decref(errand->answer);
	errand->answer = json_incref(made);
	rc = 0;
out:
	buf_free(&public);
	buf_free(&record);
	json_decref(question);
	json_decref(key);
	json_decref(made);
	return rc;
}

static void
errand_done(struct call *c, void *arg)
{
	struct errand *errand = arg;
	struct buf text = { 0 };

	if (errand->failed) {
		c->reply.failed = true;
		c->reply.err = errand->err;
		return;
	}
	if (errand->out.len > 0)
		set_base64(errand->answer, "body", buf_view(&errand->out));
	(void)buf_reserve(&text, js_bytes(errand->answer, 4 * SEAL_MAX) + 64);
	js_dump(&text, errand->answer, JS_COMPACT);
	c->reply.text = arena_str(c->arena, buf_view(&text));
	buf_free(&text);
}

static void
errand_release(void *arg)
{
	struct errand *errand = arg;

	json_decref(errand->question);
	json_decref(errand->answer);
	buf_free(&errand->body);
	buf_free(&errand->out);
	mem_free(errand);
}

static void
set_base64(json_t *o, const char *name, struct str bytes)
{
	struct buf text = { 0 };

	(void)buf_reserve(&text, bytes.n / 3 * 4 + 8);
	crypto_base64(&text, bytes);
	json_object_set_new(o, name, json_string(buf_cstr(&text)));
	buf_free(&text);
}

static void
json_release(void *v)
{
	json_decref(v);
}

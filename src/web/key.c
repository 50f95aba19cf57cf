/*
 * key.c: keys of a workspace. The database says who may and holds the keys as the vault wrapped
 * them; the vault makes and uses them; web carries one to the other.
 */
#include "web/handlers.h"

#include <string.h>

#include "core/crypto.h"
#include "core/json.h"
#include "core/seal.h"
#include "web/sql.h"
#include "web/vault.h"

static const struct statement sql_key_next = { "key_next", "select api.key_next($1)" };

static enum call_next key_begin(struct call *c);
static enum call_next key_named(struct call *c);
static enum call_next key_made(struct call *c);
static enum call_next encrypt_ask(struct call *c);
static enum call_next encrypt_answer(struct call *c);
static enum call_next decrypt_ask(struct call *c);
static enum call_next decrypt_answer(struct call *c);
static enum call_next text_ask(struct call *c, const char *op, const char *field, call_step then);
static int ciphertext_read(struct str text, struct buf *out, uint32_t *number);

enum call_next
key_create(struct call *c)
{
	return key_begin(c);
}

enum call_next
key_rotate(struct call *c)
{
	return key_begin(c);
}

/* The text is for the vault alone: SQL is asked about the key. */
enum call_next
key_encrypt(struct call *c)
{
	json_t *p = json_pack("{s:O}", "id", json_object_get(c->p, "id"));
	enum call_next next = call_sql(c, sql_operation(c->route), p, encrypt_ask);

	json_decref(p);
	return next;
}

/*
 * Which version opens it stands in the ciphertext. What is none names version 0, which no key has:
 * so who may not use the key, or know of it, is told just that.
 */
enum call_next
key_decrypt(struct call *c)
{
	struct buf record = { 0 };
	enum call_next next;
	uint32_t number;
	json_t *p;

	if (ciphertext_read(js_str(json_object_get(c->p, "ciphertext")), &record, &number) != 0)
		number = 0;
	p = json_pack(
	    "{s:O, s:I}", "id", json_object_get(c->p, "id"), "number", (json_int_t)number);
	next = call_sql(c, sql_operation(c->route), p, decrypt_ask);
	json_decref(p);
	buf_free(&record);
	return next;
}

static enum call_next
key_begin(struct call *c)
{
	json_t *p = json_object();
	enum call_next next;

	call_asked(c);
	if (json_object_get(c->p, "id") != NULL)
		json_object_set(p, "id", json_object_get(c->p, "id"));
	next = call_sql(c, &sql_key_next, p, key_named);
	json_decref(p);
	return next;
}

static enum call_next
key_named(struct call *c)
{
	json_t *question;
	enum call_next next;

	if (c->reply.failed)
		return call_fail_reply(c);
	question = vault_reply_kept(c);
	c->own = question;
	json_object_set_new(question, "op", json_string("key_new"));
	next = vault_ask(c, question, (struct str){ 0 }, key_made);
	return next;
}

static enum call_next
key_made(struct call *c)
{
	const json_t *question = c->own;
	json_t *made;

	if (c->reply.failed)
		return call_fail(c, &c->reply.err, NULL);
	made = vault_reply(c);
	json_object_set(c->p, "id", json_object_get(question, "key"));
	json_object_set(c->p, "number", json_object_get(question, "number"));
	json_object_set(c->p, "kek", json_object_get(made, "kek"));
	json_object_set(c->p, "wrapped", json_object_get(made, "wrapped"));
	json_decref(made);
	return call_operation(c);
}

static enum call_next
encrypt_ask(struct call *c)
{
	return text_ask(c, "encrypt", "plaintext", encrypt_answer);
}

static enum call_next
decrypt_ask(struct call *c)
{
	return text_ask(c, "decrypt", "ciphertext", decrypt_answer);
}

static enum call_next
text_ask(struct call *c, const char *op, const char *field, call_step then)
{
	struct str text = js_str(json_object_get(c->p, field));
	struct buf record = { 0 };
	enum call_next next;
	uint32_t number;
	json_t *question;

	if (c->reply.failed)
		return call_fail_reply(c);
	question = vault_reply(c);
	json_object_set_new(question, "op", json_string(op));
	if (strcmp(op, "decrypt") == 0 && ciphertext_read(text, &record, &number) == 0)
		text = buf_view(&record);
	next = vault_ask(c, question, text, then);
	json_decref(question);
	buf_free(&record);
	return next;
}

static enum call_next
encrypt_answer(struct call *c)
{
	json_t *made, *body;
	uint32_t number = 0;
	struct buf record = { 0 };

	if (c->reply.failed)
		return call_fail(c, &c->reply.err, NULL);
	made = vault_reply(c);
	if (ciphertext_read(js_str(json_object_get(made, "body")), &record, &number) != 0)
		number = 0;
	body = json_pack("{s:O, s:I}", "ciphertext", json_object_get(made, "body"), "version",
	    (json_int_t)number);
	call_answer_json(c, 200, body);
	json_decref(body);
	json_decref(made);
	buf_free(&record);
	return CALL_DONE;
}

static enum call_next
decrypt_answer(struct call *c)
{
	json_t *made, *body, *text;
	struct buf plain = { 0 };
	struct err e;

	if (c->reply.failed && err_is(&c->reply.err, "MR400")) {
		err_set_field(&e, "MR400", "ciphertext",
		    "it does not open: it was changed, or is of "
		    "another key");
		return call_fail(c, &e, NULL);
	}
	if (c->reply.failed)
		return call_fail(c, &c->reply.err, NULL);
	made = vault_reply(c);
	text = js_string(str_of(""));
	if (crypto_unbase64(&plain, js_str(json_object_get(made, "body")), &e) == 0 &&
	    plain.len > 0) {
		json_decref(text);
		text = js_string(buf_view(&plain));
	}
	body = json_pack("{s:o}", "plaintext", text != NULL ? text : json_null());
	call_answer_json(c, 200, body);
	json_decref(body);
	json_decref(made);
	buf_free(&plain);
	return CALL_DONE;
}

static int
ciphertext_read(struct str text, struct buf *out, uint32_t *number)
{
	struct err ignored;

	if (crypto_unbase64(out, text, &ignored) != 0)
		return -1;
	return seal_read(buf_view(out), number) == SEAL_SHARED ? 0 : -1;
}

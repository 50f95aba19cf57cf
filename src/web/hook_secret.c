#include "web/hook_secret.h"

#include <string.h>

#include "core/crypto.h"
#include "core/json.h"
#include "core/uuid.h"
#include "web/handlers.h"
#include "web/key_file.h"
#include "web/routes.h"
#include "web/sql.h"

#define PLACE "hook|%s|%s" /* trigger, secret */
#define KEY_ID 1
#define NO_KEY "webhooks' secrets need a folder for web's keys: set MILLRACE_JWT_KEYS"
#define SECRET_BYTES 24

static uint8_t key[SEAL_KEY_SIZE];
static bool has_key;

static const char *secret_of(struct call *c, const json_t *p);
static enum call_next rotated(struct call *c);

int
hook_secret_load(const char *folder, struct err *e)
{
	has_key = key_file_load(folder, "hook.key", key, e) == 0;
	return has_key ? 0 : -1;
}

int
hook_secret_open(
    const char *trigger, const char *id, struct str sealed, struct buf *out, struct err *e)
{
	struct buf place = { 0 }, record = { 0 };
	int rc = -1;

	if (!has_key)
		return err_set(e, "MR500", NO_KEY);
	buf_printf(&place, PLACE, trigger, id);
	if (crypto_unbase64(&record, sealed, e) == 0)
		rc = seal_open(key, buf_view(&record), buf_view(&place), out, e);
	buf_free(&record);
	buf_free(&place);
	return rc;
}

/* The secret is shown in this one answer; the database gets it sealed. */
enum call_next
trigger_rotate(struct call *c)
{
	const char *secret = secret_of(c, c->p), *trigger = js_text_or(c->p, "id", "");
	struct uuid id = uuid_v7();
	char id_text[UUID_TEXT_SIZE];
	struct buf place = { 0 }, record = { 0 }, text = { 0 };
	enum call_next next;
	struct err e;

	uuid_format(&id, id_text);
	buf_printf(&place, PLACE, trigger, id_text);
	if (!has_key) {
		err_set(&e, "MR500", NO_KEY);
		next = call_fail(c, &e, NULL);
	} else if (seal_shared(key, KEY_ID, str_of(secret), buf_view(&place), &record, &e) != 0)
		next = call_fail(c, &e, NULL);
	else {
		crypto_base64(&text, buf_view(&record));
		json_object_del(c->p, "secret");
		json_object_set_new(c->p, "secret_id", json_string(id_text));
		json_object_set_new(c->p, "sealed", json_string(buf_cstr(&text)));
		json_object_set_new(c->p, "is_pair", json_boolean(strchr(secret, ':') != NULL));
		c->own = (void *)(uintptr_t)secret;
		next = call_sql(c, sql_operation(c->route), c->p, rotated);
	}
	buf_free(&place);
	buf_free(&record);
	buf_free(&text);
	return next;
}

/* The one that the caller got from a provider, or a new one in the form of Standard Webhooks. */
static const char *
secret_of(struct call *c, const json_t *p)
{
	const char *given = js_text_or(p, "secret", "");
	uint8_t random[SECRET_BYTES];
	struct buf text = { 0 };
	const char *secret;

	if (given[0] != '\0')
		return arena_strdup(c->arena, given);
	crypto_random(random, sizeof(random));
	crypto_base64(&text, str_make((const char *)random, sizeof(random)));
	secret = arena_printf(c->arena, "whsec_%s", buf_cstr(&text));
	buf_free(&text);
	return secret;
}

static enum call_next
rotated(struct call *c)
{
	json_t *answer = NULL;
	enum call_next next;
	struct err e;

	if (c->reply.failed)
		return call_fail_reply(c);
	if (js_parse(c->reply.text, c->reply.text.n, JS_DEPTH_MAX, &answer, &e) != 0)
		return call_fail(c, &e, NULL);
	json_object_set_new(answer, "secret", json_string(c->own));
	next = call_answer_json(c, c->route->status, answer);
	json_decref(answer);
	return next;
}

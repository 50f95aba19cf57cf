/* A longer file than most: one table of questions, and one small function for each. */
#include "vault/answer.h"

#include <stdio.h>
#include <string.h>

#include "core/crypto.h"
#include "core/json.h"
#include "core/uuid.h"
#include "vault/vault.h"

#define PLACE_SIZE 200
#define WRAPPED_SIZE (SEAL_KEY_SIZE + SEAL_OVERHEAD)

/* One question while it is answered. */
struct matter {
	struct vault *v;
	const json_t *question;
	struct str body;
	int64_t now_s;
	json_t *answer;
	struct buf *out;
};

/* K of vault.h, opened. */
struct data_key {
	const char *workspace, *key;
	int64_t number;
	uint8_t bytes[SEAL_KEY_SIZE];
};

struct question {
	const char *op;
	unsigned peers; /* who may ask */
	int (*fn)(struct matter *m, struct err *e);
};

static int do_public(struct matter *m, struct err *e);
static int do_key_new(struct matter *m, struct err *e);
static int do_open(struct matter *m, struct err *e);
static int do_reseal(struct matter *m, struct err *e);
static int do_encrypt(struct matter *m, struct err *e);
static int do_decrypt(struct matter *m, struct err *e);
static int do_rewrap(struct matter *m, struct err *e);
static int do_kek_list(struct matter *m, struct err *e);
static int do_kek_new(struct matter *m, struct err *e);
static int do_kek_retire(struct matter *m, struct err *e);
static int open_record(struct matter *m, struct buf *plain, struct err *e);
static int record_unseal(struct matter *m, const struct data_key *key, struct str place,
    struct buf *plain, struct err *e);
static int key_names(const json_t *o, struct data_key *key, struct err *e);
static int key_open(struct matter *m, struct data_key *key, struct err *e);
static int key_unwrap(struct matter *m, const struct data_key *key, const json_t *o,
    uint8_t out[SEAL_KEY_SIZE], struct err *e);
static int key_wrap(struct matter *m, const struct data_key *key, struct err *e);
static int place_of(
    const json_t *question, const struct data_key *key, char place[PLACE_SIZE], struct err *e);
static int ticket_check(
    const struct matter *m, const char *op, const struct data_key *key, struct err *e);
static int need_uuid(const json_t *o, const char *name, const char **out, struct err *e);
static void set_base64(json_t *o, const char *name, const struct buf *bytes);

static const struct question questions[] = {
	{ "public", PEER_WORKER | PEER_WEB | PEER_ADMIN, do_public },
	{ "key_new", PEER_WORKER | PEER_WEB | PEER_ADMIN, do_key_new },
	{ "open", PEER_WORKER, do_open },
	{ "reseal", PEER_WORKER | PEER_ADMIN, do_reseal },
	{ "encrypt", PEER_WEB, do_encrypt },
	{ "decrypt", PEER_WEB, do_decrypt },
	{ "rewrap", PEER_ADMIN, do_rewrap },
	{ "kek_list", PEER_ADMIN, do_kek_list },
	{ "kek_new", PEER_ADMIN, do_kek_new },
	{ "kek_retire", PEER_ADMIN, do_kek_retire },
};

json_t *
vault_answer(struct vault *v, unsigned peer, const json_t *question, struct str body, int64_t now_s,
    struct buf *out)
{
	struct matter m = { v, question, body, now_s, json_object(), out };
	const char *op = js_text_or(question, "op", "");
	const struct question *found = NULL;
	struct err e = { 0 };
	int rc;

	for (size_t i = 0; i < countof(questions); i++) {
		if (strcmp(op, questions[i].op) == 0)
			found = &questions[i];
	}
	if (found == NULL)
		rc = err_set(&e, "MR400", "unknown `op`");
	else if ((found->peers & peer) == 0)
		rc = err_set(&e, "MR403", "this process may not ask that");
	else
		rc = found->fn(&m, &e);
	if (rc != 0) {
		buf_wipe(out);
		json_object_clear(m.answer);
		json_object_set_new(
		    m.answer, "error", json_pack("{s:s, s:s}", "code", e.code, "message", e.text));
	}
	return m.answer;
}

static int
do_public(struct matter *m, struct err *e)
{
	const struct kek *kek = kek_current(&m->v->keks);
	struct buf public = { 0 };

	(void)e;
	buf_append(&public, kek->pair.public_key, SEAL_KEY_SIZE);
	json_object_set_new(m->answer, "key_id", json_integer(kek->id));
	set_base64(m->answer, "public", &public);
	buf_free(&public);
	return 0;
}

static int
do_key_new(struct matter *m, struct err *e)
{
	struct data_key key;
	int rc = key_names(m->question, &key, e);

	if (rc == 0) {
		crypto_random(key.bytes, sizeof(key.bytes));
		rc = key_wrap(m, &key, e);
	}
	crypto_wipe(&key, sizeof(key));
	return rc;
}

static int
do_open(struct matter *m, struct err *e)
{
	return open_record(m, m->out, e);
}

static int
do_reseal(struct matter *m, struct err *e)
{
	struct buf plain = { 0 };
	int rc = open_record(m, &plain, e);

	buf_wipe(&plain);
	return rc;
}

static int
do_encrypt(struct matter *m, struct err *e)
{
	char place[PLACE_SIZE];
	struct data_key key;
	int rc = -1;

	if (key_open(m, &key, e) == 0 && ticket_check(m, "encrypt", &key, e) == 0) {
		(void)snprintf(place, sizeof(place), VAULT_DATA_PLACE, key.workspace, key.key);
		rc =
		    seal_shared(key.bytes, (uint32_t)key.number, m->body, str_of(place), m->out, e);
	}
	crypto_wipe(&key, sizeof(key));
	return rc;
}

static int
do_decrypt(struct matter *m, struct err *e)
{
	char place[PLACE_SIZE];
	struct data_key key;
	int rc = -1;

	if (key_open(m, &key, e) == 0 && ticket_check(m, "decrypt", &key, e) == 0) {
		(void)snprintf(place, sizeof(place), VAULT_DATA_PLACE, key.workspace, key.key);
		rc = seal_open(key.bytes, m->body, str_of(place), m->out, e);
	}
	crypto_wipe(&key, sizeof(key));
	return rc;
}

static int
do_rewrap(struct matter *m, struct err *e)
{
	struct data_key key;
	int rc = key_open(m, &key, e) == 0 ? key_wrap(m, &key, e) : -1;

	crypto_wipe(&key, sizeof(key));
	return rc;
}

static int
do_kek_list(struct matter *m, struct err *e)
{
	json_t *list = json_array();

	(void)e;
	for (int i = 0; i < m->v->keks.n; i++)
		json_array_append_new(list, json_integer(m->v->keks.v[i].id));
	json_object_set_new(m->answer, "keks", list);
	json_object_set_new(m->answer, "current", json_integer(kek_current(&m->v->keks)->id));
	return 0;
}

static int
do_kek_new(struct matter *m, struct err *e)
{
	return kek_add(&m->v->keks, e) == 0 ? do_kek_list(m, e) : -1;
}

static int
do_kek_retire(struct matter *m, struct err *e)
{
	int64_t id = js_int_or(m->question, "kek", 0);

	return kek_retire(&m->v->keks, (uint32_t)id, e) == 0 ? do_kek_list(m, e) : -1;
}

/* Opens a record of a connection, and seals it anew where it isn't an 01 under the key. */
static int
open_record(struct matter *m, struct buf *plain, struct err *e)
{
	struct buf sealed = { 0 };
	struct data_key key;
	char place[PLACE_SIZE];
	uint32_t id;
	int rc = -1;

	if (key_open(m, &key, e) != 0 || place_of(m->question, &key, place, e) != 0 ||
	    record_unseal(m, &key, str_of(place), plain, e) != 0)
		goto out;
	if (seal_read(m->body, &id) == SEAL_BOX || id != (uint32_t)key.number) {
		if (seal_shared(key.bytes, (uint32_t)key.number, buf_view(plain), str_of(place),
		        &sealed, e) != 0)
			goto out;
		set_base64(m->answer, "sealed", &sealed);
	}
	rc = 0;
out:
	buf_free(&sealed);
	crypto_wipe(&key, sizeof(key));
	return rc;
}

static int
record_unseal(struct matter *m, const struct data_key *key, struct str place, struct buf *plain,
    struct err *e)
{
	const json_t *opens = js_object(m->question, "opens");
	const struct kek *kek;
	struct data_key other = *key;
	uint32_t id;
	int rc = -1;

	switch (seal_read(m->body, &id)) {
	case SEAL_BOX:
		kek = kek_find(&m->v->keks, id);
		if (kek == NULL)
			err_set(e, "MR404",
			    "the record is sealed to master key %08x, which is not here", id);
		else
			rc = seal_unbox(&kek->pair, m->body, place, plain, e);
		break;
	case SEAL_SHARED:
		if (id == (uint32_t)key->number) {
			rc = seal_open(key->bytes, m->body, place, plain, e);
			break;
		}
		other.number = js_int_or(opens, "number", -1);
		if (other.number != (int64_t)id)
			err_set(e, "MR400", "the record is sealed under version %u of the key", id);
		else if (key_unwrap(m, &other, opens, other.bytes, e) == 0)
			rc = seal_open(other.bytes, m->body, place, plain, e);
		break;
	case SEAL_NONE:
		err_set(e, "MR400", "the sealed record does not open");
		break;
	}
	crypto_wipe(&other, sizeof(other));
	return rc;
}

static int
key_names(const json_t *o, struct data_key *key, struct err *e)
{
	*key = (struct data_key){ 0 };
	if (need_uuid(o, "workspace", &key->workspace, e) != 0 ||
	    need_uuid(o, "key", &key->key, e) != 0)
		return -1;
	return js_need_int(o, "number", 1, UINT32_MAX, &key->number, e);
}

static int
key_open(struct matter *m, struct data_key *key, struct err *e)
{
	if (key_names(m->question, key, e) != 0)
		return -1;
	return key_unwrap(m, key, m->question, key->bytes, e);
}

/* The key of `wrapped` in o, which must be this version of this key of this workspace. */
static int
key_unwrap(struct matter *m, const struct data_key *key, const json_t *o,
    uint8_t out[SEAL_KEY_SIZE], struct err *e)
{
	struct buf wrapped = { 0 }, plain = { 0 };
	char place[PLACE_SIZE];
	const struct kek *kek;
	uint32_t id;
	int rc = -1;

	if (crypto_unbase64(&wrapped, js_str(json_object_get(o, "wrapped")), e) != 0)
		goto out;
	if (wrapped.len != WRAPPED_SIZE || seal_read(buf_view(&wrapped), &id) != SEAL_SHARED) {
		err_set(e, "MR400", "`wrapped` is no wrapped key");
		goto out;
	}
	kek = kek_find(&m->v->keks, id);
	if (kek == NULL) {
		err_set(e, "MR404", "the key is wrapped by master key %08x, which is not here", id);
		goto out;
	}
	(void)snprintf(place, sizeof(place), VAULT_KEY_PLACE, key->workspace, key->key,
	    (long long)key->number);
	(void)buf_reserve(&plain, SEAL_KEY_SIZE + 1);
	rc = seal_open(kek->key, buf_view(&wrapped), str_of(place), &plain, e);
	if (rc == 0)
		memcpy(out, plain.data, SEAL_KEY_SIZE);
out:
	buf_free(&wrapped);
	buf_wipe(&plain);
	return rc;
}

static int
key_wrap(struct matter *m, const struct data_key *key, struct err *e)
{
	const struct kek *kek = kek_current(&m->v->keks);
	struct buf wrapped = { 0 };
	char place[PLACE_SIZE];
	int rc;

	(void)snprintf(place, sizeof(place), VAULT_KEY_PLACE, key->workspace, key->key,
	    (long long)key->number);
	rc = seal_shared(kek->key, kek->id, str_make((const char *)key->bytes, SEAL_KEY_SIZE),
	    str_of(place), &wrapped, e);
	if (rc == 0) {
		json_object_set_new(m->answer, "kek", json_integer(kek->id));
		set_base64(m->answer, "wrapped", &wrapped);
	}
	buf_free(&wrapped);
	return rc;
}

static int
place_of(const json_t *question, const struct data_key *key, char place[PLACE_SIZE], struct err *e)
{
	const char *connection, *field;
	int64_t version;

	if (need_uuid(question, "connection", &connection, e) != 0 ||
	    js_need_text(question, "field", 1, 40, &field, e) != 0 ||
	    js_need_int(question, "version", 1, INT64_MAX, &version, e) != 0)
		return -1;
	(void)snprintf(
	    place, PLACE_SIZE, VAULT_PLACE, key->workspace, connection, field, (long long)version);
	return 0;
}

static int
ticket_check(const struct matter *m, const char *op, const struct data_key *key, struct err *e)
{
	struct str rest = js_str(json_object_get(m->question, "ticket")), end;
	char text[PLACE_SIZE], hex[SHA256_HEX_SIZE];
	uint8_t mac[SHA256_SIZE];
	int64_t end_s = 0;
	struct err ignored;

	if (m->v->ticket_key[0] == '\0' || !str_next(&rest, '.', &end) ||
	    str_int64(end, 0, INT64_MAX, &end_s, &ignored) != 0)
		return err_set(e, "MR403", "that needs a ticket");
	(void)snprintf(text, sizeof(text), "%s|%s|%s|%lld|%lld", op, key->workspace, key->key,
	    (long long)key->number, (long long)end_s);
	crypto_hmac_sha256(str_of(m->v->ticket_key), str_of(text), mac);
	crypto_hex(mac, sizeof(mac), hex);
	if (!crypto_equal(rest, str_of(hex)))
		return err_set(e, "MR403", "the ticket is not for this");
	if (end_s <= m->now_s)
		return err_set(e, "MR403", "the ticket has ended");
	return 0;
}

/* In the one spelling: it becomes part of a place. */
static int
need_uuid(const json_t *o, const char *name, const char **out, struct err *e)
{
	char text[UUID_TEXT_SIZE];
	struct uuid id;

	if (js_need_text(o, name, 36, 36, out, e) != 0 || uuid_parse(str_of(*out), &id, e) != 0 ||
	    strcmp(uuid_format(&id, text), *out) != 0)
		return err_set(e, "MR400", "`%s` must be a uuid in lower case", name);
	return 0;
}

static void
set_base64(json_t *o, const char *name, const struct buf *bytes)
{
	struct buf text = { 0 };

	crypto_base64(&text, buf_view(bytes));
	json_object_set_new(o, name, json_string(buf_cstr(&text)));
	buf_free(&text);
}

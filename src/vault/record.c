#include "vault/record.h"

#include <stdio.h>
#include <string.h>

#include "core/crypto.h"
#include "core/json.h"
#include "core/uuid.h"
#include "vault/vault.h"

#define WRAPPED_SIZE (SEAL_KEY_SIZE + SEAL_OVERHEAD)

static bool has_key(const json_t *question);
static int boxed_open(const struct kek_ring *keks, struct str record, struct str place,
    struct buf *plain, struct err *e);
static int keyed_open(const struct kek_ring *keks, const json_t *question, struct str record,
    struct str place, struct buf *plain, struct err *e);
static int key_unwrap(const struct kek_ring *keks, const struct data_key *key, const json_t *o,
    uint8_t out[SEAL_KEY_SIZE], struct err *e);
static int place_of(const json_t *question, char place[PLACE_SIZE], struct err *e);
static int need_uuid(const json_t *o, const char *name, const char **out, struct err *e);
static void set_base64(json_t *o, const char *name, const struct buf *bytes);

int
data_key_names(const json_t *o, struct data_key *key, struct err *e)
{
	*key = (struct data_key){ 0 };
	if (need_uuid(o, "workspace", &key->workspace, e) != 0 ||
	    need_uuid(o, "key", &key->key, e) != 0)
		return -1;
	return js_need_int(o, "number", 1, UINT32_MAX, &key->number, e);
}

int
data_key_open(const struct kek_ring *keks, const json_t *o, struct data_key *key, struct err *e)
{
	if (data_key_names(o, key, e) != 0)
		return -1;
	return key_unwrap(keks, key, o, key->bytes, e);
}

int
data_key_wrap(
    const struct kek_ring *keks, const struct data_key *key, json_t *answer, struct err *e)
{
	const struct kek *kek = kek_current(keks);
	struct buf wrapped = { 0 };
	char place[PLACE_SIZE];
	int rc;

	(void)snprintf(place, sizeof(place), VAULT_KEY_PLACE, key->workspace, key->key,
	    (long long)key->number);
	rc = seal_shared(kek->key, kek->id, str_make((const char *)key->bytes, SEAL_KEY_SIZE),
	    str_of(place), &wrapped, e);
	if (rc == 0) {
		json_object_set_new(answer, "kek", json_integer(kek->id));
		set_base64(answer, "wrapped", &wrapped);
	}
	buf_free(&wrapped);
	return rc;
}

int
record_open(const struct kek_ring *keks, const json_t *question, struct str record,
    struct buf *plain, bool *stale, struct err *e)
{
	enum seal_format format;
	char place[PLACE_SIZE];
	uint32_t id;

	*stale = false;
	if (place_of(question, place, e) != 0)
		return -1;
	format = seal_read(record, &id);
	if (!has_key(question)) {
		*stale = id != kek_current(keks)->id;
		return boxed_open(keks, record, str_of(place), plain, e);
	}
	*stale = format == SEAL_BOX || (int64_t)id != js_int_or(question, "number", -1);
	return keyed_open(keks, question, record, str_of(place), plain, e);
}

int
record_seal(const struct kek_ring *keks, const json_t *question, struct str plain, json_t *answer,
    struct err *e)
{
	const struct kek *kek = kek_current(keks);
	struct data_key key = { 0 };
	struct buf sealed = { 0 };
	char place[PLACE_SIZE];
	int rc = place_of(question, place, e);

	if (rc == 0 && !has_key(question))
		rc = seal_box(kek->pair.public_key, kek->id, plain, str_of(place), &sealed, e);
	else if (rc == 0 && (rc = data_key_open(keks, question, &key, e)) == 0)
		rc = seal_shared(key.bytes, (uint32_t)key.number, plain, str_of(place), &sealed, e);
	if (rc == 0)
		set_base64(answer, "sealed", &sealed);
	buf_free(&sealed);
	crypto_wipe(&key, sizeof(key));
	return rc;
}

int
record_owner(const json_t *question, const char **out, struct err *e)
{
	return need_uuid(question, "owner", out, e);
}

static bool
has_key(const json_t *question)
{
	return json_object_get(question, "workspace") != NULL;
}

static int
boxed_open(const struct kek_ring *keks, struct str record, struct str place, struct buf *plain,
    struct err *e)
{
	const struct kek *kek;
	uint32_t id;

	if (seal_read(record, &id) != SEAL_BOX)
		return err_set(e, "MR400", "the sealed record does not open");
	kek = kek_find(keks, id);
	if (kek == NULL)
		return err_set(
		    e, "MR404", "the record is sealed to master key %08x, which is not here", id);
	return seal_unbox(&kek->pair, record, place, plain, e);
}

/* Whoever asks for a record of a workspace has a key of it, also where the record needs none: when
 * the keys are gone, nothing opens any more. */
static int
keyed_open(const struct kek_ring *keks, const json_t *question, struct str record, struct str place,
    struct buf *plain, struct err *e)
{
	const json_t *opens = js_object(question, "opens");
	struct data_key key = { 0 }, other;
	uint32_t id;
	int rc = -1;

	if (data_key_open(keks, question, &key, e) != 0)
		goto out;
	if (seal_read(record, &id) != SEAL_SHARED)
		rc = boxed_open(keks, record, place, plain, e);
	else if (id == (uint32_t)key.number)
		rc = seal_open(key.bytes, record, place, plain, e);
	else {
		other = key;
		other.number = js_int_or(opens, "number", -1);
		if (other.number != (int64_t)id)
			err_set(e, "MR400", "the record is sealed under version %u of the key", id);
		else if (key_unwrap(keks, &other, opens, other.bytes, e) == 0)
			rc = seal_open(other.bytes, record, place, plain, e);
		crypto_wipe(&other, sizeof(other));
	}
out:
	crypto_wipe(&key, sizeof(key));
	return rc;
}

/* The key of `wrapped` in o, which must be this version of this key of this workspace. */
static int
key_unwrap(const struct kek_ring *keks, const struct data_key *key, const json_t *o,
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
	kek = kek_find(keks, id);
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
	buf_free(&plain);
	return rc;
}

static int
place_of(const json_t *question, char place[PLACE_SIZE], struct err *e)
{
	const char *workspace = VAULT_INSTALLATION, *owner, *field;
	int64_t version;

	if ((has_key(question) && need_uuid(question, "workspace", &workspace, e) != 0) ||
	    record_owner(question, &owner, e) != 0 ||
	    js_need_text(question, "field", 1, 40, &field, e) != 0 ||
	    js_need_int(question, "version", 1, INT64_MAX, &version, e) != 0)
		return -1;
	(void)snprintf(place, PLACE_SIZE, VAULT_PLACE, workspace, owner, field, (long long)version);
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

/* One table of questions, and one small function for each. */
#include "vault/answer.h"

#include <stdio.h>
#include <string.h>

#include "core/crypto.h"
#include "core/json.h"
#include "vault/record.h"
#include "vault/vault.h"
#include "vault/verify.h"

/* One question while it is answered. */
struct matter {
	struct vault *v;
	const json_t *question;
	struct str body;
	int64_t now_s;
	json_t *answer;
	struct buf *out;
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
static int do_verify(struct matter *m, struct err *e);
static int do_encrypt(struct matter *m, struct err *e);
static int do_decrypt(struct matter *m, struct err *e);
static int do_rewrap(struct matter *m, struct err *e);
static int do_kek_list(struct matter *m, struct err *e);
static int do_kek_new(struct matter *m, struct err *e);
static int do_kek_retire(struct matter *m, struct err *e);
static bool field_is(const json_t *question, const char *field);
static int totp_check(const struct matter *m, struct err *e);
static int totp_word(const struct matter *m, int64_t step, struct err *e);
static int ticket_check_data(
    const struct matter *m, const char *op, const struct data_key *key, struct err *e);
static int ticket_check(const struct matter *m, const char *what, struct err *e);
static void ticket_mac(const struct matter *m, const char *text, char hex[SHA256_HEX_SIZE]);

static const struct question questions[] = {
	{ "public", PEER_WORKER | PEER_WEB | PEER_ADMIN, do_public },
	{ "key_new", PEER_WORKER | PEER_WEB | PEER_ADMIN, do_key_new },
	{ "open", PEER_WORKER, do_open },
	{ "reseal", PEER_WORKER | PEER_ADMIN, do_reseal },
	{ "verify", PEER_WEB, do_verify },
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
		buf_free(out);
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
	crypto_base64(&public, str_make((const char *)kek->pair.public_key, SEAL_KEY_SIZE));
	json_object_set_new(m->answer, "key_id", json_integer(kek->id));
	json_object_set_new(m->answer, "public", json_string(buf_cstr(&public)));
	buf_free(&public);
	return 0;
}

static int
do_key_new(struct matter *m, struct err *e)
{
	struct data_key key;
	int rc = data_key_names(m->question, &key, e);

	if (rc == 0) {
		crypto_random(key.bytes, sizeof(key.bytes));
		rc = data_key_wrap(&m->v->keks, &key, m->answer, e);
	}
	crypto_wipe(&key, sizeof(key));
	return rc;
}

/* A record which needs sealing anew is: the worker stores that. */
static int
do_open(struct matter *m, struct err *e)
{
	bool stale;
	int rc;

	if (!field_is(m->question, VAULT_FIELD))
		return err_set(e, "MR403", "only secrets of connections are opened");
	rc = record_open(&m->v->keks, m->question, m->body, m->out, &stale, e);
	return rc == 0 && stale
	           ? record_seal(&m->v->keks, m->question, buf_view(m->out), m->answer, e)
	           : rc;
}

static int
do_reseal(struct matter *m, struct err *e)
{
	struct buf plain = { 0 };
	bool stale;
	int rc;

	(void)buf_reserve(&plain, m->body.n + 1);
	rc = record_open(&m->v->keks, m->question, m->body, &plain, &stale, e);
	if (rc == 0 && stale)
		rc = record_seal(&m->v->keks, m->question, buf_view(&plain), m->answer, e);
	buf_free(&plain);
	return rc;
}

static int
do_verify(struct matter *m, struct err *e)
{
	struct str text = js_str(json_object_get(m->question, "record"));
	struct buf record = { 0 }, secret = { 0 };
	struct verdict verdict;
	bool stale;
	int rc = -1;

	if (field_is(m->question, VAULT_FIELD) ||
	    field_is(m->question, VAULT_FIELD_TOTP) != verify_is_totp(m->question)) {
		err_set(e, "MR403", "a record of this kind doesn't verify that");
		goto out;
	}
	if (verify_is_totp(m->question) && totp_check(m, e) != 0)
		goto out;
	(void)buf_reserve(&secret, text.n + 1);
	if (crypto_unbase64(&record, text, e) != 0 ||
	    record_open(&m->v->keks, m->question, buf_view(&record), &secret, &stale, e) != 0 ||
	    verify(m->question, buf_view(&secret), m->body, &verdict, e) != 0)
		goto out;
	json_object_set_new(m->answer, "holds", json_boolean(verdict.holds));
	rc = verdict.holds && verify_is_totp(m->question) ? totp_word(m, verdict.step, e) : 0;
out:
	buf_free(&record);
	buf_free(&secret);
	return rc;
}

static int
do_encrypt(struct matter *m, struct err *e)
{
	char place[PLACE_SIZE];
	struct data_key key;
	int rc = -1;

	if (data_key_open(&m->v->keks, m->question, &key, e) == 0 &&
	    ticket_check_data(m, "encrypt", &key, e) == 0) {
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

	if (data_key_open(&m->v->keks, m->question, &key, e) == 0 &&
	    ticket_check_data(m, "decrypt", &key, e) == 0) {
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
	int rc = data_key_open(&m->v->keks, m->question, &key, e);

	if (rc == 0)
		rc = data_key_wrap(&m->v->keks, &key, m->answer, e);
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

static bool
field_is(const json_t *question, const char *field)
{
	return strcmp(js_text_or(question, "field", ""), field) == 0;
}

static int
totp_check(const struct matter *m, struct err *e)
{
	char what[PLACE_SIZE];
	const char *owner;

	if (record_owner(m->question, &owner, e) != 0)
		return -1;
	(void)snprintf(what, sizeof(what), VAULT_TOTP_TICKET, owner,
	    (long long)js_int_or(m->question, "step", 0));
	return ticket_check(m, what, e);
}

/* What SQL takes for a code that holds. */
static int
totp_word(const struct matter *m, int64_t step, struct err *e)
{
	char text[PLACE_SIZE], hex[SHA256_HEX_SIZE];
	const char *owner;

	if (record_owner(m->question, &owner, e) != 0)
		return -1;
	(void)snprintf(text, sizeof(text), VAULT_TOTP_WORD, owner, (long long)step);
	ticket_mac(m, text, hex);
	json_object_set_new(m->answer, "step", json_integer(step));
	json_object_set_new(m->answer, "word", json_string(hex));
	return 0;
}

static int
ticket_check_data(const struct matter *m, const char *op, const struct data_key *key, struct err *e)
{
	char what[PLACE_SIZE];

	(void)snprintf(
	    what, sizeof(what), VAULT_TICKET, op, key->workspace, key->key, (long long)key->number);
	return ticket_check(m, what, e);
}

/* Is the question's ticket for this, and good now? */
static int
ticket_check(const struct matter *m, const char *what, struct err *e)
{
	struct str rest = js_str(json_object_get(m->question, "ticket")), end;
	char text[PLACE_SIZE + 24], hex[SHA256_HEX_SIZE];
	int64_t end_s = 0;
	struct err ignored;

	if (m->v->ticket_key[0] == '\0' || !str_next(&rest, '.', &end) ||
	    str_int64(end, 0, INT64_MAX, &end_s, &ignored) != 0)
		return err_set(e, "MR403", "that needs a ticket");
	(void)snprintf(text, sizeof(text), "%s|%lld", what, (long long)end_s);
	ticket_mac(m, text, hex);
	if (!crypto_equal(rest, str_of(hex)))
		return err_set(e, "MR403", "the ticket is not for this");
	if (end_s <= m->now_s)
		return err_set(e, "MR403", "the ticket has ended");
	return 0;
}

static void
ticket_mac(const struct matter *m, const char *text, char hex[SHA256_HEX_SIZE])
{
	uint8_t mac[SHA256_SIZE];

	crypto_hmac_sha256(str_of(m->v->ticket_key), str_of(text), mac);
	crypto_hex(mac, sizeof(mac), hex);
}

/* A longer file than most: each operation of the vault, with what it takes and refuses. */
#include "unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/crypto.h"
#include "core/json.h"
#include "vault/answer.h"

#define WS "01a1fec1-0447-7705-81d4-29583e45cd04"
#define WS2 "01a1fec1-0447-7705-81d4-29583e45cd05"
#define KEY "01a1fec1-0447-7705-81d4-29583e45cd06"
#define CONNECTION "01a1fec1-0447-7705-81d4-29583e45cd07"
#define NOW 1000

struct fixture {
	struct vault v;
	char path[64];
	json_t *wrapped; /* version 1 of KEY */
	json_t *next;    /* version 2 */
};

static json_t *
ask(struct fixture *f, unsigned peer, json_t *question, struct str body, struct buf *out)
{
	json_t *answer = vault_answer(&f->v, peer, question, body, NOW, out);

	json_decref(question);
	return answer;
}

static const char *
code_of(const json_t *answer)
{
	return js_text_or(js_object(answer, "error"), "code", "ok");
}

/* The code of an answer that nobody looks at further. */
static void
assert_code(struct fixture *f, unsigned peer, json_t *question, struct str body, const char *code)
{
	struct buf out = { 0 };
	json_t *answer = ask(f, peer, question, body, &out);

	assert_string_equal(code_of(answer), code);
	if (strcmp(code, "ok") != 0)
		assert_int_equal(out.len, 0);
	json_decref(answer);
	buf_free(&out);
}

static json_t *
new_key(struct fixture *f, int number)
{
	struct buf out = { 0 };
	json_t *answer = ask(f, PEER_WEB,
	    json_pack("{s:s, s:s, s:s, s:i}", "op", "key_new", "workspace", WS, "key", KEY,
	        "number", number),
	    (struct str){ 0 }, &out);
	json_t *wrapped = json_incref(json_object_get(answer, "wrapped"));

	json_decref(answer);
	return wrapped;
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err e;
	int fd;

	strcpy(f->path, "/tmp/vault_test_XXXXXX");
	fd = mkstemp(f->path);
	close(fd);
	unlink(f->path);
	f->v.ticket_key = "shared";
	assert_int_equal(kek_load(&f->v.keks, "", f->path, &e), 0);
	f->wrapped = new_key(f, 1);
	f->next = new_key(f, 2);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	json_decref(f->wrapped);
	json_decref(f->next);
	free(f);
	return 0;
}

static json_t *
open_question(struct fixture *f, const char *workspace, const char *field, int version)
{
	return json_pack("{s:s, s:s, s:s, s:i, s:O, s:s, s:s, s:i}", "op", "open", "workspace",
	    workspace, "key", KEY, "number", 1, "wrapped", f->wrapped, "owner", CONNECTION, "field",
	    field, "version", version);
}

/* What web stores: sealed to the current public key. */
static void
box_at(struct fixture *f, const char *secret, const char *place, struct buf *record)
{
	const struct kek *kek = kek_current(&f->v.keks);
	struct err e;

	assert_int_equal(
	    seal_box(kek->pair.public_key, kek->id, str_of(secret), str_of(place), record, &e), 0);
}

static void
box(struct fixture *f, struct buf *record)
{
	box_at(f, "hunter2", WS "|" CONNECTION "|secret|1", record);
}

static void
what_web_sealed_is_opened_and_sealed_anew_under_the_key(void **state)
{
	struct fixture *f = *state;
	struct buf record = { 0 }, out = { 0 }, fresh = { 0 };
	json_t *answer, *question;
	struct err e;
	uint32_t id;

	box(f, &record);
	answer = ask(f, PEER_WORKER, open_question(f, WS, "secret", 1), buf_view(&record), &out);
	assert_string_equal(buf_cstr(&out), "hunter2");
	assert_int_equal(crypto_unbase64(&fresh, js_str(json_object_get(answer, "sealed")), &e), 0);
	assert_int_equal(seal_read(buf_view(&fresh), &id), SEAL_SHARED);
	assert_int_equal(id, 1);
	json_decref(answer);
	buf_reset(&out);
	answer = ask(f, PEER_WORKER, open_question(f, WS, "secret", 1), buf_view(&fresh), &out);
	assert_string_equal(buf_cstr(&out), "hunter2");
	assert_null(json_object_get(answer, "sealed"));
	json_decref(answer);
	/* under the next version of the key */
	buf_reset(&out);
	question = open_question(f, WS, "secret", 1);
	json_object_set_new(
	    question, "opens", json_pack("{s:i, s:O}", "number", 1, "wrapped", f->wrapped));
	json_object_set_new(question, "number", json_integer(2));
	json_object_set(question, "wrapped", f->next);
	answer = ask(f, PEER_WORKER, question, buf_view(&fresh), &out);
	assert_string_equal(buf_cstr(&out), "hunter2");
	assert_non_null(json_object_get(answer, "sealed"));
	json_decref(answer);
	buf_free(&record);
	buf_free(&fresh);
	buf_free(&out);
}

static void
a_record_of_another_row_field_workspace_or_version_is_refused(void **state)
{
	struct fixture *f = *state;
	struct buf record = { 0 };
	json_t *question;

	box(f, &record);
	assert_code(f, PEER_WORKER, open_question(f, WS, "secret", 1), buf_view(&record), "ok");
	assert_code(f, PEER_WORKER, open_question(f, WS, "secret", 2), buf_view(&record), "MR400");
	assert_code(f, PEER_WORKER, open_question(f, WS, "token", 1), buf_view(&record), "MR403");
	/* the key is bound to its workspace as well */
	assert_code(f, PEER_WORKER, open_question(f, WS2, "secret", 1), buf_view(&record), "MR400");
	question = open_question(f, WS, "secret", 1);
	json_object_set_new(question, "owner", json_string(KEY));
	assert_code(f, PEER_WORKER, question, buf_view(&record), "MR400");
	question = open_question(f, WS, "secret", 1);
	json_object_set_new(question, "number", json_integer(2));
	assert_code(f, PEER_WORKER, question, buf_view(&record), "MR400");
	question = open_question(f, WS, "secret", 1);
	json_object_set_new(question, "workspace", json_string("x|y"));
	assert_code(f, PEER_WORKER, question, buf_view(&record), "MR400");
	buf_free(&record);
}

static void
each_peer_may_ask_its_own_questions_only(void **state)
{
	static const struct {
		const char *op;
		unsigned peers;
	} table[] = {
		{ "public", PEER_WORKER | PEER_WEB | PEER_ADMIN },
		{ "key_new", PEER_WORKER | PEER_WEB | PEER_ADMIN },
		{ "open", PEER_WORKER },
		{ "reseal", PEER_WORKER | PEER_ADMIN },
		{ "verify", PEER_WEB },
		{ "encrypt", PEER_WEB },
		{ "decrypt", PEER_WEB },
		{ "rewrap", PEER_ADMIN },
		{ "kek_list", PEER_ADMIN },
		{ "kek_new", PEER_ADMIN },
		{ "kek_retire", PEER_ADMIN },
	};
	static const unsigned peers[] = { PEER_WORKER, PEER_WEB, PEER_ADMIN };
	struct fixture *f = *state;

	for (size_t i = 0; i < countof(table); i++) {
		for (size_t k = 0; k < countof(peers); k++) {
			struct buf out = { 0 };
			json_t *answer = ask(f, peers[k], json_pack("{s:s}", "op", table[i].op),
			    (struct str){ 0 }, &out);

			assert_int_equal(
			    strcmp(code_of(answer), "MR403") != 0 ||
			        strstr(js_text_or(js_object(answer, "error"), "message", ""),
			            "may not") == NULL,
			    (table[i].peers & peers[k]) != 0);
			json_decref(answer);
			buf_free(&out);
		}
	}
	assert_code(f, 7, json_pack("{s:s}", "op", "dump"), (struct str){ 0 }, "MR400");
}

static json_t *
data_question(struct fixture *f, const char *op, const char *signed_op, int end_s)
{
	uint8_t mac[SHA256_SIZE];
	char text[200], hex[SHA256_HEX_SIZE], ticket[120];

	snprintf(text, sizeof(text), "%s|" WS "|" KEY "|1|%d", signed_op, end_s);
	crypto_hmac_sha256(str_of("shared"), str_of(text), mac);
	snprintf(ticket, sizeof(ticket), "%d.%s", end_s, crypto_hex(mac, sizeof(mac), hex));
	return json_pack("{s:s, s:s, s:s, s:i, s:O, s:s}", "op", op, "workspace", WS, "key", KEY,
	    "number", 1, "wrapped", f->wrapped, "ticket", ticket);
}

static void
text_is_encrypted_and_decrypted_with_a_ticket_for_just_that(void **state)
{
	struct fixture *f = *state;
	struct buf sealed = { 0 }, out = { 0 };
	json_t *question;

	json_decref(ask(f, PEER_WEB, data_question(f, "encrypt", "encrypt", NOW + 60),
	    str_of("text"), &sealed));
	json_decref(ask(f, PEER_WEB, data_question(f, "decrypt", "decrypt", NOW + 60),
	    buf_view(&sealed), &out));
	assert_string_equal(buf_cstr(&out), "text");
	assert_code(f, PEER_WEB, data_question(f, "decrypt", "encrypt", NOW + 60),
	    buf_view(&sealed), "MR403");
	assert_code(
	    f, PEER_WEB, data_question(f, "decrypt", "decrypt", NOW), buf_view(&sealed), "MR403");
	question = data_question(f, "decrypt", "decrypt", NOW + 60);
	json_object_del(question, "ticket");
	assert_code(f, PEER_WEB, question, buf_view(&sealed), "MR403");
	f->v.ticket_key = "";
	assert_code(f, PEER_WEB, data_question(f, "decrypt", "decrypt", NOW + 60),
	    buf_view(&sealed), "MR403");
	f->v.ticket_key = "shared";
	buf_free(&sealed);
	buf_free(&out);
}

static void
set_record(json_t *question, const struct buf *record)
{
	struct buf text = { 0 };

	crypto_base64(&text, buf_view(record));
	json_object_set_new(question, "record", json_string(buf_cstr(&text)));
	buf_free(&text);
}

/* Whether the secret of a webhook, with that id, equals what was sent. */
static json_t *
equal_question(struct fixture *f, const char *field, const struct buf *record)
{
	json_t *question = open_question(f, WS, field, 1);

	json_object_set_new(question, "op", json_string("verify"));
	json_object_set_new(question, "kind", json_string("equal"));
	set_record(question, record);
	return question;
}

static void
a_webhooks_secret_verifies_and_is_opened_for_nobody(void **state)
{
	struct fixture *f = *state;
	struct buf record = { 0 }, connection = { 0 }, out = { 0 };
	json_t *answer, *question;

	box_at(f, "hunter2", WS "|" CONNECTION "|" KEY "|1", &record);
	box(f, &connection);
	answer = ask(f, PEER_WEB, equal_question(f, KEY, &record), str_of("hunter2"), &out);
	assert_true(js_bool_or(answer, "holds", false));
	assert_int_equal(json_object_size(answer), 1);
	assert_int_equal(out.len, 0);
	json_decref(answer);
	answer = ask(f, PEER_WEB, equal_question(f, KEY, &record), str_of("hunter3"), &out);
	assert_false(js_bool_or(answer, "holds", true));
	json_decref(answer);
	assert_code(f, PEER_WEB, equal_question(f, WS2, &record), str_of("hunter2"), "MR400");
	/* of another workspace's key, or of none */
	question = equal_question(f, KEY, &record);
	json_object_del(question, "workspace");
	assert_code(f, PEER_WEB, question, str_of("hunter2"), "MR400");
	question = equal_question(f, KEY, &record);
	json_object_set_new(question, "wrapped", json_string("AA=="));
	assert_code(f, PEER_WEB, question, str_of("hunter2"), "MR400");
	/* what is opened isn't verified, and what is verified isn't opened */
	assert_code(
	    f, PEER_WEB, equal_question(f, "secret", &connection), str_of("hunter2"), "MR403");
	assert_code(f, PEER_WORKER, open_question(f, WS, KEY, 1), buf_view(&record), "MR403");
	assert_code(f, PEER_WEB, open_question(f, WS, KEY, 1), buf_view(&record), "MR403");
	buf_free(&record);
	buf_free(&connection);
	buf_free(&out);
}

#define CODES "12345678901234567890"
#define CODE_STEP (59 / 30)
#define CODE "287082"

/* Is it a code of that step, with a ticket for another or the same? */
static json_t *
code_question(const struct buf *record, int step, int ticket_step, int end_s)
{
	uint8_t mac[SHA256_SIZE];
	char text[200], hex[SHA256_HEX_SIZE], ticket[120];
	json_t *question;

	snprintf(text, sizeof(text), "totp|" CONNECTION "|%d|%d", ticket_step, end_s);
	crypto_hmac_sha256(str_of("shared"), str_of(text), mac);
	snprintf(ticket, sizeof(ticket), "%d.%s", end_s, crypto_hex(mac, sizeof(mac), hex));
	question =
	    json_pack("{s:s, s:s, s:s, s:i, s:s, s:i, s:s}", "op", "verify", "owner", CONNECTION,
	        "field", "totp", "version", 1, "kind", "totp", "step", step, "ticket", ticket);
	set_record(question, record);
	return question;
}

static void
a_code_takes_the_ticket_of_its_try_and_gets_the_vaults_word(void **state)
{
	struct fixture *f = *state;
	struct buf record = { 0 }, fresh = { 0 }, out = { 0 };
	char hex[SHA256_HEX_SIZE];
	uint8_t mac[SHA256_SIZE];
	json_t *answer, *question;
	struct err e;

	box_at(f, CODES, "installation|" CONNECTION "|totp|1", &record);
	answer = ask(f, PEER_WEB, code_question(&record, CODE_STEP + 1, CODE_STEP + 1, NOW + 60),
	    str_of(CODE), &out);
	assert_true(js_bool_or(answer, "holds", false));
	assert_int_equal(js_int_or(answer, "step", 0), CODE_STEP);
	crypto_hmac_sha256(str_of("shared"), str_of("totp.holds|" CONNECTION "|1"), mac);
	assert_string_equal(js_text_or(answer, "word", ""), crypto_hex(mac, sizeof(mac), hex));
	json_decref(answer);
	answer = ask(f, PEER_WEB, code_question(&record, CODE_STEP, CODE_STEP, NOW + 60),
	    str_of("287083"), &out);
	assert_false(js_bool_or(answer, "holds", true));
	assert_null(json_object_get(answer, "word"));
	json_decref(answer);
	assert_code(f, PEER_WEB, code_question(&record, CODE_STEP, CODE_STEP + 9, NOW + 60),
	    str_of(CODE), "MR403");
	assert_code(
	    f, PEER_WEB, code_question(&record, CODE_STEP, CODE_STEP, NOW), str_of(CODE), "MR403");
	question = code_question(&record, CODE_STEP, CODE_STEP, NOW + 60);
	json_object_del(question, "ticket");
	assert_code(f, PEER_WEB, question, str_of(CODE), "MR403");
	/* nor by way of another kind, or of an open */
	question = code_question(&record, CODE_STEP, CODE_STEP, NOW + 60);
	json_object_set_new(question, "kind", json_string("equal"));
	assert_code(f, PEER_WEB, question, str_of(CODES), "MR403");
	question = code_question(&record, CODE_STEP, CODE_STEP, NOW + 60);
	json_object_set_new(question, "op", json_string("open"));
	assert_code(f, PEER_WORKER, question, buf_view(&record), "MR403");
	/* with a new master key it is sealed to that one */
	question = code_question(&record, CODE_STEP, CODE_STEP, NOW + 60);
	json_object_set_new(question, "op", json_string("reseal"));
	answer = ask(f, PEER_ADMIN, json_incref(question), buf_view(&record), &out);
	assert_int_equal(json_object_size(answer), 0);
	json_decref(answer);
	assert_code(f, PEER_ADMIN, json_pack("{s:s}", "op", "kek_new"), (struct str){ 0 }, "ok");
	answer = ask(f, PEER_ADMIN, question, buf_view(&record), &out);
	assert_int_equal(out.len, 0);
	assert_int_equal(crypto_unbase64(&fresh, js_str(json_object_get(answer, "sealed")), &e), 0);
	json_decref(answer);
	answer = ask(
	    f, PEER_WEB, code_question(&fresh, CODE_STEP, CODE_STEP, NOW + 60), str_of(CODE), &out);
	assert_true(js_bool_or(answer, "holds", false));
	json_decref(answer);
	buf_free(&record);
	buf_free(&fresh);
	buf_free(&out);
}

static void
a_master_key_is_rotated_and_retired(void **state)
{
	struct fixture *f = *state;
	struct buf record = { 0 }, out = { 0 };
	uint32_t first = kek_current(&f->v.keks)->id;
	struct kek_ring again;
	struct stat st;
	json_t *answer, *question, *wrapped;
	struct err e;

	box(f, &record);
	assert_code(f, PEER_ADMIN,
	    json_pack("{s:s, s:I}", "op", "kek_retire", "kek", (json_int_t)first),
	    (struct str){ 0 }, "MR409");
	assert_code(f, PEER_ADMIN, json_pack("{s:s}", "op", "kek_new"), (struct str){ 0 }, "ok");
	assert_int_not_equal(kek_current(&f->v.keks)->id, first);
	assert_code(f, PEER_WORKER, open_question(f, WS, "secret", 1), buf_view(&record), "ok");
	answer = ask(f, PEER_ADMIN,
	    json_pack("{s:s, s:s, s:s, s:i, s:O}", "op", "rewrap", "workspace", WS, "key", KEY,
	        "number", 1, "wrapped", f->wrapped),
	    (struct str){ 0 }, &out);
	assert_int_equal(js_int_or(answer, "kek", 0), kek_current(&f->v.keks)->id);
	wrapped = json_incref(json_object_get(answer, "wrapped"));
	json_decref(answer);
	assert_int_equal(kek_load(&again, "", f->path, &e), 0);
	assert_int_equal(again.n, 2);
	assert_int_equal(kek_current(&again)->id, kek_current(&f->v.keks)->id);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_code(f, PEER_ADMIN,
	    json_pack("{s:s, s:I}", "op", "kek_retire", "kek", (json_int_t)first),
	    (struct str){ 0 }, "ok");
	assert_code(f, PEER_WORKER, open_question(f, WS, "secret", 1), buf_view(&record), "MR404");
	question = open_question(f, WS, "secret", 1);
	json_object_set(question, "wrapped", wrapped);
	assert_code(
	    f, PEER_WORKER, question, buf_view(&record), "MR404"); /* the box was the old one's */
	json_decref(wrapped);
	buf_free(&record);
	buf_free(&out);
}

static void
master_keys_come_from_a_setting_and_are_told_when_they_are_none(void **state)
{
	static const char one[] =
	    "# a remark\n"
	    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
	    "\n"
	    "ff0102030405060708090A0B0C0D0E0F101112131415161718191a1b1c1d1e1f\n";
	struct kek_ring ring;
	struct err e;

	(void)state;
	assert_int_equal(kek_load(&ring, one, "/nowhere", &e), 0);
	assert_int_equal(ring.n, 2);
	assert_int_equal(kek_current(&ring)->key[0], 0xff);
	assert_int_equal(kek_add(&ring, &e), -1);
	assert_string_equal(e.code, "MR409");
	assert_int_equal(kek_load(&ring, "00", "/nowhere", &e), -1);
	assert_string_equal(e.code, "MR400");
	assert_int_equal(kek_load(&ring, "# none", "/nowhere", &e), -1);
	assert_int_equal(kek_load(&ring, "", "/nowhere/kek", &e), -1);
	assert_string_equal(e.code, "MR500");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    what_web_sealed_is_opened_and_sealed_anew_under_the_key, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_record_of_another_row_field_workspace_or_version_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    each_peer_may_ask_its_own_questions_only, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    text_is_encrypted_and_decrypted_with_a_ticket_for_just_that, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_webhooks_secret_verifies_and_is_opened_for_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_code_takes_the_ticket_of_its_try_and_gets_the_vaults_word, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_master_key_is_rotated_and_retired, setup, teardown),
		cmocka_unit_test(master_keys_come_from_a_setting_and_are_told_when_they_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

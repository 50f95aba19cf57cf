/*
 * Any frame as web's question to the vault: what no right record, key and ticket stand behind gets
 * an error, and no secret. The first line is the question's JSON, the rest its body. Then the same
 * fields as a `verify` of a record that does open: it says yes to nobody who doesn't have the
 * secret, and its answer holds nothing of it.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "core/crypto.h"
#include "core/json.h"
#include "vault/answer.h"
#include "vault/vault.h"

#define OWNER "01a1fec1-0447-7705-81d4-29583e45cd04"
#define FIELD "01a1fec1-0447-7705-81d4-29583e45cd05"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vault vault;

/* The place of a new record, with it. The secret is another one each time, since the fuzzer learns
 * what its input is compared with. */
static json_t *
record_new(char secret[65])
{
	static const char kek[] =
	    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
	struct buf record = { 0 }, text = { 0 };
	uint8_t random[32];
	const struct kek *current;
	json_t *place;
	struct err e;

	vault.ticket_key = "shared with SQL";
	if (vault.keks.n == 0 && kek_load(&vault.keks, kek, "", &e) != 0)
		abort();
	current = kek_current(&vault.keks);
	crypto_random(random, sizeof(random));
	crypto_hex(random, sizeof(random), secret);
	if (seal_box(current->pair.public_key, current->id, str_of(secret),
	        str_of(VAULT_INSTALLATION "|" OWNER "|" FIELD "|1"), &record, &e) != 0)
		abort();
	crypto_base64(&text, buf_view(&record));
	place = json_pack("{s:s, s:s, s:s, s:i, s:s}", "op", "verify", "owner", OWNER, "field",
	    FIELD, "version", 1, "record", buf_cstr(&text));
	buf_free(&record);
	buf_free(&text);
	return place;
}

static json_t *
ask(const json_t *question, struct str body)
{
	struct buf out = { 0 };
	json_t *answer = vault_answer(&vault, PEER_WEB, question, body, 1700000000, &out);

	assert(out.len == 0);
	assert(!js_bool_or(answer, "holds", false));
	buf_free(&out);
	return answer;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_make((const char *)data, size), line = { 0 };
	json_t *question = NULL, *answer, *place;
	struct buf text = { 0 };
	char secret[65];
	struct err e;

	(void)!str_next(&rest, '\n', &line);
	if (js_parse(line, VAULT_JSON_MAX, 4, &question, &e) != 0 || !json_is_object(question))
		goto out;
	place = record_new(secret);
	json_decref(ask(question, rest));
	json_object_update(question, place);
	json_decref(place);
	answer = ask(question, rest);
	js_dump(&text, answer, JS_COMPACT);
	assert(str_find(buf_view(&text), secret, 0) < 0);
	json_decref(answer);
out:
	json_decref(question);
	buf_free(&text);
	return 0;
}

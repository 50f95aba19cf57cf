/* T08, Z26: what proves to know a secret, by the published vectors of each algorithm. */
#include "unit.h"

#include "core/buf.h"
#include "core/crypto.h"
#include "core/json.h"
#include "vault/vault.h"
#include "vault/verify.h"

/* RFC 4231, test case 2, and RFC 2202's. */
static const struct {
	const char *algorithm, *hex;
} jefe[] = {
	{ "sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
	{ "sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ "sha384", "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
	            "8e2240ca5e69e2c78b3239ecfab21649" },
	{ "sha512", "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
	            "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
};

static json_t *
base64_of_hex(const char *hex)
{
	struct buf bytes = { 0 }, text = { 0 };
	json_t *v;

	for (; *hex != '\0'; hex += 2) {
		unsigned byte;

		assert_int_equal(sscanf(hex, "%2x", &byte), 1);
		buf_byte(&bytes, (int)byte);
	}
	crypto_base64(&text, buf_view(&bytes));
	v = json_string(buf_cstr(&text));
	buf_free(&bytes);
	buf_free(&text);
	return v;
}

/* Takes the question over. -1: it is refused. */
static int
judged(json_t *question, const char *secret, const char *sent, struct verdict *out)
{
	struct err e;
	int rc = verify(question, str_of(secret), str_of(sent), out, &e);

	json_decref(question);
	if (rc != 0) {
		assert_string_equal(e.code, "MR400");
		assert_false(out->holds);
	}
	return rc;
}

static json_t *
hmac_question(const char *algorithm, const char *hex)
{
	return json_pack("{s:s, s:s, s:[o]}", "kind", "hmac", "algorithm", algorithm, "macs",
	    base64_of_hex(hex));
}

static void
a_mac_holds_by_its_algorithm_its_key_and_its_text(void **state)
{
	static const char text[] = "what do ya want for nothing?";
	struct verdict v;

	(void)state;
	for (size_t i = 0; i < countof(jefe); i++) {
		const char *name = jefe[i].algorithm, *hex = jefe[i].hex;

		assert_int_equal(judged(hmac_question(name, hex), "Jefe", text, &v), 0);
		assert_true(v.holds);
		assert_int_equal(judged(hmac_question(name, hex), "jefe", text, &v), 0);
		assert_false(v.holds);
		assert_int_equal(judged(hmac_question(name, hex), "Jefe", text + 1, &v), 0);
		assert_false(v.holds);
		assert_int_equal(judged(hmac_question(jefe[(i + 1) % countof(jefe)].algorithm, hex),
		                     "Jefe", text, &v),
		    0);
		assert_false(v.holds);
		assert_int_equal(judged(hmac_question(name, hex + 2), "Jefe", text, &v), 0);
		assert_false(v.holds);
		assert_int_equal(judged(hmac_question(name, ""), "Jefe", text, &v), 0);
		assert_false(v.holds);
		assert_int_equal(judged(hmac_question(name, hex), "", text, &v), 0);
		assert_false(v.holds);
	}
}

static void
one_of_several_macs_is_enough_and_the_key_may_be_in_base64(void **state)
{
	json_t *question = hmac_question("sha256", jefe[0].hex);
	struct verdict v;

	(void)state;
	json_array_append_new(json_object_get(question, "macs"), base64_of_hex(jefe[1].hex));
	json_object_set_new(question, "form", json_string("whsec"));
	assert_int_equal(
	    judged(json_incref(question), "whsec_SmVmZQ==", "what do ya want for nothing?", &v), 0);
	assert_true(v.holds);
	/* what is no base64 is the key itself */
	assert_int_equal(
	    judged(json_incref(question), "Je-e", "what do ya want for nothing?", &v), 0);
	assert_false(v.holds);
	json_object_del(question, "form");
	assert_int_equal(judged(question, "whsec_SmVmZQ==", "what do ya want for nothing?", &v), 0);
	assert_false(v.holds);
}

static void
what_is_shown_equals_the_secret_whole(void **state)
{
	static const char *const others[] = { "", "user:pas", "user:password", "User:pass" };
	struct verdict v;

	(void)state;
	assert_int_equal(
	    judged(json_pack("{s:s}", "kind", "equal"), "user:pass", "user:pass", &v), 0);
	assert_true(v.holds);
	for (size_t i = 0; i < countof(others); i++) {
		assert_int_equal(
		    judged(json_pack("{s:s}", "kind", "equal"), "user:pass", others[i], &v), 0);
		assert_false(v.holds);
	}
	assert_int_equal(judged(json_pack("{s:s}", "kind", "equal"), "", "", &v), 0);
	assert_false(v.holds);
}

/* The last six digits of the eight that the RFC lists. */
static void
codes_are_those_of_rfc_6238_and_of_the_steps_beside(void **state)
{
	static const struct {
		int64_t at;
		const char *code;
	} table[] = {
		{ 59, "287082" },
		{ 1111111109, "081804" },
		{ 1111111111, "050471" },
		{ 1234567890, "005924" },
		{ 2000000000, "279037" },
		{ 20000000000, "353130" },
	};
	static const char secret[] = "12345678901234567890";
	struct verdict v;

	(void)state;
	for (size_t i = 0; i < countof(table); i++) {
		int64_t step = table[i].at / 30;

		for (int64_t off = -2; off <= 2; off++) {
			assert_int_equal(judged(json_pack("{s:s, s:I}", "kind", "totp", "step",
			                            (json_int_t)(step + off)),
			                     secret, table[i].code, &v),
			    step + off < 1 ? -1 : 0);
			assert_int_equal(v.holds, off >= -1 && off <= 1 && step + off >= 1);
			if (v.holds)
				assert_int_equal(v.step, step);
		}
		assert_int_equal(
		    judged(json_pack("{s:s, s:I}", "kind", "totp", "step", (json_int_t)step),
		        secret, "000000", &v),
		    0);
		assert_false(v.holds);
	}
}

static void
a_question_that_is_none_is_refused(void **state)
{
	static const char *const questions[] = { "{}", "{\"kind\":\"open\"}", "{\"kind\":\"hmac\"}",
		"{\"kind\":\"hmac\",\"algorithm\":\"sha256\",\"macs\":[]}",
		"{\"kind\":\"hmac\",\"algorithm\":\"sha256\",\"macs\":[7]}",
		"{\"kind\":\"hmac\",\"algorithm\":\"sha256\",\"macs\":[\"?\"]}",
		"{\"kind\":\"hmac\",\"algorithm\":\"md5\",\"macs\":[\"AAAA\"]}",
		"{\"kind\":\"hmac\",\"algorithm\":\"sha256\",\"form\":\"x\",\"macs\":[\"AAAA\"]}",
		"{\"kind\":\"totp\"}", "{\"kind\":\"totp\",\"step\":0}",
		"{\"kind\":\"totp\",\"step\":1e300}" };
	struct verdict v;
	json_t *question;

	(void)state;
	for (size_t i = 0; i < countof(questions); i++) {
		int rc;

		question = json_loads(questions[i], 0, NULL);
		assert_non_null(question);
		rc = judged(question, "secret", "sent", &v);
		if (rc == 0)
			fail_msg("%s", questions[i]);
	}
	/* one too many */
	question = hmac_question("sha1", jefe[0].hex);
	while (json_array_size(json_object_get(question, "macs")) <= VAULT_MACS_MAX)
		json_array_append_new(json_object_get(question, "macs"), json_string("AAAA"));
	assert_int_equal(judged(question, "Jefe", "what do ya want for nothing?", &v), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mac_holds_by_its_algorithm_its_key_and_its_text),
		cmocka_unit_test(one_of_several_macs_is_enough_and_the_key_may_be_in_base64),
		cmocka_unit_test(what_is_shown_equals_the_secret_whole),
		cmocka_unit_test(codes_are_those_of_rfc_6238_and_of_the_steps_beside),
		cmocka_unit_test(a_question_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

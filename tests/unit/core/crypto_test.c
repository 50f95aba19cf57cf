#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/crypto.h"
#include "core/json.h"
#include "core/jwt.h"

#define NOW_S 1800000000

static void
digests_agree_with_the_published_vectors(void **state)
{
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];

	(void)state;
	crypto_sha256(str_of("abc"), digest);
	assert_string_equal(crypto_hex(digest, sizeof(digest), hex),
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	/* RFC 4231, case 2 */
	crypto_hmac_sha256(str_of("Jefe"), str_of("what do ya want for nothing?"), digest);
	assert_string_equal(crypto_hex(digest, sizeof(digest), hex),
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	assert_int_equal(crypto_crc32(str_of("123456789")), 0xcbf43926);
}

static void
base64_is_read_only_in_its_one_spelling(void **state)
{
	const char *const bad[] = { "Zg=", "Zg", "Zh==", "Z===", "Zm9v!A==", "Zm 9", "Zm9vYg=v" };
	struct buf b = { 0 };
	struct err e;

	(void)state;
	crypto_base64(&b, str_of("foob"));
	assert_string_equal(buf_cstr(&b), "Zm9vYg==");
	buf_reset(&b);
	crypto_base64url(&b, str_make("\xfb\xff\xfe", 3));
	assert_string_equal(buf_cstr(&b), "-__-");
	buf_reset(&b);
	assert_ok(crypto_unbase64(&b, str_of("Zm9vYg=="), &e), e);
	assert_string_equal(buf_cstr(&b), "foob");
	for (size_t i = 0; i < countof(bad); i++)
		assert_err(crypto_unbase64(&b, str_of(bad[i]), &e), e, "MR400", "");
	assert_err(crypto_unbase64url(&b, str_of("Zm9vYg=="), &e), e, "MR400", "");
	assert_string_equal(buf_cstr(&b), "foob");
	buf_free(&b);
}

static void
any_bytes_survive_base64(void **state)
{
	struct buf text = { 0 }, back = { 0 };
	char data[64];
	struct err e;

	(void)state;
	for (size_t n = 0; n < sizeof(data); n++) {
		crypto_random(data, n);
		buf_reset(&text);
		buf_reset(&back);
		crypto_base64url(&text, str_make(data, n));
		assert_ok(crypto_unbase64url(&back, buf_view(&text), &e), e);
		assert_true(str_eq(buf_view(&back), str_make(data, n)));
	}
	buf_free(&text);
	buf_free(&back);
}

static void
a_token_has_a_kind_and_a_check(void **state)
{
	char token[TOKEN_SIZE], other[TOKEN_SIZE];

	(void)state;
	token_make('t', token);
	token_make('t', other);
	assert_int_equal(strlen(token), TOKEN_SIZE - 1);
	assert_int_equal(strncmp(token, "mrt_", 4), 0);
	assert_string_not_equal(token, other);
	assert_true(token_check(str_of(token), 't'));
	assert_true(token_check(str_of(token), 0));
	assert_false(token_check(str_of(token), 's'));
	for (size_t i = 2; i < TOKEN_SIZE - 1; i++) {
		char kept = token[i];

		token[i] = kept == 'x' ? 'y' : 'x';
		assert_false(token_check(str_of(token), 0));
		token[i] = kept;
	}
	assert_false(token_check(str_of("mrt_"), 't'));
	assert_false(token_check(str_make(NULL, 0), 't'));
}

static void
comparing_secrets_looks_at_all_of_them(void **state)
{
	(void)state;
	assert_true(crypto_equal(str_of("same"), str_of("same")));
	assert_false(crypto_equal(str_of("same"), str_of("sama")));
	assert_false(crypto_equal(str_of("same"), str_of("sam")));
	assert_true(crypto_equal(str_of(""), str_make(NULL, 0)));
}

struct jwt_world {
	char folder[64];
	struct jwt_keys *keys;
};

static int
jwt_setup(void **state)
{
	struct jwt_world *w = calloc(1, sizeof(*w));
	struct err e;

	snprintf(w->folder, sizeof(w->folder), "/tmp/millrace-jwt.XXXXXX");
	if (mkdtemp(w->folder) == NULL || jwt_keys_load(w->folder, true, &w->keys, &e) != 0)
		return -1;
	*state = w;
	return 0;
}

static int
jwt_teardown(void **state)
{
	struct jwt_world *w = *state;
	char command[100];

	jwt_keys_free(w->keys);
	snprintf(command, sizeof(command), "rm -r %s", w->folder);
	free(w);
	return system(command);
}

static void
sign(const struct jwt_keys *keys, const char *aud, int64_t exp, struct buf *out)
{
	json_t *claims = json_pack("{s:s, s:s, s:I}", "aud", aud, "sid", "s1", "exp", exp);
	struct err e;

	assert_ok(jwt_sign(keys, claims, out, &e), e);
	json_decref(claims);
}

static void
a_signed_token_opens_with_its_claims(void **state)
{
	struct jwt_world *w = *state;
	struct buf token = { 0 };
	json_t *claims;
	struct err e;

	sign(w->keys, "api", NOW_S + 60, &token);
	assert_ok(jwt_verify(w->keys, buf_view(&token), "api", NOW_S, &claims, &e), e);
	assert_string_equal(js_text_or(claims, "sid", ""), "s1");
	json_decref(claims);
	assert_err(
	    jwt_verify(w->keys, buf_view(&token), "api", NOW_S + 60, &claims, &e), e, "MR40E", "");
	assert_err(
	    jwt_verify(w->keys, buf_view(&token), "other", NOW_S, &claims, &e), e, "MR401", "");
	buf_free(&token);
}

static void
a_changed_token_does_not_open(void **state)
{
	struct jwt_world *w = *state;
	struct buf token = { 0 };
	json_t *claims;
	struct err e;

	sign(w->keys, "api", NOW_S + 60, &token);
	for (size_t i = 0; i < token.len; i++) {
		char kept = token.data[i];

		token.data[i] = kept == 'A' ? 'B' : 'A';
		assert_err(jwt_verify(w->keys, buf_view(&token), "api", NOW_S, &claims, &e), e,
		    "MR401", "");
		assert_null(claims);
		token.data[i] = kept;
	}
	buf_free(&token);
}

static void
a_token_that_names_another_algorithm_does_not_open(void **state)
{
	const char *const heads[] = { "{\"alg\":\"none\"}", "{\"alg\":\"HS256\",\"kid\":\"x\"}",
		"[]", "{}", "" };
	struct jwt_world *w = *state;
	json_t *claims;
	struct err e;

	for (size_t i = 0; i < countof(heads); i++) {
		struct buf token = { 0 };

		crypto_base64url(&token, str_of(heads[i]));
		buf_byte(&token, '.');
		crypto_base64url(&token, str_of("{\"aud\":\"api\",\"exp\":1900000000}"));
		buf_byte(&token, '.');
		assert_err(jwt_verify(w->keys, buf_view(&token), "api", NOW_S, &claims, &e), e,
		    "MR401", "");
		buf_free(&token);
	}
}

static void
the_newest_key_signs_and_all_verify(void **state)
{
	struct jwt_world *w = *state;
	struct jwt_keys *later;
	struct buf old = { 0 }, new = { 0 };
	json_t *claims, *jwks;
	struct err e;

	sign(w->keys, "api", NOW_S + 60, &old);
	assert_ok(jwt_key_make(w->folder, &e), e);
	assert_ok(jwt_keys_load(w->folder, false, &later, &e), e);
	sign(later, "api", NOW_S + 60, &new);
	assert_ok(jwt_verify(later, buf_view(&old), "api", NOW_S, &claims, &e), e);
	json_decref(claims);
	assert_err(jwt_verify(w->keys, buf_view(&new), "api", NOW_S, &claims, &e), e, "MR401", "");
	jwks = jwt_jwks(later);
	assert_int_equal(json_array_size(json_object_get(jwks, "keys")), 2);
	json_decref(jwks);
	jwt_keys_free(later);
	buf_free(&old);
	buf_free(&new);
}

static void
a_key_that_others_can_read_is_refused(void **state)
{
	struct jwt_world *w = *state;
	struct jwt_keys *keys;
	char command[120];
	struct err e;

	snprintf(command, sizeof(command), "chmod 644 %s/*.pem", w->folder);
	assert_int_equal(system(command), 0);
	assert_err(jwt_keys_load(w->folder, false, &keys, &e), e, "MR500", "");
	assert_null(keys);
	assert_err(jwt_keys_load("/nonexistent", false, &keys, &e), e, "MR500", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_agree_with_the_published_vectors),
		cmocka_unit_test(base64_is_read_only_in_its_one_spelling),
		cmocka_unit_test(any_bytes_survive_base64),
		cmocka_unit_test(a_token_has_a_kind_and_a_check),
		cmocka_unit_test(comparing_secrets_looks_at_all_of_them),
		cmocka_unit_test_setup_teardown(
		    a_signed_token_opens_with_its_claims, jwt_setup, jwt_teardown),
		cmocka_unit_test_setup_teardown(
		    a_changed_token_does_not_open, jwt_setup, jwt_teardown),
		cmocka_unit_test_setup_teardown(
		    a_token_that_names_another_algorithm_does_not_open, jwt_setup, jwt_teardown),
		cmocka_unit_test_setup_teardown(
		    the_newest_key_signs_and_all_verify, jwt_setup, jwt_teardown),
		cmocka_unit_test_setup_teardown(
		    a_key_that_others_can_read_is_refused, jwt_setup, jwt_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

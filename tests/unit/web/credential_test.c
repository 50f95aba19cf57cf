#include "unit.h"

#include "core/crypto.h"
#include "fake_call.h"
#include "web/credential.h"
#include "web/password.h"

static const struct credential_site site = {
	.jwt_audience = "millrace",
	.origins = { "http://localhost:8080", NULL },
};

static void
a_bearer_token_goes_before_a_cookie(void **state)
{
	char token[TOKEN_SIZE], secret[TOKEN_SIZE], authorization[80], cookie[200];
	struct arena *a = arena_new();
	struct credential c;
	struct err e;

	(void)state;
	token_make('t', token);
	token_make('s', secret);
	snprintf(authorization, sizeof(authorization), "Bearer %s", token);
	snprintf(cookie, sizeof(cookie), "other=1; mr=%s; xmr=2", secret);
	assert_ok(credential_read(&site, a, authorization, cookie, 0, false, &c, &e), e);
	assert_int_equal(c.kind, CREDENTIAL_TOKEN);
	assert_string_equal(c.value, token);
	assert_ok(credential_read(&site, a, NULL, cookie, 0, false, &c, &e), e);
	assert_int_equal(c.kind, CREDENTIAL_COOKIE);
	assert_string_equal(c.value, secret);
	assert_ok(credential_read(&site, a, NULL, "other=1", 0, false, &c, &e), e);
	assert_int_equal(c.kind, CREDENTIAL_NONE);
	arena_free(a);
}

static void
what_is_no_credential_of_ours_is_refused_without_a_query(void **state)
{
	const char *const bad[] = { "", "Basic YTpi", "Bearer", "Bearer ", "Bearer x",
		"Bearer mrt_short", "Bearer a.b.c" };
	char token[TOKEN_SIZE], text[80];
	struct arena *a = arena_new();
	struct credential c;
	struct err e;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++)
		assert_err(
		    credential_read(&site, a, bad[i], NULL, 0, false, &c, &e), e, "MR401", "");
	token_make('t', token);
	token[TOKEN_SIZE - 2] = token[TOKEN_SIZE - 2] == 'a' ? 'b' : 'a';
	snprintf(text, sizeof(text), "Bearer %s", token);
	assert_err(credential_read(&site, a, text, NULL, 0, false, &c, &e), e, "MR401", "");
	snprintf(text, sizeof(text), "mr=%s", token);
	assert_err(credential_read(&site, a, NULL, text, 0, false, &c, &e), e, "MR401", "");
	arena_free(a);
}

static void
a_hook_token_counts_only_where_it_may(void **state)
{
	char token[TOKEN_SIZE], text[80];
	struct arena *a = arena_new();
	struct credential c;
	struct err e;

	(void)state;
	token_make('h', token);
	snprintf(text, sizeof(text), "Bearer %s", token);
	assert_err(credential_read(&site, a, text, NULL, 0, false, &c, &e), e, "MR401", "");
	assert_ok(credential_read(&site, a, text, NULL, 0, true, &c, &e), e);
	assert_int_equal(c.kind, CREDENTIAL_HOOK);
	arena_free(a);
}

static void
a_change_with_a_cookie_needs_the_sessions_own_token_and_origin(void **state)
{
	char mine[CSRF_SIZE], other[CSRF_SIZE];
	struct err e;

	(void)state;
	csrf_derive("mrs_1", mine);
	csrf_derive("mrs_2", other);
	assert_ok(csrf_check(&site, "mrs_1", mine, "http://localhost:8080", NULL, "x", &e), e);
	assert_ok(csrf_check(&site, "mrs_1", mine, NULL, "same-origin", "x", &e), e);
	assert_err(csrf_check(&site, "mrs_1", NULL, "http://localhost:8080", NULL, "x", &e), e,
	    "MR403", "X-CSRF-Token");
	assert_err(
	    csrf_check(&site, "mrs_1", other, NULL, NULL, "x", &e), e, "MR403", "X-CSRF-Token");
	assert_err(
	    csrf_check(&site, "mrs_1", mine, "http://evil.example", NULL, "x", &e), e, "MR403", "");
	assert_err(csrf_check(&site, "mrs_1", mine, "null", NULL, "x", &e), e, "MR403", "");
	assert_err(csrf_check(&site, "mrs_1", mine, NULL, "cross-site", "x", &e), e, "MR403", "");
}

static void
the_address_asked_for_is_an_own_origin(void **state)
{
	(void)state;
	assert_true(origin_is_own(&site, "https://flow.example", "flow.example"));
	assert_true(origin_is_own(&site, "http://flow.example:81", "flow.example:81"));
	assert_false(origin_is_own(&site, "http://flow.example.evil", "flow.example"));
	assert_false(origin_is_own(&site, "flow.example", "flow.example"));
	assert_false(origin_is_own(&site, NULL, "flow.example"));
}

static void
a_password_is_derived_under_the_salt_of_its_hash(void **state)
{
	char hash[PASSWORD_HASH_SIZE], again[PASSWORD_HASH_SIZE], like[PASSWORD_HASH_SIZE];

	(void)state;
	assert_int_equal(password_hash(str_of("correct horse"), hash), 0);
	snprintf(like, sizeof(like), "%s", hash);
	*strrchr(like, '$') = '\0';
	assert_int_equal(password_derive(str_of("correct horse"), like, again), 0);
	assert_string_equal(again, hash);
	assert_int_equal(password_derive(str_of("correct house"), like, again), 0);
	assert_string_not_equal(again, hash);
	assert_false(password_is_outdated(like));
	assert_true(password_is_outdated("$argon2id$v=19$m=4096,t=3,p=1$c2FsdHNhbHQ"));
	assert_int_equal(
	    password_derive(str_of("x"), "$argon2id$v=19$m=99999999,t=3,p=1$c2FsdHNhbHQ", again),
	    -1);
}

static void
a_password_that_others_would_try_first_is_weak(void **state)
{
	(void)state;
	assert_non_null(password_weakness(str_of("Password123"), str_of("a@b.example")));
	assert_non_null(password_weakness(str_of("ines@example.com"), str_of("Ines@example.com")));
	assert_non_null(password_weakness(str_of("inesmaria10"), str_of("inesmaria10@b.example")));
	assert_non_null(password_weakness(str_of("aaaaaaaaaaaa"), str_of("a@b.example")));
	assert_null(password_weakness(str_of("correct horse battery"), str_of("a@b.example")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bearer_token_goes_before_a_cookie),
		cmocka_unit_test(what_is_no_credential_of_ours_is_refused_without_a_query),
		cmocka_unit_test(a_hook_token_counts_only_where_it_may),
		cmocka_unit_test(a_change_with_a_cookie_needs_the_sessions_own_token_and_origin),
		cmocka_unit_test(the_address_asked_for_is_an_own_origin),
		cmocka_unit_test(a_password_is_derived_under_the_salt_of_its_hash),
		cmocka_unit_test(a_password_that_others_would_try_first_is_weak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

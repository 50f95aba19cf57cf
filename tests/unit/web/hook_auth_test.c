/*
 * T08: what each scheme takes for a proof, and what it does not. Longer than most: all schemes are
 * judged by the same three rules, and by the vectors of others.
 */
#include "unit.h"

#include <strings.h>

#include "core/crypto.h"
#include "core/json.h"
#include "fake_call.h"
#include "hook_holds.h"

#define SECRET "a secret of both"
#define BODY "{\"order\":7}"
#define NOW 1700000000
#define HOOKS "../shared/webhooks/"

struct pair {
	const char *name;
	const char *value;
};

/* Ends with a pair without a name. */
static const char *
in_pairs(const void *arg, const char *name)
{
	for (const struct pair *p = arg; p->name != NULL; p++) {
		if (strcasecmp(p->name, name) == 0)
			return p->value;
	}
	return NULL;
}

static const char *
in_object(const void *arg, const char *name)
{
	return js_text_or(arg, name, NULL);
}

/* The value of *replay, if it is wanted, is left to the caller. */
static bool
holds(const char *scheme, const char *config, const struct pair *headers, const char *body,
    int64_t now_s, struct buf *replay)
{
	const struct hook_request r = { in_pairs, headers, str_of(body), now_s };
	json_t *c = json_loads(config, 0, NULL);
	struct buf own = { 0 };
	bool yes = hook_auth_holds(scheme, c, str_of(SECRET), &r, replay != NULL ? replay : &own);

	buf_free(&own);
	json_decref(c);
	return yes;
}

/* HMAC-SHA-256 of text, in hex behind the prefix. */
static const char *
signed_hex(char out[100], const char *prefix, const char *text)
{
	uint8_t mac[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];

	crypto_hmac_sha256(str_of(SECRET), str_of(text), mac);
	snprintf(out, 100, "%s%s", prefix, crypto_hex(mac, sizeof(mac), hex));
	return out;
}

/*
 * What no scheme may take: headers[at] is the right signature. Its beginning, one that goes on, one
 * with another last character, none, and another's body are refused.
 */
static void
only_the_whole_one_holds(const char *scheme, const char *config, struct pair *headers, int at)
{
	const char *right = headers[at].value;
	char other[300];
	size_t n = strlen(right);

	assert_true(holds(scheme, config, headers, BODY, NOW, NULL));
	assert_false(holds(scheme, config, headers, "{\"order\":8}", NOW, NULL));
	assert_false(holds(scheme, config, headers, "", NOW, NULL));
	headers[at].value = other;
	for (size_t less = 1; less <= n; less++) {
		snprintf(other, sizeof(other), "%.*s", (int)(n - less), right);
		assert_false(holds(scheme, config, headers, BODY, NOW, NULL));
	}
	snprintf(other, sizeof(other), "%s0", right);
	assert_false(holds(scheme, config, headers, BODY, NOW, NULL));
	for (size_t i = 0; i < n; i++) {
		snprintf(other, sizeof(other), "%s", right);
		other[i] = other[i] == '0' ? '1' : '0';
		assert_false(holds(scheme, config, headers, BODY, NOW, NULL));
	}
	headers[at].value = NULL;
	assert_false(holds(scheme, config, headers, BODY, NOW, NULL));
	headers[at].value = right;
}

/* headers hold a signature of NOW: five minutes off is fresh, a second more isn't. */
static void
only_what_is_fresh_holds(const char *scheme, const char *config, const struct pair *headers)
{
	assert_true(holds(scheme, config, headers, BODY, NOW + 300, NULL));
	assert_false(holds(scheme, config, headers, BODY, NOW + 301, NULL));
	assert_true(holds(scheme, config, headers, BODY, NOW - 300, NULL));
	assert_false(holds(scheme, config, headers, BODY, NOW - 301, NULL));
}

static void
github_signs_the_body(void **state)
{
	char text[100];
	struct pair headers[] = { { "X-Hub-Signature-256", signed_hex(text, "sha256=", BODY) },
		{ 0 } };

	(void)state;
	only_the_whole_one_holds("github", "{}", headers, 0);
	signed_hex(text, "", BODY);
	assert_false(holds("github", "{}", headers, BODY, NOW, NULL));
	signed_hex(text, "sha1=", BODY);
	assert_false(holds("github", "{}", headers, BODY, NOW, NULL));
}

static void
stripe_signs_the_time_too(void **state)
{
	char text[100], hex[100], two[300];
	struct pair headers[] = { { "Stripe-Signature",
		                      signed_hex(text, "t=1700000000,v1=", "1700000000." BODY) },
		{ 0 } };
	struct buf first = { 0 }, again = { 0 };

	(void)state;
	only_the_whole_one_holds("stripe", "{}", headers, 0);
	only_what_is_fresh_holds("stripe", "{}", headers);
	assert_true(holds("stripe", "{}", headers, BODY, NOW, &first));
	assert_true(holds("stripe", "{}", headers, BODY, NOW + 100, &again));
	assert_true(first.len > 0 && str_eq(buf_view(&first), buf_view(&again)));
	signed_hex(hex, "", "1700000000." BODY);
	headers[0].value = two;
	snprintf(two, sizeof(two), "t=1700000000,v1=%064d,v1=%s,v0=x", 0, hex);
	assert_true(holds("stripe", "{}", headers, BODY, NOW, NULL));
	snprintf(two, sizeof(two), "t=1700000000,v0=%s", hex);
	assert_false(holds("stripe", "{}", headers, BODY, NOW, NULL));
	/* The time that was signed is the first one: a later one doesn't freshen it. */
	snprintf(two, sizeof(two), "t=1700000000,t=1700001000,v1=%s", hex);
	assert_false(holds("stripe", "{}", headers, BODY, NOW + 1000, NULL));
	snprintf(two, sizeof(two), "t=1700001000,t=1700000000,v1=%s", hex);
	assert_false(holds("stripe", "{}", headers, BODY, NOW + 1000, NULL));
	buf_free(&first);
	buf_free(&again);
}

static void
slack_signs_the_time_too(void **state)
{
	char text[100];
	struct pair headers[] = { { "X-Slack-Signature",
		                      signed_hex(text, "v0=", "v0:1700000000:" BODY) },
		{ "X-Slack-Request-Timestamp", "1700000000" }, { 0 } };

	(void)state;
	only_the_whole_one_holds("slack", "{}", headers, 0);
	only_what_is_fresh_holds("slack", "{}", headers);
	headers[1].value = "1700000001";
	assert_false(holds("slack", "{}", headers, BODY, NOW, NULL));
	headers[1].value = NULL;
	assert_false(holds("slack", "{}", headers, BODY, NOW, NULL));
	headers[1].value = "17e8";
	assert_false(holds("slack", "{}", headers, BODY, NOW, NULL));
}

static void
a_hmac_is_where_and_how_the_config_says(void **state)
{
	static const char shopify[] =
	    "{\"signature_header\":\"X-Shopify-Hmac-Sha256\",\"encoding\":\"base64\"}";
	static const char timed[] = "{\"timestamp_header\":\"X-Time\",\"signature_prefix\":\"s=\"}";
	char text[100], timed_text[100];
	uint8_t mac[SHA256_SIZE];
	struct buf base64 = { 0 };
	struct pair plain[] = { { "X-Signature", signed_hex(text, "", BODY) }, { 0 } };
	struct pair shop[] = { { "X-Shopify-Hmac-SHA256", NULL }, { 0 } };
	struct pair with_time[] = { { "X-Signature",
		                        signed_hex(timed_text, "s=", "1700000000." BODY) },
		{ "X-Time", "1700000000" }, { 0 } };

	(void)state;
	crypto_hmac_sha256(str_of(SECRET), str_of(BODY), mac);
	crypto_base64(&base64, str_make((const char *)mac, sizeof(mac)));
	shop[0].value = buf_cstr(&base64);
	only_the_whole_one_holds("hmac", "{}", plain, 0);
	only_the_whole_one_holds("hmac", shopify, shop, 0);
	only_the_whole_one_holds("hmac", timed, with_time, 0);
	only_what_is_fresh_holds("hmac", timed, with_time);
	assert_false(holds("hmac", "{\"algorithm\":\"sha512\"}", plain, BODY, NOW, NULL));
	assert_false(holds("hmac", "{\"algorithm\":\"sha1\"}", plain, BODY, NOW, NULL));
	buf_free(&base64);
}

static void
basic_and_header_are_the_secret_itself(void **state)
{
	struct buf pair = { 0 };
	struct pair basic[] = { { "Authorization", NULL }, { 0 } };
	struct pair header[] = { { "X-Webhook-Token", SECRET }, { 0 } };
	struct arena *a = arena_new();
	json_t *config = json_pack("{s:s}", "signature_header", "X-My-Token");

	(void)state;
	buf_text(&pair, "Basic ");
	crypto_base64(&pair, str_of(SECRET));
	basic[0].value = buf_cstr(&pair);
	assert_true(holds("basic", "{}", basic, BODY, NOW, NULL));
	basic[0].value = "Basic YTpi";
	assert_false(holds("basic", "{}", basic, BODY, NOW, NULL));
	basic[0].value = "Basic ";
	assert_false(holds("basic", "{}", basic, BODY, NOW, NULL));
	assert_true(holds("header", "{}", header, BODY, NOW, NULL));
	for (size_t n = 0; n < strlen(SECRET); n++) {
		char less[40];

		snprintf(less, sizeof(less), "%.*s", (int)n, SECRET);
		header[0].value = less;
		assert_false(holds("header", "{}", header, BODY, NOW, NULL));
	}
	header[0].value = SECRET "x";
	assert_false(holds("header", "{}", header, BODY, NOW, NULL));
	/* Where they stand is known, so that it isn't stored. */
	assert_string_equal(hook_auth_carrier(a, "basic", config), "authorization");
	assert_string_equal(hook_auth_carrier(a, "header", config), "x-my-token");
	assert_string_equal(hook_auth_carrier(a, "header", NULL), "x-webhook-token");
	assert_null(hook_auth_carrier(a, "github", config));
	json_decref(config);
	buf_free(&pair);
	arena_free(a);
}

/* Signed with HS256, whatever the head says. */
static const char *
jwt(struct buf *out, const char *head, const char *claims)
{
	uint8_t mac[SHA256_SIZE];
	struct buf token = { 0 };

	crypto_base64url(&token, str_of(head));
	buf_text(&token, ".");
	crypto_base64url(&token, str_of(claims));
	crypto_hmac_sha256(str_of(SECRET), buf_view(&token), mac);
	buf_text(&token, ".");
	crypto_base64url(&token, str_make((const char *)mac, sizeof(mac)));
	buf_reset(out);
	buf_printf(out, "Bearer %s", buf_cstr(&token));
	buf_free(&token);
	return buf_cstr(out);
}

static void
a_jwt_has_the_configs_algorithm_and_an_end(void **state)
{
	static const char head[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
	struct buf text = { 0 }, first = { 0 }, again = { 0 }, other = { 0 };
	struct pair headers[] = { { "Authorization", NULL }, { 0 } };
	const struct {
		const char *head, *claims;
		bool good;
	} cases[] = {
		{ head, "{\"exp\":1700000001}", true },
		{ head, "{\"exp\":1700000000}", false },
		{ head, "{}", false },
		{ head, "[]", false },
		{ head, "{\"exp\":\"1800000000\"}", false },
		{ head, "{\"exp\":1800000000,\"nbf\":1700000030}", true },
		{ head, "{\"exp\":1800000000,\"nbf\":1700000031}", false },
		{ "{\"alg\":\"none\"}", "{\"exp\":1800000000}", false },
		{ "{\"alg\":\"HS512\"}", "{\"exp\":1800000000}", false },
		{ "{}", "{\"exp\":1800000000}", false },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		headers[0].value = jwt(&text, cases[i].head, cases[i].claims);
		assert_int_equal(holds("jwt", "{}", headers, BODY, NOW, NULL), cases[i].good);
	}
	headers[0].value = jwt(&text, head, "{\"exp\":1800000000,\"jti\":\"a\"}");
	assert_true(holds("jwt", "{}", headers, BODY, NOW, &first));
	assert_true(holds("jwt", "{}", headers, BODY, NOW, &again));
	assert_true(holds("jwt", "{}", headers, "{\"order\":8}", NOW, &other));
	assert_true(first.len > 0 && str_eq(buf_view(&first), buf_view(&again)));
	/* A sender may use a token twice: another body is no copy. */
	assert_false(str_eq(buf_view(&first), buf_view(&other)));
	buf_free(&text);
	buf_free(&first);
	buf_free(&again);
	buf_free(&other);
}

static void
without_a_secret_or_a_scheme_nothing_holds(void **state)
{
	const struct pair headers[] = { { "X-Webhook-Token", "" }, { 0 } };
	const struct hook_request r = { in_pairs, headers, str_of(BODY), NOW };
	struct buf replay = { 0 };

	(void)state;
	assert_false(hook_auth_holds("header", NULL, str_of(""), &r, &replay));
	assert_false(hook_auth_holds("none", NULL, str_of(SECRET), &r, &replay));
	assert_false(hook_auth_holds("", NULL, str_of(SECRET), &r, &replay));
}

static void
the_vectors_of_standard_webhooks_are_judged_as_they_say(void **state)
{
	FILE *file = fopen(HOOKS "standard-webhooks.jsonl", "r");
	char line[8192];
	int n = 0;

	(void)state;
	if (file == NULL) {
		print_message("SKIPPED: ../shared/webhooks is not there\n");
		skip();
	}
	while (fgets(line, sizeof(line), file) != NULL) {
		json_t *v = json_loads(line, 0, NULL);
		struct hook_request r = { in_object, json_object_get(v, "headers"),
			js_str(json_object_get(v, "body")), js_int_or(v, "now", 0) };
		struct buf replay = { 0 };

		if (hook_auth_holds("standard", NULL, js_str(json_object_get(v, "secret")), &r,
		        &replay) != json_is_true(json_object_get(v, "valid")))
			fail_msg("vector %d: %s", n + 1, js_text_or(v, "case", ""));
		buf_free(&replay);
		json_decref(v);
		n++;
	}
	fclose(file);
	print_message("%d vectors\n", n);
	assert_true(n > 0);
}

/* The time that a Stripe signature says. */
static int64_t
time_of(const json_t *headers)
{
	int64_t t = NOW;
	const char *text = js_text_or(headers, "stripe-signature", "");

	if (strncmp(text, "t=", 2) == 0)
		t = strtoll(text + 2, NULL, 10);
	return t;
}

static void
real_deliveries_of_github_and_stripe_hold_as_they_were_signed(void **state)
{
	json_t *index = NULL, *one;
	struct err e = { 0 };
	size_t i;
	int n = 0;

	(void)state;
	if (js_parse_file(HOOKS "index.json", 1 << 20, &index, &e) != 0) {
		print_message("SKIPPED: ../shared/webhooks is not there\n");
		skip();
	}
	json_array_foreach(index, i, one)
	{
		static char body[1 << 20];
		const json_t *headers = json_object_get(one, "headers");
		struct hook_request r = { in_object, headers, { 0 }, time_of(headers) };
		const char *provider = js_text_or(one, "provider", "");
		struct str secret = js_str(json_object_get(one, "secret"));
		struct buf replay = { 0 };
		char path[300];
		FILE *file;

		snprintf(path, sizeof(path), HOOKS "%s", js_text_or(one, "file", ""));
		file = fopen(path, "r");
		assert_non_null(file);
		r.body = str_make(body, fread(body, 1, sizeof(body), file));
		fclose(file);
		if (!hook_auth_holds(provider, NULL, secret, &r, &replay))
			fail_msg("%s", path);
		body[r.body.n / 2] ^= 1;
		assert_false(hook_auth_holds(provider, NULL, secret, &r, &replay));
		buf_free(&replay);
		n++;
	}
	json_decref(index);
	print_message("%d deliveries\n", n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(github_signs_the_body),
		cmocka_unit_test(stripe_signs_the_time_too),
		cmocka_unit_test(slack_signs_the_time_too),
		cmocka_unit_test(a_hmac_is_where_and_how_the_config_says),
		cmocka_unit_test(basic_and_header_are_the_secret_itself),
		cmocka_unit_test(a_jwt_has_the_configs_algorithm_and_an_end),
		cmocka_unit_test(without_a_secret_or_a_scheme_nothing_holds),
		cmocka_unit_test(the_vectors_of_standard_webhooks_are_judged_as_they_say),
		cmocka_unit_test(real_deliveries_of_github_and_stripe_hold_as_they_were_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "web/hook_auth.h"

#include <string.h>

#include "core/crypto.h"
#include "core/json.h"
#include "vault/vault.h"

/* Headers that hold more are no signature. */
#define HEADER_MAX ((size_t)8192)
#define HEX_MAX 128 /* of SHA-512 */

/* One claim while it is made. */
struct check {
	const json_t *config;
	const struct hook_request *r;
	struct hook_claim *claim;
};

static bool standard_claim(const struct check *k);
static bool github_claim(const struct check *k);
static bool stripe_claim(const struct check *k);
static bool slack_claim(const struct check *k);
static bool hmac_claim(const struct check *k);
static bool basic_claim(const struct check *k);
static bool header_claim(const struct check *k);
static bool jwt_claim(const struct check *k);
static bool jwt_is_current(const struct check *k, struct str payload);
static struct str header_of(const struct check *k, const char *name);
static bool is_fresh(const struct check *k, struct str seconds);
static void ask_hmac(const struct check *k, const char *algorithm);
static void mac_add(const struct check *k, const char *encoding, struct str text);
static bool has_mac(const struct check *k);
static int unhex(struct buf *out, struct str text);
static void sign_body(const struct check *k);
static void replay_is_sent(const struct check *k);

static const struct {
	const char *name;
	bool (*claim)(const struct check *k);
} schemes[] = {
	{ "standard", standard_claim },
	{ "github", github_claim },
	{ "stripe", stripe_claim },
	{ "slack", slack_claim },
	{ "hmac", hmac_claim },
	{ "basic", basic_claim },
	{ "header", header_claim },
	{ "jwt", jwt_claim },
};

bool
hook_auth_claim(
    const char *scheme, const json_t *config, const struct hook_request *r, struct hook_claim *out)
{
	const struct check k = { config, r, out };
	bool claims = false;

	*out = (struct hook_claim){ 0 };
	(void)buf_reserve(&out->sent, r->body.n + VAULT_SIGNED_MAX);
	for (size_t i = 0; i < countof(schemes); i++) {
		if (strcmp(schemes[i].name, scheme) == 0)
			claims = schemes[i].claim(&k);
	}
	if (!claims)
		hook_claim_free(out);
	return claims;
}

void
hook_claim_free(struct hook_claim *claim)
{
	json_decref(claim->asks);
	claim->asks = NULL;
	buf_free(&claim->sent);
	buf_free(&claim->replay);
}

const char *
hook_auth_carrier(struct arena *a, const char *scheme, const json_t *config)
{
	char *name;

	if (strcmp(scheme, "basic") == 0 || strcmp(scheme, "jwt") == 0)
		return "authorization";
	if (strcmp(scheme, "header") != 0)
		return NULL;
	name = arena_strdup(a, js_text_or(config, "signature_header", "x-webhook-token"));
	for (char *c = name; *c != '\0'; c++)
		*c = (*c >= 'A' && *c <= 'Z') ? (char)(*c + 32) : *c;
	return name;
}

/* The id is signed, so a copy of the request has the same one. */
static bool
standard_claim(const struct check *k)
{
	struct str id = header_of(k, "webhook-id"), at = header_of(k, "webhook-timestamp");
	struct str list = header_of(k, "webhook-signature"), one;

	if (id.n == 0 || !is_fresh(k, at))
		return false;
	ask_hmac(k, "sha256");
	json_object_set_new(k->claim->asks, "form", json_string("whsec"));
	while (str_next(&list, ' ', &one)) {
		if (str_starts(one, "v1,"))
			mac_add(k, "base64", str_sub(one, 3, one.n));
	}
	buf_printf(&k->claim->sent, STR_FMT "." STR_FMT ".", STR_ARG(id), STR_ARG(at));
	sign_body(k);
	buf_str(&k->claim->replay, id);
	return has_mac(k);
}

/* Its delivery id isn't signed, so it proves nothing about copies. */
static bool
github_claim(const struct check *k)
{
	struct str given = header_of(k, "x-hub-signature-256");

	ask_hmac(k, "sha256");
	if (str_starts(given, "sha256="))
		mac_add(k, "hex", str_sub(given, 7, given.n));
	sign_body(k);
	return has_mac(k);
}

static bool
stripe_claim(const struct check *k)
{
	struct str rest = header_of(k, "stripe-signature"), part, at = { 0 };

	ask_hmac(k, "sha256");
	while (str_next(&rest, ',', &part)) {
		part = str_trim(part);
		if (at.n == 0 && str_starts(part, "t="))
			at = str_sub(part, 2, part.n);
		else if (str_starts(part, "v1="))
			mac_add(k, "hex", str_sub(part, 3, part.n));
	}
	if (!is_fresh(k, at))
		return false;
	buf_printf(&k->claim->sent, STR_FMT ".", STR_ARG(at));
	sign_body(k);
	replay_is_sent(k);
	return has_mac(k);
}

static bool
slack_claim(const struct check *k)
{
	struct str given = header_of(k, "x-slack-signature");
	struct str at = header_of(k, "x-slack-request-timestamp");

	if (!is_fresh(k, at) || !str_starts(given, "v0="))
		return false;
	ask_hmac(k, "sha256");
	mac_add(k, "hex", str_sub(given, 3, given.n));
	buf_printf(&k->claim->sent, "v0:" STR_FMT ":", STR_ARG(at));
	sign_body(k);
	replay_is_sent(k);
	return has_mac(k);
}

static bool
hmac_claim(const struct check *k)
{
	const char *prefix = js_text_or(k->config, "signature_prefix", "");
	const char *at_name = js_text_or(k->config, "timestamp_header", "");
	struct str given = header_of(k, js_text_or(k->config, "signature_header", "x-signature"));
	struct str at = at_name[0] != '\0' ? header_of(k, at_name) : (struct str){ 0 };

	if (!str_starts(given, prefix) || (at_name[0] != '\0' && !is_fresh(k, at)))
		return false;
	ask_hmac(k, js_text_or(k->config, "algorithm", "sha256"));
	mac_add(
	    k, js_text_or(k->config, "encoding", "hex"), str_sub(given, strlen(prefix), given.n));
	if (at_name[0] != '\0')
		buf_printf(&k->claim->sent, STR_FMT ".", STR_ARG(at));
	sign_body(k);
	if (at_name[0] != '\0')
		replay_is_sent(k);
	return has_mac(k);
}

static bool
basic_claim(const struct check *k)
{
	struct str given = header_of(k, "authorization");

	if (given.n < 6 || !str_is_ignoring_case(str_sub(given, 0, 6), "basic ") ||
	    crypto_unbase64(&k->claim->sent, str_trim(str_sub(given, 6, given.n)), NULL) != 0)
		return false;
	k->claim->asks = json_pack("{s:s}", "kind", "equal");
	return k->claim->sent.len > 0;
}

static bool
header_claim(const struct check *k)
{
	buf_str(&k->claim->sent,
	    header_of(k, js_text_or(k->config, "signature_header", "x-webhook-token")));
	k->claim->asks = json_pack("{s:s}", "kind", "equal");
	return k->claim->sent.len > 0;
}

/* The algorithm is the config's, never the token's own word. */
static bool
jwt_claim(const struct check *k)
{
	const char *algorithm = js_text_or(k->config, "algorithm", "sha256");
	const char *name = strcmp(algorithm, "sha512") == 0   ? "HS512"
	                   : strcmp(algorithm, "sha384") == 0 ? "HS384"
	                                                      : "HS256";
	struct str given = header_of(k, "authorization"), head, payload, token;
	struct buf json = { 0 };
	json_t *header = NULL;
	bool claims = false;

	if (given.n < 7 || !str_is_ignoring_case(str_sub(given, 0, 7), "bearer "))
		return false;
	token = given = str_trim(str_sub(given, 7, given.n));
	if (!str_next(&given, '.', &head) || !str_next(&given, '.', &payload) || given.n == 0)
		return false;
	if (crypto_unbase64url(&json, head, NULL) == 0 &&
	    js_parse(buf_view(&json), HEADER_MAX, JS_DEPTH_MAX, &header, NULL) == 0 &&
	    strcmp(js_text_or(header, "alg", ""), name) == 0 && jwt_is_current(k, payload)) {
		ask_hmac(k, strcmp(name, "HS256") == 0 ? "sha256" : algorithm);
		mac_add(k, "base64url", given);
		buf_str(&k->claim->sent, str_make(token.p, head.n + 1 + payload.n));
		claims = has_mac(k);
	}
	json_decref(header);
	buf_free(&json);
	return claims;
}

static bool
jwt_is_current(const struct check *k, struct str payload)
{
	struct buf json = { 0 }, *replay = &k->claim->replay;
	json_t *claims = NULL;
	bool current = false;
	uint8_t digest[SHA256_SIZE];
	const char *jti;

	if (crypto_unbase64url(&json, payload, NULL) == 0 &&
	    js_parse(buf_view(&json), HEADER_MAX, JS_DEPTH_MAX, &claims, NULL) == 0) {
		current = js_real_or(claims, "exp", 0) > (double)k->r->now_s &&
		          js_real_or(claims, "nbf", 0) <= (double)(k->r->now_s + 30);
		jti = js_text_or(claims, "jti", "");
		if (current && jti[0] != '\0') {
			/* A token may serve several requests: with another body it is no copy. */
			crypto_sha256(k->r->body, digest);
			buf_text(replay, jti);
			buf_text(replay, ".");
			crypto_base64url(replay, str_make((const char *)digest, sizeof(digest)));
		}
	}
	json_decref(claims);
	buf_free(&json);
	return current;
}

static struct str
header_of(const struct check *k, const char *name)
{
	struct str value = str_of(k->r->header(k->r->arg, name));

	return value.n <= HEADER_MAX ? value : (struct str){ 0 };
}

static bool
is_fresh(const struct check *k, struct str seconds)
{
	int64_t at;

	return str_int64(seconds, 0, INT64_MAX / 2, &at, NULL) == 0 &&
	       at >= k->r->now_s - HOOK_WINDOW_S && at <= k->r->now_s + HOOK_WINDOW_S;
}

/* What is no algorithm of ours is the default. */
static void
ask_hmac(const struct check *k, const char *algorithm)
{
	bool known = strcmp(algorithm, "sha1") == 0 || strcmp(algorithm, "sha384") == 0 ||
	             strcmp(algorithm, "sha512") == 0;

	k->claim->asks = json_pack(
	    "{s:s, s:s, s:[]}", "kind", "hmac", "algorithm", known ? algorithm : "sha256", "macs");
}

/* One signature has one spelling, but for capitals of hex; what is none is not asked about. */
static void
mac_add(const struct check *k, const char *encoding, struct str text)
{
	json_t *macs = json_object_get(k->claim->asks, "macs");
	struct buf mac = { 0 }, plain = { 0 };
	int rc = strcmp(encoding, "base64") == 0      ? crypto_unbase64(&mac, text, NULL)
	         : strcmp(encoding, "base64url") == 0 ? crypto_unbase64url(&mac, text, NULL)
	                                              : unhex(&mac, text);

	if (rc == 0 && mac.len > 0 && json_array_size(macs) < VAULT_MACS_MAX) {
		crypto_base64(&plain, buf_view(&mac));
		json_array_append_new(macs, json_string(buf_cstr(&plain)));
	}
	buf_free(&mac);
	buf_free(&plain);
}

static bool
has_mac(const struct check *k)
{
	return json_array_size(json_object_get(k->claim->asks, "macs")) > 0;
}

static int
unhex(struct buf *out, struct str text)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";

	if (text.n % 2 != 0 || text.n > HEX_MAX)
		return -1;
	for (size_t i = 0; i < text.n; i += 2) {
		const char *high = memchr(digits, text.p[i], sizeof(digits) - 1),
		           *low = memchr(digits, text.p[i + 1], sizeof(digits) - 1);

		if (high == NULL || low == NULL)
			return -1;
		buf_byte(out, (int)((high - digits) % 16 * 16 + (low - digits) % 16));
	}
	return 0;
}

static void
sign_body(const struct check *k)
{
	buf_str(&k->claim->sent, k->r->body);
}

static void
replay_is_sent(const struct check *k)
{
	uint8_t digest[SHA256_SIZE];

	crypto_sha256(buf_view(&k->claim->sent), digest);
	crypto_base64url(&k->claim->replay, str_make((const char *)digest, sizeof(digest)));
}

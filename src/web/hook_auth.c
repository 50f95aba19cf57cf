#include "web/hook_auth.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "core/crypto.h"
#include "core/json.h"

/* Headers that hold more are no signature. */
#define HEADER_MAX ((size_t)8192)
#define SIGNATURES_MAX 16 /* of one header: while a secret rotates there are two */

/* One check under way. */
struct check {
	const json_t *config;
	struct str secret;
	const struct hook_request *r;
	struct buf *replay;
};

struct mac {
	uint8_t bytes[EVP_MAX_MD_SIZE];
	size_t n;
};

static bool standard_holds(const struct check *k);
static bool github_holds(const struct check *k);
static bool stripe_holds(const struct check *k);
static bool slack_holds(const struct check *k);
static bool hmac_holds(const struct check *k);
static bool basic_holds(const struct check *k);
static bool header_holds(const struct check *k);
static bool jwt_holds(const struct check *k);
static bool jwt_is_current(const struct check *k, struct str payload);
static struct str header_of(const struct check *k, const char *name);
static bool is_fresh(const struct check *k, struct str seconds);
static bool mac_of(const char *algorithm, struct str key, struct str signed_text, struct mac *out);
static bool mac_is(const struct mac *mac, const char *encoding, struct str text);
static void standard_key(struct str secret, struct buf *key);

static const struct {
	const char *name;
	bool (*holds)(const struct check *k);
} schemes[] = {
	{ "standard", standard_holds },
	{ "github", github_holds },
	{ "stripe", stripe_holds },
	{ "slack", slack_holds },
	{ "hmac", hmac_holds },
	{ "basic", basic_holds },
	{ "header", header_holds },
	{ "jwt", jwt_holds },
};

bool
hook_auth_holds(const char *scheme, const json_t *config, struct str secret,
    const struct hook_request *r, struct buf *replay)
{
	const struct check k = { config, secret, r, replay };

	buf_reset(replay);
	if (secret.n == 0)
		return false;
	for (size_t i = 0; i < countof(schemes); i++) {
		if (strcmp(schemes[i].name, scheme) == 0)
			return schemes[i].holds(&k);
	}
	return false;
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
standard_holds(const struct check *k)
{
	struct str id = header_of(k, "webhook-id"), at = header_of(k, "webhook-timestamp");
	struct str list = header_of(k, "webhook-signature"), one;
	struct buf text = { 0 }, key = { 0 };
	struct mac mac;
	bool holds = false;

	if (id.n == 0 || !is_fresh(k, at))
		return false;
	buf_printf(&text, STR_FMT "." STR_FMT ".", STR_ARG(id), STR_ARG(at));
	buf_str(&text, k->r->body);
	standard_key(k->secret, &key);
	if (mac_of("sha256", buf_view(&key), buf_view(&text), &mac)) {
		for (int n = 0; n < SIGNATURES_MAX && str_next(&list, ' ', &one); n++) {
			if (str_starts(one, "v1,"))
				holds = mac_is(&mac, "base64", str_sub(one, 3, one.n)) || holds;
		}
	}
	if (holds)
		buf_str(k->replay, id);
	crypto_wipe(key.data, key.len);
	buf_free(&key);
	buf_free(&text);
	return holds;
}

/* Its delivery id isn't signed, so it proves nothing about copies. */
static bool
github_holds(const struct check *k)
{
	struct str given = header_of(k, "x-hub-signature-256");
	struct mac mac;

	return str_starts(given, "sha256=") && mac_of("sha256", k->secret, k->r->body, &mac) &&
	       mac_is(&mac, "hex", str_sub(given, 7, given.n));
}

static bool
stripe_holds(const struct check *k)
{
	struct str all = header_of(k, "stripe-signature"), rest = all, part, at = { 0 };
	struct buf text = { 0 };
	struct mac mac;
	bool holds = false;

	for (int n = 0; n < SIGNATURES_MAX && str_next(&rest, ',', &part); n++) {
		part = str_trim(part);
		if (at.n == 0 && str_starts(part, "t="))
			at = str_sub(part, 2, part.n);
	}
	if (!is_fresh(k, at))
		return false;
	buf_printf(&text, STR_FMT ".", STR_ARG(at));
	buf_str(&text, k->r->body);
	if (mac_of("sha256", k->secret, buf_view(&text), &mac)) {
		rest = all;
		for (int n = 0; n < SIGNATURES_MAX && str_next(&rest, ',', &part); n++) {
			part = str_trim(part);
			if (str_starts(part, "v1="))
				holds = mac_is(&mac, "hex", str_sub(part, 3, part.n)) || holds;
		}
	}
	if (holds)
		crypto_base64url(k->replay, str_make((const char *)mac.bytes, mac.n));
	buf_free(&text);
	return holds;
}

static bool
slack_holds(const struct check *k)
{
	struct str given = header_of(k, "x-slack-signature");
	struct str at = header_of(k, "x-slack-request-timestamp");
	struct buf text = { 0 };
	struct mac mac;
	bool holds;

	if (!is_fresh(k, at) || !str_starts(given, "v0="))
		return false;
	buf_printf(&text, "v0:" STR_FMT ":", STR_ARG(at));
	buf_str(&text, k->r->body);
	holds = mac_of("sha256", k->secret, buf_view(&text), &mac) &&
	        mac_is(&mac, "hex", str_sub(given, 3, given.n));
	if (holds)
		crypto_base64url(k->replay, str_make((const char *)mac.bytes, mac.n));
	buf_free(&text);
	return holds;
}

static bool
hmac_holds(const struct check *k)
{
	const char *prefix = js_text_or(k->config, "signature_prefix", "");
	const char *at_name = js_text_or(k->config, "timestamp_header", "");
	struct str given = header_of(k, js_text_or(k->config, "signature_header", "x-signature"));
	struct str at = at_name[0] != '\0' ? header_of(k, at_name) : (struct str){ 0 };
	struct buf text = { 0 };
	struct mac mac;
	bool holds;

	if (!str_starts(given, prefix) || (at_name[0] != '\0' && !is_fresh(k, at)))
		return false;
	if (at_name[0] != '\0')
		buf_printf(&text, STR_FMT ".", STR_ARG(at));
	buf_str(&text, k->r->body);
	holds = mac_of(js_text_or(k->config, "algorithm", "sha256"), k->secret, buf_view(&text),
	            &mac) &&
	        mac_is(&mac, js_text_or(k->config, "encoding", "hex"),
	            str_sub(given, strlen(prefix), given.n));
	if (holds && at_name[0] != '\0')
		crypto_base64url(k->replay, str_make((const char *)mac.bytes, mac.n));
	buf_free(&text);
	return holds;
}

static bool
basic_holds(const struct check *k)
{
	struct str given = header_of(k, "authorization");
	struct buf pair = { 0 };
	bool holds;

	if (given.n < 6 || !str_is_ignoring_case(str_sub(given, 0, 6), "basic "))
		return false;
	holds = crypto_unbase64(&pair, str_trim(str_sub(given, 6, given.n)), NULL) == 0 &&
	        crypto_equal(buf_view(&pair), k->secret);
	buf_free(&pair);
	return holds;
}

static bool
header_holds(const struct check *k)
{
	struct str given =
	    header_of(k, js_text_or(k->config, "signature_header", "x-webhook-token"));

	return given.n > 0 && crypto_equal(given, k->secret);
}

/* The algorithm is the config's, never the token's own word. */
static bool
jwt_holds(const struct check *k)
{
	const char *algorithm = js_text_or(k->config, "algorithm", "sha256");
	const char *name = strcmp(algorithm, "sha512") == 0   ? "HS512"
	                   : strcmp(algorithm, "sha384") == 0 ? "HS384"
	                                                      : "HS256";
	struct str given = header_of(k, "authorization"), head, payload, token;
	struct buf json = { 0 };
	json_t *header = NULL;
	struct mac mac;
	bool holds = false;

	if (given.n < 7 || !str_is_ignoring_case(str_sub(given, 0, 7), "bearer "))
		return false;
	token = given = str_trim(str_sub(given, 7, given.n));
	if (!str_next(&given, '.', &head) || !str_next(&given, '.', &payload) || given.n == 0)
		return false;
	if (crypto_unbase64url(&json, head, NULL) == 0 &&
	    js_parse(buf_view(&json), HEADER_MAX, JS_DEPTH_MAX, &header, NULL) == 0 &&
	    strcmp(js_text_or(header, "alg", ""), name) == 0 &&
	    mac_of(strcmp(name, "HS256") == 0 ? "sha256" : algorithm, k->secret,
	        str_make(token.p, head.n + 1 + payload.n), &mac) &&
	    mac_is(&mac, "base64url", given))
		holds = jwt_is_current(k, payload);
	json_decref(header);
	buf_free(&json);
	return holds;
}

static bool
jwt_is_current(const struct check *k, struct str payload)
{
	struct buf json = { 0 };
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
			buf_text(k->replay, jti);
			buf_text(k->replay, ".");
			crypto_base64url(k->replay, str_make((const char *)digest, sizeof(digest)));
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

static bool
mac_of(const char *algorithm, struct str key, struct str signed_text, struct mac *out)
{
	const EVP_MD *md = strcmp(algorithm, "sha1") == 0     ? EVP_sha1()
	                   : strcmp(algorithm, "sha384") == 0 ? EVP_sha384()
	                   : strcmp(algorithm, "sha512") == 0 ? EVP_sha512()
	                                                      : EVP_sha256();
	unsigned n = 0;

	if (HMAC(md, key.p != NULL ? key.p : "", (int)key.n,
	        (const unsigned char *)(signed_text.p != NULL ? signed_text.p : ""), signed_text.n,
	        out->bytes, &n) == NULL)
		return false;
	out->n = n;
	return true;
}

/* Compared as text, so that one signature has one spelling; hex may be in capitals. */
static bool
mac_is(const struct mac *mac, const char *encoding, struct str text)
{
	struct str bytes = str_make((const char *)mac->bytes, mac->n);
	char hex[2 * EVP_MAX_MD_SIZE + 1], lower[2 * EVP_MAX_MD_SIZE + 1];
	struct buf want = { 0 };
	bool same;

	if (strcmp(encoding, "base64") == 0)
		crypto_base64(&want, bytes);
	else if (strcmp(encoding, "base64url") == 0)
		crypto_base64url(&want, bytes);
	else {
		buf_text(&want, crypto_hex(mac->bytes, mac->n, hex));
		if (str_copy(lower, sizeof(lower), text) != 0)
			lower[0] = '\0';
		for (char *c = lower; *c != '\0'; c++)
			*c = (*c >= 'A' && *c <= 'F') ? (char)(*c + 32) : *c;
		text = str_of(lower);
	}
	same = crypto_equal(buf_view(&want), text);
	buf_free(&want);
	return same;
}

/* whsec_ and base64, as the standard writes it; anything else is the key itself. */
static void
standard_key(struct str secret, struct buf *key)
{
	struct str text = str_starts(secret, "whsec_") ? str_sub(secret, 6, secret.n) : secret;

	if (crypto_unbase64(key, text, NULL) != 0 || key->len == 0)
		buf_str(key, secret);
}

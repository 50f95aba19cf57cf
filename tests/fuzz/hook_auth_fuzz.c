/*
 * Any bytes as the headers that carry a webhook's proof, and as its body: nothing holds without the
 * secret. Lines are the headers, in the order of `names`; what is behind them is the body. The same
 * bytes as the head and claims of a JWT that is signed with the secret: what is read only then is
 * reached too; without its last character it holds no more.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/crypto.h"
#include "core/json.h"
#include "hook_holds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = { "authorization", "webhook-id", "webhook-timestamp",
	"webhook-signature", "x-hub-signature-256", "stripe-signature", "x-slack-signature",
	"x-slack-request-timestamp", "x-signature", "x-time", "x-webhook-token" };

struct lines {
	char text[countof(names)][512];
};

static const char *
header(const void *arg, const char *name)
{
	const struct lines *l = arg;

	for (size_t i = 0; i < countof(names); i++) {
		if (strcasecmp(names[i], name) == 0)
			return l->text[i][0] != '\0' ? l->text[i] : NULL;
	}
	return NULL;
}

/* The first line is the head, the rest the claims. */
static void
signed_jwt(struct str text, struct str secret, const struct hook_request *r)
{
	struct lines *l = (struct lines *)(uintptr_t)r->arg;
	struct buf token = { 0 }, replay = { 0 };
	struct str head = { 0 };
	uint8_t mac[SHA256_SIZE];

	(void)!str_next(&text, '\n', &head);
	crypto_base64url(&token, head);
	buf_text(&token, ".");
	crypto_base64url(&token, text);
	crypto_hmac_sha256(secret, buf_view(&token), mac);
	buf_text(&token, ".");
	crypto_base64url(&token, str_make((const char *)mac, sizeof(mac)));
	if (token.len + sizeof("Bearer ") <= sizeof(l->text[0])) {
		snprintf(l->text[0], sizeof(l->text[0]), "Bearer %s", buf_cstr(&token));
		(void)hook_auth_holds("jwt", NULL, secret, r, &replay);
		l->text[0][strlen(l->text[0]) - 1] = '\0';
		assert(!hook_auth_holds("jwt", NULL, secret, r, &replay));
	}
	buf_free(&token);
	buf_free(&replay);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const all[] = { "none", "standard", "github", "stripe", "slack", "hmac",
		"basic", "header", "jwt", "else" };
	static const char *const configs[] = { "{}",
		"{\"timestamp_header\":\"X-Time\",\"encoding\":\"base64\"}",
		"{\"signature_prefix\":\"a=\"}", "{\"algorithm\":\"sha512\"}" };
	struct str rest = str_make((const char *)data, size), one;
	struct lines lines = { 0 };
	struct hook_request r = { header, &lines, { 0 }, 1700000000 };
	struct buf replay = { 0 };
	uint8_t random[32];
	char secret[65];

	crypto_random(random, sizeof(random));
	crypto_hex(random, sizeof(random), secret);
	for (size_t i = 0; i < countof(names) && str_next(&rest, '\n', &one); i++)
		(void)!str_copy(lines.text[i], sizeof(lines.text[i]), one);
	r.body = rest;
	for (size_t c = 0; c < countof(configs); c++) {
		json_t *config = json_loads(configs[c], 0, NULL);

		for (size_t i = 0; i < countof(all); i++)
			assert(!hook_auth_holds(all[i], config, str_of(secret), &r, &replay));
		json_decref(config);
	}
	signed_jwt(str_make((const char *)data, size), str_of(secret), &r);
	buf_free(&replay);
	return 0;
}

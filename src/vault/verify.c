#include "vault/verify.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/crypto.h"
#include "core/json.h"
#include "vault/vault.h"

#define CODE_DIGITS 6
#define STEP_MAX (INT64_C(1) << 40)

struct mac {
	uint8_t bytes[EVP_MAX_MD_SIZE];
	unsigned n;
};

struct kind {
	const char *name;
	int (*fn)(const json_t *question, struct str secret, struct str sent, struct verdict *out,
	    struct err *e);
};

static int hmac_verify(
    const json_t *question, struct str secret, struct str sent, struct verdict *out, struct err *e);
static int equal_verify(
    const json_t *question, struct str secret, struct str sent, struct verdict *out, struct err *e);
static int totp_verify(
    const json_t *question, struct str secret, struct str sent, struct verdict *out, struct err *e);
static int mac_make(
    const char *algorithm, struct str key, struct str text, struct mac *out, struct err *e);
static int key_of(const char *form, struct str secret, struct buf *key, struct err *e);
static int code_make(struct str secret, int64_t step, char out[CODE_DIGITS + 1], struct err *e);

static const struct kind kinds[] = {
	{ "hmac", hmac_verify },
	{ "equal", equal_verify },
	{ "totp", totp_verify },
};

int
verify(
    const json_t *question, struct str secret, struct str sent, struct verdict *out, struct err *e)
{
	const char *name = js_text_or(question, "kind", "");

	*out = (struct verdict){ 0 };
	for (size_t i = 0; i < countof(kinds); i++) {
		if (strcmp(name, kinds[i].name) == 0)
			return secret.n > 0 ? kinds[i].fn(question, secret, sent, out, e) : 0;
	}
	return err_set(e, "MR400", "unknown `kind`");
}

bool
verify_is_totp(const json_t *question)
{
	return strcmp(js_text_or(question, "kind", ""), "totp") == 0;
}

/* Each of the macs is compared, so that the time doesn't tell which one it was. */
static int
hmac_verify(
    const json_t *question, struct str secret, struct str sent, struct verdict *out, struct err *e)
{
	const json_t *macs = js_array(question, "macs"), *one;
	struct buf key = { 0 }, given = { 0 };
	struct mac mac = { 0 };
	bool holds = false;
	int rc = -1;
	size_t i;

	if (json_array_size(macs) == 0 || json_array_size(macs) > VAULT_MACS_MAX) {
		err_set(e, "MR400", "`macs` must be 1 to %d", VAULT_MACS_MAX);
		goto out;
	}
	if (key_of(js_text_or(question, "form", ""), secret, &key, e) != 0 ||
	    mac_make(js_text_or(question, "algorithm", ""), buf_view(&key), sent, &mac, e) != 0)
		goto out;
	json_array_foreach(macs, i, one)
	{
		buf_reset(&given);
		if (!json_is_string(one)) {
			err_set(e, "MR400", "`macs` must be texts");
			goto out;
		}
		if (crypto_unbase64(&given, js_str(one), e) != 0)
			goto out;
		if (crypto_equal(buf_view(&given), str_make((const char *)mac.bytes, mac.n)))
			holds = true;
	}
	out->holds = holds;
	rc = 0;
out:
	crypto_wipe(&mac, sizeof(mac));
	buf_free(&key);
	buf_free(&given);
	return rc;
}

static int
equal_verify(
    const json_t *question, struct str secret, struct str sent, struct verdict *out, struct err *e)
{
	(void)question;
	(void)e;
	out->holds = crypto_equal(sent, secret);
	return 0;
}

/* A phone's clock may be a step off, either way; the first step of several is the one told. */
static int
totp_verify(
    const json_t *question, struct str secret, struct str sent, struct verdict *out, struct err *e)
{
	char code[CODE_DIGITS + 1];
	int64_t now;
	int rc = js_need_int(question, "step", 1, STEP_MAX, &now, e);

	for (int64_t step = now - 1; rc == 0 && step <= now + 1; step++) {
		rc = code_make(secret, step, code, e);
		if (rc == 0 && crypto_equal(sent, str_of(code)) && !out->holds)
			*out = (struct verdict){ .holds = true, .step = step };
	}
	if (rc != 0)
		*out = (struct verdict){ 0 };
	crypto_wipe(code, sizeof(code));
	return rc;
}

static int
mac_make(const char *algorithm, struct str key, struct str text, struct mac *out, struct err *e)
{
	static const struct {
		const char *name;
		const EVP_MD *(*md)(void);
	} algorithms[] = {
		{ "sha1", EVP_sha1 },
		{ "sha256", EVP_sha256 },
		{ "sha384", EVP_sha384 },
		{ "sha512", EVP_sha512 },
	};
	const EVP_MD *md = NULL;

	for (size_t i = 0; i < countof(algorithms); i++) {
		if (strcmp(algorithm, algorithms[i].name) == 0)
			md = algorithms[i].md();
	}
	if (md == NULL)
		return err_set(e, "MR400", "unknown `algorithm`");
	if (HMAC(md, key.p, (int)key.n, (const unsigned char *)(text.p != NULL ? text.p : ""),
	        text.n, out->bytes, &out->n) == NULL)
		return err_set(e, "MR500", "libcrypto makes no hmac");
	return 0;
}

/* whsec_ and base64, as Standard Webhooks writes it; what isn't is the key itself. */
static int
key_of(const char *form, struct str secret, struct buf *key, struct err *e)
{
	struct str text = str_starts(secret, "whsec_") ? str_sub(secret, 6, secret.n) : secret;
	struct err none;

	(void)buf_reserve(key, secret.n + 1);
	if (form[0] != '\0' && strcmp(form, "whsec") != 0)
		return err_set(e, "MR400", "unknown `form`");
	if (form[0] == '\0' || crypto_unbase64(key, text, &none) != 0 || key->len == 0)
		buf_str(key, secret);
	return 0;
}

/* RFC 6238 over RFC 4226. */
static int
code_make(struct str secret, int64_t step, char out[CODE_DIGITS + 1], struct err *e)
{
	uint8_t counter[8];
	struct mac mac = { 0 };
	uint32_t number;
	unsigned at;

	for (int i = 0; i < 8; i++)
		counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
	if (mac_make("sha1", secret, str_make((const char *)counter, sizeof(counter)), &mac, e) !=
	    0)
		return -1;
	at = mac.bytes[mac.n - 1] & 15;
	number = ((uint32_t)(mac.bytes[at] & 127) << 24) | ((uint32_t)mac.bytes[at + 1] << 16) |
	         ((uint32_t)mac.bytes[at + 2] << 8) | mac.bytes[at + 3];
	(void)snprintf(out, CODE_DIGITS + 1, "%06u", number % 1000000);
	crypto_wipe(&mac, sizeof(mac));
	return 0;
}

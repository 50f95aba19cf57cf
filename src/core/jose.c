#include "core/jose.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdbool.h>
#include <string.h>

#include "core/buf.h"
#include "core/crypto.h"
#include "core/json.h"

enum { KEYS_MAX = 50, CLOCKS_DIFFER_S = 60, RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192, DEPTH = 16 };

/* An algorithm, and the only keys that fit it. */
struct algorithm {
	const char *name, *type, *curve;
};

static const struct algorithm algorithms[] = {
	{ "RS256", "RSA", NULL },
	{ "ES256", "EC", "P-256" },
	{ "EdDSA", "OKP", "Ed25519" },
};

static int part_json(struct str part64, json_t **out, struct err *e);
static const struct algorithm *algorithm_find(const char *name);
static const json_t *key_find(
    const json_t *jwks, const struct algorithm *a, const char *kid, struct err *e);
static bool key_fits(const json_t *jwk, const struct algorithm *a);
static EVP_PKEY *key_make(const json_t *jwk, const struct algorithm *a);
static EVP_PKEY *rsa_make(const struct buf *n, const struct buf *exponent);
static EVP_PKEY *ec_make(const struct buf *x, const struct buf *y);
static EVP_PKEY *pkey_of(const char *type, OSSL_PARAM_BLD *params);
static int member_bytes(const json_t *jwk, const char *name, struct buf *out);
static bool signature_is_good(
    EVP_PKEY *pkey, const struct algorithm *a, struct str text, struct str signature64);
static int ecdsa_der(const struct buf *raw, unsigned char **out);
static int claims_check(const json_t *claims, const struct jose_want *want, struct err *e);
static bool audience_is(const json_t *claims, const char *audience);

int
jose_verify(const json_t *jwks, struct str token, const struct jose_want *want, json_t **claims,
    struct err *e)
{
	struct str rest = token, head64, body64, signature64;
	const struct algorithm *a;
	const json_t *jwk;
	json_t *head = NULL;
	EVP_PKEY *pkey = NULL;
	int rc = -1;

	*claims = NULL;
	if (token.n > JOSE_TOKEN_MAX || !str_next(&rest, '.', &head64) ||
	    !str_next(&rest, '.', &body64) || !str_next(&rest, '.', &signature64) ||
	    rest.p != NULL) {
		err_set(e, "MR401", "the ID token has not the form of one");
		goto out;
	}
	if (part_json(head64, &head, e) != 0)
		goto out;
	a = algorithm_find(js_text_or(head, "alg", ""));
	if (a == NULL || json_object_get(head, "crit") != NULL) {
		err_set(e, "MR401", "the ID token is signed in a way that is not accepted");
		goto out;
	}
	jwk = key_find(jwks, a, js_text_or(head, "kid", NULL), e);
	if (jwk == NULL)
		goto out;
	pkey = key_make(jwk, a);
	if (pkey == NULL ||
	    !signature_is_good(pkey, a, str_make(token.p, head64.n + 1 + body64.n), signature64)) {
		err_set(e, "MR401", "the ID token's signature is wrong");
		goto out;
	}
	if (part_json(body64, claims, e) != 0 || claims_check(*claims, want, e) != 0)
		goto out;
	rc = 0;
out:
	if (rc != 0) {
		json_decref(*claims);
		*claims = NULL;
	}
	EVP_PKEY_free(pkey);
	json_decref(head);
	return rc;
}

static int
part_json(struct str part64, json_t **out, struct err *e)
{
	struct buf text = { 0 };
	int rc = 0;

	*out = NULL;
	if (crypto_unbase64url(&text, part64, e) != 0 ||
	    js_parse(buf_view(&text), JOSE_TOKEN_MAX, DEPTH, out, e) != 0 ||
	    !json_is_object(*out)) {
		json_decref(*out);
		*out = NULL;
		rc = err_set(e, "MR401", "the ID token has not the form of one");
	}
	buf_free(&text);
	return rc;
}

static const struct algorithm *
algorithm_find(const char *name)
{
	for (size_t i = 0; i < countof(algorithms); i++) {
		if (strcmp(algorithms[i].name, name) == 0)
			return &algorithms[i];
	}
	return NULL;
}

/* Without a kid there must be no doubt: one key that fits. */
static const json_t *
key_find(const json_t *jwks, const struct algorithm *a, const char *kid, struct err *e)
{
	const json_t *keys = js_array(jwks, "keys"), *found = NULL;
	int n = 0;

	for (size_t i = 0; i < json_array_size(keys) && i < KEYS_MAX; i++) {
		const json_t *jwk = json_array_get(keys, i);

		if (!key_fits(jwk, a) ||
		    (kid != NULL && strcmp(js_text_or(jwk, "kid", ""), kid) != 0))
			continue;
		if (found == NULL)
			found = jwk;
		n++;
	}
	if (n == 1 || (n > 1 && kid != NULL))
		return found;
	err_set(e, "MR404", "the ID token is signed by none of its issuer's keys");
	return NULL;
}

static bool
key_fits(const json_t *jwk, const struct algorithm *a)
{
	return strcmp(js_text_or(jwk, "kty", ""), a->type) == 0 &&
	       strcmp(js_text_or(jwk, "use", "sig"), "sig") == 0 &&
	       strcmp(js_text_or(jwk, "alg", a->name), a->name) == 0 &&
	       (a->curve == NULL || strcmp(js_text_or(jwk, "crv", ""), a->curve) == 0);
}

/* NULL: the key is no valid one, or too weak. */
static EVP_PKEY *
key_make(const json_t *jwk, const struct algorithm *a)
{
	struct buf one = { 0 }, two = { 0 };
	EVP_PKEY *pkey = NULL;

	if (strcmp(a->type, "RSA") == 0) {
		if (member_bytes(jwk, "n", &one) == 0 && member_bytes(jwk, "e", &two) == 0)
			pkey = rsa_make(&one, &two);
	} else if (strcmp(a->type, "EC") == 0) {
		if (member_bytes(jwk, "x", &one) == 0 && member_bytes(jwk, "y", &two) == 0 &&
		    one.len == 32 && two.len == 32)
			pkey = ec_make(&one, &two);
	} else if (member_bytes(jwk, "x", &one) == 0 && one.len == 32)
		pkey = EVP_PKEY_new_raw_public_key(
		    EVP_PKEY_ED25519, NULL, (const unsigned char *)one.data, one.len);
	buf_free(&one);
	buf_free(&two);
	return pkey;
}

static EVP_PKEY *
rsa_make(const struct buf *n, const struct buf *exponent)
{
	OSSL_PARAM_BLD *params = OSSL_PARAM_BLD_new();
	BIGNUM *modulus = BN_bin2bn((const unsigned char *)n->data, (int)n->len, NULL);
	BIGNUM *e = BN_bin2bn((const unsigned char *)exponent->data, (int)exponent->len, NULL);
	EVP_PKEY *pkey = NULL;

	if (params != NULL && modulus != NULL && e != NULL &&
	    BN_num_bits(modulus) >= RSA_BITS_MIN && BN_num_bits(modulus) <= RSA_BITS_MAX &&
	    OSSL_PARAM_BLD_push_BN(params, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
	    OSSL_PARAM_BLD_push_BN(params, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		pkey = pkey_of("RSA", params);
	BN_free(modulus);
	BN_free(e);
	OSSL_PARAM_BLD_free(params);
	return pkey;
}

static EVP_PKEY *
ec_make(const struct buf *x, const struct buf *y)
{
	OSSL_PARAM_BLD *params = OSSL_PARAM_BLD_new();
	unsigned char point[65] = { 0x04 };
	EVP_PKEY *pkey = NULL;

	memcpy(point + 1, x->data, 32);
	memcpy(point + 33, y->data, 32);
	if (params != NULL &&
	    OSSL_PARAM_BLD_push_utf8_string(params, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) ==
	        1 &&
	    OSSL_PARAM_BLD_push_octet_string(
	        params, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)) == 1)
		pkey = pkey_of("EC", params);
	OSSL_PARAM_BLD_free(params);
	return pkey;
}

static EVP_PKEY *
pkey_of(const char *type, OSSL_PARAM_BLD *params)
{
	OSSL_PARAM *list = OSSL_PARAM_BLD_to_param(params);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (list == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, list) != 1) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(list);
	return pkey;
}

static int
member_bytes(const json_t *jwk, const char *name, struct buf *out)
{
	struct err ignored;

	if (crypto_unbase64url(out, js_str(json_object_get(jwk, name)), &ignored) != 0)
		return -1;
	return out->len > 0 && out->len <= RSA_BITS_MAX / 8 + 1 ? 0 : -1;
}

static bool
signature_is_good(
    EVP_PKEY *pkey, const struct algorithm *a, struct str text, struct str signature64)
{
	bool is_ec = strcmp(a->type, "EC") == 0;
	const EVP_MD *md = strcmp(a->type, "OKP") == 0 ? NULL : EVP_sha256();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct buf raw = { 0 };
	unsigned char *der = NULL;
	const unsigned char *bytes;
	struct err ignored;
	int n = 0;
	bool good = false;

	if (ctx == NULL || crypto_unbase64url(&raw, signature64, &ignored) != 0 || raw.len == 0)
		goto out;
	if (is_ec && (n = ecdsa_der(&raw, &der)) <= 0)
		goto out;
	bytes = is_ec ? der : (const unsigned char *)raw.data;
	good = EVP_DigestVerifyInit(ctx, NULL, md, NULL, pkey) == 1 &&
	       EVP_DigestVerify(ctx, bytes, is_ec ? (size_t)n : raw.len,
	           (const unsigned char *)text.p, text.n) == 1;
out:
	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
	buf_free(&raw);
	return good;
}

/* JOSE writes r and s side by side, OpenSSL reads them as DER. The length, or -1. */
static int
ecdsa_der(const struct buf *raw, unsigned char **out)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	const unsigned char *bytes = (const unsigned char *)raw->data;
	BIGNUM *r = NULL, *s = NULL;
	int n = -1;

	if (sig == NULL || raw->len != 64)
		goto out;
	r = BN_bin2bn(bytes, 32, NULL);
	s = BN_bin2bn(bytes + 32, 32, NULL);
	if (r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		goto out;
	}
	n = i2d_ECDSA_SIG(sig, out);
out:
	ECDSA_SIG_free(sig);
	return n;
}

static int
claims_check(const json_t *claims, const struct jose_want *want, struct err *e)
{
	const json_t *exp = json_object_get(claims, "exp"), *iat = json_object_get(claims, "iat");
	struct str sub = js_str(json_object_get(claims, "sub"));

	if (strcmp(js_text_or(claims, "iss", ""), want->issuer) != 0)
		return err_set(e, "MR401", "the ID token is another issuer's");
	if (!audience_is(claims, want->audience))
		return err_set(e, "MR401", "the ID token is for another application");
	if (!json_is_number(exp) || json_number_value(exp) + CLOCKS_DIFFER_S <= (double)want->now_s)
		return err_set(e, "MR401", "the ID token has expired");
	if (!json_is_number(iat) || json_number_value(iat) > (double)want->now_s + CLOCKS_DIFFER_S)
		return err_set(e, "MR401", "the ID token is from the future: compare the clocks");
	if (!crypto_equal(js_str(json_object_get(claims, "nonce")), str_of(want->nonce)))
		return err_set(e, "MR401", "the ID token is not the answer to this sign-in");
	if (sub.n == 0 || sub.n > 255)
		return err_set(e, "MR401", "the ID token names nobody");
	return 0;
}

/* For us; and where it is for others as well, given out to us. */
static bool
audience_is(const json_t *claims, const char *audience)
{
	const json_t *aud = json_object_get(claims, "aud");
	const char *azp = js_text_or(claims, "azp", NULL);
	bool has = json_is_string(aud) && strcmp(json_string_value(aud), audience) == 0;

	for (size_t i = 0; i < json_array_size(aud); i++)
		has = has || str_is(js_str(json_array_get(aud, i)), audience);
	if (azp == NULL ? json_array_size(aud) > 1 : strcmp(azp, audience) != 0)
		return false;
	return has;
}

#include "core/seal.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "core/crypto.h"

#define HEAD_SIZE 5
#define IV_SIZE 12
#define TAG_SIZE 16

static const char box_label[] = "millrace box";
static const char pair_label[] = "millrace x25519";

static void head_make(uint8_t head[HEAD_SIZE], enum seal_format format, uint32_t key_id);
static int encrypt(const uint8_t key[SEAL_KEY_SIZE], struct str head, struct str place,
    struct str plain, struct buf *out, struct err *e);
static int decrypt(const uint8_t key[SEAL_KEY_SIZE], struct str head, struct str place,
    struct str sealed, struct buf *out, struct err *e);
static int agree(EVP_PKEY *own, const uint8_t own_public[SEAL_KEY_SIZE],
    const uint8_t other_public[SEAL_KEY_SIZE], bool own_is_ephemeral, uint8_t key[SEAL_KEY_SIZE],
    struct err *e);
static void hkdf(struct str salt, struct str secret, const char *label, uint8_t out[SHA256_SIZE]);
static int broken(struct err *e);

enum seal_format
seal_read(struct str record, uint32_t *key_id)
{
	const uint8_t *p = (const uint8_t *)record.p;
	enum seal_format format = SEAL_NONE;

	*key_id = 0;
	if (record.n >= SEAL_OVERHEAD && p[0] == SEAL_SHARED)
		format = SEAL_SHARED;
	else if (record.n >= SEAL_BOX_OVERHEAD && p[0] == SEAL_BOX)
		format = SEAL_BOX;
	if (format != SEAL_NONE)
		*key_id = (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 8 | p[4];
	return format;
}

int
seal_shared(const uint8_t key[SEAL_KEY_SIZE], uint32_t key_id, struct str plain, struct str place,
    struct buf *out, struct err *e)
{
	size_t before = out->len;
	uint8_t head[HEAD_SIZE];
	int rc;

	head_make(head, SEAL_SHARED, key_id);
	buf_append(out, head, sizeof(head));
	rc = encrypt(key, str_make((const char *)head, sizeof(head)), place, plain, out, e);
	if (rc != 0)
		buf_truncate(out, before);
	return rc;
}

int
seal_box(const uint8_t public_key[SEAL_KEY_SIZE], uint32_t key_id, struct str plain,
    struct str place, struct buf *out, struct err *e)
{
	uint8_t head[HEAD_SIZE], ephemeral[SEAL_KEY_SIZE], key[SEAL_KEY_SIZE];
	size_t before = out->len, n = sizeof(ephemeral);
	EVP_PKEY *own = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	int rc = -1;

	if (own == NULL || EVP_PKEY_get_raw_public_key(own, ephemeral, &n) != 1) {
		err_set(e, "MR500", "libcrypto made no key");
		goto out;
	}
	if (agree(own, ephemeral, public_key, true, key, e) != 0)
		goto out;
	head_make(head, SEAL_BOX, key_id);
	buf_append(out, head, sizeof(head));
	buf_append(out, ephemeral, sizeof(ephemeral));
	rc = encrypt(key, str_make((const char *)head, sizeof(head)), place, plain, out, e);
out:
	if (rc != 0)
		buf_truncate(out, before);
	crypto_wipe(key, sizeof(key));
	EVP_PKEY_free(own);
	return rc;
}

int
seal_open(const uint8_t key[SEAL_KEY_SIZE], struct str record, struct str place, struct buf *out,
    struct err *e)
{
	uint32_t key_id;

	if (seal_read(record, &key_id) != SEAL_SHARED)
		return broken(e);
	return decrypt(key, str_sub(record, 0, HEAD_SIZE), place,
	    str_sub(record, HEAD_SIZE, record.n), out, e);
}

int
seal_unbox(const struct seal_pair *pair, struct str record, struct str place, struct buf *out,
    struct err *e)
{
	uint8_t ephemeral[SEAL_KEY_SIZE], key[SEAL_KEY_SIZE] = { 0 };
	EVP_PKEY *own = NULL;
	uint32_t key_id;
	int rc = -1;

	if (seal_read(record, &key_id) != SEAL_BOX)
		return broken(e);
	memcpy(ephemeral, record.p + HEAD_SIZE, sizeof(ephemeral));
	own = EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_X25519, NULL, pair->private_key, sizeof(pair->private_key));
	/* An ephemeral key of low order makes the agreement fail: a broken record like others. */
	if (own == NULL || agree(own, pair->public_key, ephemeral, false, key, e) != 0)
		rc = broken(e);
	else
		rc = decrypt(key, str_sub(record, 0, HEAD_SIZE), place,
		    str_sub(record, HEAD_SIZE + SEAL_KEY_SIZE, record.n), out, e);
	crypto_wipe(key, sizeof(key));
	EVP_PKEY_free(own);
	return rc;
}

int
seal_pair_of(const uint8_t key[SEAL_KEY_SIZE], struct seal_pair *out, struct err *e)
{
	size_t n = sizeof(out->public_key);
	EVP_PKEY *own;
	int rc = -1;

	hkdf((struct str){ 0 }, str_make((const char *)key, SEAL_KEY_SIZE), pair_label,
	    out->private_key);
	own = EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_X25519, NULL, out->private_key, sizeof(out->private_key));
	if (own == NULL || EVP_PKEY_get_raw_public_key(own, out->public_key, &n) != 1)
		err_set(e, "MR500", "libcrypto made no key");
	else
		rc = 0;
	EVP_PKEY_free(own);
	return rc;
}

static void
head_make(uint8_t head[HEAD_SIZE], enum seal_format format, uint32_t key_id)
{
	head[0] = (uint8_t)format;
	head[1] = (uint8_t)(key_id >> 24);
	head[2] = (uint8_t)(key_id >> 16);
	head[3] = (uint8_t)(key_id >> 8);
	head[4] = (uint8_t)key_id;
}

/* Appends iv, ciphertext and tag. */
static int
encrypt(const uint8_t key[SEAL_KEY_SIZE], struct str head, struct str place, struct str plain,
    struct buf *out, struct err *e)
{
	EVP_CIPHER_CTX *ctx = NULL;
	uint8_t iv[IV_SIZE], *to;
	int n = 0, rc = -1;

	if (plain.n > SEAL_MAX)
		return err_set(e, "MR413", "a secret may have %d bytes", SEAL_MAX);
	ctx = EVP_CIPHER_CTX_new();
	crypto_random(iv, sizeof(iv));
	buf_append(out, iv, sizeof(iv));
	to = (uint8_t *)buf_reserve(out, plain.n + TAG_SIZE);
	if (ctx == NULL || EVP_EncryptInit_ex2(ctx, EVP_aes_256_gcm(), key, iv, NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)head.p, (int)head.n) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)place.p, (int)place.n) != 1 ||
	    (plain.n > 0 &&
	        EVP_EncryptUpdate(ctx, to, &n, (const uint8_t *)plain.p, (int)plain.n) != 1) ||
	    EVP_EncryptFinal_ex(ctx, to + plain.n, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, to + plain.n) != 1) {
		err_set(e, "MR500", "libcrypto sealed nothing");
		goto out;
	}
	buf_grew(out, plain.n + TAG_SIZE);
	rc = 0;
out:
	EVP_CIPHER_CTX_free(ctx);
	return rc;
}

/* `sealed` is iv, ciphertext and tag. */
static int
decrypt(const uint8_t key[SEAL_KEY_SIZE], struct str head, struct str place, struct str sealed,
    struct buf *out, struct err *e)
{
	struct str text = str_sub(sealed, IV_SIZE, sealed.n - IV_SIZE - TAG_SIZE);
	uint8_t tag[TAG_SIZE], *to;
	EVP_CIPHER_CTX *ctx = NULL;
	int n = 0, rc = -1;

	if (text.n > SEAL_MAX)
		return broken(e);
	memcpy(tag, sealed.p + sealed.n - TAG_SIZE, sizeof(tag));
	ctx = EVP_CIPHER_CTX_new();
	to = (uint8_t *)buf_reserve(out, text.n + 1);
	if (ctx == NULL ||
	    EVP_DecryptInit_ex2(ctx, EVP_aes_256_gcm(), key, (const uint8_t *)sealed.p, NULL) !=
	        1 ||
	    EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)head.p, (int)head.n) != 1 ||
	    EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)place.p, (int)place.n) != 1 ||
	    (text.n > 0 &&
	        EVP_DecryptUpdate(ctx, to, &n, (const uint8_t *)text.p, (int)text.n) != 1) ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) != 1 ||
	    EVP_DecryptFinal_ex(ctx, to + text.n, &n) != 1) {
		crypto_wipe(to, text.n);
		broken(e);
		goto out;
	}
	buf_grew(out, text.n);
	rc = 0;
out:
	EVP_CIPHER_CTX_free(ctx);
	return rc;
}

/* The key that both ends of an 02 record come to. */
static int
agree(EVP_PKEY *own, const uint8_t own_public[SEAL_KEY_SIZE],
    const uint8_t other_public[SEAL_KEY_SIZE], bool own_is_ephemeral, uint8_t key[SEAL_KEY_SIZE],
    struct err *e)
{
	uint8_t secret[SEAL_KEY_SIZE], salt[2 * SEAL_KEY_SIZE];
	EVP_PKEY *other =
	    EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, other_public, SEAL_KEY_SIZE);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	size_t n = sizeof(secret);
	int rc = -1;

	if (other == NULL || ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer(ctx, other) != 1 || EVP_PKEY_derive(ctx, secret, &n) != 1) {
		err_set(e, "MR500", "the two keys agree on nothing");
		goto out;
	}
	memcpy(salt, own_is_ephemeral ? own_public : other_public, SEAL_KEY_SIZE);
	memcpy(salt + SEAL_KEY_SIZE, own_is_ephemeral ? other_public : own_public, SEAL_KEY_SIZE);
	hkdf(str_make((const char *)salt, sizeof(salt)),
	    str_make((const char *)secret, sizeof(secret)), box_label, key);
	rc = 0;
out:
	crypto_wipe(secret, sizeof(secret));
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(other);
	return rc;
}

/* RFC 5869 with SHA-256, one block of output. */
static void
hkdf(struct str salt, struct str secret, const char *label, uint8_t out[SHA256_SIZE])
{
	static const uint8_t zero[SHA256_SIZE];
	uint8_t mid[SHA256_SIZE], info[64];
	int n = snprintf((char *)info, sizeof(info), "%s\x01", label);

	if (salt.n == 0)
		salt = str_make((const char *)zero, sizeof(zero));
	crypto_hmac_sha256(salt, secret, mid);
	crypto_hmac_sha256(
	    str_make((const char *)mid, sizeof(mid)), str_make((const char *)info, (size_t)n), out);
	crypto_wipe(mid, sizeof(mid));
}

static int
broken(struct err *e)
{
	return err_set(e, "MR400", "the sealed record does not open");
}

#include "core/jwt.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/crypto.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/time.h"
#include "core/uuid.h"

#define KEYS_MAX 16
#define KID_SIZE 80
#define SIGNATURE_SIZE 64
#define GRACE_S 30

struct key {
	char kid[KID_SIZE];
	EVP_PKEY *pkey;
};

struct jwt_keys {
	struct key v[KEYS_MAX]; /* the one that signs comes first */
	int n;
};

static int folder_make(const char *folder, struct err *e);
static int folder_read(const char *folder, struct jwt_keys *keys, struct err *e);
static int key_read(const char *path, EVP_PKEY **out, struct err *e);
static void key_insert(struct jwt_keys *keys, const char *name, EVP_PKEY *pkey);
static int header_key(
    const struct jwt_keys *keys, struct str header64, EVP_PKEY **out, struct err *e);
static bool signature_is_good(EVP_PKEY *pkey, struct str signed_part, struct str signature64);
static int part_json(struct str part64, json_t **out, struct err *e);
static int claims_check(const json_t *claims, const char *aud, int64_t now_s, struct err *e);

int
jwt_keys_load(const char *folder, bool make, struct jwt_keys **out, struct err *e)
{
	struct jwt_keys *keys = mem_alloc(sizeof(*keys));
	int rc = -1;

	*out = NULL;
	if (make && folder_make(folder, e) != 0)
		goto out;
	if (folder_read(folder, keys, e) != 0)
		goto out;
	if (keys->n == 0 && make) {
		if (jwt_key_make(folder, e) != 0 || folder_read(folder, keys, e) != 0)
			goto out;
	}
	if (keys->n == 0) {
		err_set(e, "MR500", "%s holds no key", folder);
		goto out;
	}
	*out = keys;
	keys = NULL;
	rc = 0;
out:
	jwt_keys_free(keys);
	return rc;
}

int
jwt_key_make(const char *folder, struct err *e)
{
	struct uuid id = uuid_v7();
	char path[4200], name[UUID_TEXT_SIZE];
	EVP_PKEY *pkey = NULL;
	FILE *f = NULL;
	int fd, rc = -1;

	snprintf(path, sizeof(path), "%s/%s.pem", folder, uuid_format(&id, name));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		f = fdopen(fd, "w");
	pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (f == NULL || pkey == NULL ||
	    PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL) != 1 || fflush(f) != 0 ||
	    fsync(fd) != 0) {
		err_set(e, "MR500", "%s: no key could be made: %s", path, strerror(errno));
		goto out;
	}
	rc = 0;
out:
	if (f != NULL)
		fclose(f);
	if (rc != 0 && fd >= 0)
		unlink(path);
	EVP_PKEY_free(pkey);
	return rc;
}

void
jwt_keys_free(struct jwt_keys *keys)
{
	for (int i = 0; keys != NULL && i < keys->n; i++)
		EVP_PKEY_free(keys->v[i].pkey);
	mem_free(keys);
}

int
jwt_sign(const struct jwt_keys *keys, const json_t *claims, struct buf *out, struct err *e)
{
	unsigned char signature[SIGNATURE_SIZE];
	size_t n = sizeof(signature), start = out->len;
	struct buf text = { 0 };
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int rc = -1;

	buf_printf(&text, "{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"%s\"}", keys->v[0].kid);
	crypto_base64url(out, buf_view(&text));
	buf_byte(out, '.');
	buf_reset(&text);
	js_dump(&text, claims, JS_COMPACT);
	crypto_base64url(out, buf_view(&text));
	if (ctx == NULL || EVP_DigestSignInit(ctx, NULL, NULL, NULL, keys->v[0].pkey) != 1 ||
	    EVP_DigestSign(ctx, signature, &n, (const unsigned char *)out->data + start,
	        out->len - start) != 1) {
		buf_truncate(out, start);
		err_set(e, "MR500", "the access token could not be signed");
		goto out;
	}
	buf_byte(out, '.');
	crypto_base64url(out, str_make((const char *)signature, n));
	rc = 0;
out:
	EVP_MD_CTX_free(ctx);
	buf_free(&text);
	return rc;
}

int
jwt_verify(const struct jwt_keys *keys, struct str token, const char *aud, int64_t now_s,
    json_t **claims, struct err *e)
{
	struct str rest = token, header, body, signature;
	EVP_PKEY *pkey = NULL;
	int rc = -1;

	*claims = NULL;
	if (token.n > JWT_TEXT_MAX || !str_next(&rest, '.', &header) ||
	    !str_next(&rest, '.', &body) || !str_next(&rest, '.', &signature) || rest.p != NULL) {
		err_set(e, "MR401", "the access token is not valid");
		goto out;
	}
	if (header_key(keys, header, &pkey, e) != 0)
		goto out;
	if (!signature_is_good(pkey, str_make(token.p, header.n + 1 + body.n), signature)) {
		err_set(e, "MR401", "the access token is not valid");
		goto out;
	}
	if (part_json(body, claims, e) != 0 || claims_check(*claims, aud, now_s, e) != 0)
		goto out;
	rc = 0;
out:
	if (rc != 0) {
		json_decref(*claims);
		*claims = NULL;
	}
	return rc;
}

json_t *
jwt_jwks(const struct jwt_keys *keys)
{
	json_t *list = json_array();

	for (int i = 0; i < keys->n; i++) {
		struct buf x = { 0 };
		unsigned char raw[32];
		size_t n = sizeof(raw);

		if (EVP_PKEY_get_raw_public_key(keys->v[i].pkey, raw, &n) == 1) {
			crypto_base64url(&x, str_make((const char *)raw, n));
			json_array_append_new(
			    list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "kty", "OKP", "crv",
			              "Ed25519", "use", "sig", "alg", "EdDSA", "kid",
			              keys->v[i].kid, "x", buf_cstr(&x)));
		}
		buf_free(&x);
	}
	return json_pack("{s:o}", "keys", list);
}

static int
folder_make(const char *folder, struct err *e)
{
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return err_set(e, "MR500", "%s: %s", folder, strerror(errno));
	return 0;
}

static int
folder_read(const char *folder, struct jwt_keys *keys, struct err *e)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[4200];
	EVP_PKEY *pkey;
	int rc = -1;

	if (dir == NULL) {
		err_set(e, "MR500", "%s: %s", folder, strerror(errno));
		goto out;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (!str_ends(str_of(entry->d_name), ".pem") || strlen(entry->d_name) >= KID_SIZE)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (key_read(path, &pkey, e) != 0)
			goto out;
		key_insert(keys, entry->d_name, pkey);
	}
	rc = 0;
out:
	if (dir != NULL)
		closedir(dir);
	return rc;
}

static int
key_read(const char *path, EVP_PKEY **out, struct err *e)
{
	FILE *f = fopen(path, "re");
	struct stat st;
	int rc = -1;

	*out = NULL;
	if (f == NULL || fstat(fileno(f), &st) != 0) {
		err_set(e, "MR500", "%s: %s", path, strerror(errno));
		goto out;
	}
	if ((st.st_mode & 077) != 0) {
		err_set(e, "MR500", "%s can be read by others: its mode must be 0600", path);
		goto out;
	}
	*out = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	if (*out == NULL || EVP_PKEY_get_base_id(*out) != EVP_PKEY_ED25519) {
		err_set(e, "MR500", "%s is no Ed25519 key", path);
		EVP_PKEY_free(*out);
		*out = NULL;
		goto out;
	}
	rc = 0;
out:
	if (f != NULL)
		fclose(f);
	return rc;
}

/* Keeps the list sorted by name, the greatest first; what no longer fits is the oldest. */
static void
key_insert(struct jwt_keys *keys, const char *name, EVP_PKEY *pkey)
{
	struct key key = { .pkey = pkey };
	int at = 0;

	snprintf(key.kid, sizeof(key.kid), "%.*s", (int)(strlen(name) - 4), name);
	while (at < keys->n && strcmp(keys->v[at].kid, key.kid) > 0)
		at++;
	if (keys->n == KEYS_MAX)
		EVP_PKEY_free(at < KEYS_MAX ? keys->v[--keys->n].pkey : pkey);
	if (at < KEYS_MAX) {
		memmove(&keys->v[at + 1], &keys->v[at], (size_t)(keys->n - at) * sizeof(key));
		keys->v[at] = key;
		keys->n++;
	}
}

static int
header_key(const struct jwt_keys *keys, struct str header64, EVP_PKEY **out, struct err *e)
{
	json_t *header = NULL;
	const char *kid;
	int rc = -1;

	*out = NULL;
	if (part_json(header64, &header, e) != 0)
		goto out;
	kid = js_text_or(header, "kid", "");
	for (int i = 0; i < keys->n; i++) {
		if (strcmp(keys->v[i].kid, kid) == 0)
			*out = keys->v[i].pkey;
	}
	if (*out == NULL || strcmp(js_text_or(header, "alg", ""), "EdDSA") != 0 ||
	    json_object_get(header, "crit") != NULL) {
		err_set(e, "MR401", "the access token is not valid");
		goto out;
	}
	rc = 0;
out:
	json_decref(header);
	return rc;
}

static bool
signature_is_good(EVP_PKEY *pkey, struct str signed_part, struct str signature64)
{
	struct buf signature = { 0 };
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct err ignored;
	bool good;

	good = ctx != NULL && crypto_unbase64url(&signature, signature64, &ignored) == 0 &&
	       signature.len == SIGNATURE_SIZE &&
	       EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
	       EVP_DigestVerify(ctx, (const unsigned char *)signature.data, signature.len,
	           (const unsigned char *)signed_part.p, signed_part.n) == 1;
	EVP_MD_CTX_free(ctx);
	buf_free(&signature);
	return good;
}

static int
part_json(struct str part64, json_t **out, struct err *e)
{
	struct buf text = { 0 };
	int rc = 0;

	*out = NULL;
	if (crypto_unbase64url(&text, part64, e) != 0 ||
	    js_parse(buf_view(&text), JWT_TEXT_MAX, 8, out, e) != 0 || !json_is_object(*out)) {
		json_decref(*out);
		*out = NULL;
		rc = err_set(e, "MR401", "the access token is not valid");
	}
	buf_free(&text);
	return rc;
}

static int
claims_check(const json_t *claims, const char *aud, int64_t now_s, struct err *e)
{
	if (strcmp(js_text_or(claims, "aud", ""), aud) != 0 ||
	    !json_is_integer(json_object_get(claims, "exp")) ||
	    js_int_or(claims, "nbf", now_s) > now_s + GRACE_S)
		return err_set(e, "MR401", "the access token is not valid");
	if (js_int_or(claims, "exp", 0) <= now_s)
		return err_set(e, "MR40E", "the access token has expired");
	return 0;
}

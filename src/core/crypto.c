#include "core/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define TOKEN_RANDOM 32
#define TOKEN_BODY 43  /* ceil(256 / log2(62)) */
#define TOKEN_CHECK 6  /* ceil(32 / log2(62)) */
#define TOKEN_PREFIX 4 /* "mrt_" */

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char base62_digits[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static void encode(struct buf *out, struct str data, const char *digits, bool padded);
static int decode(struct buf *out, struct str text, const char *digits, bool padded, struct err *e);
static void token_check_text(struct str head, char out[TOKEN_CHECK + 1]);

void
crypto_sha256(struct str data, uint8_t out[SHA256_SIZE])
{
	SHA256((const unsigned char *)(data.p != NULL ? data.p : ""), data.n, out);
}

void
crypto_hmac_sha256(struct str key, struct str data, uint8_t out[SHA256_SIZE])
{
	unsigned n = SHA256_SIZE;

	/* a NULL key would mean "the key of before" */
	if (key.n > INT32_MAX ||
	    HMAC(EVP_sha256(), key.p != NULL ? key.p : "", (int)key.n,
	        (const unsigned char *)(data.p != NULL ? data.p : ""), data.n, out, &n) == NULL)
		abort();
}

const char *
crypto_hex(const uint8_t *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 0xf];
	}
	out[2 * n] = '\0';
	return out;
}

bool
crypto_equal(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}

/* Small requests are served from a pool that is refilled, since a system call for each id would
 * show. */
void
crypto_random(void *out, size_t n)
{
	static __thread uint8_t pool[512];
	static __thread size_t left;
	static __thread pid_t owner;
	uint8_t *p = out;

	if (n <= 32) {
		if (left < n || owner != getpid()) {
			if (getrandom(pool, sizeof(pool), 0) != (ssize_t)sizeof(pool))
				abort();
			left = sizeof(pool);
			owner = getpid();
		}
		left -= n;
		memcpy(p, pool + left, n);
		crypto_wipe(pool + left, n);
		return;
	}
	while (n > 0) {
		ssize_t got = getrandom(p, n > 256 ? 256 : n, 0);

		if (got <= 0)
			abort();
		p += got;
		n -= (size_t)got;
	}
}

void
crypto_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}

void
crypto_base64(struct buf *out, struct str data)
{
	encode(out, data, base64_digits, true);
}

void
crypto_base64url(struct buf *out, struct str data)
{
	encode(out, data, base64url_digits, false);
}

int
crypto_unbase64(struct buf *out, struct str text, struct err *e)
{
	return decode(out, text, base64_digits, true, e);
}

int
crypto_unbase64url(struct buf *out, struct str text, struct err *e)
{
	return decode(out, text, base64url_digits, false, e);
}

void
crypto_base62(const uint8_t *p, size_t n, size_t width, char *out)
{
	uint8_t number[64];

	if (n > sizeof(number))
		abort();
	memcpy(number, p, n);
	for (size_t at = width; at > 0; at--) {
		unsigned rest = 0;

		for (size_t i = 0; i < n; i++) {
			unsigned v = rest << 8 | number[i];

			number[i] = (uint8_t)(v / 62);
			rest = v % 62;
		}
		out[at - 1] = base62_digits[rest];
	}
	out[width] = '\0';
	crypto_wipe(number, sizeof(number));
}

uint32_t
crypto_crc32(struct str data)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < data.n; i++) {
		crc ^= (uint8_t)data.p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

void
token_make(char kind, char out[TOKEN_SIZE])
{
	uint8_t secret[TOKEN_RANDOM];

	crypto_random(secret, sizeof(secret));
	out[0] = 'm';
	out[1] = 'r';
	out[2] = kind;
	out[3] = '_';
	crypto_base62(secret, sizeof(secret), TOKEN_BODY, out + TOKEN_PREFIX);
	token_check_text(str_make(out, TOKEN_PREFIX + TOKEN_BODY), out + TOKEN_PREFIX + TOKEN_BODY);
	crypto_wipe(secret, sizeof(secret));
}

bool
token_check(struct str text, char kind)
{
	char check[TOKEN_CHECK + 1];
	struct str head = str_sub(text, 0, TOKEN_PREFIX + TOKEN_BODY);

	if (text.n != TOKEN_SIZE - 1 || !str_starts(text, "mr") || text.p[3] != '_' ||
	    (kind != 0 && text.p[2] != kind))
		return false;
	for (size_t i = TOKEN_PREFIX; i < text.n; i++) {
		if (text.p[i] == '\0' || strchr(base62_digits, text.p[i]) == NULL)
			return false;
	}
	token_check_text(head, check);
	return str_is(str_sub(text, head.n, TOKEN_CHECK), check);
}

static void
encode(struct buf *out, struct str data, const char *digits, bool padded)
{
	const uint8_t *p = (const uint8_t *)data.p;

	for (size_t i = 0; i < data.n; i += 3) {
		size_t n = data.n - i < 3 ? data.n - i : 3;
		uint32_t v = (uint32_t)p[i] << 16;

		if (n > 1)
			v |= (uint32_t)p[i + 1] << 8;
		if (n > 2)
			v |= p[i + 2];
		for (size_t k = 0; k < n + 1; k++)
			buf_byte(out, digits[v >> (18 - 6 * k) & 0x3f]);
		for (size_t k = n; k < 3 && padded; k++)
			buf_byte(out, '=');
	}
}

static int
decode(struct buf *out, struct str text, const char *digits, bool padded, struct err *e)
{
	size_t before = out->len, n = text.n;
	uint32_t v = 0;
	unsigned bits = 0;
	bool bad = padded && n % 4 != 0;

	for (int pad = 0; padded && pad < 2 && n > 0 && text.p[n - 1] == '='; pad++)
		n--;
	bad = bad || n % 4 == 1;
	for (size_t i = 0; i < n && !bad; i++) {
		const char *hit = text.p[i] != '\0' ? strchr(digits, text.p[i]) : NULL;

		bad = hit == NULL;
		v = v << 6 | (uint32_t)(bad ? 0 : hit - digits);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_byte(out, (int)(v >> bits & 0xff));
		}
	}
	/* the bits that are left over must be zero, or two texts would mean the same bytes */
	if (bad || (v & ((1U << bits) - 1)) != 0) {
		buf_truncate(out, before);
		return err_set(e, "MR400", "must be base64%s", padded ? "" : "url");
	}
	return 0;
}

static void
token_check_text(struct str head, char out[TOKEN_CHECK + 1])
{
	uint32_t crc = crypto_crc32(head);
	uint8_t bytes[4] = { (uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8),
		(uint8_t)crc };

	crypto_base62(bytes, sizeof(bytes), TOKEN_CHECK, out);
}

#include "web/password.h"

#include <argon2.h>
#include <crypt.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/crypto.h"
#include "core/mem.h"

enum {
	MEMORY_KIB = 19456,
	PASSES = 2,
	LANES = 1,
	SALT_BYTES = 16,
	HASH_BYTES = 32,
	MEMORY_KIB_MAX = 262144, /* what a stored hash may ask for */
	PASSES_MAX = 16,
	LANES_MAX = 8,
};

struct cost {
	unsigned memory_kib, passes, lanes;
	const char *salt; /* base64 without padding */
};

static int bcrypt_derive(struct str password, const char *like, char out[PASSWORD_HASH_SIZE]);
static int cost_parse(const char *like, struct cost *out);

/* Those of the well-known lists that are long enough to be asked for. */
static const char *const known[] = { "1234567890", "12345678901", "123456789012", "0123456789",
	"0987654321", "1q2w3e4r5t", "1qaz2wsx3edc", "abcdefghij", "administrator", "changeme123",
	"iloveyou123", "letmein123", "password10", "password12", "password123", "password1234",
	"passw0rd123", "p@ssw0rd123", "qwerty1234", "qwerty12345", "qwertyuiop", "qwertyuiop123",
	"welcome123", "welcome1234", "zaq12wsxcde3", "adminadmin", "testtest12", "testpassword",
	"administrator1", "superman123", "football123", "baseball123", "sunshine123", "princess123",
	"letmeinplease", "passwordpassword" };

int
password_hash(struct str password, char out[PASSWORD_HASH_SIZE])
{
	uint8_t salt[SALT_BYTES];

	crypto_random(salt, sizeof(salt));
	return argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password.p, password.n, salt,
	           sizeof(salt), HASH_BYTES, out, PASSWORD_HASH_SIZE) == ARGON2_OK
	           ? 0
	           : -1;
}

int
password_derive(struct str password, const char *like, char out[PASSWORD_HASH_SIZE])
{
	struct cost cost;
	struct buf padded = { 0 }, salt = { 0 };
	struct err ignored;
	int rc = -1;

	if (str_starts(str_of(like), "$2"))
		return bcrypt_derive(password, like, out);
	if (cost_parse(like, &cost) != 0)
		return -1;
	/* PHC leaves the padding of base64 out. */
	buf_text(&padded, cost.salt);
	while (padded.len % 4 != 0)
		buf_byte(&padded, '=');
	if (crypto_unbase64(&salt, buf_view(&padded), &ignored) == 0 && salt.len >= 8 &&
	    argon2id_hash_encoded(cost.passes, cost.memory_kib, cost.lanes, password.p, password.n,
	        salt.data, salt.len, HASH_BYTES, out, PASSWORD_HASH_SIZE) == ARGON2_OK)
		rc = 0;
	buf_free(&padded);
	buf_free(&salt);
	return rc;
}

bool
password_is_outdated(const char *like)
{
	struct cost cost;

	return cost_parse(like, &cost) != 0 || cost.memory_kib != MEMORY_KIB ||
	       cost.passes != PASSES || cost.lanes != LANES;
}

const char *
password_weakness(struct str password, struct str email)
{
	ptrdiff_t at = str_find(email, "@", 0);
	bool one = true;

	if (password.n == email.n && strncasecmp(password.p, email.p, email.n) == 0)
		return "must not be the email address";
	if (at > 0 && password.n == (size_t)at && strncasecmp(password.p, email.p, password.n) == 0)
		return "must not be the email address";
	for (size_t i = 0; i < countof(known); i++) {
		if (str_is_ignoring_case(password, known[i]))
			return "is a well-known password";
	}
	for (size_t i = 1; i < password.n; i++)
		one = one && password.p[i] == password.p[0];
	return one ? "must not be one character repeated" : NULL;
}

/* Imported hashes: crypt(3) writes the salt and its cost before what it derives. */
static int
bcrypt_derive(struct str password, const char *like, char out[PASSWORD_HASH_SIZE])
{
	struct crypt_data *data = mem_alloc(sizeof(*data));
	char *text = mem_strndup(password.p, password.n);
	const char *hash = crypt_r(text, like, data);
	int rc = -1;

	/* What it can't do is told by a text that is no hash. */
	if (hash != NULL && str_starts(str_of(hash), "$2") &&
	    str_copy(out, PASSWORD_HASH_SIZE, str_of(hash)) == 0)
		rc = 0;
	crypto_wipe(text, password.n);
	crypto_wipe(data, sizeof(*data));
	mem_free(text);
	mem_free(data);
	return rc;
}

static int
cost_parse(const char *like, struct cost *out)
{
	int used = 0;

	if (like == NULL)
		return -1;
	/* NOLINTNEXTLINE(cert-err34-c): we wrote it, and the limits are looked at below */
	if (sscanf(like, "$argon2id$v=19$m=%u,t=%u,p=%u$%n", &out->memory_kib, &out->passes,
	        &out->lanes, &used) != 3 ||
	    used == 0)
		return -1;
	out->salt = like + used;
	return out->memory_kib <= MEMORY_KIB_MAX && out->passes <= PASSES_MAX &&
	               out->lanes <= LANES_MAX && out->passes > 0 && out->lanes > 0
	           ? 0
	           : -1;
}

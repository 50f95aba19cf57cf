#include "vault/kek.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/crypto.h"

#define FILE_MAX 65536
#define HEX_SIZE (2 * SEAL_KEY_SIZE + 1)

static const char id_label[] = "millrace kek";

static int ring_read(struct kek_ring *ring, struct str text, struct err *e);
static int ring_push(struct kek_ring *ring, const uint8_t key[SEAL_KEY_SIZE], struct err *e);
static int key_read(struct str hex, uint8_t key[SEAL_KEY_SIZE]);
static int file_load(const char *path, struct buf *out, struct err *e);
static int file_save(const struct kek_ring *ring, struct err *e);

int
kek_load(struct kek_ring *ring, const char *text, const char *path, struct err *e)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char given[PATH_MAX] = "";
	struct buf b = { 0 };
	int rc = -1;

	*ring = (struct kek_ring){ 0 };
	if (folder != NULL)
		(void)snprintf(given, sizeof(given), "%s/millrace-kek", folder);
	if (given[0] != '\0' && access(given, F_OK) == 0) {
		rc = file_load(given, &b, e);
		if (rc == 0)
			rc = ring_read(ring, buf_view(&b), e);
	} else if (text[0] != '\0') {
		rc = ring_read(ring, str_of(text), e);
	} else if (access(path, F_OK) == 0) {
		ring->path = path;
		rc = file_load(path, &b, e);
		if (rc == 0)
			rc = ring_read(ring, buf_view(&b), e);
	} else {
		ring->path = path;
		rc = kek_add(ring, e);
	}
	if (rc == 0 && ring->n == 0)
		rc = err_set(e, "MR400", "there is no master key in it");
	buf_free(&b);
	return rc;
}

const struct kek *
kek_find(const struct kek_ring *ring, uint32_t id)
{
	for (int i = 0; i < ring->n; i++) {
		if (ring->v[i].id == id)
			return &ring->v[i];
	}
	return NULL;
}

const struct kek *
kek_current(const struct kek_ring *ring)
{
	return &ring->v[ring->n - 1];
}

int
kek_add(struct kek_ring *ring, struct err *e)
{
	uint8_t key[SEAL_KEY_SIZE];
	int rc = -1;

	crypto_random(key, sizeof(key));
	if (ring->path == NULL)
		err_set(e, "MR409",
		    "the master keys are given to the vault: add one where they come from, and "
		    "start the vault again");
	else if (ring_push(ring, key, e) == 0) {
		rc = file_save(ring, e);
		if (rc != 0)
			crypto_wipe(&ring->v[--ring->n], sizeof(ring->v[0]));
	}
	crypto_wipe(key, sizeof(key));
	return rc;
}

int
kek_retire(struct kek_ring *ring, uint32_t id, struct err *e)
{
	const struct kek *found = kek_find(ring, id);
	struct kek_ring before = *ring;
	int at, rc = -1;

	if (found == NULL) {
		err_set(e, "MR404", "there is no master key %08x", id);
		goto out;
	}
	if (ring->path == NULL || found == kek_current(ring)) {
		err_set(e, "MR409",
		    ring->path == NULL ? "the master keys are given to the vault"
		                       : "the current master key can't be retired");
		goto out;
	}
	at = (int)(found - ring->v);
	memmove(&ring->v[at], &ring->v[at + 1], (size_t)(ring->n - at - 1) * sizeof(ring->v[0]));
	ring->n--;
	crypto_wipe(&ring->v[ring->n], sizeof(ring->v[0]));
	rc = file_save(ring, e);
	if (rc != 0)
		*ring = before;
out:
	crypto_wipe(&before, sizeof(before));
	return rc;
}

static int
ring_read(struct kek_ring *ring, struct str text, struct err *e)
{
	uint8_t key[SEAL_KEY_SIZE];
	struct str line;
	int at = 0, rc = 0;

	while (rc == 0 && str_next(&text, '\n', &line)) {
		line = str_trim(line);
		at++;
		if (line.n == 0 || line.p[0] == '#')
			continue;
		rc = key_read(line, key);
		if (rc != 0)
			err_set(e, "MR400", "line %d of the master keys is no key of 64 hex digits",
			    at);
		else
			rc = ring_push(ring, key, e);
	}
	crypto_wipe(key, sizeof(key));
	return rc;
}

static int
ring_push(struct kek_ring *ring, const uint8_t key[SEAL_KEY_SIZE], struct err *e)
{
	uint8_t text[sizeof(id_label) - 1 + SEAL_KEY_SIZE], digest[SHA256_SIZE] = { 0 };
	struct kek *k = &ring->v[ring->n];
	int rc = -1;

	if (ring->n == KEK_MAX)
		return err_set(e, "MR413", "there are more than %d master keys", KEK_MAX);
	memcpy(text, id_label, sizeof(id_label) - 1);
	memcpy(text + sizeof(id_label) - 1, key, SEAL_KEY_SIZE);
	crypto_sha256(str_make((const char *)text, sizeof(text)), digest);
	memcpy(k->key, key, SEAL_KEY_SIZE);
	k->id = (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 |
	        digest[3];
	rc = seal_pair_of(k->key, &k->pair, e);
	if (rc == 0)
		ring->n++;
	crypto_wipe(text, sizeof(text));
	return rc;
}

static int
key_read(struct str hex, uint8_t key[SEAL_KEY_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	if (hex.n != 2 * SEAL_KEY_SIZE)
		return -1;
	memset(key, 0, SEAL_KEY_SIZE);
	for (size_t i = 0; i < hex.n; i++) {
		const char *hit = hex.p[i] != '\0' ? strchr(digits, hex.p[i] | 0x20) : NULL;

		if (hit == NULL)
			return -1;
		key[i / 2] = (uint8_t)(key[i / 2] << 4 | (hit - digits));
	}
	return 0;
}

static int
file_load(const char *path, struct buf *out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf_reserve(out, FILE_MAX), FILE_MAX);
	int rc = 0;

	if (n < 0)
		rc = err_set(e, "MR500", "the master keys in %s: %s", path, strerror(errno));
	else
		buf_grew(out, (size_t)n);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* A new file takes the old one's place, and is on the disk before a key of it is used. */
static int
file_save(const struct kek_ring *ring, struct err *e)
{
	char path[PATH_MAX], hex[HEX_SIZE];
	struct buf text = { 0 };
	int fd = -1, folder = -1, rc = -1;

	buf_text(&text, "# Master keys of millrace-vault, one a line, the last one is current.\n"
	                "# Without this file no stored secret can be read: keep a copy, apart from "
	                "the database's.\n");
	for (int i = 0; i < ring->n; i++)
		buf_printf(&text, "%s\n", crypto_hex(ring->v[i].key, SEAL_KEY_SIZE, hex));
	crypto_wipe(hex, sizeof(hex));
	(void)snprintf(path, sizeof(path), "%s.new", ring->path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text.data, text.len) != (ssize_t)text.len || fsync(fd) != 0 ||
	    rename(path, ring->path) != 0)
		goto out;
	(void)snprintf(path, sizeof(path), "%s", ring->path);
	*strrchr(path, '/') = '\0';
	folder = open(path[0] != '\0' ? path : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0 || fsync(folder) != 0)
		goto out;
	rc = 0;
out:
	if (rc != 0)
		err_set(e, "MR500", "can't write the master keys to %s: %s", ring->path,
		    strerror(errno));
	if (fd >= 0)
		close(fd);
	if (folder >= 0)
		close(folder);
	buf_free(&text);
	return rc;
}

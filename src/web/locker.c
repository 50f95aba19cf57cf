#include "web/locker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/crypto.h"
#include "core/seal.h"

#define KEY_ID 1 /* the only one there is yet */

static uint8_t locker_key[SEAL_KEY_SIZE];
static bool locker_ready;

static int key_make(const char *path);

int
locker_load(const char *folder, struct err *e)
{
	char path[4096];
	struct stat st;
	int fd, n, rc = -1;

	n = snprintf(path, sizeof(path), "%s/second-factor.key", folder);
	if (n < 0 || (size_t)n >= sizeof(path))
		return err_set(e, "MR500", "the name of the key folder is too long");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		fd = key_make(path);
	if (fd < 0)
		(void)err_set(e, "MR500", "%s: %s", path, strerror(errno));
	else if (fstat(fd, &st) != 0 || (st.st_mode & 077) != 0)
		(void)err_set(e, "MR500", "%s can be read by others", path);
	else if (pread(fd, locker_key, sizeof(locker_key), 0) != (ssize_t)sizeof(locker_key))
		(void)err_set(e, "MR500", "%s does not hold %d bytes", path, SEAL_KEY_SIZE);
	else
		rc = 0;
	if (fd >= 0)
		(void)close(fd);
	locker_ready = rc == 0;
	return rc;
}

int
locker_seal(struct str plain, struct str place, struct buf *out, struct err *e)
{
	if (!locker_ready)
		return err_set(e, "MR503", "this installation has no key for second factors");
	return seal_shared(locker_key, KEY_ID, plain, place, out, e);
}

int
locker_open(struct str sealed, struct str place, struct buf *out, struct err *e)
{
	if (!locker_ready)
		return err_set(e, "MR503", "this installation has no key for second factors");
	if (seal_open(locker_key, sealed, place, out, e) != 0)
		return err_set(e, "MR500", "a second factor was sealed under another key");
	return 0;
}

/* Its descriptor, or -1 with errno. Whole or not there: it gets its name when it is written. */
static int
key_make(const char *path)
{
	uint8_t key[SEAL_KEY_SIZE];
	char draft[4200];
	int fd, ok;

	(void)snprintf(draft, sizeof(draft), "%s.%d", path, (int)getpid());
	fd = open(draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	crypto_random(key, sizeof(key));
	ok = write(fd, key, sizeof(key)) == (ssize_t)sizeof(key) && fsync(fd) == 0 &&
	     link(draft, path) == 0;
	crypto_wipe(key, sizeof(key));
	(void)unlink(draft);
	if (ok)
		return fd;
	(void)close(fd);
	/* Another process was faster: its key is the one. */
	return open(path, O_RDONLY | O_CLOEXEC);
}

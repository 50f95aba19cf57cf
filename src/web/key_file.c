#include "web/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/crypto.h"

static int key_make(const char *path, struct err *e);

int
key_file_load(const char *folder, const char *name, uint8_t key[SEAL_KEY_SIZE], struct err *e)
{
	char path[PATH_MAX];
	struct stat st;
	int fd, rc = -1;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
		return err_set(e, "MR500", "the name of the key folder is too long");
	if (access(path, F_OK) != 0 && key_make(path, e) != 0)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		err_set(e, "MR500", "%s: %s", path, strerror(errno));
	else if ((st.st_mode & 077) != 0)
		err_set(e, "MR500", "%s can be read by others; chmod 600 it", path);
	else if (st.st_size != SEAL_KEY_SIZE || read(fd, key, SEAL_KEY_SIZE) != SEAL_KEY_SIZE)
		err_set(e, "MR500", "%s does not hold %d bytes", path, SEAL_KEY_SIZE);
	else
		rc = 0;
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* Written under another name and then linked, so that there is never half a key. */
static int
key_make(const char *path, struct err *e)
{
	uint8_t key[SEAL_KEY_SIZE];
	char draft[PATH_MAX + 16];
	int fd, rc = 0;

	snprintf(draft, sizeof(draft), "%s.%d", path, (int)getpid());
	(void)unlink(draft);
	crypto_random(key, sizeof(key));
	fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, key, sizeof(key)) != (ssize_t)sizeof(key) || fsync(fd) != 0 ||
	    (link(draft, path) != 0 && errno != EEXIST))
		rc = err_set(e, "MR500", "can't write %s: %s", path, strerror(errno));
	if (fd >= 0) {
		(void)close(fd);
		(void)unlink(draft);
	}
	crypto_wipe(key, sizeof(key));
	return rc;
}

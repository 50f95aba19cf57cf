#include "cli/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/conf.h"

#define FILE_MAX ((size_t)16 * 1024 * 1024)

static int write_all(int fd, struct str text);

int
place_find(struct place *place, struct err *e)
{
	char probe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", place->bin, sizeof(place->bin) - 1);
	char *slash;

	if (n <= 0)
		return err_set(e, "MR500", "can't tell where this program is: is /proc mounted?");
	place->bin[n] = '\0';
	*strrchr(place->bin, '/') = '\0';
	(void)path_of(place->root, place->bin, NULL);
	while (access(path_of(probe, place->root, "migrations/bootstrap.sql", NULL), R_OK) != 0) {
		slash = strrchr(place->root, '/');
		if (slash == NULL || slash == place->root)
			return err_set(e, "MR500",
			    "no folder above %s holds migrations/: run the program where it was "
			    "built",
			    place->bin);
		*slash = '\0';
	}
	if (realpath(conf_text(CONF_VAR), place->var) == NULL)
		return err_set(e, "MR500", "there is no folder %s (%s): scripts/place.sh makes it",
		    conf_text(CONF_VAR), conf_name(CONF_VAR));
	return 0;
}

const char *
path_of(char out[PATH_MAX], const char *first, ...)
{
	char whole[PATH_MAX];
	const char *part;
	size_t len = 0;
	va_list ap;

	va_start(ap, first);
	for (part = first; part != NULL; part = va_arg(ap, const char *)) {
		int n = snprintf(whole + len, sizeof(whole) - len, len > 0 ? "/%s" : "%s", part);

		if (n < 0 || (size_t)n >= sizeof(whole) - len)
			abort();
		len += (size_t)n;
	}
	va_end(ap);
	memcpy(out, whole, len + 1);
	return out;
}

int
file_read(const char *path, struct buf *out, struct err *e)
{
	FILE *f = fopen(path, "re");
	size_t n;
	int rc = 0;

	if (f == NULL)
		return err_set(e, errno == ENOENT ? "MR404" : "MR500", "can't read %s: %s", path,
		    strerror(errno));
	do {
		n = fread(buf_reserve(out, 65536), 1, 65536, f);
		buf_grew(out, n);
	} while (n > 0 && out->len <= FILE_MAX);
	if (out->len > FILE_MAX)
		rc = err_set(e, "MR413", "%s is too long", path);
	else if (ferror(f))
		rc = err_set(e, "MR500", "can't read %s", path);
	(void)fclose(f);
	return rc;
}

int
file_write(const char *path, mode_t mode, struct str text, struct err *e)
{
	char fresh[PATH_MAX];
	int fd, rc = -1;

	if (strlen(path) + 5 > sizeof(fresh))
		return err_set(e, "MR500", "the path %s is too long", path);
	(void)snprintf(fresh, sizeof(fresh), "%s.new", path);
	(void)unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd >= 0 && fchmod(fd, mode) == 0 && write_all(fd, text) == 0 && fsync(fd) == 0 &&
	    rename(fresh, path) == 0)
		rc = 0;
	else
		(void)err_set(e, "MR500", "can't write %s: %s", path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	if (rc != 0)
		(void)unlink(fresh);
	return rc;
}

static int
write_all(int fd, struct str text)
{
	size_t done = 0;

	while (done < text.n) {
		ssize_t n = write(fd, text.p + done, text.n - done);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0)
			done += (size_t)n;
	}
	return 0;
}

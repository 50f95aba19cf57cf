#include "cli/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static int lock_fd = -1;

static int lock_open(const struct place *place, int flags);

int
lock_take(const struct place *place, struct err *e)
{
	char text[24];
	int n, fd = lock_open(place, O_RDWR | O_CREAT);

	if (fd < 0)
		return err_set(
		    e, "MR500", "can't write in %s/run: %s", place->var, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		(void)close(fd);
		return err_set(
		    e, "MR409", "it is running already (process %d)", (int)lock_holder(place));
	}
	n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) != 0 || write(fd, text, (size_t)n) != n) {
		(void)close(fd);
		return err_set(
		    e, "MR500", "can't write %s/run/up.pid: %s", place->var, strerror(errno));
	}
	lock_fd = fd;
	return 0;
}

pid_t
lock_holder(const struct place *place)
{
	struct str text;
	char bytes[24];
	int64_t pid = 0;
	ssize_t n;
	int fd = lock_open(place, O_RDONLY);

	if (fd < 0)
		return 0;
	n = read(fd, bytes, sizeof(bytes));
	text = str_trim(str_make(bytes, n > 0 ? (size_t)n : 0));
	/* Free to take means that nobody is there, whatever the file says. */
	if (flock(fd, LOCK_SH | LOCK_NB) == 0 || str_int64(text, 1, INT32_MAX, &pid, NULL) != 0)
		pid = 0;
	(void)close(fd);
	return (pid_t)pid;
}

static int
lock_open(const struct place *place, int flags)
{
	char path[PATH_MAX];

	return open(path_of(path, place->var, "run", "up.pid", NULL), flags | O_CLOEXEC, 0644);
}

#include "core/sock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/str.h"

#define GIVEN_FD 3

static int sock_new(const char *path, struct sockaddr_un *addr, int *fd, struct err *e);

int
sock_listen(const char *path, mode_t mode, int *fd, struct err *e)
{
	struct sockaddr_un addr;
	struct stat st;
	int rc = -1;

	if (sock_new(path, &addr, fd, e) != 0)
		goto out;
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
	/* nobody can connect before listen, so the mode is right in time */
	if (bind(*fd, (const struct sockaddr *)&addr, sizeof(addr)) != 0 ||
	    chmod(path, mode) != 0 || listen(*fd, SOMAXCONN) != 0) {
		err_set(e, "MR500", "%s: %s", path, strerror(errno));
		goto out;
	}
	rc = 0;
out:
	if (rc != 0 && *fd >= 0) {
		close(*fd);
		*fd = -1;
	}
	return rc;
}

int
sock_given(void)
{
	const char *given = getenv("LISTEN_FDS");

	return given != NULL && strcmp(given, "1") == 0 ? GIVEN_FD : -1;
}

int
sock_accept(int listener, int *fd, struct err *e)
{
	*fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (*fd >= 0)
		return 1;
	if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
		return 0;
	return err_set(e, "MR500", "accept: %s", strerror(errno));
}

int
sock_connect(const char *path, int *fd, struct err *e)
{
	struct sockaddr_un addr;
	int rc = -1;

	if (sock_new(path, &addr, fd, e) != 0)
		goto out;
	if (connect(*fd, (const struct sockaddr *)&addr, sizeof(addr)) != 0) {
		err_set(e, "MR503", "%s: %s", path, strerror(errno));
		goto out;
	}
	rc = 0;
out:
	if (rc != 0 && *fd >= 0) {
		close(*fd);
		*fd = -1;
	}
	return rc;
}

int
sock_peer(int fd, uid_t *uid, pid_t *pid, struct err *e)
{
	struct ucred cred;
	socklen_t n = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) != 0)
		return err_set(e, "MR500", "SO_PEERCRED: %s", strerror(errno));
	*uid = cred.uid;
	*pid = cred.pid;
	return 0;
}

static int
sock_new(const char *path, struct sockaddr_un *addr, int *fd, struct err *e)
{
	*fd = -1;
	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (str_copy(addr->sun_path, sizeof(addr->sun_path), str_of(path)) != 0)
		return err_set(e, "MR500", "%s: longer than a socket's path may be", path);
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return err_set(e, "MR500", "socket: %s", strerror(errno));
	return 0;
}

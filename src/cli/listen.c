#include "cli/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int bound_port(int fd);

int
listen_tcp(const char *address, int port, int *fd, int *bound, struct err *e)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *a = NULL;
	char number[8];
	int on = 1, rc = -1;

	*fd = -1;
	(void)snprintf(number, sizeof(number), "%d", port);
	if (getaddrinfo(address, number, &hints, &a) != 0)
		return err_set(e, "MR500", "%s is not an address to listen on", address);
	*fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd >= 0 && setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(*fd, a->ai_addr, a->ai_addrlen) == 0 && listen(*fd, 128) == 0) {
		*bound = bound_port(*fd);
		rc = 0;
	} else if (errno == EADDRINUSE) {
		(void)err_set(e, "MR409", "port %d of %s is taken", port, address);
	} else {
		(void)err_set(
		    e, "MR500", "can't listen on %s port %d: %s", address, port, strerror(errno));
	}
	freeaddrinfo(a);
	if (rc != 0 && *fd >= 0) {
		(void)close(*fd);
		*fd = -1;
	}
	return rc;
}

static int
bound_port(int fd)
{
	struct sockaddr_storage at = { 0 };
	struct sockaddr_in in;
	struct sockaddr_in6 six;
	socklen_t n = sizeof(at);

	if (getsockname(fd, (struct sockaddr *)&at, &n) != 0)
		return 0;
	memcpy(&in, &at, sizeof(in));
	memcpy(&six, &at, sizeof(six));
	return ntohs(at.ss_family == AF_INET6 ? six.sin6_port : in.sin_port);
}

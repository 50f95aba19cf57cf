/*
 * sock.h: the unix stream sockets between our processes. All descriptors are close-on-exec and
 * non-blocking.
 */
#ifndef MR_CORE_SOCK_H
#define MR_CORE_SOCK_H

#include <sys/types.h>

#include "core/def.h"
#include "core/err.h"

/* Listens at `path` (an old socket there is replaced) with the given mode. -1: MR500, *fd is -1. */
mr_must_check int sock_listen(const char *path, mode_t mode, int *fd, struct err *e);

/*
 * The listening socket that whoever started us passed on (LISTEN_FDS=1 in the environment:
 * descriptor 3), else -1.
 */
int sock_given(void);

/* Accepts one. 1: *fd is set; 0: nobody waits; -1: MR500. */
mr_must_check int sock_accept(int listener, int *fd, struct err *e);

/* Connects; at once, since it is local. -1: MR503 nobody listens there. */
mr_must_check int sock_connect(const char *path, int *fd, struct err *e);

/* The user at the other end. -1: MR500. */
mr_must_check int sock_peer(int fd, uid_t *uid, pid_t *pid, struct err *e);

#endif

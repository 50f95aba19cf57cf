/*
 * listen.h: TCP listeners on this machine.
 */
#ifndef MR_CLI_LISTEN_H
#define MR_CLI_LISTEN_H

#include "core/def.h"
#include "core/err.h"

/*
 * Listens on address:port, port 0 = any free one. 0: *fd is close-on-exec and non-blocking, *bound
 * is the port. -1: MR409 the port is taken, MR500.
 */
mr_must_check int listen_tcp(const char *address, int port, int *fd, int *bound, struct err *e);

#endif

/*
 * child.h: starts one of our processes: as which user, with which environment, log and socket.
 */
#ifndef MR_CLI_CHILD_H
#define MR_CLI_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "cli/place.h"
#include "core/def.h"
#include "core/err.h"

#define CHILD_ARGS_MAX 40

struct child_spec {
	const char *name;                 /* of the log and the pid file */
	const char *program;              /* in place->bin */
	const char *user;                 /* when we are root; NULL = stay */
	const char *args[CHILD_ARGS_MAX]; /* after the program's name; ends with NULL */
	const char *dsn;                  /* NULL = it has no database */
	bool mails;                       /* knows the mail server and its password */
	const char *ticket_key;           /* what vault and database share; NULL = it isn't told */
	bool locks_memory;                /* as root: it may lock as much as it likes */
	int listener;                     /* becomes descriptor 3, with LISTEN_FDS=1; -1 = none */
};

/*
 * Starts it in a process group of its own, with standard output and error in <var>/log/<name>.log,
 * and <var>/run/<name>.pid written. It gets SIGTERM when we die. -1: MR500.
 */
mr_must_check int child_start(
    const struct place *place, const struct child_spec *spec, pid_t *pid, struct err *e);

/* Takes the pid file away. */
void child_ended(const struct place *place, const struct child_spec *spec);

#endif

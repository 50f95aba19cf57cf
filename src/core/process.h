/*
 * process.h: what a process does to itself at its start.
 */
#ifndef MR_CORE_PROCESS_H
#define MR_CORE_PROCESS_H

#include <sys/types.h>

#include "core/def.h"
#include "core/err.h"

/*
 * Becomes `user` for good, with its groups only. Not root, or already that user: does nothing.
 * -1: MR500; the caller exits.
 */
mr_must_check int process_become(const char *user, struct err *e);

/* The kernel sends signo when the parent dies; exits at once if it has died already (`parent`:
 * getppid before). */
void process_die_with_parent(int signo, pid_t parent);

/* No core dump, not traceable by its own user, no new privileges by exec. */
void process_harden(void);

/* Raises the limit of open files to at least n, as far as allowed; returns what it is now. */
int process_open_files(int n);

#endif

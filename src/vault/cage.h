/*
 * cage.h: what the vault can't do any more once it serves (seccomp).
 */
#ifndef MR_VAULT_CAGE_H
#define MR_VAULT_CAGE_H

#include "core/def.h"
#include "core/err.h"

/*
 * From here on only the system calls that serving needs: no new socket, no connect, no exec, no
 * fork, no ptrace, no reading of other processes. What is left out ends with EPERM, so that it is
 * seen in the log rather than as a dead vault. -1: MR500 the kernel has no filter.
 */
mr_must_check int cage_enter(struct err *e);

#endif

/*
 * ready.h: is the installation ready?
 */
#ifndef MR_CLI_READY_H
#define MR_CLI_READY_H

#include <stdbool.h>
#include <sys/types.h>

#include "cli/place.h"
#include "core/def.h"
#include "core/err.h"

/* Does /readyz of our web process answer 200? */
bool ready_is(void);

/*
 * Waits until it does, for at most 60 s. -1: MR503 with the last thing the processes said, at once
 * when the supervisor (`pid`, a child of ours) has ended.
 */
mr_must_check int ready_wait(const struct place *place, pid_t pid, struct err *e);

#endif

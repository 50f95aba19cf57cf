/*
 * lock.h: one supervisor a folder: <var>/run/up.pid is locked for as long as it lives, whatever way
 * it ends, and holds its process id.
 */
#ifndef MR_CLI_LOCK_H
#define MR_CLI_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

#include "cli/place.h"
#include "core/def.h"
#include "core/err.h"

/* Takes it for the rest of this process's life. -1: MR409 another one holds it, MR500. */
mr_must_check int lock_take(const struct place *place, struct err *e);

/* Who holds it; 0: nobody. */
pid_t lock_holder(const struct place *place);

#endif

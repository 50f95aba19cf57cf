/*
 * runenv.h: <var>/run.env, what a script or a person needs to use this installation: lines of
 * NAME=value, safe for `. run.env` in a shell and for readers that know no quotes. 0600: it holds
 * the demo's password and token, and the administrator's connection string.
 */
#ifndef MR_CLI_RUNENV_H
#define MR_CLI_RUNENV_H

#include <stdbool.h>

#include "cli/place.h"
#include "core/buf.h"
#include "core/def.h"
#include "core/err.h"

/* Appends the value of a name; false when there is none. */
bool runenv_get(const struct place *place, const char *name, struct buf *out);

/* Sets one value and keeps the others. -1: MR400 it would need quotes, MR500. */
mr_must_check int runenv_set(
    const struct place *place, const char *name, const char *value, struct err *e);

bool runenv_exists(const struct place *place);

#endif

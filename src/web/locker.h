#ifndef MR_WEB_LOCKER_H
#define MR_WEB_LOCKER_H

/*
 * locker.h: the key under which secrets of second factors lie in the database. It is a file beside
 * the keys of access tokens, so a dump of the database opens none of them. Not the vault's task:
 * the vault opens for workers only, and here web must compute with what it opens.
 */

#include "core/buf.h"
#include "core/def.h"
#include "core/err.h"
#include "core/str.h"

/* Reads <folder>/second-factor.key (web/key_file.h). Once. -1: MR500. */
mr_must_check int locker_load(const char *folder, struct err *e);

/* Appends what `plain` is when sealed for `place`. -1: MR503 no key was loaded, MR500. */
mr_must_check int locker_seal(struct str plain, struct str place, struct buf *out, struct err *e);

/* Appends what is in a seal. -1: MR503, or MR500 it doesn't open: another key, or another place. */
mr_must_check int locker_open(struct str sealed, struct str place, struct buf *out, struct err *e);

#endif

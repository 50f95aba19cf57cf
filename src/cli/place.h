/*
 * place.h: where this copy of Millrace stands.
 *
 *   root   holds migrations/, sql/ and assets/: the first folder above the program that does
 *   bin    the folder of the program itself, and of its sisters
 *   var    $MILLRACE_VAR, whole path (scripts/place.sh makes it)
 */
#ifndef MR_CLI_PLACE_H
#define MR_CLI_PLACE_H

#include <limits.h>
#include <sys/types.h>

#include "core/buf.h"
#include "core/def.h"
#include "core/err.h"

struct place {
	char root[PATH_MAX];
	char bin[PATH_MAX];
	char var[PATH_MAX];
};

/* After conf_load. -1: MR500 what is missing and what to do. */
mr_must_check int place_find(struct place *place, struct err *e);

/* Joins parts into a path; the last one is NULL. Dies when it is longer than PATH_MAX. */
const char *path_of(char out[PATH_MAX], const char *first, ...) __attribute__((sentinel));

/* Appends a whole file of up to 16 MiB. -1: MR404 there is none, MR500 unreadable, MR413. */
mr_must_check int file_read(const char *path, struct buf *out, struct err *e);

/* Writes a whole file, so that readers see the old or the new one. -1: MR500. */
mr_must_check int file_write(const char *path, mode_t mode, struct str text, struct err *e);

#endif

/*
 * ceiling.h: the installation's own file of what may be dialled beyond the public internet, and
 * the addresses that nobody may dial because they are ours.
 *
 *   # <address>[/<bits>][:<port>] <workspace uuid, or *>       (policy.h)
 *   127.0.0.1:18080 0197c0de-…      opens one address for one workspace
 *   10.20.0.0/16:443 *              every workspace may list addresses of this network
 *
 * The file is read again when it changes. A line that can't be read opens nothing and is logged.
 *
 * A change that keeps size and inode shows in the time of change only, which steps by some ms: so a
 * file read that soon after its change is read again the next time.
 */
#ifndef MR_EGRESS_CEILING_H
#define MR_EGRESS_CEILING_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "core/def.h"
#include "core/err.h"
#include "egress/policy.h"

struct ceiling {
	const char *path; /* "" = there is no file */
	struct policy_grants grants;
	struct policy_nets own;
	int64_t version; /* grows whenever `grants` changed */
	char *text;      /* of the file as last read; NULL = none */
	/* What the file was then. */
	struct timespec changed;
	int64_t size;
	int64_t inode;
	bool young; /* it may change once more without showing it */
};

/* `path` is borrowed for good. */
void ceiling_init(struct ceiling *c, const char *path);
void ceiling_free(struct ceiling *c);

/*
 * Adds an own service: an address with or without port, or `*:<port>`, which is that port on
 * every address this machine has. -1: MR400.
 */
mr_must_check int ceiling_add_own(struct ceiling *c, const char *text, struct err *e);

/* Reads the file if it isn't the one last read; true when the grants changed. */
bool ceiling_refresh(struct ceiling *c);

#endif

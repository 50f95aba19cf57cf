/*
 * outgoing.h: where each workspace's calls may go, read from the database once and then as it
 * changes; told to egress with each call that is made for the workspace.
 *
 * A change is in force within a second. While the database is away the settings last read stand.
 */
#ifndef MR_WORKER_OUTGOING_H
#define MR_WORKER_OUTGOING_H

#include <jansson.h>
#include <stdbool.h>

#include "worker/worker.h"

struct outgoing *outgoing_new(struct worker *w);
void outgoing_free(struct outgoing *o);

/* False until the settings were read: nothing may be called before. step_resume follows. */
bool outgoing_is_known(const struct outgoing *o);

/*
 * Adds `hosts`, `allow` and `proxy` of the request's `workspace` (egress/egress.h), if any. False:
 * that proxy asks for a password, which secret_open_proxy has.
 */
bool outgoing_add(const struct outgoing *o, json_t *request);

#endif

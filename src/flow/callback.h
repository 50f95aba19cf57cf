/*
 * callback.h: the addresses that people and services answer a waiting step at.
 *
 * An address names one step of one run and is sealed with the workspace's key, so it can be made
 * before the step begins, is the same each time the run is rebuilt, and is stored nowhere.
 * sql/app/callback.sql reads its token and says what it is made of.
 */
#ifndef MR_FLOW_CALLBACK_H
#define MR_FLOW_CALLBACK_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/str.h"
#include "core/uuid.h"

/* What the addresses of a run have in common. */
struct callback_site {
	const char *origin; /* https://example.org */
	struct uuid workspace_id, run_id;
	struct str key; /* app.callback_key */
};

struct callback_site *callback_site_copy(struct arena *a, const struct callback_site *site);

/* Appends the address of a step. */
void callback_url(
    struct buf *out, const struct callback_site *site, const char *node_id, int iteration);

#endif

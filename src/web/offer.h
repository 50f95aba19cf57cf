/*
 * offer.h: hands a run to the worker beside us, with all that it needs to begin
 * (worker/offer.h). What that doesn't take is left to a notification, like any other.
 */
#ifndef MR_WEB_OFFER_H
#define MR_WEB_OFFER_H

#include <stdbool.h>

#include "core/str.h"
#include "core/uuid.h"
#include "db/wake.h"

/* What an accepted delivery has made. All of it is copied. */
struct offer {
	struct wake_row row;
	struct uuid workflow_id, version_id;
	int version;
	struct str node;
	bool is_sync;
	const char *method;
	struct str query, headers; /* headers: the JSON that is stored */
	const char *content_type;
	struct str body;
};

/* There is such a worker, and the body isn't more than is worth handing over. */
bool offer_is_possible(struct str body);

/* After the commit, never before. */
void offer_make(const struct offer *offer);

#endif

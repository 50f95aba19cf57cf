#ifndef MR_WEB_HOOK_PROOF_H
#define MR_WEB_HOOK_PROOF_H

/*
 * hook_proof.h: has the sender of a delivery proven itself?
 *
 * What the check needs (scheme, config, sealed secrets) comes from the database, with the verdict
 * `proof` on a delivery that gave none. It is remembered by the address, so that the next delivery
 * there is checked before it is sent and costs no round trip more than one which needs no proof. A
 * proof names the trigger and its etag: the database refuses one that holds for an older state, and
 * says what the newer one is. So what is remembered may be old, but never lets anybody in.
 */

#include <stdbool.h>

#include "core/str.h"
#include "web/call.h"

/* What a check brought; it lives as long as the call. All empty: nothing is proven. */
struct hook_proof {
	struct str text; /* for api.delivery_accept: the state of the trigger that it holds for */
	struct str
	    replay; /* the same in each copy of this request, and proven; p NULL: nothing is */
	const char
	    *hidden; /* lower-case name of the header that holds the secret itself, or NULL */
};

/* Checks by what is remembered of the call's address. False: nothing is, or it doesn't hold. */
bool hook_proof_recall(struct call *c, struct hook_proof *out);

/* Checks by what the database said with the verdict `proof`, and remembers that. */
bool hook_proof_check(struct call *c, struct str said, struct hook_proof *out);

/*
 * A delivery was refused for want of a proof. Each is counted; the workspace's audit log gets an
 * entry with the number since the last one, at most one a minute for an address and process.
 */
void hook_proof_refused(struct call *c, struct str said);

#endif

#ifndef MR_WEB_HOOK_PROOF_H
#define MR_WEB_HOOK_PROOF_H

/*
 * hook_proof.h: has the sender of a delivery proven itself?
 *
 * What the check needs (scheme, config, sealed secrets) comes from the database, with the verdict
 * `proof` on a delivery that gave none; the vault opens the secret and says whether the request
 * holds. What the database said is remembered by the address, so that the next delivery there is
 * checked before it is sent and costs one question to the vault more than one which needs no proof.
 * A proof names the trigger and its etag: the database refuses one that holds for an older state,
 * and says what the newer one is. So what is remembered may be old, but never lets anybody in.
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

enum hook_verdict {
	HOOK_HOLDS,
	HOOK_FAILS,      /* no secret makes it hold */
	HOOK_UNREADABLE, /* the vault opens none, with the keys that it was told */
	HOOK_AWAY,       /* the vault is away, or silent */
};

/* The end of a check; *proof is empty unless it holds. The check is gone. */
typedef void (*hook_proof_fn)(enum hook_verdict v, const struct hook_proof *proof, void *arg);

struct hook_check;

/*
 * Checks by what is remembered of the call's address, or by what the database said with the verdict
 * `proof`, and remembers that. The check under way: fn will be called, unless it is dropped. NULL:
 * fn isn't called; *v says why without asking: HOOK_FAILS (also: nothing is remembered) or
 * HOOK_UNREADABLE.
 */
struct hook_check *hook_proof_recall(
    struct call *c, hook_proof_fn fn, void *arg, enum hook_verdict *v);
struct hook_check *hook_proof_check(
    struct call *c, struct str said, hook_proof_fn fn, void *arg, enum hook_verdict *v);

/* The sender has left. NULL is fine. */
void hook_check_drop(struct hook_check *k);

/*
 * A delivery was refused for want of a proof. Each is counted; the workspace's audit log gets an
 * entry with the number since the last one, at most one a minute for an address and process.
 */
void hook_proof_refused(struct call *c, struct str said);

#endif

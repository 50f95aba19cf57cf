#ifndef MR_WEB_RATE_H
#define MR_WEB_RATE_H

/*
 * rate.h: who asks too often is refused, and so are all when the installation is overloaded: before
 * anything is asked of the database for the request.
 *
 * Buckets (bucket.h) are those of the address; of the person or token, and of their workspace; of
 * the webhook, and of all deliveries of its workspace. Which workspace that is, a process learns
 * from the first request of a credential or webhook; until then the address answers for it.
 */

#include "web/call.h"

/* In the worker process. */
void rate_start(void);

/* Call it several times a second: leases, and once a second the figures of overload. */
void rate_tick(void);

/*
 * Before the credential is looked at. -1: MR429 the address asks too often, MR503 overloaded. A
 * webhook that is known isn't charged to its sender's address, which many share.
 */
mr_must_check int rate_admit_address(struct call *c, struct err *e);

/* Once the credential was read, or for a webhook. -1: MR429. */
mr_must_check int rate_admit_caller(struct call *c, struct err *e);

/* What api.enter has said of the call's credential: "workspace|user|session|token". */
void rate_learn(struct call *c, struct str context);

/* The workspace of the webhook that the call was accepted by. */
void rate_learn_hook(struct call *c, const struct uuid *workspace);

#endif

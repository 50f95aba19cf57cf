/*
 * serve.h: the listening socket of egress, its clients and their requests.
 */
#ifndef MR_EGRESS_SERVE_H
#define MR_EGRESS_SERVE_H

#include <sys/types.h>

#include "core/def.h"
#include "core/err.h"
#include "egress/exchange.h"

struct serve;

/*
 * Serves the clients of `listener` (taken over) whose user is `peer`, or root, who could become it;
 * others are closed and logged.
 */
mr_must_check int serve_new(
    struct exchange_world *world, int listener, uid_t peer, struct serve **out, struct err *e);

/* Accepts no more; calls idle(arg) as soon as no request is under way, at once if none is. */
void serve_drain(struct serve *s, void (*idle)(void *arg), void *arg);

/* Drops what is under way. NULL is fine. */
void serve_free(struct serve *s);

#endif

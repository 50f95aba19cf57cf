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

/* The users that may ask. */
struct serve_peers {
	uid_t worker, web;
};

/*
 * Serves the clients of `listener` (taken over) whose user is one of these, or root, who could
 * become them; others are closed and logged. Where the two differ, web may ask as the installation
 * alone, and the worker as a workspace alone.
 */
struct serve *serve_new(
    struct exchange_world *world, int listener, const struct serve_peers *peers);

/* Accepts no more; calls idle(arg) as soon as no request is under way, at once if none is. */
void serve_drain(struct serve *s, void (*idle)(void *arg), void *arg);

/* Drops what is under way. NULL is fine. */
void serve_free(struct serve *s);

#endif

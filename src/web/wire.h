#ifndef MR_WEB_WIRE_H
#define MR_WEB_WIRE_H

/*
 * wire.h: Kore's connections, before there is a request: the strict reader (guard.h) in front of
 * Kore's parser, refusals with a JSON body, deadlines for slow heads and bodies.
 *
 * A refused connection is not closed at once: its answer is sent, our side is shut, and what still
 * arrives is thrown away for up to 2 s, so that the client reads the answer rather than a reset.
 */

#include <stdbool.h>

#include "web/guard.h"

struct connection;

/* Set once, before the first connection. */
void wire_limits(const struct guard_limits *limits);

/* New requests are refused with 503 from now on. */
void wire_drain(void);

/* Answers 408 where a head or body took too long; call several times a second. */
void wire_tick(void);

/* Kore's connect hook; named in the configuration. */
void guard_connect(struct connection *c);

/* Refusals so far, for /metrics. */
long wire_refused(void);

#endif

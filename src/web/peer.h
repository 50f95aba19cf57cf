#ifndef MR_WEB_PEER_H
#define MR_WEB_PEER_H

/*
 * peer.h: questions to another of our processes, on Kore's event loop: one connection a web worker,
 * made when first needed, and any number of questions under way on it. Frames are core/frame.h's.
 */

#include <jansson.h>

#include "core/conf.h"
#include "core/def.h"
#include "core/err.h"
#include "core/frame.h"
#include "core/str.h"

struct peer_setup {
	const char *name;   /* for the log */
	enum conf_key sock; /* the path of its socket */
	const char *away;   /* what a person is told without it */
	struct frame_limits limits;
	int flights_max; /* questions under way; 0: any number */
	const char *full;
	/* Asking twice does no harm: without the other process a question waits for it, and it is
	 * asked again when the connection was lost, until its time is over. Else it fails. */
	bool asks_again;
};

struct peer;

/*
 * The answer, borrowed; NULL: *e says why there is none, in a sentence that names no secret. An
 * answer's own `error` comes so, with its code.
 */
typedef void (*peer_fn)(const json_t *answer, struct str body, const struct err *e, void *arg);

/* Kept for good; `setup`, too. */
struct peer *peer_new(const struct peer_setup *setup);

/*
 * Asks; the question gets its id, the body is copied, and wiped after use. 0: fn will be called
 * once, later, unless it is dropped. -1: MR503 away or full, MR413; fn won't be called.
 */
mr_must_check int peer_ask(struct peer *p, json_t *question, struct str body, int64_t timeout_ms,
    peer_fn fn, void *arg, struct err *e);

/* fn won't be called for what was asked with this arg. */
void peer_drop(struct peer *p, const void *arg);

/* Deadlines of all; call several times a second. */
void peer_tick(void);

#endif

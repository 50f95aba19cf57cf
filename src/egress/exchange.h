/*
 * exchange.h: one request from its first dial to its answer, redirects included.
 *
 *   exchange_start -> hop -> done -> [redirect: hop -> done ->] … -> the caller's `answer`
 *
 * Through a proxy a hop is two transfers: the first ends at the verdict on the address, the second
 * is tunnelled to that address (proxy.h).
 *
 * Redirects are followed here and not by curl, which would send a connection's own headers (an
 * API key, say) on to another host. Each hop is a new dial under the same verdicts. Bytes are
 * counted after decoding, where a small answer can become a large one.
 */
#ifndef MR_EGRESS_EXCHANGE_H
#define MR_EGRESS_EXCHANGE_H

#include <jansson.h>
#include <stdint.h>
#include <sys/queue.h>

#include "core/def.h"
#include "core/loop.h"
#include "core/str.h"
#include "egress/ceiling.h"

struct exchange;

/*
 * The answer frame; json and body live until the call returns, and so does what answers: it is
 * freed then.
 */
typedef void (*answer_fn)(const json_t *json, struct str body, void *arg);

/* What all exchanges share; made once. */
struct exchange_world {
	struct loop *loop;
	struct ceiling *ceiling;
	struct pools *pools;      /* NULL until the first request */
	struct pools *mail_pools; /* the same, for mail */
	const char *smtp_url;     /* "" = no mail is sent */
	const char *dns;          /* name servers for txt.c; "" = the system's */
	const char *proxy;        /* the installation's; "" = none */
	long slow_bytes;          /* less than this a second … */
	long slow_s;              /* … for so long ends a transfer */
	size_t bytes_held;        /* of bodies in memory now */
	size_t bytes_held_max;    /* beyond it bodies are TOO_LARGE */
	int flights;              /* all that isn't answered yet, mails and look-ups too */
	int flights_max;          /* calls that dial at a time: further ones wait */
	int dialling;
	TAILQ_HEAD(exchange_list, exchange) waiting; /* in the order they came */
};

/*
 * Begins. `answer` is called exactly once, from the loop, never before this returns, unless
 * exchange_drop comes first. `frame` and `body` are copied where needed.
 */
struct exchange *exchange_start(struct exchange_world *world, const json_t *frame, struct str body,
    answer_fn answer, void *arg);

/* Ends the transfer; the answer is CANCELLED. */
void exchange_cancel(struct exchange *x);

/* Ends and frees it without an answer. */
void exchange_drop(struct exchange *x);

#endif

/*
 * listen.h: one connection that LISTENs. Nothing depends on a notification arriving, but a reader
 * who missed some must know: after every (re)connect `resync` is called, before any later `notify`.
 *
 * After 1 s of silence it sends `select 1`; no answer within 2 s, or any error: reconnect, with the
 * same backoff as the pool.
 */
#ifndef MR_DB_LISTEN_H
#define MR_DB_LISTEN_H

#include <stdbool.h>

#include "core/def.h"
#include "db/io.h"

#define LISTEN_CHANNELS_MAX 8

struct listener;

struct listener_calls {
	void (*notify)(const char *channel, const char *payload, void *arg);
	void (*resync)(void *arg);
	void *arg;
};

/* Copies all it is given. channels: plain identifiers, 1..LISTEN_CHANNELS_MAX. Slot 0 of io is
 * used. */
struct listener *listener_new(const char *dsn, const char *name, const char *const *channels, int n,
    const struct listener_calls *calls, const struct db_io *io);

/* NULL is fine. Not in a callback. */
void listener_free(struct listener *l);

void listener_ready(struct listener *l, int events);
void listener_tick(struct listener *l);
bool listener_is_up(const struct listener *l);

#endif

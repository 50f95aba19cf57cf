#ifndef MR_WEB_LIVE_H
#define MR_WEB_LIVE_H

/*
 * live.h: rooms of live updates. NOTIFY says which run of which workspace has changed; what changed
 * is read with the credential of each client, so that nobody hears what he couldn't fetch.
 *
 *   notify -> ring of this process -> clients with a room it touches -> api.live_read -> messages
 *
 * Rooms: run:<id> (numbers are the run's own, replayable by any process), workspace and
 * workflow:<id> (numbers are <process>-<n> of the ring; what is older or another process's cannot
 * be replayed: `reset`). Messages are objects {"room","seq","type","data"}; {"room","reset":true,
 * "seq"}; {"room","error":{"code","message"}}.
 */

#include <jansson.h>

#include "core/str.h"
#include "db/listen.h"
#include "web/call.h"

struct live_client;

/* How a client is reached; sse.c and ws.c. */
struct live_out {
	/* id: the message's number, "" none. Must not call live_gone. */
	void (*send)(void *arg, const char *id, const char *type, const json_t *message);
	/* The process stops (the client may come back at once), or the credential has ended: close,
	   and live_gone. */
	void (*end)(void *arg, bool come_back);
};

/* Fills in what pg_start needs. */
void live_start(struct listener_calls *calls);

/* Reads that are due, credentials that have ended; call several times a second. */
void live_tick(void);

/* Ends all clients. */
void live_close(void);

/* A new client, with the credential of the call (copied). */
struct live_client *live_open(const struct call *c, const struct live_out *out, void *arg);

/*
 * Joins a room; `after` as the client sent it: the number of the last message it has, a JSON
 * integer or string, or NULL for none. What is wrong with it is told to the client.
 */
void live_join(struct live_client *client, const char *room, const json_t *after);
void live_leave_room(struct live_client *client, const char *room);

/* The client is gone: frees it. NULL is fine. */
void live_gone(struct live_client *client);

#endif

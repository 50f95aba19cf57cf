#ifndef MR_WEB_LIVE_INNER_H
#define MR_WEB_LIVE_INNER_H

/*
 * live_inner.h: what the files of live updates share. Not for others: see live.h.
 *
 *   live.c  who listens, when is read      live_room.c  what is told
 *   live_alive.c  whose credential ended   live_ring.c  numbers of this process
 */

#include <stdbool.h>
#include <sys/queue.h>

#include "web/live.h"
#include "web/live_ring.h"

enum {
	ROOMS_MAX = 32,
	ROOM_SIZE = 64,
	TOUCHED_MAX = 200, /* more changes than that in one read are a reset */
};

enum room_kind {
	ROOM_RUN,
	ROOM_WORKSPACE,
	ROOM_WORKFLOW,
};

struct room {
	enum room_kind kind;
	char name[ROOM_SIZE];      /* as the client spelt it */
	char canonical[ROOM_SIZE]; /* as SQL knows it */
	struct uuid id;            /* of the run or workflow; of a workspace only if it was named */
	int64_t after;             /* last number told; -1: none, only what comes from now on */
	bool joining;              /* not answered yet */
	bool due;                  /* there may be something to tell */
	bool asked;                /* in the read under way */
	int answer;                /* its place in the answer to that; -1: none */
	bool reset;                /* the number that it wanted to go on from can't be */
};

struct live_client {
	TAILQ_ENTRY(live_client) link;
	const struct live_out *out;
	void *arg;
	char *credential, *client_text, *address;
	struct uuid workspace;
	bool knows_workspace, ended;
	struct room rooms[ROOMS_MAX];
	int rooms_len;
	struct job *job;
	int64_t read_ms;    /* when the last read began */
	int64_t asked_head; /* ring_head() then */
	struct ring_change touched[TOUCHED_MAX];
	int touched_len; /* -1: too many */
};

TAILQ_HEAD(live_list, live_client);

/* Reads a room's name; kind, id and both spellings of `room` are set. False: no such room. */
bool live_room_parse(const char *name, struct room *room);

/* The room of this client, by the name as it spelt it; NULL: not joined. */
struct room *live_room_find(struct live_client *client, const char *name);
void live_room_drop(struct live_client *client, struct room *room);

/* Tells what api.live_read answered for the room; or drops it, if it may not be joined. */
void live_room_told(struct live_client *client, struct room *room, const json_t *answer);

/* Tells a room of the ring the changes of the last read. */
void live_ring_told(struct live_client *client, struct room *room, const json_t *runs);

/* The room goes on from seq: what the client has of it is to be fetched again. */
void live_tell_reset(struct live_client *client, struct room *room, int64_t seq);
void live_tell_error(
    struct live_client *client, const char *room, const char *code, const char *text);

/* Asks once a second which credentials have ended, and ends their clients. */
void live_alive_tick(struct live_list *clients);

#endif

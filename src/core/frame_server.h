/*
 * frame_server.h: a listening unix socket whose clients, known by their user, send frames
 * (frame.h).
 *
 * The kernel tells who is at the other end. What that user may do is the caller's to say, as bits;
 * a user without any is cut off and logged, before a byte of it is read.
 */
#ifndef MR_CORE_FRAME_SERVER_H
#define MR_CORE_FRAME_SERVER_H

#include <sys/queue.h>
#include <sys/types.h>

#include "core/conf.h"
#include "core/frame.h"

struct frame_server;

/* One connection; it lives until `gone` returns. */
struct frame_client {
	LIST_ENTRY(frame_client) link; /* the server's own */
	struct frame_server *server;   /* the server's own */
	struct frame_conn *conn;       /* the server's own */
	unsigned role;                 /* what `admit` said */
	void *own;                     /* the caller's record of it; NULL at first */
};

struct frame_server_calls {
	/* What may this user do here? Bits of the caller's; 0: nothing. */
	unsigned (*admit)(uid_t uid, void *arg);
	/* As in frame_calls. May send to the client, and may end it as the last thing it does. */
	void (*got)(struct frame_client *c, json_t *json, struct str body, void *arg);
	/*
	 * The client is at its end, whoever ended it: free `own`. e is why, NULL where we did.
	 * May be NULL.
	 */
	void (*gone)(struct frame_client *c, const struct err *e, void *arg);
};

/*
 * The socket that was passed on to us (sock_given), else listens at the path which this setting
 * has. -1: MR400 it has none, MR500.
 */
mr_must_check int frame_server_listen(enum conf_key path, int *fd, struct err *e);

/* Serves `listener` (taken over). `limits` and `calls` are copied; arg is what the calls get. */
struct frame_server *frame_server_new(struct loop *loop, int listener,
    const struct frame_limits *limits, const struct frame_server_calls *calls, void *arg);

/* Accepts nobody any more: who connects waits for the socket's next process. Who is there stays. */
void frame_server_pause(struct frame_server *s);

/* Ends all clients. NULL is fine. */
void frame_server_free(struct frame_server *s);

/* As frame_send. */
mr_must_check int frame_client_send(
    struct frame_client *c, const json_t *json, struct str body, struct err *e);

/* Sends; a client that takes no answer is ended. So the last thing a caller does with c. */
void frame_client_answer(struct frame_client *c, const json_t *json, struct str body);

/* Closes the connection at once; `gone` is called. */
void frame_client_end(struct frame_client *c);

#endif

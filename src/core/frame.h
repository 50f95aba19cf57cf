/*
 * frame.h: messages between two of our processes over a unix stream socket.
 *
 *   u32le json_len | u32le body_len | json_len bytes of JSON (an object) | body_len raw bytes
 *
 * The peer is another uid and is not trusted: limits are checked from the eight bytes of the head,
 * and a frame that breaks the form ends the connection.
 */
#ifndef MR_CORE_FRAME_H
#define MR_CORE_FRAME_H

#include <jansson.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/def.h"
#include "core/err.h"
#include "core/loop.h"
#include "core/str.h"

#define FRAME_HEAD_SIZE 8

struct frame_limits {
	size_t json_max;  /* bytes of one frame's JSON */
	size_t body_max;  /* bytes of one frame's body */
	size_t queue_max; /* bytes waiting to be written */
	int depth_max;    /* of the JSON */
};

/* Fits what steps carry: 8 MiB of JSON, 32 MiB of body, 128 MiB of queue, depth 64. */
extern const struct frame_limits frame_limits_default;

struct frame_conn;

struct frame_calls {
	/* One frame; json (borrowed) and body live until the call returns. May close the
	 * connection. */
	void (*got)(struct frame_conn *c, json_t *json, struct str body, void *arg);
	/* The connection has ended, by either side but frame_close; c is freed when the call
	 * returns. */
	void (*gone)(struct frame_conn *c, const struct err *e, void *arg);
};

/* Takes over fd (made non-blocking, closed at the end). `limits` and `calls` are copied. */
struct frame_conn *frame_open(struct loop *loop, int fd, const struct frame_limits *limits,
    const struct frame_calls *calls, void *arg);

/*
 * Queues one frame; body may be empty. -1: MR413 too large for the limits, MR503 the queue is full
 * or the connection is closing; nothing was queued.
 */
mr_must_check int frame_send(
    struct frame_conn *c, const json_t *json, struct str body, struct err *e);

/* Bytes waiting to be written. */
size_t frame_queued(const struct frame_conn *c);

/* Closes at once; `gone` isn't called. Fine inside `got`. NULL is fine. */
void frame_close(struct frame_conn *c);

/* The bare form, for blocking peers. */
mr_must_check int frame_encode(struct buf *out, const json_t *json, struct str body,
    const struct frame_limits *limits, struct err *e);

/*
 * Looks for a whole frame at the start of `in`. 1: *json is the caller's, *body points into `in`,
 * *used bytes belong to it (buf_consume them). 0: more bytes are needed. -1: MR400, MR413: end the
 * connection.
 */
mr_must_check int frame_decode(const struct buf *in, const struct frame_limits *limits,
    json_t **json, struct str *body, size_t *used, struct err *e);

#endif

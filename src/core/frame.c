#include "core/frame.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/json.h"
#include "core/mem.h"

#define READ_CHUNK 65536
#define KEEP_MAX (1 << 20) /* room that an empty queue keeps */
#define READS_A_TURN 16    /* so that one peer does not hold the loop */

struct frame_conn {
	struct loop_watch watch;
	struct loop *loop;
	int fd;
	struct frame_limits limits;
	struct frame_calls calls;
	void *arg;
	struct buf in, out;
	bool closed; /* freed when the outermost call returns */
	int busy;    /* depth of calls that still need c */
};

const struct frame_limits frame_limits_default = {
	.json_max = 8 << 20,
	.body_max = 32 << 20,
	.queue_max = 128 << 20,
	.depth_max = JS_DEPTH_MAX,
};

static void conn_ready(struct loop_watch *w, int events, void *arg);
static int conn_read(struct frame_conn *c, struct err *e);
static int conn_frames(struct frame_conn *c, struct err *e);
static int conn_write(struct frame_conn *c, struct err *e);
static void conn_watch(struct frame_conn *c);
static void conn_end(struct frame_conn *c);
static void conn_free(struct frame_conn *c);
static int sizes_check(
    size_t json_n, size_t body_n, const struct frame_limits *limits, struct err *e);

struct frame_conn *
frame_open(struct loop *loop, int fd, const struct frame_limits *limits,
    const struct frame_calls *calls, void *arg)
{
	struct frame_conn *c = mem_alloc(sizeof(*c));

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	c->loop = loop;
	c->fd = fd;
	c->limits = *limits;
	c->calls = *calls;
	c->arg = arg;
	conn_watch(c);
	return c;
}

int
frame_send(struct frame_conn *c, const json_t *json, struct str body, struct err *e)
{
	size_t before = c->out.len;

	if (c->closed)
		return err_set(e, "MR503", "the connection is closing");
	if (frame_encode(&c->out, json, body, &c->limits, e) != 0)
		return -1;
	if (c->out.len > c->limits.queue_max) {
		buf_truncate(&c->out, before);
		return err_set(e, "MR503", "the queue to the other process is full");
	}
	/* written in the loop, so that frames of one turn leave in one call and `gone` never nests
	 */
	if (before == 0)
		conn_watch(c);
	return 0;
}

size_t
frame_queued(const struct frame_conn *c)
{
	return c->out.len;
}

void
frame_close(struct frame_conn *c)
{
	if (c != NULL && !c->closed) {
		conn_end(c);
		if (c->busy == 0)
			conn_free(c);
	}
}

int
frame_encode(struct buf *out, const json_t *json, struct str body,
    const struct frame_limits *limits, struct err *e)
{
	size_t start = out->len, json_n;
	uint32_t le;

	buf_le32(out, 0);
	buf_le32(out, (uint32_t)body.n);
	js_dump(out, json, JS_COMPACT);
	json_n = out->len - start - FRAME_HEAD_SIZE;
	if (sizes_check(json_n, body.n, limits, e) != 0) {
		buf_truncate(out, start);
		return -1;
	}
	le = htole32((uint32_t)json_n);
	memcpy(out->data + start, &le, sizeof(le));
	buf_str(out, body);
	return 0;
}

int
frame_decode(const struct buf *in, const struct frame_limits *limits, json_t **json,
    struct str *body, size_t *used, struct err *e)
{
	uint32_t le[2];
	size_t json_n, body_n;

	*json = NULL;
	if (in->len < FRAME_HEAD_SIZE)
		return 0;
	memcpy(le, in->data, sizeof(le));
	json_n = le32toh(le[0]);
	body_n = le32toh(le[1]);
	if (sizes_check(json_n, body_n, limits, e) != 0)
		return -1;
	if (in->len - FRAME_HEAD_SIZE < json_n + body_n)
		return 0;
	if (js_parse(str_make(in->data + FRAME_HEAD_SIZE, json_n), limits->json_max,
	        limits->depth_max, json, e) != 0)
		return -1;
	if (!json_is_object(*json)) {
		json_decref(*json);
		*json = NULL;
		return err_set(e, "MR400", "a frame's JSON must be an object");
	}
	*body = str_make(in->data + FRAME_HEAD_SIZE + json_n, body_n);
	*used = FRAME_HEAD_SIZE + json_n + body_n;
	return 1;
}

static void
conn_ready(struct loop_watch *w, int events, void *arg)
{
	struct frame_conn *c = arg;
	struct err e = { 0 };
	int rc = 0;

	(void)w;
	c->busy++;
	if (events & (LOOP_READ | LOOP_HUP))
		rc = conn_read(c, &e);
	if (rc == 0 && !c->closed && c->out.len > 0)
		rc = conn_write(c, &e);
	if (rc != 0 && !c->closed) {
		conn_end(c);
		c->calls.gone(c, &e, c->arg);
	} else if (!c->closed) {
		conn_watch(c);
	}
	if (--c->busy == 0 && c->closed)
		conn_free(c);
}

/* -1: the connection is at its end, after all whole frames were handed on. */
static int
conn_read(struct frame_conn *c, struct err *e)
{
	for (int i = 0; i < READS_A_TURN; i++) {
		ssize_t n = read(c->fd, buf_reserve(&c->in, READ_CHUNK), READ_CHUNK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n <= 0)
			return err_set(e, "MR503", "the other process has ended the connection");
		buf_grew(&c->in, (size_t)n);
		if (conn_frames(c, e) != 0)
			return -1;
		if (c->closed)
			return 0;
	}
	return 0;
}

static int
conn_frames(struct frame_conn *c, struct err *e)
{
	json_t *json;
	struct str body = { 0 };
	size_t used;
	int rc = 0;

	while (!c->closed && (rc = frame_decode(&c->in, &c->limits, &json, &body, &used, e)) == 1) {
		c->calls.got(c, json, body, c->arg);
		json_decref(json);
		buf_consume(&c->in, used);
	}
	return c->closed ? 0 : rc;
}

static int
conn_write(struct frame_conn *c, struct err *e)
{
	while (c->out.len > 0) {
		ssize_t n = send(c->fd, c->out.data, c->out.len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0)
			return err_set(e, "MR503", "the other process has ended the connection");
		buf_consume(&c->out, (size_t)n);
	}
	if (c->out.room > KEEP_MAX)
		buf_free(&c->out);
	return 0;
}

static void
conn_watch(struct frame_conn *c)
{
	int events = LOOP_READ | (c->out.len > 0 ? LOOP_WRITE : 0);

	if (c->watch.loop == NULL || c->watch.events != events)
		loop_watch(c->loop, &c->watch, c->fd, events, conn_ready, c);
}

static void
conn_end(struct frame_conn *c)
{
	loop_unwatch(&c->watch);
	close(c->fd);
	c->fd = -1;
	c->closed = true;
}

static void
conn_free(struct frame_conn *c)
{
	buf_free(&c->in);
	buf_free(&c->out);
	mem_free(c);
}

static int
sizes_check(size_t json_n, size_t body_n, const struct frame_limits *limits, struct err *e)
{
	if (json_n > limits->json_max)
		return err_set(e, "MR413", "a frame with %zu bytes of JSON: the limit is %zu",
		    json_n, limits->json_max);
	if (body_n > limits->body_max)
		return err_set(e, "MR413", "a frame with a body of %zu bytes: the limit is %zu",
		    body_n, limits->body_max);
	return 0;
}

/*
 * sse.c: live updates as server-sent events. Names Kore's types: it is the transport of live.h.
 *
 *   id: 12                       the number to go on from, as Last-Event-ID
 *   event: step.updated
 *   data: {"run_id":…}           what a socket gets as `data`
 */
#include "web/sse.h"

#include <kore.h>

#include <http.h>

#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "db/value.h"
#include "web/handlers.h"
#include "web/live.h"
#include "web/pg.h"
#include "web/request.h"
#include "web/send.h"
#include "web/sql.h"

enum {
	PROTO_STREAM = 201, /* a proto of our own keeps Kore's HTTP deadlines away */
	HEARTBEAT_MS = 15000,
	FOLLOW_MS = 400,
	QUEUE_MAX = 256 * 1024,
	DISCARD = 512,
};

struct stream {
	LIST_ENTRY(stream) link;
	struct connection *conn;
	struct live_client *client; /* NULL: it follows log lines */
	u_int64_t sent_ms;
	bool cut; /* to be disconnected */
	/* of who follows log lines */
	char *credential, *client_text;
	json_t *p; /* input of the next read */
	u_int64_t read_ms;
	struct job *job;
};

static LIST_HEAD(, stream) streams = LIST_HEAD_INITIALIZER(streams);

static enum call_next run_found(struct call *c);
static enum call_next workspace_permitted(struct call *c);
static enum call_next follow(struct call *c);
static struct stream *stream_open(struct call *c);
static void stream_room(struct call *c, const char *room, bool is_number);
static void stream_gone(struct connection *conn);
static int stream_recv(struct netbuf *nb);
static void sse_send(void *arg, const char *id, const char *type, const json_t *message);
static void event_send(struct stream *s, const char *id, const char *type, const json_t *data);
static void sse_end(void *arg, bool come_back);
static void bytes_send(struct stream *s, const char *p, size_t n);
static size_t queued(const struct connection *conn);
static void log_read(struct stream *s);
static void log_done(struct job *job, const struct job_result *result, void *arg);
static bool log_tell(struct stream *s, const json_t *page);

static const struct live_out sse_out = { sse_send, sse_end };

enum call_next
run_stream(struct call *c)
{
	const char *id = js_text_or(c->p, "id", "");
	json_t *p = json_pack("{s:[{s:s}]}", "rooms", "room", arena_printf(c->arena, "run:%s", id));
	enum call_next next = call_sql(c, &sql_live_read, p, run_found);

	json_decref(p);
	return next;
}

enum call_next
workspace_stream(struct call *c)
{
	return call_permit(c, workspace_permitted);
}

enum call_next
run_logs(struct call *c)
{
	if (js_bool_or(c->p, "follow", false) && c->method == METHOD_GET)
		return call_sql(c, sql_operation(c->route), c->p, follow);
	return call_operation(c);
}

void
sse_tick(void)
{
	static const char beat[] = ": \n\n";
	u_int64_t now = kore_time_ms();
	struct stream *s, *next;

	for (s = LIST_FIRST(&streams); s != NULL; s = next) {
		next = LIST_NEXT(s, link);
		if (s->cut) {
			kore_connection_disconnect(s->conn);
			continue;
		}
		s->conn->idle_timer.start = now;
		if (now - s->sent_ms >= HEARTBEAT_MS)
			bytes_send(s, beat, sizeof(beat) - 1);
		if (s->p != NULL && s->job == NULL && now - s->read_ms >= FOLLOW_MS)
			log_read(s);
	}
}

static enum call_next
run_found(struct call *c)
{
	json_t *answer;
	bool known;

	if (c->reply.failed)
		return call_fail_reply(c);
	answer = json_loadb(c->reply.text.p, c->reply.text.n, 0, NULL);
	known =
	    json_object_get(json_array_get(json_object_get(answer, "rooms"), 0), "error") == NULL;
	json_decref(answer);
	if (!known)
		return call_refuse(c, 404, "no such run");
	if (c->method == METHOD_HEAD)
		return call_answer(c, 200, "text/event-stream", str_of(NULL));
	stream_room(c, arena_printf(c->arena, "run:%s", js_text_or(c->p, "id", "")), true);
	return CALL_TAKEN;
}

static enum call_next
workspace_permitted(struct call *c)
{
	if (c->reply.failed)
		return call_fail_reply(c);
	if (c->method == METHOD_HEAD)
		return call_answer(c, 200, "text/event-stream", str_of(NULL));
	stream_room(c, "workspace", false);
	return CALL_TAKEN;
}

/* The first page was read as an ordinary call; the others as lines come. */
static enum call_next
follow(struct call *c)
{
	json_t *page, *who;
	struct stream *s;

	if (c->reply.failed)
		return call_fail_reply(c);
	s = stream_open(c);
	if (s == NULL)
		return CALL_TAKEN;
	who = call_client(c);
	s->credential = mem_strdup(c->credential.value);
	s->client_text = js_text_of(who, JS_COMPACT);
	s->p = json_deep_copy(c->p);
	s->read_ms = kore_time_ms();
	page = json_loadb(c->reply.text.p, c->reply.text.n, 0, NULL);
	if (!log_tell(s, page))
		s->cut = true;
	json_decref(page);
	json_decref(who);
	return CALL_TAKEN;
}

/* Bytes that a client sends are thrown away; they show that it is still there, and when it isn't.
 */
static struct stream *
stream_open(struct call *c)
{
	struct connection *conn;
	struct stream *s;

	c->type = "text/event-stream";
	conn = send_stream(c);
	if (conn == NULL || conn->state == CONN_STATE_DISCONNECTING)
		return NULL;
	s = mem_alloc(sizeof(*s));
	s->conn = conn;
	s->sent_ms = kore_time_ms();
	LIST_INSERT_HEAD(&streams, s, link);
	conn->proto = PROTO_STREAM;
	conn->http_timeout = 0;
	conn->idle_timer.length = 4 * HEARTBEAT_MS;
	conn->hdlr_extra = s;
	conn->disconnect = stream_gone;
	net_recv_reset(conn, DISCARD, stream_recv);
	return s;
}

static void
stream_room(struct call *c, const char *room, bool is_number)
{
	const char *last = call_header_in(c, "last-event-id");
	json_t *after = last == NULL ? NULL : json_string(last);
	struct stream *s = stream_open(c);
	struct err ignored;
	int64_t n;

	if (s != NULL) {
		if (is_number && last != NULL &&
		    str_int64(str_of(last), 0, INT32_MAX, &n, &ignored) != 0) {
			json_decref(after);
			after = NULL;
		}
		s->client = live_open(c, &sse_out, s);
		live_join(s->client, room, after);
	}
	json_decref(after);
}

/* Kore frees what hangs at a connection as its own; ours is taken off first. */
static void
stream_gone(struct connection *conn)
{
	struct stream *s = conn->hdlr_extra;

	if (s == NULL)
		return;
	conn->hdlr_extra = NULL;
	live_gone(s->client);
	if (s->job != NULL)
		job_abandon(s->job);
	json_decref(s->p);
	mem_free(s->credential);
	mem_free(s->client_text);
	LIST_REMOVE(s, link);
	mem_free(s);
}

static int
stream_recv(struct netbuf *nb)
{
	net_recv_reset(nb->owner, DISCARD, stream_recv);
	return KORE_RESULT_OK;
}

/*
 * A status that shares its number with a step comes without an id, so that the step's stays the
 * one to go on from. Nothing else that has no number is sent: it could come twice.
 */
static void
sse_send(void *arg, const char *id, const char *type, const json_t *message)
{
	const json_t *data = json_object_get(message, "data");
	const json_t *error = json_object_get(message, "error");

	if (json_object_get(message, "reset") != NULL)
		event_send(arg, js_text_or(message, "seq", ""), "reset", message);
	else if (error != NULL)
		event_send(arg, "", "error", error);
	else if (id[0] != '\0' || strcmp(type, "run.updated") == 0)
		event_send(arg, id, type, data);
}

/* JSON holds no line break. */
static void
event_send(struct stream *s, const char *id, const char *type, const json_t *data)
{
	struct buf b = { 0 };

	if (id[0] != '\0')
		buf_printf(&b, "id: %s\n", id);
	buf_printf(&b, "event: %s\ndata: ", type);
	js_dump(&b, data, JS_COMPACT);
	buf_text(&b, "\n\n");
	bytes_send(s, b.data, b.len);
	buf_free(&b);
}

static void
sse_end(void *arg, bool come_back)
{
	static const char hint[] = "retry: 1000\n\n", end[] = "event: end\ndata: {}\n\n";
	struct stream *s = arg;

	if (come_back)
		bytes_send(s, hint, sizeof(hint) - 1);
	else
		bytes_send(s, end, sizeof(end) - 1);
	kore_connection_disconnect(s->conn);
}

static void
bytes_send(struct stream *s, const char *p, size_t n)
{
	if (s->cut)
		return;
	if (queued(s->conn) + n > QUEUE_MAX) {
		s->cut = true; /* not now: who sends still holds the client */
		request_after(0, sse_tick);
		return;
	}
	s->sent_ms = kore_time_ms();
	net_send_queue(s->conn, p, n);
	(void)net_send_flush(s->conn);
}

static size_t
queued(const struct connection *conn)
{
	const struct netbuf *nb;
	size_t n = 0;

	TAILQ_FOREACH(nb, &conn->send_queue, list)
	n += nb->b_len - nb->s_off;
	return n;
}

static void
log_read(struct stream *s)
{
	struct job *job = job_new(pg_pool(), log_done, s);
	struct err e;

	s->read_ms = kore_time_ms();
	job_statement(job, &sql_enter, false);
	job_text(job, s->credential);
	job_text(job, s->client_text);
	job_statement(job, &sql_run_logs, false);
	job_json(job, s->p);
	if (job_submit(job, 0, &e) == 0)
		s->job = job;
}

static void
log_done(struct job *job, const struct job_result *result, void *arg)
{
	struct stream *s = arg;
	json_t *page = NULL;
	struct err e;
	bool more = true;

	(void)job;
	s->job = NULL;
	if (result->err != NULL)
		more = strncmp(result->err->code, "MR4", 3) != 0;
	else if (value_json(result->v[1], 0, 0, &page, &e) == 0)
		more = log_tell(s, page);
	json_decref(page);
	if (!more)
		sse_end(s, false);
}

/* False: the run is over and all its lines are told. */
static bool
log_tell(struct stream *s, const json_t *page)
{
	const json_t *cursor = json_object_get(page, "next_cursor"), *line;
	size_t i;

	json_array_foreach(json_object_get(page, "items"), i, line)
	{
		event_send(s, js_text_or(line, "id", ""), "log", line);
	}
	if (json_is_string(cursor))
		json_object_set(s->p, "cursor", json_object_get(page, "next_cursor"));
	return !js_bool_or(page, "ended", false) && json_is_string(cursor);
}

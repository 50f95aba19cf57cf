/*
 * ws.c: live updates over WebSocket. Names Kore's types: it is the transport of live.h.
 *
 *   {"join":"run:<id>","after":7}  {"leave":"run:<id>"}  {"ping":1}
 */
#include "web/ws.h"

#include <kore.h>

#include <http.h>

#include <stdio.h>

#include "core/json.h"
#include "core/mem.h"
#include "web/handlers.h"
#include "web/live.h"
#include "web/request.h"
#include "web/send.h"

enum {
	KEY_LENGTH = 24,
	FRAME_MAX = 4096,
	DEPTH_MAX = 4,
	QUEUE_MAX = 256 * 1024, /* bytes that a client may be behind */
	PING_MS = 15000,
	CLOSE_GOING_AWAY = 1001,
	CLOSE_POLICY = 1008,
};

struct ws_socket {
	LIST_ENTRY(ws_socket) link;
	struct connection *conn;
	struct live_client *client;
	u_int64_t pinged_ms;
	bool cut; /* it doesn't read: to be disconnected */
};

static LIST_HEAD(, ws_socket) sockets = LIST_HEAD_INITIALIZER(sockets);

/* Named to Kore, which looks them up. */
void ws_opened(struct connection *conn);
void ws_message(struct connection *conn, u_int8_t op, void *data, size_t len);
void ws_closed(struct connection *conn);

static enum call_next ws_permitted(struct call *c);
static enum call_next handshake(struct call *c);
static void frame_read(struct ws_socket *s, const json_t *frame);
static void ws_send(void *arg, const char *id, const char *type, const json_t *message);
static void ws_end(void *arg, bool come_back);
static void text_send(struct ws_socket *s, struct str text);
static void error_send(struct ws_socket *s, const char *text);
static size_t queued(const struct connection *conn);
static bool header_has(const struct call *c, const char *name, const char *word);

static const struct live_out ws_out = { ws_send, ws_end };

enum call_next
ws(struct call *c)
{
	return call_permit(c, ws_permitted);
}

static enum call_next
ws_permitted(struct call *c)
{
	const char *origin = call_header_in(c, "origin");
	const char *key = call_header_in(c, "sec-websocket-key");
	const char *version = call_header_in(c, "sec-websocket-version");

	if (c->reply.failed)
		return call_fail_reply(c);
	if (origin != NULL && !origin_is_own(request_site(), origin, call_header_in(c, "host")))
		return call_refuse(c, 403, "the request comes from another site");
	if (c->method != METHOD_GET || !header_has(c, "upgrade", "websocket") ||
	    !header_has(c, "connection", "upgrade"))
		return call_refuse(c, 400, "this address is for WebSockets");
	if (version == NULL || strcmp(version, "13") != 0) {
		call_header_out(c, "sec-websocket-version", "13");
		return call_refuse(c, 400, "the version of the WebSocket must be 13");
	}
	if (key == NULL || strlen(key) != KEY_LENGTH)
		return call_refuse(c, 400, "the key of the WebSocket is not one");
	return handshake(c);
}

/*
 * Writing the 101 would make Kore read on as HTTP what is already waiting; busy, it doesn't. What
 * waits is read as frames afterwards.
 */
static enum call_next
handshake(struct call *c)
{
	struct http_request *req = c->transport;
	struct connection *conn = req->owner;
	struct ws_socket *s;

	send_log(c, 101);
	if (conn == NULL)
		return CALL_TAKEN;
	conn->flags |= CONN_IS_BUSY;
	kore_websocket_handshake(req, "ws_opened", "ws_message", "ws_closed");
	conn->flags &= (u_int16_t)~CONN_IS_BUSY;
	if (conn->state == CONN_STATE_DISCONNECTING)
		return CALL_TAKEN;
	s = mem_alloc(sizeof(*s));
	s->conn = conn;
	s->client = live_open(c, &ws_out, s);
	s->pinged_ms = kore_time_ms();
	LIST_INSERT_HEAD(&sockets, s, link);
	conn->hdlr_extra = s;
	if (!net_recv_flush(conn))
		kore_connection_disconnect(conn);
	return CALL_TAKEN;
}

void
ws_opened(struct connection *conn)
{
	(void)conn;
}

void
ws_message(struct connection *conn, u_int8_t op, void *data, size_t len)
{
	struct ws_socket *s = conn->hdlr_extra;
	json_t *frame = NULL;
	struct err e;

	if (s == NULL || s->cut)
		return;
	if (op != WEBSOCKET_OP_TEXT ||
	    js_parse(str_make(data, len), FRAME_MAX, DEPTH_MAX, &frame, &e) != 0 ||
	    !json_is_object(frame))
		error_send(s, "a message must be a JSON object");
	else
		frame_read(s, frame);
	json_decref(frame);
}

/* Kore frees what hangs at a connection as its own; ours is taken off first. */
void
ws_closed(struct connection *conn)
{
	struct ws_socket *s = conn->hdlr_extra;

	if (s == NULL)
		return;
	conn->hdlr_extra = NULL;
	live_gone(s->client);
	LIST_REMOVE(s, link);
	mem_free(s);
}

void
ws_tick(void)
{
	u_int64_t now = kore_time_ms();
	struct ws_socket *s, *next;

	for (s = LIST_FIRST(&sockets); s != NULL; s = next) {
		next = LIST_NEXT(s, link);
		if (s->cut)
			kore_connection_disconnect(s->conn);
		else if (now - s->pinged_ms >= PING_MS) {
			s->pinged_ms = now;
			kore_websocket_send(s->conn, WEBSOCKET_OP_PING, NULL, 0);
		}
	}
}

/* {"type":"join-organization"} and {"join-organization":"<id>"} are how older clients ask. */
static void
frame_read(struct ws_socket *s, const json_t *frame)
{
	const char *join = js_text_or(frame, "join", NULL);
	const char *leave = js_text_or(frame, "leave", NULL);
	const json_t *organization = json_object_get(frame, "join-organization");
	char room[64];

	if (strcmp(js_text_or(frame, "type", ""), "join-organization") == 0 ||
	    strcmp(js_text_or(frame, "event", ""), "join-organization") == 0 ||
	    (join != NULL && strcmp(join, "join-organization") == 0)) {
		organization = json_object_get(frame, "organization_id");
		join = "organization";
	} else if (organization != NULL)
		join = "organization";
	if (join != NULL && json_is_string(organization) &&
	    snprintf(room, sizeof(room), "organization:%s", json_string_value(organization)) <
	        (int)sizeof(room))
		join = room;
	if (join != NULL)
		live_join(s->client, join, json_object_get(frame, "after"));
	else if (leave != NULL)
		live_leave_room(s->client, leave);
	else if (json_object_get(frame, "ping") != NULL)
		text_send(s, str_of("{\"pong\":1}"));
	else
		error_send(s, "a message is join, leave or ping");
}

static void
ws_send(void *arg, const char *id, const char *type, const json_t *message)
{
	struct buf text = { 0 };

	(void)id;
	(void)type;
	js_dump(&text, message, JS_COMPACT);
	text_send(arg, buf_view(&text));
	buf_free(&text);
}

static void
ws_end(void *arg, bool come_back)
{
	struct ws_socket *s = arg;
	int code = come_back ? CLOSE_GOING_AWAY : CLOSE_POLICY;
	u_int8_t data[2] = { (u_int8_t)(code >> 8), (u_int8_t)code };

	kore_websocket_send(s->conn, WEBSOCKET_OP_CLOSE, data, sizeof(data));
	s->conn->flags |= CONN_WS_CLOSE_SENT;
	kore_connection_disconnect(s->conn);
}

static void
text_send(struct ws_socket *s, struct str text)
{
	if (s->cut)
		return;
	if (queued(s->conn) + text.n > QUEUE_MAX) {
		s->cut = true; /* not now: who sends still holds the client */
		request_after(0, ws_tick);
		return;
	}
	kore_websocket_send(s->conn, WEBSOCKET_OP_TEXT, text.p, text.n);
}

static void
error_send(struct ws_socket *s, const char *text)
{
	json_t *message = json_pack("{s:s, s:{s:s, s:s}}", "room", "", "error", "code",
	    "VALIDATION_ERROR", "message", text);

	ws_send(s, "", "error", message);
	json_decref(message);
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

/* A list of words between commas. */
static bool
header_has(const struct call *c, const char *name, const char *word)
{
	struct str rest = str_of(call_header_in(c, name)), one;

	while (rest.p != NULL && str_next(&rest, ',', &one)) {
		if (str_is_ignoring_case(str_trim(one), word))
			return true;
	}
	return false;
}

#include "egress/serve.h"

#include <search.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "core/frame.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/sock.h"
#include "egress/egress.h"
#include "egress/mail.h"
#include "egress/txt.h"
#include "egress/wire.h"

#define ID_MAX 100 /* characters of an id as JSON */

/* One request under way. */
struct ticket {
	LIST_ENTRY(ticket) link;
	struct client *client;
	struct exchange *exchange; /* one of the three */
	struct mail *mail;
	struct txt *txt;
	char id[ID_MAX + 1]; /* as JSON, so that 1 and "1" differ */
};

struct client {
	LIST_ENTRY(client) link;
	struct serve *serve;
	struct frame_conn *conn;
	bool is_web, is_worker; /* neither: one user runs all, or root asks */
	LIST_HEAD(, ticket) tickets;
	void *by_id; /* tree of struct ticket */
};

struct serve {
	struct exchange_world *world;
	LIST_HEAD(, client) clients;
	struct loop_watch watch;
	int listener;
	struct serve_peers peers;
	void (*idle)(void *arg);
	void *idle_arg;
};

static void on_accept(struct loop_watch *w, int events, void *arg);
static void client_new(struct serve *s, int fd);
static void client_drop_tickets(struct client *client);
static bool may_ask(const struct client *client, const char *op, const char *workspace);
static void on_frame(struct frame_conn *c, json_t *json, struct str body, void *arg);
static void on_gone(struct frame_conn *c, const struct err *e, void *arg);
static void refuse(struct client *client, json_t *id, const char *text);
static void ticket_start(
    struct client *client, const char *op, const char *id, json_t *json, struct str body);
static void ticket_cancel(struct ticket *ticket);
static void on_answer(const json_t *json, struct str body, void *arg);
static void client_send(struct client *client, const json_t *json, struct str body);
static void ticket_free(struct ticket *ticket);
static int ticket_cmp(const void *a, const void *b);

int
serve_new(struct exchange_world *world, int listener, const struct serve_peers *peers,
    struct serve **out, struct err *e)
{
	struct serve *s = mem_alloc(sizeof(*s));

	(void)e;
	s->world = world;
	s->listener = listener;
	s->peers = *peers;
	LIST_INIT(&s->clients);
	loop_watch(world->loop, &s->watch, listener, LOOP_READ, on_accept, s);
	*out = s;
	return 0;
}

void
serve_drain(struct serve *s, void (*idle)(void *arg), void *arg)
{
	loop_unwatch(&s->watch);
	s->idle = idle;
	s->idle_arg = arg;
	if (s->world->flights == 0)
		idle(arg);
}

void
serve_free(struct serve *s)
{
	struct client *client;

	if (s == NULL)
		return;
	loop_unwatch(&s->watch);
	(void)close(s->listener);
	while ((client = LIST_FIRST(&s->clients)) != NULL) {
		frame_close(client->conn);
		client_drop_tickets(client);
		LIST_REMOVE(client, link);
		mem_free(client);
	}
	mem_free(s);
}

static void
on_accept(struct loop_watch *w, int events, void *arg)
{
	struct serve *s = arg;
	struct err e;
	int fd, rc;

	(void)w;
	(void)events;
	while ((rc = sock_accept(s->listener, &fd, &e)) == 1)
		client_new(s, fd);
	if (rc != 0)
		log_err(LOG_LEVEL_ERROR, "client.accept", &e);
}

static void
client_new(struct serve *s, int fd)
{
	static const struct frame_calls calls = { .got = on_frame, .gone = on_gone };
	const struct frame_limits limits = {
		.json_max = 1048576,
		.body_max = EGRESS_BODY_MAX,
		.queue_max = 134217728,
		.depth_max = 8,
	};
	struct client *client;
	struct err e;
	uid_t uid;
	pid_t pid;

	if (sock_peer(fd, &uid, &pid, &e) != 0) {
		log_err(LOG_LEVEL_ERROR, "client.peer", &e);
		(void)close(fd);
	} else if (uid != s->peers.worker && uid != s->peers.web && uid != 0) {
		log_error("client.refused", "uid=%d pid=%d", (int)uid, (int)pid);
		(void)close(fd);
	} else {
		client = mem_alloc(sizeof(*client));
		client->serve = s;
		client->is_web = uid == s->peers.web && uid != s->peers.worker;
		client->is_worker = uid == s->peers.worker && uid != s->peers.web;
		LIST_INIT(&client->tickets);
		client->conn = frame_open(s->world->loop, fd, &limits, &calls, client);
		LIST_INSERT_HEAD(&s->clients, client, link);
		log_info("client.open", "pid=%d", (int)pid);
	}
}

static void
client_drop_tickets(struct client *client)
{
	struct ticket *ticket;

	while ((ticket = LIST_FIRST(&client->tickets)) != NULL) {
		if (ticket->mail != NULL)
			mail_drop(ticket->mail);
		else if (ticket->txt != NULL)
			txt_drop(ticket->txt);
		else
			exchange_drop(ticket->exchange);
		ticket_free(ticket);
	}
}

static void
on_frame(struct frame_conn *c, json_t *json, struct str body, void *arg)
{
	struct client *client = arg;
	struct ticket key, *ticket = NULL, **found;
	json_t *id = json_object_get(json, "id");
	const char *op = js_text_or(json, "op", "");
	char *text = NULL;

	(void)c;
	if (json_is_string(id) || json_is_integer(id))
		text = js_text_of(id, JS_COMPACT | JSON_ENCODE_ANY);
	if (text == NULL || str_copy(key.id, sizeof(key.id), str_of(text)) != 0) {
		log_error("frame.id", "text=a frame without an id ends the connection");
		frame_close(client->conn);
		on_gone(NULL, NULL, client);
		goto out;
	}
	found = tfind(&key, &client->by_id, ticket_cmp);
	ticket = found == NULL ? NULL : *found;
	if (strcmp(op, "cancel") == 0) {
		/* Without a ticket its answer is on the way. */
		if (ticket != NULL)
			ticket_cancel(ticket);
	} else if (strcmp(op, "http") != 0 && strcmp(op, "mail") != 0 && strcmp(op, "txt") != 0) {
		refuse(client, id, "unknown `op`");
	} else if (ticket != NULL) {
		refuse(client, id, "this `id` is in use");
	} else if (!may_ask(client, op, js_text_or(json, "workspace", ""))) {
		refuse(client, id, "web asks as the installation, the worker as a workspace");
	} else {
		ticket_start(client, op, key.id, json, body);
	}
out:
	mem_free(text);
}

/* Web signs people in by other servers; it can't speak for a workspace, nor a worker for us. */
static bool
may_ask(const struct client *client, const char *op, const char *workspace)
{
	bool installation = strcmp(workspace, EGRESS_INSTALLATION) == 0;

	if (client->is_web)
		return installation && strcmp(op, "http") == 0;
	return !client->is_worker || !installation || strcmp(op, "http") != 0;
}

static void
ticket_start(struct client *client, const char *op, const char *id, json_t *json, struct str body)
{
	struct ticket *ticket = mem_alloc(sizeof(*ticket));

	ticket->client = client;
	memcpy(ticket->id, id, sizeof(ticket->id));
	LIST_INSERT_HEAD(&client->tickets, ticket, link);
	if (tsearch(ticket, &client->by_id, ticket_cmp) == NULL)
		log_error("ticket.memory", "text=a request can't be cancelled");
	if (strcmp(op, "mail") == 0)
		ticket->mail = mail_start(client->serve->world, json, body, on_answer, ticket);
	else if (strcmp(op, "txt") == 0)
		ticket->txt = txt_start(client->serve->world, json, on_answer, ticket);
	else
		ticket->exchange =
		    exchange_start(client->serve->world, json, body, on_answer, ticket);
}

static void
ticket_cancel(struct ticket *ticket)
{
	if (ticket->mail != NULL)
		mail_cancel(ticket->mail);
	else if (ticket->txt != NULL)
		txt_cancel(ticket->txt);
	else
		exchange_cancel(ticket->exchange);
}

static void
on_gone(struct frame_conn *c, const struct err *e, void *arg)
{
	struct client *client = arg;

	(void)c;
	if (e != NULL && e->code[0] != '\0')
		log_err(LOG_LEVEL_WARN, "client.gone", e);
	client_drop_tickets(client);
	LIST_REMOVE(client, link);
	mem_free(client);
}

static void
refuse(struct client *client, json_t *id, const char *text)
{
	struct fail fail = { 0 };
	json_t *json;

	(void)fail_set(&fail, EGRESS_PROTOCOL, "%s", text);
	json = wire_error(id, &fail, NULL, 0);
	client_send(client, json, (struct str){ 0 });
	json_decref(json);
}

static void
on_answer(const json_t *json, struct str body, void *arg)
{
	struct ticket *ticket = arg;
	struct serve *s = ticket->client->serve;

	client_send(ticket->client, json, body);
	ticket_free(ticket);
	/* The one that is being answered still counts. */
	if (s->idle != NULL && s->world->flights == 1)
		s->idle(s->idle_arg);
}

/* A client that doesn't read its answers fills the queue: it has to ask again, so say so. */
static void
client_send(struct client *client, const json_t *json, struct str body)
{
	struct fail fail = { 0 };
	struct err e;
	json_t *short_one;

	if (frame_send(client->conn, json, body, &e) == 0)
		return;
	log_err(LOG_LEVEL_ERROR, "answer.unsent", &e);
	(void)fail_set(&fail, EGRESS_TOO_LARGE, "the answer does not fit the way back");
	short_one = wire_error(json_object_get(json, "id"), &fail, NULL, 0);
	if (frame_send(client->conn, short_one, (struct str){ 0 }, &e) != 0)
		log_err(LOG_LEVEL_ERROR, "answer.lost", &e);
	json_decref(short_one);
}

static void
ticket_free(struct ticket *ticket)
{
	LIST_REMOVE(ticket, link);
	(void)tdelete(ticket, &ticket->client->by_id, ticket_cmp);
	mem_free(ticket);
}

static int
ticket_cmp(const void *a, const void *b)
{
	return strcmp(((const struct ticket *)a)->id, ((const struct ticket *)b)->id);
}

#include "egress/serve.h"

#include <search.h>
#include <string.h>
#include <sys/queue.h>

#include "core/frame_server.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
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

/* Both: one user runs all, or root asks. */
enum { PEER_WEB = 1, PEER_WORKER = 2 };

struct client {
	struct serve *serve;
	struct frame_client *peer;
	LIST_HEAD(, ticket) tickets;
	void *by_id; /* tree of struct ticket */
};

struct serve {
	struct exchange_world *world;
	struct frame_server *server;
	struct serve_peers peers;
	void (*idle)(void *arg);
	void *idle_arg;
};

static unsigned peer_of(uid_t uid, void *arg);
static struct client *client_of(struct frame_client *peer, struct serve *s);
static void client_drop_tickets(struct client *client);
static bool may_ask(unsigned role, const char *op, const char *workspace);
static void on_frame(struct frame_client *peer, json_t *json, struct str body, void *arg);
static void on_gone(struct frame_client *peer, const struct err *e, void *arg);
static void refuse(struct client *client, json_t *id, const char *text);
static void ticket_start(
    struct client *client, const char *op, const char *id, json_t *json, struct str body);
static void ticket_cancel(struct ticket *ticket);
static void on_answer(const json_t *json, struct str body, void *arg);
static void client_send(struct client *client, const json_t *json, struct str body);
static void ticket_free(struct ticket *ticket);
static int ticket_cmp(const void *a, const void *b);

struct serve *
serve_new(struct exchange_world *world, int listener, const struct serve_peers *peers)
{
	static const struct frame_server_calls calls = {
		.admit = peer_of, .got = on_frame, .gone = on_gone
	};
	const struct frame_limits limits = {
		.json_max = 1048576,
		.body_max = EGRESS_BODY_MAX,
		.queue_max = 134217728,
		.depth_max = 8,
	};
	struct serve *s = mem_alloc(sizeof(*s));

	s->world = world;
	s->peers = *peers;
	s->server = frame_server_new(world->loop, listener, &limits, &calls, s);
	return s;
}

void
serve_drain(struct serve *s, void (*idle)(void *arg), void *arg)
{
	frame_server_pause(s->server);
	s->idle = idle;
	s->idle_arg = arg;
	if (s->world->flights == 0)
		idle(arg);
}

void
serve_free(struct serve *s)
{
	if (s == NULL)
		return;
	frame_server_free(s->server);
	mem_free(s);
}

static unsigned
peer_of(uid_t uid, void *arg)
{
	const struct serve_peers *peers = &((const struct serve *)arg)->peers;
	unsigned role = 0;

	role |= uid == peers->web ? PEER_WEB : 0;
	role |= uid == peers->worker ? PEER_WORKER : 0;
	return role == 0 && uid == 0 ? PEER_WEB | PEER_WORKER : role;
}

/* The record of a connection begins with its first request. */
static struct client *
client_of(struct frame_client *peer, struct serve *s)
{
	struct client *client = peer->own;

	if (client == NULL) {
		client = peer->own = mem_alloc(sizeof(*client));
		client->serve = s;
		client->peer = peer;
		LIST_INIT(&client->tickets);
	}
	return client;
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
on_frame(struct frame_client *peer, json_t *json, struct str body, void *arg)
{
	struct client *client = client_of(peer, arg);
	struct ticket key, *ticket = NULL, **found;
	json_t *id = json_object_get(json, "id");
	const char *op = js_text_or(json, "op", "");
	char *text = NULL;

	if (json_is_string(id) || json_is_integer(id))
		text = js_text_of(id, JS_COMPACT | JSON_ENCODE_ANY);
	if (text == NULL || str_copy(key.id, sizeof(key.id), str_of(text)) != 0) {
		log_error("frame.id", "text=a frame without an id ends the connection");
		frame_client_end(peer);
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
	} else if (!may_ask(peer->role, op, js_text_or(json, "workspace", ""))) {
		refuse(client, id, "web asks as the installation, the worker as a workspace");
	} else {
		ticket_start(client, op, key.id, json, body);
	}
out:
	mem_free(text);
}

/* Web signs people in by other servers; it can't speak for a workspace, nor a worker for us. */
static bool
may_ask(unsigned role, const char *op, const char *workspace)
{
	bool installation = strcmp(workspace, EGRESS_INSTALLATION) == 0;

	if (role == PEER_WEB)
		return installation && strcmp(op, "http") == 0;
	return role != PEER_WORKER || !installation || strcmp(op, "http") != 0;
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
on_gone(struct frame_client *peer, const struct err *e, void *arg)
{
	(void)arg;
	if (e != NULL)
		log_err(LOG_LEVEL_WARN, "client.gone", e);
	if (peer->own != NULL)
		client_drop_tickets(peer->own);
	mem_free(peer->own);
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

	if (frame_client_send(client->peer, json, body, &e) == 0)
		return;
	log_err(LOG_LEVEL_ERROR, "answer.unsent", &e);
	(void)fail_set(&fail, EGRESS_TOO_LARGE, "the answer does not fit the way back");
	short_one = wire_error(json_object_get(json, "id"), &fail, NULL, 0);
	if (frame_client_send(client->peer, short_one, (struct str){ 0 }, &e) != 0)
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

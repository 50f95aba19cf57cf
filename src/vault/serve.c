#include "vault/serve.h"

#include <sys/queue.h>
#include <unistd.h>

#include "core/conf.h"
#include "core/frame.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/sock.h"
#include "core/time.h"
#include "vault/vault.h"

struct client {
	LIST_ENTRY(client) link;
	struct serve *serve;
	struct frame_conn *conn;
	unsigned peer;
};

struct serve {
	struct loop *loop;
	struct vault *vault;
	struct serve_peers peers;
	LIST_HEAD(, client) clients;
	struct loop_watch watch;
	int listener;
};

static void on_accept(struct loop_watch *w, int events, void *arg);
static void client_new(struct serve *s, int fd);
static unsigned peer_of(const struct serve_peers *peers, uid_t uid);
static void on_frame(struct frame_conn *c, json_t *json, struct str body, void *arg);
static void on_gone(struct frame_conn *c, const struct err *e, void *arg);

struct serve *
serve_new(struct loop *loop, struct vault *vault, int listener, const struct serve_peers *peers)
{
	struct serve *s = mem_alloc(sizeof(*s));

	s->loop = loop;
	s->vault = vault;
	s->peers = *peers;
	s->listener = listener;
	LIST_INIT(&s->clients);
	loop_watch(loop, &s->watch, listener, LOOP_READ, on_accept, s);
	return s;
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
	const size_t record = SEAL_MAX + SEAL_BOX_OVERHEAD,
	             hook = (size_t)conf_int(CONF_HOOK_BYTES) + VAULT_SIGNED_MAX;
	const struct frame_limits limits = {
		.json_max = VAULT_JSON_MAX,
		.body_max = hook > record ? hook : record,
		.queue_max = 64 * 1048576,
		.depth_max = 4,
	};
	struct client *client;
	unsigned peer = 0;
	struct err e;
	uid_t uid = 0;
	pid_t pid = 0;

	if (sock_peer(fd, &uid, &pid, &e) != 0)
		log_err(LOG_LEVEL_ERROR, "client.peer", &e);
	else
		peer = peer_of(&s->peers, uid);
	if (peer == 0) {
		log_error("client.refused", "uid=%d pid=%d", (int)uid, (int)pid);
		(void)close(fd);
		return;
	}
	client = mem_alloc(sizeof(*client));
	client->serve = s;
	client->peer = peer;
	client->conn = frame_open(s->loop, fd, &limits, &calls, client);
	LIST_INSERT_HEAD(&s->clients, client, link);
}

/* One user may be all three, where an installation has but one. */
static unsigned
peer_of(const struct serve_peers *peers, uid_t uid)
{
	unsigned peer = uid == 0 || uid == geteuid() ? PEER_ADMIN : 0;

	for (int i = 0; i < peers->n_worker; i++)
		peer |= peers->worker[i] == uid ? PEER_WORKER : 0;
	for (int i = 0; i < peers->n_web; i++)
		peer |= peers->web[i] == uid ? PEER_WEB : 0;
	return peer;
}

static void
on_frame(struct frame_conn *c, json_t *json, struct str body, void *arg)
{
	struct client *client = arg;
	struct buf out = { 0 };
	struct err e = { 0 };
	json_t *answer;

	answer =
	    vault_answer(client->serve->vault, client->peer, json, body, now_ms() / 1000, &out);
	json_object_set(answer, "id", json_object_get(json, "id"));
	if (json_object_get(answer, "error") != NULL)
		log_warn("vault.refused", "op=%s text=%s", js_text_or(json, "op", "?"),
		    js_text_or(js_object(answer, "error"), "message", ""));
	if (frame_send(c, answer, buf_view(&out), &e) != 0) {
		log_err(LOG_LEVEL_WARN, "client.send", &e);
		frame_close(c);
		on_gone(NULL, &e, client);
	}
	buf_wipe(&out);
	json_decref(answer);
}

static void
on_gone(struct frame_conn *c, const struct err *e, void *arg)
{
	struct client *client = arg;

	(void)c;
	(void)e;
	LIST_REMOVE(client, link);
	mem_free(client);
}

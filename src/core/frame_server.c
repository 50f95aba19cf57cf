#include "core/frame_server.h"

#include <unistd.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/sock.h"

struct frame_server {
	struct loop *loop;
	struct loop_watch watch;
	int listener;
	struct frame_limits limits;
	struct frame_server_calls calls;
	void *arg;
	LIST_HEAD(, frame_client) clients;
};

static void on_accept(struct loop_watch *w, int events, void *arg);
static void client_new(struct frame_server *s, int fd);
static void on_frame(struct frame_conn *conn, json_t *json, struct str body, void *arg);
static void on_gone(struct frame_conn *conn, const struct err *e, void *arg);

int
frame_server_listen(enum conf_key path, int *fd, struct err *e)
{
	*fd = sock_given();
	if (*fd >= 0)
		return 0;
	if (conf_text(path)[0] == '\0')
		return err_set_field(
		    e, "MR400", conf_name(path), "set it to the path of the socket to listen on");
	return sock_listen(conf_text(path), 0660, fd, e);
}

struct frame_server *
frame_server_new(struct loop *loop, int listener, const struct frame_limits *limits,
    const struct frame_server_calls *calls, void *arg)
{
	struct frame_server *s = mem_alloc(sizeof(*s));

	s->loop = loop;
	s->listener = listener;
	s->limits = *limits;
	s->calls = *calls;
	s->arg = arg;
	LIST_INIT(&s->clients);
	loop_watch(loop, &s->watch, listener, LOOP_READ, on_accept, s);
	return s;
}

void
frame_server_pause(struct frame_server *s)
{
	loop_unwatch(&s->watch);
}

void
frame_server_free(struct frame_server *s)
{
	struct frame_client *c;

	if (s == NULL)
		return;
	loop_unwatch(&s->watch);
	(void)close(s->listener);
	while ((c = LIST_FIRST(&s->clients)) != NULL)
		frame_client_end(c);
	mem_free(s);
}

int
frame_client_send(struct frame_client *c, const json_t *json, struct str body, struct err *e)
{
	return frame_send(c->conn, json, body, e);
}

void
frame_client_answer(struct frame_client *c, const json_t *json, struct str body)
{
	struct err e;

	if (frame_send(c->conn, json, body, &e) != 0) {
		log_err(LOG_LEVEL_WARN, "client.send", &e);
		frame_client_end(c);
	}
}

void
frame_client_end(struct frame_client *c)
{
	frame_close(c->conn);
	on_gone(NULL, NULL, c);
}

static void
on_accept(struct loop_watch *w, int events, void *arg)
{
	struct frame_server *s = arg;
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
client_new(struct frame_server *s, int fd)
{
	static const struct frame_calls calls = { .got = on_frame, .gone = on_gone };
	struct frame_client *c;
	unsigned role = 0;
	struct err e;
	uid_t uid = 0;
	pid_t pid = 0;

	if (sock_peer(fd, &uid, &pid, &e) != 0)
		log_err(LOG_LEVEL_ERROR, "client.peer", &e);
	else
		role = s->calls.admit(uid, s->arg);
	if (role == 0) {
		log_error("client.refused", "uid=%d pid=%d", (int)uid, (int)pid);
		(void)close(fd);
		return;
	}
	c = mem_alloc(sizeof(*c));
	c->server = s;
	c->role = role;
	c->conn = frame_open(s->loop, fd, &s->limits, &calls, c);
	LIST_INSERT_HEAD(&s->clients, c, link);
	log_info("client.open", "uid=%d pid=%d", (int)uid, (int)pid);
}

static void
on_frame(struct frame_conn *conn, json_t *json, struct str body, void *arg)
{
	struct frame_client *c = arg;

	(void)conn;
	c->server->calls.got(c, json, body, c->server->arg);
}

static void
on_gone(struct frame_conn *conn, const struct err *e, void *arg)
{
	struct frame_client *c = arg;

	(void)conn;
	if (c->server->calls.gone != NULL)
		c->server->calls.gone(c, e, c->server->arg);
	LIST_REMOVE(c, link);
	mem_free(c);
}

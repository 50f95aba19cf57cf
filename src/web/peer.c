#include "web/peer.h"

#include <kore.h>

#include <sys/epoll.h>
#include <sys/queue.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/sock.h"
#include "core/time.h"
#include "web/request.h"

enum {
	REDIAL_MS = 50,
	LOST_MAX = 3, /* then it is the question that ends them */
	READ_CHUNK = 16384,
};

/* One question. */
struct flight {
	TAILQ_ENTRY(flight) link, unsent_link;
	int64_t id, ends_ms;
	peer_fn fn; /* NULL: dropped */
	void *arg;
	struct buf frame;
	size_t sent;    /* bytes of it */
	int lost;       /* connections that ended while it was on them */
	bool is_unsent; /* in the list of those */
};
TAILQ_HEAD(flight_list, flight);

struct peer {
	struct kore_event event; /* first: Kore is given its address */
	const struct peer_setup *setup;
	LIST_ENTRY(peer) link;
	int fd;
	bool is_open, away_told;
	int watched; /* of epoll */
	int64_t next_id;
	int n;
	struct buf in;
	struct flight_list flights, unsent; /* oldest first */
};

static LIST_HEAD(, peer) peers = LIST_HEAD_INITIALIZER(peers);
static bool redial_is_due;

static int peer_open(struct peer *p, struct err *e);
static void peer_close(struct peer *p, const struct err *e);
static void peer_event(void *arg, int error);
static int peer_read(struct peer *p, struct err *e);
static int peer_write(struct peer *p, struct err *e);
static void peer_watch(struct peer *p);
static void redial_soon(void);
static void redial(void);
static void answer_take(struct peer *p, const json_t *json, struct str body);
static void flight_send(struct peer *p, struct flight *f);
static void flight_end(
    struct peer *p, struct flight *f, const json_t *answer, struct str body, const struct err *e);

struct peer *
peer_new(const struct peer_setup *setup)
{
	struct peer *p = mem_alloc(sizeof(*p));

	p->setup = setup;
	p->event.type = KORE_TYPE_PGSQL_CONN;
	p->event.handle = peer_event;
	TAILQ_INIT(&p->flights);
	TAILQ_INIT(&p->unsent);
	LIST_INSERT_HEAD(&peers, p, link);
	return p;
}

int
peer_ask(struct peer *p, json_t *question, struct str body, int64_t timeout_ms, peer_fn fn,
    void *arg, struct err *e)
{
	const struct peer_setup *setup = p->setup;
	struct flight *f;
	struct err none;

	if (setup->flights_max > 0 && p->n >= setup->flights_max)
		return err_set(e, "MR503", "%s", setup->full);
	if (!p->is_open && peer_open(p, e) != 0 && !setup->asks_again)
		return -1;
	f = mem_alloc(sizeof(*f));
	f->id = ++p->next_id;
	json_object_set_new(question, "id", json_integer(f->id));
	(void)buf_reserve(
	    &f->frame, FRAME_HEAD_SIZE + js_bytes(question, setup->limits.json_max) + body.n + 1);
	if (frame_encode(&f->frame, question, body, &setup->limits, e) != 0) {
		buf_free(&f->frame);
		mem_free(f);
		return -1;
	}
	f->ends_ms = mono_ms() + timeout_ms;
	f->fn = fn;
	f->arg = arg;
	TAILQ_INSERT_TAIL(&p->flights, f, link);
	p->n++;
	flight_send(p, f);
	/* What is wrong with the connection its next event tells: fn isn't called from here. */
	if (!p->is_open)
		redial_soon();
	else if (peer_write(p, &none) == 0)
		peer_watch(p);
	return 0;
}

void
peer_drop(struct peer *p, const void *arg)
{
	struct flight *f;

	TAILQ_FOREACH(f, &p->flights, link)
	{
		if (f->arg == arg)
			f->fn = NULL;
	}
}

void
peer_tick(void)
{
	struct flight *f, *next;
	struct peer *p;
	struct err e;

	err_set(&e, "MR503", "the other side did not answer in time");
	LIST_FOREACH(p, &peers, link)
	{
		for (f = TAILQ_FIRST(&p->flights); f != NULL; f = next) {
			next = TAILQ_NEXT(f, link);
			if (f->ends_ms > mono_ms())
				continue;
			if (f->is_unsent && f->sent > 0) {
				/* With half a frame sent it is of no more use: all begin anew. */
				peer_close(p, &e);
				next = TAILQ_FIRST(&p->flights);
			} else
				flight_end(p, f, NULL, (struct str){ 0 }, &e);
		}
	}
}

static int
peer_open(struct peer *p, struct err *e)
{
	struct flight *f;

	if (sock_connect(conf_text(p->setup->sock), &p->fd, e) != 0) {
		if (!p->away_told)
			log_warn("peer.away", "name=%s text=%s", p->setup->name, e->text);
		p->away_told = true;
		return err_set(e, "MR503", "%s", p->setup->away);
	}
	p->is_open = true;
	p->away_told = false;
	p->watched = 0;
	TAILQ_FOREACH(f, &p->flights, link)
	{
		flight_send(p, f);
	}
	peer_watch(p);
	return 0;
}

static void
peer_close(struct peer *p, const struct err *e)
{
	struct flight *f;

	log_warn("peer.gone", "name=%s text=%s", p->setup->name, e->text);
	close(p->fd);
	p->is_open = false;
	buf_free(&p->in);
	TAILQ_FOREACH(f, &p->flights, link)
	{
		if (f->is_unsent)
			TAILQ_REMOVE(&p->unsent, f, unsent_link);
		f->lost += f->sent > 0;
		f->is_unsent = false;
		f->sent = 0;
		if (f->lost == LOST_MAX)
			f->ends_ms = 0;
	}
	while (!p->setup->asks_again && (f = TAILQ_FIRST(&p->flights)) != NULL)
		flight_end(p, f, NULL, (struct str){ 0 }, e);
	if (!TAILQ_EMPTY(&p->flights))
		redial_soon();
}

/* What was read before an error still counts. */
static void
peer_event(void *arg, int error)
{
	struct peer *p = arg;
	struct err e;

	p->event.flags = 0;
	if (!p->is_open)
		return;
	if (peer_read(p, &e) != 0 || (!error && peer_write(p, &e) != 0)) {
		peer_close(p, &e);
		return;
	}
	if (error) {
		err_set(&e, "MR503", "the other process has ended");
		peer_close(p, &e);
		return;
	}
	peer_watch(p);
}

static int
peer_read(struct peer *p, struct err *e)
{
	struct str body;
	json_t *json;
	size_t used;
	ssize_t n;
	int rc;

	while ((n = read(p->fd, buf_reserve(&p->in, READ_CHUNK), READ_CHUNK)) > 0)
		buf_grew(&p->in, (size_t)n);
	if (n == 0)
		return err_set(e, "MR503", "the other process has ended");
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return err_set(e, "MR503", "%s", strerror(errno));
	while ((rc = frame_decode(&p->in, &p->setup->limits, &json, &body, &used, e)) == 1) {
		answer_take(p, json, body);
		json_decref(json);
		buf_consume(&p->in, used);
	}
	if (p->in.len == 0)
		buf_free(&p->in);
	return rc;
}

static int
peer_write(struct peer *p, struct err *e)
{
	struct flight *f;
	ssize_t n;

	while ((f = TAILQ_FIRST(&p->unsent)) != NULL) {
		n = write(p->fd, f->frame.data + f->sent, f->frame.len - f->sent);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n < 0)
			return err_set(e, "MR503", "%s", strerror(errno));
		f->sent += (size_t)n;
		if (f->sent < f->frame.len)
			continue;
		TAILQ_REMOVE(&p->unsent, f, unsent_link);
		f->is_unsent = false;
		if (!p->setup->asks_again)
			buf_free(&f->frame);
	}
	return 0;
}

static void
peer_watch(struct peer *p)
{
	int events = EPOLLIN | EPOLLRDHUP | (TAILQ_EMPTY(&p->unsent) ? 0 : EPOLLOUT);

	if (events != p->watched)
		kore_platform_event_schedule(p->fd, events, 0, &p->event);
	p->watched = events;
}

static void
redial_soon(void)
{
	if (!redial_is_due)
		request_after(REDIAL_MS, redial);
	redial_is_due = true;
}

static void
redial(void)
{
	struct peer *p;
	struct err e;

	redial_is_due = false;
	LIST_FOREACH(p, &peers, link)
	{
		if (!p->is_open && !TAILQ_EMPTY(&p->flights) && peer_open(p, &e) != 0)
			redial_soon();
	}
}

static void
answer_take(struct peer *p, const json_t *json, struct str body)
{
	int64_t id = js_int_or(json, "id", 0);
	const json_t *error = js_object(json, "error");
	struct flight *f;
	struct err e;

	TAILQ_FOREACH(f, &p->flights, link)
	{
		if (f->id == id)
			break;
	}
	if (f == NULL)
		return;
	if (error == NULL) {
		flight_end(p, f, json, body, NULL);
		return;
	}
	err_set(&e, js_text_or(error, "code", "MR500"), "%s",
	    js_text_or(error, "message", "no answer"));
	flight_end(p, f, NULL, (struct str){ 0 }, &e);
}

static void
flight_send(struct peer *p, struct flight *f)
{
	if (f->is_unsent)
		return;
	f->is_unsent = true;
	TAILQ_INSERT_TAIL(&p->unsent, f, unsent_link);
}

static void
flight_end(
    struct peer *p, struct flight *f, const json_t *answer, struct str body, const struct err *e)
{
	TAILQ_REMOVE(&p->flights, f, link);
	if (f->is_unsent)
		TAILQ_REMOVE(&p->unsent, f, unsent_link);
	p->n--;
	if (f->fn != NULL)
		f->fn(answer, body, e, f->arg);
	buf_free(&f->frame);
	mem_free(f);
}

/* The client of egress on Kore's event loop; the wire format is egress/egress.h. */
#include "web/outbound.h"

#include <kore.h>

#include <sys/epoll.h>
#include <sys/queue.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/conf.h"
#include "core/frame.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/sock.h"
#include "core/time.h"
#include "egress/egress.h"

enum {
	TIMEOUT_MS = 10000, /* of one request, by egress */
	GIVE_UP_MS = 12000, /* and by us, should egress say nothing */
	BODY_MAX = 262144,
	FLIGHTS_MAX = 200,
};

struct flight {
	TAILQ_ENTRY(flight) link;
	int64_t id, ends_ms;
	struct call *call; /* NULL: its client has left */
};

static const struct frame_limits limits = { 1048576, BODY_MAX, 1048576, 8 };

static struct {
	struct kore_event event; /* first: Kore is given its address */
	int fd;
	bool is_open;
	int64_t next_id;
	int n;
	struct buf in, out;
	TAILQ_HEAD(, flight) flights;
} peer;

static int peer_open(struct err *e);
static void peer_close(const struct err *e);
static void peer_watch(void);
static void peer_event(void *arg, int error);
static int peer_read(struct err *e);
static int peer_write(struct err *e);
static void answer_take(const json_t *json, struct str body);
static void flight_end(struct flight *f);
static void flight_fail(struct flight *f, const struct err *e);
static void call_left(struct call *c);

enum call_next
outbound_send(struct call *c, const struct outbound *request, call_step then)
{
	struct str body = str_of(request->form);
	json_t *headers = json_pack("[[s, s]]", "Accept", "application/json"), *frame;
	struct flight *f;
	struct err e;
	int rc;

	if (request->form != NULL)
		json_array_append_new(headers,
		    json_pack("[s, s]", "Content-Type", "application/x-www-form-urlencoded"));
	if (request->authorization != NULL)
		json_array_append_new(
		    headers, json_pack("[s, s]", "Authorization", request->authorization));
	frame = json_pack("{s:s, s:I, s:s, s:s, s:s, s:o, s:i, s:i, s:i}", "op", "http", "id",
	    (json_int_t)++peer.next_id, "workspace", EGRESS_INSTALLATION, "method", request->method,
	    "url", request->url, "headers", headers, "timeout_ms", TIMEOUT_MS, "max_bytes",
	    BODY_MAX, "follow", 0);
	rc = peer_open(&e);
	if (rc == 0 && peer.n >= FLIGHTS_MAX)
		rc = err_set(&e, "MR503", "too many people are signing in at this moment");
	if (rc == 0)
		rc = frame_encode(&peer.out, frame, body, &limits, &e);
	json_decref(frame);
	c->then = then;
	if (rc != 0) {
		c->reply = (struct call_reply){ .failed = true, .err = e };
		return then(c);
	}
	f = mem_alloc(sizeof(*f));
	f->id = peer.next_id;
	f->ends_ms = mono_ms() + GIVE_UP_MS;
	f->call = c;
	TAILQ_INSERT_TAIL(&peer.flights, f, link);
	peer.n++;
	c->waiting = true;
	c->leave = call_left;
	peer_watch();
	return CALL_WAIT;
}

void
outbound_tick(void)
{
	struct flight *f, *next;
	struct err e;

	if (!peer.is_open)
		return;
	err_set(&e, "MR503", "the other server did not answer in time");
	for (f = TAILQ_FIRST(&peer.flights); f != NULL; f = next) {
		next = TAILQ_NEXT(f, link);
		if (f->ends_ms <= mono_ms())
			flight_fail(f, &e);
	}
}

static int
peer_open(struct err *e)
{
	if (peer.is_open)
		return 0;
	if (peer.event.handle == NULL)
		TAILQ_INIT(&peer.flights);
	if (sock_connect(conf_text(CONF_EGRESS_SOCK), &peer.fd, e) != 0) {
		log_err(LOG_LEVEL_ERROR, "egress.away", e);
		return err_set(e, "MR503", "the process that calls other servers is away");
	}
	peer.event.type = KORE_TYPE_PGSQL_CONN;
	peer.event.handle = peer_event;
	peer.is_open = true;
	return 0;
}

static void
peer_close(const struct err *e)
{
	struct flight *f;

	log_err(LOG_LEVEL_WARN, "egress.gone", e);
	close(peer.fd);
	peer.is_open = false;
	buf_free(&peer.in);
	buf_free(&peer.out);
	while ((f = TAILQ_FIRST(&peer.flights)) != NULL)
		flight_fail(f, e);
}

static void
peer_watch(void)
{
	kore_platform_event_schedule(
	    peer.fd, EPOLLIN | EPOLLRDHUP | (peer.out.len > 0 ? EPOLLOUT : 0), 0, &peer);
}

/* What was read before an error still counts. */
static void
peer_event(void *arg, int error)
{
	struct err e;

	(void)arg;
	peer.event.flags = 0;
	if (!peer.is_open)
		return;
	if (peer_read(&e) != 0 || (!error && peer_write(&e) != 0)) {
		peer_close(&e);
		return;
	}
	if (error) {
		err_set(&e, "MR503", "the process that calls other servers has ended");
		peer_close(&e);
		return;
	}
	peer_watch();
}

static int
peer_read(struct err *e)
{
	struct str body;
	json_t *json;
	size_t used;
	ssize_t n;
	int rc;

	while ((n = read(peer.fd, buf_reserve(&peer.in, 16384), 16384)) > 0)
		buf_grew(&peer.in, (size_t)n);
	if (n == 0)
		return err_set(e, "MR503", "the process that calls other servers has ended");
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return err_set(e, "MR503", "egress: %s", strerror(errno));
	while ((rc = frame_decode(&peer.in, &limits, &json, &body, &used, e)) == 1) {
		answer_take(json, body);
		json_decref(json);
		buf_consume(&peer.in, used);
	}
	return rc;
}

static int
peer_write(struct err *e)
{
	ssize_t n;

	while (peer.out.len > 0) {
		n = write(peer.fd, peer.out.data, peer.out.len);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n < 0)
			return err_set(e, "MR503", "egress: %s", strerror(errno));
		buf_consume(&peer.out, (size_t)n);
	}
	return 0;
}

static void
answer_take(const json_t *json, struct str body)
{
	int64_t id = js_int_or(json, "id", 0);
	const json_t *error = js_object(json, "error");
	struct flight *f;
	struct err e;

	TAILQ_FOREACH(f, &peer.flights, link)
	{
		if (f->id == id)
			break;
	}
	if (f == NULL)
		return;
	if (error != NULL) {
		err_set(&e, "MR503", "%s", js_text_or(error, "message", "no answer"));
		flight_fail(f, &e);
		return;
	}
	if (f->call != NULL) {
		f->call->reply = (struct call_reply){ .status = (int)js_int_or(json, "status", 0),
			.text = arena_str(f->call->arena, body) };
	}
	flight_end(f);
}

static void
flight_fail(struct flight *f, const struct err *e)
{
	if (f->call != NULL)
		f->call->reply = (struct call_reply){ .failed = true, .err = *e };
	flight_end(f);
}

static void
flight_end(struct flight *f)
{
	TAILQ_REMOVE(&peer.flights, f, link);
	peer.n--;
	if (f->call != NULL) {
		f->call->leave = NULL;
		call_wake(f->call);
	}
	mem_free(f);
}

/* The answer is for nobody then. */
static void
call_left(struct call *c)
{
	struct flight *f;

	TAILQ_FOREACH(f, &peer.flights, link)
	{
		if (f->call == c)
			f->call = NULL;
	}
}

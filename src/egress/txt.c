#include "egress/txt.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <string.h>

#include "core/json.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/time.h"
#include "egress/egress.h"
#include "egress/fail.h"
#include "egress/wire.h"

#define SOCKETS_MAX 16 /* of one look-up: each name server by UDP, and by TCP for a long answer */
#define TRY_MS 2000    /* the first try at each server; c-ares doubles it */
#define TRIES 3
#define NAME_MAX_N 253

struct txt {
	struct exchange_world *world;
	answer_fn answer;
	void *arg;
	json_t *id;
	int64_t began_ms;
	int64_t ends_ms; /* mono */
	struct loop_timer clock;

	ares_channel channel; /* one a look-up; NULL = not opened */
	struct loop_watch sockets[SOCKETS_MAX];
	bool is_done; /* status or fail is set */

	struct buf records; /* as they go out */
	int status;
	struct fail fail;
};

static int channel_open(ares_channel *channel, const char *servers, struct txt *t);
static bool is_name(const char *text);
static void on_socket(void *arg, ares_socket_t fd, int readable, int writable);
static void on_event(struct loop_watch *w, int events, void *arg);
static void on_clock(struct loop_timer *timer, void *arg);
static void txt_go_on(struct txt *t);
static void on_reply(void *arg, int status, int timeouts, unsigned char *reply, int n);
static void records_read(struct txt *t, const unsigned char *reply, int n);
static void txt_answer(struct txt *t);
static void txt_free(struct txt *t);

int
txt_check(const char *servers, struct err *e)
{
	ares_channel channel = NULL;
	int status = ares_library_init(ARES_LIB_INIT_ALL);

	if (status == ARES_SUCCESS && servers[0] != '\0')
		status = channel_open(&channel, servers, NULL);
	if (channel != NULL)
		ares_destroy(channel);
	return status == ARES_SUCCESS
	           ? 0
	           : err_set(e, "MR400", "must be name servers, address[:port] by commas: %s",
	                 ares_strerror(status));
}

struct txt *
txt_start(struct exchange_world *world, const json_t *frame, answer_fn answer, void *arg)
{
	struct txt *t = mem_alloc(sizeof(*t));
	const char *name = js_text_or(frame, "name", "");
	int64_t timeout_ms = js_int_or(frame, "timeout_ms", EGRESS_TIMEOUT_MS);
	int status = ARES_SUCCESS;

	t->world = world;
	t->answer = answer;
	t->arg = arg;
	t->id = json_deep_copy(json_object_get(frame, "id"));
	t->began_ms = mono_ms();
	t->ends_ms = t->began_ms + timeout_ms;
	world->flights++;
	if (!is_name(name) || timeout_ms < 1 || timeout_ms > EGRESS_TIMEOUT_MAX_MS)
		(void)fail_set(&t->fail, EGRESS_PROTOCOL, "`name` or `timeout_ms` is wrong");
	else if (world->flights > world->flights_max)
		(void)fail_set(&t->fail, EGRESS_CONNECT, "too many requests are under way");
	else if ((status = channel_open(&t->channel, world->dns, t)) != ARES_SUCCESS)
		(void)fail_set(&t->fail, EGRESS_DNS, "no name server: %s", ares_strerror(status));
	else
		ares_query(t->channel, name, ns_c_in, ns_t_txt, on_reply, t);
	t->is_done = t->is_done || t->fail.code != NULL;
	/* Never answered before this returns. */
	loop_timer(world->loop, &t->clock, 0, 0, on_clock, t);
	return t;
}

void
txt_cancel(struct txt *t)
{
	(void)fail_set(&t->fail, EGRESS_CANCELLED, "cancelled");
	t->is_done = true;
	loop_timer(t->world->loop, &t->clock, 0, 0, on_clock, t);
}

void
txt_drop(struct txt *t)
{
	txt_free(t);
}

/* An ARES_ status. */
static int
channel_open(ares_channel *channel, const char *servers, struct txt *t)
{
	struct ares_options options = { .timeout = TRY_MS,
		.tries = TRIES,
		.sock_state_cb = on_socket,
		.sock_state_cb_data = t };
	int status = ares_init_options(
	    channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);

	if (status == ARES_SUCCESS && servers[0] != '\0')
		status = ares_set_servers_ports_csv(*channel, servers);
	return status;
}

/* Labels of letters, digits, hyphens and underscores. */
static bool
is_name(const char *text)
{
	size_t n = strlen(text), label = 0;

	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (c == '.' ? label == 0
		             : !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		                   (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > 63)
			return false;
	}
	return n > 0 && n <= NAME_MAX_N && label > 0;
}

/* c-ares says this before it closes one, too. */
static void
on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct txt *t = arg;
	struct loop_watch *watch = NULL;

	for (size_t i = 0; i < SOCKETS_MAX; i++) {
		struct loop_watch *w = &t->sockets[i];

		if (w->loop != NULL && w->fd == fd) {
			watch = w;
			break;
		}
		if (w->loop == NULL && watch == NULL)
			watch = w;
	}
	/* Without a watch its try runs into its time. */
	if (watch == NULL)
		return;
	if (readable || writable)
		loop_watch(t->world->loop, watch, fd,
		    (readable ? LOOP_READ : 0) | (writable ? LOOP_WRITE : 0), on_event, t);
	else
		loop_unwatch(watch);
}

static void
on_event(struct loop_watch *w, int events, void *arg)
{
	struct txt *t = arg;
	int fd = w->fd;

	ares_process_fd(t->channel, events & (LOOP_READ | LOOP_HUP) ? fd : ARES_SOCKET_BAD,
	    events & LOOP_WRITE ? fd : ARES_SOCKET_BAD);
	txt_go_on(t);
}

static void
on_clock(struct loop_timer *timer, void *arg)
{
	struct txt *t = arg;

	(void)timer;
	if (!t->is_done)
		ares_process_fd(t->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	if (!t->is_done && mono_ms() >= t->ends_ms) {
		(void)fail_set(&t->fail, EGRESS_TIMEOUT, "no name server answered in time");
		t->is_done = true;
	}
	txt_go_on(t);
}

/* Answers, or waits for c-ares' next try, or the end. */
static void
txt_go_on(struct txt *t)
{
	struct timeval most, wait, *tv;
	int64_t left_ms = t->ends_ms - mono_ms();

	if (t->is_done) {
		txt_answer(t);
		return;
	}
	left_ms = left_ms > 0 ? left_ms : 0;
	most = (struct timeval){ left_ms / 1000, left_ms % 1000 * 1000 };
	tv = ares_timeout(t->channel, &most, &wait);
	loop_timer(
	    t->world->loop, &t->clock, tv->tv_sec * 1000 + tv->tv_usec / 1000 + 1, 0, on_clock, t);
}

/* The channel stays until c-ares has returned from what called this. */
static void
on_reply(void *arg, int status, int timeouts, unsigned char *reply, int n)
{
	struct txt *t = arg;

	(void)timeouts;
	if (status == ARES_EDESTRUCTION)
		return;
	t->is_done = true;
	if (status == ARES_SUCCESS)
		records_read(t, reply, n);
	else if (status == ARES_ENODATA || status == ARES_ENOTFOUND)
		t->status = 404;
	else if (status == ARES_ETIMEOUT)
		(void)fail_set(&t->fail, EGRESS_TIMEOUT, "no name server answered in time");
	else
		(void)fail_set(
		    &t->fail, EGRESS_DNS, "the name servers say: %s", ares_strerror(status));
}

/* A record is up to 255 bytes, or several such strings that belong together. */
static void
records_read(struct txt *t, const unsigned char *reply, int n)
{
	struct ares_txt_ext *all = NULL;
	int status = ares_parse_txt_reply_ext(reply, n, &all);

	for (const struct ares_txt_ext *one = all; one != NULL; one = one->next) {
		if (one->record_start && one != all)
			buf_byte(&t->records, '\0');
		buf_append(&t->records, (const char *)one->txt, one->length);
	}
	if (all != NULL)
		buf_byte(&t->records, '\0');
	if (status != ARES_SUCCESS && status != ARES_ENODATA)
		(void)fail_set(
		    &t->fail, EGRESS_DNS, "the answer can't be read: %s", ares_strerror(status));
	t->status = all != NULL ? 200 : 404;
	if (all != NULL)
		ares_free_data(all);
}

static void
txt_answer(struct txt *t)
{
	int64_t time_ms = mono_ms() - t->began_ms;
	json_t *json;

	if (t->fail.code != NULL)
		json = wire_error(t->id, &t->fail, NULL, time_ms);
	else
		json = json_pack("{s:O, s:i, s:I}", "id", t->id, "status", t->status, "time_ms",
		    (json_int_t)time_ms);
	t->answer(json, t->fail.code == NULL ? buf_view(&t->records) : (struct str){ 0 }, t->arg);
	json_decref(json);
	txt_free(t);
}

static void
txt_free(struct txt *t)
{
	loop_timer_stop(&t->clock);
	/* Ends the query, and says of each socket that it goes. */
	if (t->channel != NULL)
		ares_destroy(t->channel);
	json_decref(t->id);
	buf_free(&t->records);
	t->world->flights--;
	mem_free(t);
}

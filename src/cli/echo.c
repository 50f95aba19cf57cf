/*
 * echo.c: `millrace echo`: the outside world of the demo, on loopback: what a workflow of the demo
 * calls where a real one would call somebody's API.
 *
 *   /status/<n>          that status
 *   /delay/<ms>          200, after that time (60 s at most)
 *   /flaky/<key>/<n>     503 for the first n calls of this key, then 200
 *   anything else        200 {"method","path","query","headers","body"}; `body` parsed where it is
 * JSON
 *
 * It listens on descriptor 3 where LISTEN_FDS=1 says so, else on a free port, which it prints.
 * Small requests only (64 KiB), one at a time on a connection.
 */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/listen.h"
#include "core/json.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/sock.h"

#define LISTENER_FD 3
#define REQUEST_MAX ((size_t)64 * 1024)
#define DELAY_MAX_MS 60000
#define FLAKY_MAX 1000

struct flaky {
	LIST_ENTRY(flaky) link;
	char *key;
	int64_t calls;
};

struct echo {
	struct loop *loop;
	struct loop_watch watch;
	int listener;
	LIST_HEAD(, flaky) flakies;
	int n_flakies;
};

struct visitor {
	struct echo *echo;
	struct loop_watch watch;
	struct loop_timer delay;
	struct buf in, out;
	int fd;
	bool close; /* when `out` is written */
};

/* Views into the visitor's `in`. */
struct visit {
	struct str method, path, query, head, body;
	size_t used; /* bytes of `in` it takes up */
};

static int echo_open(struct echo *echo, struct err *e);
static void on_term(int signo, void *arg);
static void on_accept(struct loop_watch *w, int events, void *arg);
static void on_visitor(struct loop_watch *w, int events, void *arg);
static void visitor_free(struct visitor *v);
static void visitor_serve(struct visitor *v);
static int visit_read(struct str in, struct visit *out);
static bool header_of(struct str head, const char *name, struct str *out);
static void visit_answer(struct visitor *v, const struct visit *visit);
static int64_t number_behind(struct str path, const char *prefix, int64_t max);
static int64_t flaky_left(struct echo *echo, struct str path);
static json_t *visit_json(const struct visit *visit);
static void answer(struct visitor *v, int64_t status, json_t *json);
static void delay_over(struct loop_timer *t, void *arg);

int
cmd_echo(const struct place *place, int argc, char **argv, struct err *e)
{
	struct echo echo = { .listener = -1 };
	int rc = -1;

	(void)place;
	(void)argc;
	(void)argv;
	(void)mallopt(M_ARENA_MAX, 1);
	(void)signal(SIGPIPE, SIG_IGN);
	LIST_INIT(&echo.flakies);
	if (echo_open(&echo, e) == 0) {
		loop_run(echo.loop);
		rc = 0;
	}
	if (echo.listener >= 0)
		(void)close(echo.listener);
	loop_free(echo.loop);
	return rc;
}

static int
echo_open(struct echo *echo, struct err *e)
{
	const char *given = getenv("LISTEN_FDS");
	int port;

	if (loop_new(&echo->loop, e) != 0 ||
	    loop_signal(echo->loop, SIGTERM, on_term, echo, e) != 0 ||
	    loop_signal(echo->loop, SIGINT, on_term, echo, e) != 0)
		return -1;
	if (given != NULL && strcmp(given, "1") == 0) {
		echo->listener = LISTENER_FD;
	} else {
		if (listen_tcp("127.0.0.1", 0, &echo->listener, &port, e) != 0)
			return -1;
		printf("http://127.0.0.1:%d\n", port);
		(void)fflush(stdout);
	}
	loop_watch(echo->loop, &echo->watch, echo->listener, LOOP_READ, on_accept, echo);
	return 0;
}

static void
on_term(int signo, void *arg)
{
	struct echo *echo = arg;

	(void)signo;
	loop_stop(echo->loop);
}

static void
on_accept(struct loop_watch *w, int events, void *arg)
{
	struct echo *echo = arg;
	struct visitor *v;
	struct err e;
	int fd;

	(void)w;
	(void)events;
	while (sock_accept(echo->listener, &fd, &e) == 1) {
		v = mem_alloc(sizeof(*v));
		v->echo = echo;
		v->fd = fd;
		loop_watch(echo->loop, &v->watch, fd, LOOP_READ, on_visitor, v);
	}
}

static void
on_visitor(struct loop_watch *w, int events, void *arg)
{
	struct visitor *v = arg;
	ssize_t n;

	(void)w;
	if (v->delay.loop != NULL) { /* it hung up while it had to wait */
		visitor_free(v);
		return;
	}
	if (events & LOOP_WRITE) {
		n = send(v->fd, v->out.data, v->out.len, MSG_NOSIGNAL);
		if (n > 0)
			buf_consume(&v->out, (size_t)n);
		if (n < 0 || (v->out.len == 0 && v->close)) {
			visitor_free(v);
			return;
		}
		if (v->out.len > 0)
			return;
	} else {
		n = recv(v->fd, buf_reserve(&v->in, 16384), 16384, 0);
		if (n <= 0) {
			visitor_free(v);
			return;
		}
		buf_grew(&v->in, (size_t)n);
	}
	visitor_serve(v);
}

static void
visitor_free(struct visitor *v)
{
	loop_timer_stop(&v->delay);
	loop_unwatch(&v->watch);
	(void)close(v->fd);
	buf_free(&v->in);
	buf_free(&v->out);
	mem_free(v);
}

/* Serves the next whole request, if there is one, and watches for what comes next. */
static void
visitor_serve(struct visitor *v)
{
	struct visit visit;
	int rc = visit_read(buf_view(&v->in), &visit);

	if (rc < 0 || v->in.len > REQUEST_MAX) {
		v->close = true;
		answer(v, 400,
		    json_pack("{s:s}", "error", "this service takes small, plain requests"));
	} else if (rc > 0) {
		visit_answer(v, &visit);
		buf_consume(&v->in, visit.used);
	}
	if (v->delay.loop == NULL)
		loop_watch(v->echo->loop, &v->watch, v->fd, v->out.len > 0 ? LOOP_WRITE : LOOP_READ,
		    on_visitor, v);
}

/* 1: a whole request, 0: not yet, -1: not one. Bodies have a Content-Length. */
static int
visit_read(struct str in, struct visit *out)
{
	ptrdiff_t end = str_find(in, "\r\n\r\n", 0);
	struct str line, rest, target, length;
	int64_t n = 0;

	if (end < 0)
		return 0;
	*out = (struct visit){ .head = str_sub(in, 0, (size_t)end + 2) };
	rest = out->head;
	(void)str_next(&rest, '\n', &line);
	(void)str_next(&line, ' ', &out->method);
	if (!str_next(&line, ' ', &target) || target.n == 0 || target.p[0] != '/')
		return -1;
	(void)str_next(&target, '?', &out->path);
	out->query = target;
	out->head = rest;
	if (header_of(out->head, "content-length", &length) &&
	    str_int64(length, 0, (int64_t)REQUEST_MAX, &n, NULL) != 0)
		return -1;
	out->used = (size_t)end + 4 + (size_t)n;
	if (out->used > in.n)
		return 0;
	out->body = str_sub(in, (size_t)end + 4, (size_t)n);
	return 1;
}

static bool
header_of(struct str head, const char *name, struct str *out)
{
	struct str line, key;

	while (str_next(&head, '\n', &line)) {
		if (str_next(&line, ':', &key) && str_is_ignoring_case(key, name)) {
			*out = str_trim(line);
			return true;
		}
	}
	return false;
}

static void
visit_answer(struct visitor *v, const struct visit *visit)
{
	struct str connection;
	int64_t status = number_behind(visit->path, "/status/", 599);
	int64_t delay_ms = number_behind(visit->path, "/delay/", DELAY_MAX_MS);
	int64_t left = flaky_left(v->echo, visit->path);

	if (header_of(visit->head, "connection", &connection) && str_is(connection, "close"))
		v->close = true;
	if (status >= 200) {
		answer(v, status, json_pack("{s:I}", "status", (json_int_t)status));
	} else if (left > 0) {
		answer(v, 503, json_pack("{s:I}", "failures_left", (json_int_t)left - 1));
	} else {
		answer(v, 200, visit_json(visit));
		if (delay_ms > 0) {
			/* Neither read nor written until then. */
			loop_watch(v->echo->loop, &v->watch, v->fd, 0, on_visitor, v);
			loop_timer(v->echo->loop, &v->delay, delay_ms, 0, delay_over, v);
		}
	}
}

static int64_t
number_behind(struct str path, const char *prefix, int64_t max)
{
	int64_t n = 0;

	if (!str_starts(path, prefix) ||
	    str_int64(str_sub(path, strlen(prefix), path.n), 0, max, &n, NULL) != 0)
		return 0;
	return n;
}

/* How many calls of this key are still to fail, this one included; counts it. */
static int64_t
flaky_left(struct echo *echo, struct str path)
{
	struct str rest, key;
	struct flaky *f;
	int64_t n;

	if (!str_starts(path, "/flaky/"))
		return 0;
	rest = str_sub(path, 7, path.n);
	(void)str_next(&rest, '/', &key);
	if (str_int64(rest, 0, 1000000, &n, NULL) != 0)
		return 0;
	LIST_FOREACH(f, &echo->flakies, link)
	{
		if (str_is(key, f->key))
			break;
	}
	if (f == NULL && echo->n_flakies < FLAKY_MAX) {
		f = mem_alloc(sizeof(*f));
		f->key = mem_strndup(key.p, key.n);
		LIST_INSERT_HEAD(&echo->flakies, f, link);
		echo->n_flakies++;
	}
	return f == NULL || f->calls >= n ? 0 : n - f->calls++;
}

static json_t *
visit_json(const struct visit *visit)
{
	json_t *headers = json_object(), *body = NULL;
	struct str head = visit->head, line, key;
	struct buf name = { 0 };

	while (str_next(&head, '\n', &line)) {
		if (!str_next(&line, ':', &key) || key.n == 0)
			continue;
		buf_reset(&name);
		for (size_t i = 0; i < key.n; i++)
			buf_byte(
			    &name, key.p[i] >= 'A' && key.p[i] <= 'Z' ? key.p[i] + 32 : key.p[i]);
		(void)json_object_set_new(headers, buf_cstr(&name), js_string(str_trim(line)));
	}
	buf_free(&name);
	if (visit->body.n > 0 && js_parse(visit->body, REQUEST_MAX, JS_DEPTH_MAX, &body, NULL) != 0)
		body = js_string(visit->body);
	return json_pack("{s:o*, s:o*, s:o*, s:o, s:o?}", "method", js_string(visit->method),
	    "path", js_string(visit->path), "query", js_string(visit->query), "headers", headers,
	    "body", body);
}

/* Takes the reference. */
static void
answer(struct visitor *v, int64_t status, json_t *json)
{
	struct buf text = { 0 };

	if (json != NULL)
		js_dump(&text, json, JS_COMPACT);
	json_decref(json);
	buf_printf(&v->out,
	    "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n%s\r\n",
	    (int)status, status < 400 ? "OK" : "Error",
	    status == 204 || status == 304 ? 0 : text.len, v->close ? "Connection: close\r\n" : "");
	if (status != 204 && status != 304)
		buf_str(&v->out, buf_view(&text));
	buf_free(&text);
}

static void
delay_over(struct loop_timer *t, void *arg)
{
	struct visitor *v = arg;

	(void)t;
	loop_watch(v->echo->loop, &v->watch, v->fd, LOOP_WRITE, on_visitor, v);
}

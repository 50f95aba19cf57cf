#include "web/request.h"

#include <kore.h>

#include <http.h>

#include <stdio.h>
#include <strings.h>

#include "core/buf.h"
#include "core/mem.h"
#include "core/time.h"
#include "web/answer.h"
#include "web/call.h"
#include "web/cors.h"
#include "web/rate.h"
#include "web/routes.h"
#include "web/send.h"
#include "web/static.h"

/* What Kore keeps for us with a request. */
struct state {
	struct call *call;
};

/* All lines of one header. */
struct joined {
	struct buf value;
	const char *name;
};

static const struct request_setup *setup;

static struct call *call_begin(struct http_request *req);
static void call_free(struct call *c);
static void call_gone(struct http_request *req);
static enum call_next first_step(struct call *c, const char *raw_path);
static enum call_next routed(struct call *c);
static int credential_step(struct call *c, struct err *e);
static enum call_next input_refused(
    struct call *c, const struct issue_list *issues, const struct err *e);
static enum call_next no_route(struct call *c, unsigned allowed);
static void request_id_make(struct call *c);
static void address_make(struct call *c, const struct connection *conn);
static void header_join(const char *name, const char *value, void *arg);
static bool came_by_inner(const struct connection *conn);
static enum method method_of(int kore_method);
static bool is_change(enum method method);

void
request_setup(const struct request_setup *s)
{
	setup = s;
	send_setup();
}

const struct credential_site *
request_site(void)
{
	return setup->site;
}

int
request_dispatch(struct http_request *req)
{
	struct state *st;
	struct call *c;
	enum call_next next;

	if (http_state_exists(req)) {
		c = ((struct state *)http_state_get(req))->call;
		next = c->waiting ? CALL_WAIT : c->then(c);
	} else {
		st = http_state_create(req, sizeof(*st), call_gone);
		c = st->call = call_begin(req);
		next = first_step(c, req->path);
	}
	switch (next) {
	case CALL_WAIT:
		http_request_sleep(req);
		return KORE_RESULT_RETRY;
	case CALL_DONE:
		send_answer(c);
		return KORE_RESULT_OK;
	case CALL_TAKEN:
		return KORE_RESULT_OK;
	}
	return KORE_RESULT_ERROR;
}

const char *
call_header_in(const struct call *c, const char *name)
{
	const char *value;

	return http_request_header(c->transport, name, &value) == KORE_RESULT_OK ? value : NULL;
}

void
call_headers_each(
    const struct call *c, void (*fn)(const char *name, const char *value, void *arg), void *arg)
{
	const struct http_request *req = c->transport;
	const struct http_header *h;

	fn("host", req->host, arg);
	TAILQ_FOREACH(h, &req->req_headers, list)
	fn(h->header, h->value, arg);
}

void
call_wake(struct call *c)
{
	c->waiting = false;
	http_request_wakeup(c->transport);
}

static struct call *
call_begin(struct http_request *req)
{
	struct call *c = mem_alloc(sizeof(*c));

	c->arena = arena_new();
	c->transport = req;
	c->begun_us = mono_us();
	c->method = method_of(req->method);
	c->query = str_of(req->query_string);
	if (req->http_body != NULL)
		c->body = str_make((const char *)req->http_body->data, req->http_body_length);
	request_id_make(c);
	address_make(c, req->owner);
	cors_answer(setup->site, c);
	return c;
}

static void
call_free(struct call *c)
{
	if (c == NULL)
		return;
	if (c->waiting && c->leave != NULL)
		c->leave(c);
	if (c->job != NULL)
		job_abandon(c->job);
	if (c->task != NULL)
		c->task->owner = NULL;
	arena_free(c->arena);
	mem_free(c);
}

/* The request ends, answered or because its client left; Kore may say so more than once. */
static void
call_gone(struct http_request *req)
{
	struct state *st = http_state_get(req);

	if (st != NULL) {
		call_free(st->call);
		st->call = NULL;
	}
}

static enum call_next
first_step(struct call *c, const char *raw_path)
{
	size_t len = strlen(raw_path);
	char *path = arena_alloc(c->arena, len + 1);
	const char *why = path_decode(raw_path, len, path);
	struct route_match match;

	c->path = path;
	if (why != NULL)
		return call_refuse(c, 400, why);
	route_find(routes, routes_len, c->method, path, &match);
	c->route = match.route;
	c->params_len = match.params_len;
	memcpy(c->params, match.params, sizeof(c->params));
	return c->route != NULL ? routed(c) : no_route(c, match.allowed);
}

/* Credential, input, then the handler. A caller who isn't let in learns nothing about the input. */
static enum call_next
routed(struct call *c)
{
	struct issue_list issues = { 0 };
	struct err e = { 0 };
	enum call_next next;

	if ((c->route->flags & ROUTE_LOOPBACK) && !c->is_inner)
		return call_refuse(c, 404, "there is nothing at this address");
	if (rate_admit_address(c, &e) != 0)
		return call_fail(c, &e, NULL);
	if (!(c->route->flags & ROUTE_PUBLIC) && credential_step(c, &e) != 0)
		return call_fail(c, &e, NULL);
	if (rate_admit_caller(c, &e) != 0)
		return call_fail(c, &e, NULL);
	if (!(c->route->flags & ROUTE_RAW) && input_build(setup->input, c, &issues, &e) != 0) {
		if (issues.n == 0)
			issue_add(&issues, ISSUE_ERROR, e.field, "%s", e.text);
		next = input_refused(c, &issues, &e);
		issue_list_free(&issues);
		return next;
	}
	return c->route->handler != NULL ? c->route->handler(c) : call_operation(c);
}

static int
credential_step(struct call *c, struct err *e)
{
	bool hook = (c->route->flags & ROUTE_HOOK_TOKEN) != 0;

	if (credential_read(setup->site, c->arena, call_header_in(c, "authorization"),
	        call_header_in(c, "cookie"), now_ms() / 1000, hook, &c->credential, e) != 0)
		return -1;
	if (c->credential.kind == CREDENTIAL_NONE)
		return err_set(e, "MR401", "sign in first, or send a token");
	if (c->credential.kind == CREDENTIAL_COOKIE && is_change(c->method))
		return csrf_check(setup->site, c->credential.value,
		    call_header_in(c, "x-csrf-token"), call_header_in(c, "origin"),
		    call_header_in(c, "sec-fetch-site"), call_header_in(c, "host"), e);
	return 0;
}

/* 413 and 415 don't depend on who asks. */
static enum call_next
input_refused(struct call *c, const struct issue_list *issues, const struct err *e)
{
	if (e->code[0] != '\0' && !err_is(e, "MR400"))
		return call_fail(c, e, NULL);
	if (c->route->flags & ROUTE_PUBLIC)
		return call_fail_issues(c, issues);
	return call_refuse_after_permit(c, issues);
}

static enum call_next
no_route(struct call *c, unsigned allowed)
{
	char *allow = arena_alloc(c->arena, ALLOW_TEXT_MAX);

	if (allowed == 0 && static_answer(c, &allowed))
		return CALL_DONE;
	if (allowed == 0)
		return call_refuse(c, 404, "there is nothing at this address");
	allow_text(allowed, allow);
	call_header_out(c, "allow", allow);
	if (c->method == METHOD_OPTIONS) {
		cors_preflight(setup->site, c, allow);
		return call_answer(c, 204, NULL, str_of(NULL));
	}
	return call_refuse(c, 405, "this address does not take that method");
}

/* The client's own id is taken when it can't do harm in a log or header. */
static void
request_id_make(struct call *c)
{
	const char *given = call_header_in(c, "x-request-id");
	struct uuid id;

	if (given != NULL && strlen(given) < sizeof(c->request_id) &&
	    strspn(given, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.") ==
	        strlen(given)) {
		snprintf(c->request_id, sizeof(c->request_id), "%s", given);
		return;
	}
	id = uuid_v7();
	uuid_format(&id, c->request_id);
}

static void
address_make(struct call *c, const struct connection *conn)
{
	struct joined joined = { { 0 },
		setup->forwarded == FORWARDED_RFC ? "forwarded" : "x-forwarded-for" };
	char peer[NET_TEXT_SIZE] = "";

	if (conn->family == AF_INET6)
		inet_ntop(AF_INET6, &conn->addr.ipv6.sin6_addr, peer, sizeof(peer));
	else
		inet_ntop(AF_INET, &conn->addr.ipv4.sin_addr, peer, sizeof(peer));
	if (setup->proxies.n > 0)
		call_headers_each(c, header_join, &joined);
	forwarded_client(
	    &setup->proxies, peer, setup->forwarded, buf_view(&joined.value), c->address);
	/* Who comes by a proxy isn't of this machine, though the proxy may be. */
	c->is_inner = came_by_inner(conn) || (setup->is_loopback && joined.value.len == 0);
	buf_free(&joined.value);
}

/* Lines of one name are one list, in their order. */
static void
header_join(const char *name, const char *value, void *arg)
{
	struct joined *j = arg;

	if (strcasecmp(name, j->name) == 0)
		buf_printf(&j->value, "%s%s", j->value.len > 0 ? "," : "", value);
}

/* The main listener is the one that is given the port of the settings. */
static bool
came_by_inner(const struct connection *conn)
{
	const struct listener *l = conn->owner;

	return l->port != NULL && strtol(l->port, NULL, 10) == setup->inner_port;
}

static enum method
method_of(int kore_method)
{
	switch (kore_method) {
	case HTTP_METHOD_POST:
		return METHOD_POST;
	case HTTP_METHOD_PUT:
		return METHOD_PUT;
	case HTTP_METHOD_PATCH:
		return METHOD_PATCH;
	case HTTP_METHOD_DELETE:
		return METHOD_DELETE;
	case HTTP_METHOD_HEAD:
		return METHOD_HEAD;
	case HTTP_METHOD_OPTIONS:
		return METHOD_OPTIONS;
	default:
		return METHOD_GET;
	}
}

static bool
is_change(enum method method)
{
	return method != METHOD_GET && method != METHOD_HEAD && method != METHOD_OPTIONS;
}

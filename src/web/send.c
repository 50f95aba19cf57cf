#include "web/send.h"

#include <kore.h>

#include <http.h>

#include <inttypes.h>
#include <stdio.h>

#include "core/log.h"
#include "core/time.h"
#include "web/answer.h"
#include "web/call.h"
#include "web/metrics.h"
#include "web/refusal.h"
#include "web/routes.h"

static char security_name[64];
static const char *security_value;

static void send_rate(struct http_request *req, const struct call *c);
static void send_headers(struct http_request *req, const struct call *c);

void
send_setup(void)
{
	const char *colon = strchr(answer_security_headers, ':');

	memcpy(security_name, answer_security_headers, (size_t)(colon - answer_security_headers));
	security_value = colon + 2;
}

void
send_answer(struct call *c)
{
	struct http_request *req = c->transport;
	struct connection *conn = req->owner;
	bool bare = c->status == 204 || c->status == 304;

	send_log(c, c->status);
	refusal_note(c);
	if (conn == NULL)
		return;
	send_headers(req, c);
	if (bare)
		req->flags |= HTTP_REQUEST_NO_CONTENT_LENGTH;
	if (!c->out_is_static || bare) {
		http_response(req, c->status, bare ? NULL : c->out.p, bare ? 0 : c->out.n);
		return;
	}
	/* Kore reads on as soon as the head is queued; busy, it waits until the body is, too. */
	conn->flags |= CONN_IS_BUSY;
	http_response_stream(req, c->status, (void *)(uintptr_t)c->out.p, c->out.n, NULL, NULL);
	conn->flags &= (u_int16_t)~CONN_IS_BUSY;
	if (!(conn->flags & CONN_CLOSE_EMPTY))
		http_start_recv(conn);
}

/* Without a length the answer lasts as long as the connection: it must not be read from as HTTP. */
struct connection *
send_stream(struct call *c)
{
	struct http_request *req = c->transport;
	struct connection *conn = req->owner;

	send_log(c, 200);
	if (conn == NULL)
		return NULL;
	send_headers(req, c);
	req->flags |= HTTP_REQUEST_NO_CONTENT_LENGTH;
	conn->flags |= CONN_IS_BUSY | CONN_CLOSE_EMPTY;
	http_response(req, 200, NULL, 0);
	conn->flags &= (u_int16_t) ~(CONN_IS_BUSY | CONN_CLOSE_EMPTY);
	return conn;
}

void
send_log(struct call *c, int status)
{
	int64_t us = mono_us() - c->begun_us;

	metrics_request(c->route, status, us);
	log_info("request", "request_id=%s method=%s operation=%s status=%d ms=%" PRId64,
	    c->request_id, method_name(c->method), c->route != NULL ? c->route->operation : "-",
	    status, us / 1000);
}

/*
 * What the bucket that is nearest to its end has left, in the names of
 * draft-ietf-httpapi-ratelimit-headers-02; to Kore it is one header.
 */
static void
send_rate(struct http_request *req, const struct call *c)
{
	char text[96];

	if (c->rate.size == 0)
		return;
	snprintf(text, sizeof(text), "%d\r\nratelimit-remaining: %d\r\nratelimit-reset: %d",
	    c->rate.size, c->rate.remaining, c->rate.reset_s);
	http_response_header(req, "ratelimit-limit", text);
}

/* Kore copies and formats each header by itself; those that never change go as one. */
static void
send_headers(struct http_request *req, const struct call *c)
{
	bool cached = false;

	http_response_header(req, "x-request-id", c->request_id);
	send_rate(req, c);
	for (int i = 0; i < c->headers_len; i++) {
		http_response_header(req, c->headers[i].name, c->headers[i].value);
		cached = cached || strcmp(c->headers[i].name, "cache-control") == 0;
	}
	if (!cached)
		http_response_header(req, "cache-control", "no-store");
	if (c->type != NULL)
		http_response_header(req, "content-type", c->type);
	http_response_header(req, security_name, security_value);
}

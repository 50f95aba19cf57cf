#include "web/wire.h"

#include <kore.h>

#include <http.h>

#include <sys/socket.h>

#include "core/buf.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/uuid.h"
#include "web/answer.h"

enum {
	PROTO_REFUSED = 202, /* a proto of our own keeps Kore's HTTP deadlines away */
	LINGER_MS = 2000,
	LINGER_SILENT_MS = 1000,
	LINGER_READ = 4096,
	/* Kore looks at deadlines twice a second; ours come first, so that the answer has a body.
	 */
	DEADLINE_LEAD_MS = 700,
};

static struct guard_limits limits;
static bool draining;
static long refused;

static int wire_read(struct connection *c, size_t *bytes);
static int head_read(struct connection *c, size_t *bytes);
static void refuse(struct connection *c, int status, const char *message);
static void refusal_write(struct connection *c, int status, const char *message);
static void linger(struct connection *c);
static int linger_recv(struct netbuf *nb);
static bool has_open_request(const struct connection *c);

void
wire_limits(const struct guard_limits *l)
{
	limits = *l;
}

void
wire_drain(void)
{
	draining = true;
}

long
wire_refused(void)
{
	return refused;
}

/* What Kore does for a connection without a hook, with our reader in place of its own. */
void
guard_connect(struct connection *c)
{
	c->proto = CONN_PROTO_HTTP;
	c->read = wire_read;
	if (http_keepalive_time != 0)
		c->idle_timer.length = (u_int64_t)http_keepalive_time * 1000;
	net_recv_queue(c, http_header_max, NETBUF_CALL_CB_ALWAYS, http_header_recv);
}

void
wire_tick(void)
{
	struct connection *c, *next;
	u_int64_t now = kore_time_ms();

	for (c = TAILQ_FIRST(&connections); c != NULL; c = next) {
		next = TAILQ_NEXT(c, list);
		if (c->proto != CONN_PROTO_HTTP || c->state != CONN_STATE_ESTABLISHED ||
		    c->http_timeout == 0 || c->rnb == NULL)
			continue;
		if (c->rnb->cb == http_header_recv && c->rnb->s_off == 0)
			continue;
		if (now + DEADLINE_LEAD_MS >= c->http_start + c->http_timeout)
			refuse(c, 408, "the request took too long to arrive");
	}
}

static int
wire_read(struct connection *c, size_t *bytes)
{
	if (c->rnb->cb == http_header_recv)
		return head_read(c, bytes);
	return net_read(c, bytes);
}

static int
head_read(struct connection *c, size_t *bytes)
{
	size_t seen = c->rnb->s_off;
	struct guard_verdict v;
	int rc;

	rc = net_read(c, bytes);
	if (rc != KORE_RESULT_OK || !(c->evt.flags & KORE_EVENT_READ))
		return rc;
	v = guard_head(c->rnb->buf, seen, seen + *bytes, &limits);
	if (v.state == GUARD_MORE)
		return KORE_RESULT_OK;
	if (v.state == GUARD_PASS && has_open_request(c))
		v = (struct guard_verdict){ GUARD_REFUSE, 400,
			"a request was sent before the answer to the last one", 0, 0, false };
	else if (v.state == GUARD_PASS && (draining || http_request_count >= http_request_limit))
		v = (struct guard_verdict){ GUARD_REFUSE, 503, "the server is busy or stopping", 0,
			0, false };
	if (v.state == GUARD_REFUSE) {
		*bytes = 0;
		refuse(c, v.status, v.message);
		return c->state == CONN_STATE_DISCONNECTING ? KORE_RESULT_ERROR : KORE_RESULT_OK;
	}
	if (v.expects_continue)
		net_send_queue(c, "HTTP/1.1 100 Continue\r\n\r\n", 25);
	return KORE_RESULT_OK;
}

/* With a request still being worked on there is an answer to come, which must not follow this one.
 */
static void
refuse(struct connection *c, int status, const char *message)
{
	bool open = has_open_request(c);

	refused++;
	refusal_write(c, status, message);
	if (!net_send_flush(c) || open || !TAILQ_EMPTY(&c->send_queue))
		kore_connection_disconnect(c);
	else
		linger(c);
}

static void
refusal_write(struct connection *c, int status, const char *message)
{
	char id[UUID_TEXT_SIZE];
	struct uuid uuid = uuid_v7();
	struct buf body = { 0 }, head = { 0 };

	uuid_format(&uuid, id);
	answer_refusal(&body, status, message, id);
	buf_printf(&head,
	    "HTTP/1.1 %d %s\r\nserver: millrace\r\nconnection: close\r\n"
	    "content-type: application/json\r\ncache-control: no-store\r\n%s\r\n"
	    "x-request-id: %s\r\n%scontent-length: %zu\r\n\r\n",
	    status, answer_status_text(status), answer_security_headers, id,
	    status == 503 ? "retry-after: 1\r\n" : "", body.len);
	net_send_queue(c, head.data, head.len);
	net_send_queue(c, body.data, body.len);
	log_info("request", "request_id=%s operation=- status=%d ms=0", id, status);
	buf_free(&head);
	buf_free(&body);
}

static void
linger(struct connection *c)
{
	(void)shutdown(c->fd, SHUT_WR);
	c->proto = PROTO_REFUSED;
	c->http_start = kore_time_ms();
	c->http_timeout = 0;
	c->idle_timer.length = LINGER_SILENT_MS;
	c->idle_timer.start = c->http_start;
	net_recv_reset(c, LINGER_READ, linger_recv);
	c->rnb->extra = NULL;
}

static int
linger_recv(struct netbuf *nb)
{
	if (kore_time_ms() > nb->owner->http_start + LINGER_MS)
		return KORE_RESULT_ERROR;
	net_recv_reset(nb->owner, LINGER_READ, linger_recv);
	return KORE_RESULT_OK;
}

/* Complete, and without an answer yet; the body of an incomplete one is what we are reading. */
static bool
has_open_request(const struct connection *c)
{
	const struct http_request *req;

	TAILQ_FOREACH(req, &c->http_requests, olist)
	{
		if ((req->flags & HTTP_REQUEST_COMPLETE) && req->status == 0 &&
		    !(req->flags & HTTP_REQUEST_DELETE))
			return true;
	}
	return false;
}

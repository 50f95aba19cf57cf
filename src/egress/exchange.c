/*
 * exchange.c: the life of one request. A longer file than most: the steps of one state machine,
 * which read from the top.
 */
#include "egress/exchange.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/crypto.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"
#include "egress/egress.h"
#include "egress/pool.h"
#include "egress/proxy.h"
#include "egress/tls.h"
#include "egress/url.h"
#include "egress/wire.h"

#define ADDRESS_MAX (INET6_ADDRSTRLEN + 8) /* with brackets and port */

struct exchange {
	struct exchange_world *world;
	answer_fn answer;
	void *arg;
	json_t *id;
	int64_t began_ms;
	struct loop_timer later; /* an answer without a transfer: next turn; or waited enough */
	enum { PLACE_NONE, PLACE_WAITING, PLACE_DIALLING } place;
	TAILQ_ENTRY(exchange) link; /* while it waits */

	struct wire_request request;
	struct url url;
	const char *method; /* of this hop: a redirect may make it GET */
	bool has_body;
	bool foreign; /* we left the origin of the first URL */
	int hops;

	struct pool *pool;
	CURL *easy; /* in the pool while `flying` */
	struct curl_slist *header_list;
	bool flying;

	/* Through a proxy: */
	const char *proxy;        /* NULL = dialled directly */
	bool looking;             /* this transfer ends at the verdict */
	char target[ADDRESS_MAX]; /* the address that passed, with its port */
	const char *target_rule;
	struct proxy_way way;

	json_t *headers; /* of the response */
	size_t header_bytes;
	struct buf body;
	json_t *dialled;
	/* The last verdict of this hop. */
	struct policy_verdict verdict;
	char judged[ADDRESS_MAX];
	struct fail fail;
};

static void exchange_wait(struct exchange *x);
static void exchange_begin(struct exchange *x);
static void exchange_leave(struct exchange *x);
static void waited_enough(struct loop_timer *t, void *arg);
static int exchange_hop(struct exchange *x);
static int hop_start(struct exchange *x);
static int hop_pool(struct exchange *x);
static const char *proxy_login(const struct exchange *x);
static int hop_options(struct exchange *x);
static int hop_route(struct exchange *x);
static void hop_method(struct exchange *x);
static void hop_done(CURL *easy, CURLcode result);
static int hop_redirect(struct exchange *x, long status);
static bool is_redirect(long status);
static void hop_fail(struct exchange *x, CURLcode result);
static void hop_dialled(struct exchange *x);
static void exchange_answer(struct exchange *x);
static void answer_later(struct exchange *x);
static void later_due(struct loop_timer *t, void *arg);
static void exchange_free(struct exchange *x);
static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address);
static size_t on_header(char *p, size_t size, size_t n, void *arg);
static size_t on_body(char *p, size_t size, size_t n, void *arg);

struct exchange *
exchange_start(
    struct exchange_world *world, const json_t *frame, struct str body, answer_fn answer, void *arg)
{
	struct exchange *x = mem_alloc(sizeof(*x));

	x->world = world;
	x->answer = answer;
	x->arg = arg;
	x->id = json_deep_copy(json_object_get(frame, "id"));
	x->began_ms = mono_ms();
	x->dialled = json_array();
	world->flights++;
	if (wire_read(frame, body, &x->request, &x->fail) != 0 ||
	    url_read(x->request.url, &x->url, &x->fail) != 0)
		answer_later(x);
	else if (world->dialling >= world->flights_max)
		exchange_wait(x);
	else
		exchange_begin(x);
	world->bytes_held += x->request.body.len;
	return x;
}

void
exchange_cancel(struct exchange *x)
{
	exchange_leave(x);
	(void)fail_set(&x->fail, EGRESS_CANCELLED, "cancelled");
	answer_later(x);
}

void
exchange_drop(struct exchange *x)
{
	exchange_leave(x);
	exchange_free(x);
}

/* As many as may be are under way: it waits for one of them to end, but not past its own time. */
static void
exchange_wait(struct exchange *x)
{
	x->place = PLACE_WAITING;
	TAILQ_INSERT_TAIL(&x->world->waiting, x, link);
	loop_timer(x->world->loop, &x->later, x->request.timeout_ms, 0, waited_enough, x);
}

static void
waited_enough(struct loop_timer *t, void *arg)
{
	struct exchange *x = arg;

	(void)t;
	exchange_leave(x);
	(void)fail_set(&x->fail, EGRESS_TIMEOUT, "%d other requests were under way all the time",
	    x->world->flights_max);
	answer_later(x);
}

static void
exchange_begin(struct exchange *x)
{
	x->place = PLACE_DIALLING;
	x->world->dialling++;
	x->method = x->request.method;
	x->has_body = x->request.body.len > 0;
	if (exchange_hop(x) != 0)
		answer_later(x);
}

/* It neither waits nor is under way any longer; who waits longest takes its place. */
static void
exchange_leave(struct exchange *x)
{
	struct exchange_world *w = x->world;
	struct exchange *next;

	if (x->flying)
		pool_remove(x->pool, x->easy);
	x->flying = false;
	if (x->place == PLACE_WAITING) {
		TAILQ_REMOVE(&w->waiting, x, link);
		loop_timer_stop(&x->later);
	} else if (x->place == PLACE_DIALLING) {
		w->dialling--;
		next = TAILQ_FIRST(&w->waiting);
		if (next != NULL) {
			exchange_leave(next);
			exchange_begin(next);
		}
	}
	x->place = PLACE_NONE;
}

/* Calls x->url. -1: x->fail is set, and nothing is under way. */
static int
exchange_hop(struct exchange *x)
{
	const char *own = x->world->proxy;

	if (!host_list_holds(&x->request.hosts, x->url.host, x->url.port))
		return fail_set(&x->fail, EGRESS_DENIED,
		    "%.250s is not among the hosts that this workspace calls", x->url.host);
	x->proxy = x->request.proxy;
	if (x->proxy == NULL && own != NULL && own[0] != '\0')
		x->proxy = own;
	x->looking = x->proxy != NULL;
	x->target[0] = '\0';
	return hop_start(x);
}

static int
hop_start(struct exchange *x)
{
	struct err e;

	json_decref(x->headers);
	x->headers = json_array();
	x->header_bytes = 0;
	x->world->bytes_held -= x->body.len;
	buf_reset(&x->body);
	x->verdict = (struct policy_verdict){ true, false, "reused" };
	if (hop_pool(x) != 0 || hop_options(x) != 0)
		return -1;
	if (pool_add(x->pool, x->easy, &e) != 0)
		return fail_set(&x->fail, EGRESS_CONNECT, "%s", e.text);
	x->flying = true;
	return 0;
}

/* Asked at each hop, since the ceiling may have changed meanwhile. */
static int
hop_pool(struct exchange *x)
{
	struct exchange_world *w = x->world;
	char workspace[UUID_TEXT_SIZE];
	uint8_t digest[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1];
	struct buf key = { 0 };
	struct err e;
	int rc = -1;

	(void)ceiling_refresh(w->ceiling);
	buf_printf(&key, "%s %lld\n", uuid_format(&x->request.caller.workspace, workspace),
	    (long long)w->ceiling->version);
	buf_str(&key, buf_view(&x->request.allow_key));
	buf_text(&key, x->proxy == NULL ? "" : x->proxy);
	/* A tunnel serves who opened it: not one with another password. */
	if (proxy_login(x) != NULL) {
		crypto_sha256(str_of(proxy_login(x)), digest);
		buf_text(&key, crypto_hex(digest, sizeof(digest), hex));
	}
	if ((w->pools != NULL || pools_new(w->loop, hop_done, &w->pools, &e) == 0) &&
	    pool_get(w->pools, buf_view(&key), &x->pool, &e) == 0)
		rc = 0;
	else
		(void)fail_set(&x->fail, EGRESS_CONNECT, "%s", e.text);
	buf_free(&key);
	return rc;
}

/* What the workspace's own proxy is told; the installation's is told nothing. */
static const char *
proxy_login(const struct exchange *x)
{
	return x->proxy != NULL && x->proxy == x->request.proxy ? x->request.proxy_login : NULL;
}

static int
hop_options(struct exchange *x)
{
	int64_t left_ms = x->request.timeout_ms - (mono_ms() - x->began_ms);
	CURL *easy = x->easy;

	if (left_ms <= 0)
		return fail_set(&x->fail, EGRESS_TIMEOUT, "no time was left for the redirect");
	if (easy == NULL)
		easy = x->easy = curl_easy_init();
	if (easy == NULL)
		return fail_set(&x->fail, EGRESS_CONNECT, "no memory for one more request");
	curl_easy_reset(easy);
	curl_slist_free_all(x->header_list);
	if (wire_header_list(&x->request, x->foreign, x->has_body, &x->header_list, &x->fail) != 0)
		return -1;
	(void)curl_easy_setopt(easy, CURLOPT_PRIVATE, x);
	(void)curl_easy_setopt(easy, CURLOPT_CURLU, x->url.handle);
	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, x);
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* Else the end of a request waits for its name to be resolved, and all others with it. */
	(void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
	(void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, x->header_list);
	(void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)left_ms);
	(void)curl_easy_setopt(
	    easy, CURLOPT_CONNECTTIMEOUT_MS, (long)x->request.connect_timeout_ms);
	(void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, x->world->slow_bytes);
	(void)curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, x->world->slow_s);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
	tls_apply(easy);
	hop_method(x);
	return hop_route(x);
}

static int
hop_route(struct exchange *x)
{
	proxy_way_free(&x->way);
	if (x->proxy != NULL && !x->looking)
		return proxy_apply(x->easy, x->proxy, proxy_login(x), x->target, &x->way, &x->fail);
	/* With a proxy in the environment the verdict would see the proxy's address only. */
	(void)curl_easy_setopt(x->easy, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(x->easy, CURLOPT_NOPROXY, "*");
	/* An open connection would carry the request instead of asking for a verdict. */
	(void)curl_easy_setopt(x->easy, CURLOPT_FRESH_CONNECT, x->looking ? 1L : 0L);
	return 0;
}

static void
hop_method(struct exchange *x)
{
	bool is_head = strcmp(x->method, "HEAD") == 0, is_get = strcmp(x->method, "GET") == 0;

	if (x->has_body || (!is_get && !is_head)) {
		/* Even an empty body, so that a POST says Content-Length: 0. */
		(void)curl_easy_setopt(
		    x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->request.body.len);
		(void)curl_easy_setopt(
		    x->easy, CURLOPT_POSTFIELDS, x->request.body.len ? x->request.body.data : "");
	}
	if (is_head)
		(void)curl_easy_setopt(x->easy, CURLOPT_NOBODY, 1L);
	if (!is_get || x->has_body)
		(void)curl_easy_setopt(x->easy, CURLOPT_CUSTOMREQUEST, x->method);
}

/* The pool has taken the handle out already. */
static void
hop_done(CURL *easy, CURLcode result)
{
	struct exchange *x = NULL;
	long status = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&x);
	x->flying = false;
	if (x->looking && x->target[0] != '\0') {
		x->looking = false;
		/* The inside is the installation's inside: a proxy has another one. */
		if (!x->verdict.is_public)
			x->proxy = NULL;
		if (hop_start(x) == 0)
			return;
		result = CURLE_ABORTED_BY_CALLBACK; /* x->fail says why */
	} else if (!x->looking) {
		hop_dialled(x);
	}
	if (result != CURLE_OK) {
		hop_fail(x, result);
	} else {
		(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
		if (is_redirect(status) && x->request.follow > 0 && hop_redirect(x, status) == 0)
			return;
	}
	exchange_answer(x);
}

/*
 * 0: the next hop is under way. -1: it ends here, with x->fail set, or without one where the
 * redirect names no place and so is a response like others.
 */
static int
hop_redirect(struct exchange *x, long status)
{
	char *target = NULL;
	struct url next = { 0 };

	(void)curl_easy_getinfo(x->easy, CURLINFO_REDIRECT_URL, &target);
	if (target == NULL)
		return -1;
	if (x->hops >= x->request.follow)
		return fail_set(
		    &x->fail, EGRESS_REDIRECT, "more than %d redirects", x->request.follow);
	if (url_read(target, &next, &x->fail) != 0)
		return -1;
	if (strcmp(x->url.scheme, "https") == 0 && strcmp(next.scheme, "http") == 0) {
		url_free(&next);
		return fail_set(
		    &x->fail, EGRESS_REDIRECT, "a redirect from https to http is not followed");
	}
	x->hops++;
	/* Once gone, coming back doesn't bring the secrets back: the way was another host's choice.
	 */
	x->foreign = x->foreign || !url_same_origin(&x->url, &next);
	if (strcmp(x->method, "HEAD") != 0 &&
	    (status == 303 ||
	        ((status == 301 || status == 302) && strcmp(x->method, "POST") == 0))) {
		x->method = "GET";
		x->has_body = false;
	}
	url_free(&x->url);
	x->url = next;
	return exchange_hop(x);
}

static bool
is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static void
hop_fail(struct exchange *x, CURLcode result)
{
	if (result == CURLE_COULDNT_CONNECT && !x->verdict.allowed) {
		(void)fail_set(&x->fail, EGRESS_DENIED, "%s may not be called: %s", x->judged,
		    x->verdict.rule);
		log_warn("dial.denied", "address=%s text=%s", x->judged, x->verdict.rule);
		return;
	}
	if (x->proxy != NULL && !x->looking)
		proxy_fail(x->easy, result, proxy_login(x) != NULL, &x->fail);
	fail_of_curl(&x->fail, result);
}

/* One entry a hop, of the connection that carried it. */
static void
hop_dialled(struct exchange *x)
{
	char *address = NULL;
	long port = 0, header_in = 0, request_out = 0;
	curl_off_t in = 0, out = 0;
	json_t *entry;

	(void)curl_easy_getinfo(x->easy, CURLINFO_PRIMARY_IP, &address);
	if (address == NULL || address[0] == '\0')
		return;
	(void)curl_easy_getinfo(x->easy, CURLINFO_PRIMARY_PORT, &port);
	(void)curl_easy_getinfo(x->easy, CURLINFO_HEADER_SIZE, &header_in);
	(void)curl_easy_getinfo(x->easy, CURLINFO_REQUEST_SIZE, &request_out);
	(void)curl_easy_getinfo(x->easy, CURLINFO_SIZE_DOWNLOAD_T, &in);
	(void)curl_easy_getinfo(x->easy, CURLINFO_SIZE_UPLOAD_T, &out);
	entry = json_pack("{s:s, s:i, s:I, s:I, s:s}", "address", address, "port", (int)port,
	    "bytes_in", (json_int_t)in + header_in, "bytes_out", (json_int_t)out + request_out,
	    "rule", x->verdict.rule);
	if (x->proxy != NULL) {
		const char *colon = strrchr(x->target, ':');

		(void)json_object_set_new(entry, "proxy", json_string(address));
		(void)json_object_set_new(
		    entry, "address", json_stringn(x->target, (size_t)(colon - x->target)));
		(void)json_object_set_new(entry, "port", json_integer(strtol(colon + 1, NULL, 10)));
		(void)json_object_set_new(entry, "rule", json_string(x->target_rule));
	}
	(void)json_array_append_new(x->dialled, entry);
}

static void
exchange_answer(struct exchange *x)
{
	int64_t time_ms = mono_ms() - x->began_ms;
	struct str body = { 0 };
	json_t *json;
	long status = 0;

	if (x->fail.code != NULL) {
		json = wire_error(x->id, &x->fail, x->dialled, time_ms);
	} else {
		(void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
		json = json_pack("{s:O, s:i, s:O, s:s, s:O, s:I}", "id", x->id, "status",
		    (int)status, "headers", x->headers, "url", x->url.text, "dialled", x->dialled,
		    "time_ms", (json_int_t)time_ms);
		body = buf_view(&x->body);
	}
	x->answer(json, body, x->arg);
	json_decref(json);
	exchange_free(x);
}

static void
answer_later(struct exchange *x)
{
	loop_timer(x->world->loop, &x->later, 0, 0, later_due, x);
}

static void
later_due(struct loop_timer *t, void *arg)
{
	(void)t;
	exchange_answer(arg);
}

static void
exchange_free(struct exchange *x)
{
	exchange_leave(x);
	loop_timer_stop(&x->later);
	curl_easy_cleanup(x->easy);
	curl_slist_free_all(x->header_list);
	proxy_way_free(&x->way);
	url_free(&x->url);
	x->world->bytes_held -= x->body.len;
	buf_free(&x->body);
	json_decref(x->headers);
	json_decref(x->dialled);
	json_decref(x->id);
	x->world->flights--;
	x->world->bytes_held -= x->request.body.len;
	wire_request_free(&x->request);
	mem_free(x);
}

static curl_socket_t
on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct exchange *x = arg;
	const struct policy policy = { &x->world->ceiling->own, &x->world->ceiling->grants };
	bool is_proxy = x->proxy != NULL && !x->looking;
	struct policy_caller caller = x->request.caller;
	struct policy_net net;
	char text[INET6_ADDRSTRLEN] = "";

	(void)purpose;
	/* The installation's own proxy may stand wherever its file lets workspaces list. */
	if (is_proxy && x->proxy != x->request.proxy)
		caller.allow = policy_nets_all;
	if (policy_net_of(&address->addr, &net, NULL) == 0) {
		bool four = address->family == AF_INET;
		struct sockaddr_in6 six;
		struct sockaddr_in in;

		memcpy(&six, &address->addr, sizeof(six));
		memcpy(&in, &address->addr, sizeof(in));
		(void)inet_ntop(address->family,
		    four ? (const void *)&in.sin_addr : (const void *)&six.sin6_addr, text,
		    sizeof(text));
	}
	if (x->looking && x->target[0] != '\0')
		return CURL_SOCKET_BAD; /* one has passed already */
	x->verdict = policy_judge(&policy, &caller, &address->addr);
	(void)snprintf(
	    x->judged, sizeof(x->judged), strchr(text, ':') ? "[%s]:%d" : "%s:%d", text, net.port);
	if (x->looking && x->verdict.allowed) {
		memcpy(x->target, x->judged, sizeof(x->target));
		x->target_rule = x->verdict.rule;
	}
	if (!x->verdict.allowed || x->looking)
		return CURL_SOCKET_BAD;
	return socket(
	    address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
}

/* Each line of the head, the status line included; a 1xx response comes before the one that counts.
 */
static size_t
on_header(char *p, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	struct str line = str_make(p, size * n);

	if (str_starts(line, "HTTP/"))
		(void)json_array_clear(x->headers);
	x->header_bytes += line.n;
	if (x->header_bytes > EGRESS_HEADERS_MAX) {
		(void)fail_set(&x->fail, EGRESS_TOO_LARGE,
		    "the headers of the answer are over %d bytes", EGRESS_HEADERS_MAX);
		return 0;
	}
	wire_header_got(x->headers, line);
	return line.n;
}

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	size_t len = size * n;

	if (x->body.len + len > (size_t)x->request.max_bytes) {
		(void)fail_set(&x->fail, EGRESS_TOO_LARGE, "the answer is over %lld bytes",
		    (long long)x->request.max_bytes);
		return 0;
	}
	if (x->world->bytes_held + len > x->world->bytes_held_max) {
		(void)fail_set(&x->fail, EGRESS_TOO_LARGE,
		    "too many answers are in memory at once: try again");
		return 0;
	}
	buf_append(&x->body, p, len);
	x->world->bytes_held += len;
	return len;
}

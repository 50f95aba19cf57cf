#include "egress/mail.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/time.h"
#include "egress/egress.h"
#include "egress/fail.h"
#include "egress/pool.h"
#include "egress/tls.h"
#include "egress/wire.h"

#define REPLY_MAX 300
#define ADDRESS_SIZE 260 /* of 254 characters in <> */

struct mail {
	struct exchange_world *world;
	answer_fn answer;
	void *arg;
	json_t *id;
	int64_t began_ms;
	struct loop_timer later;

	struct buf body;
	size_t read; /* of body, by curl */
	struct curl_slist *to;
	struct pool *pool;
	CURL *easy; /* in the pool while `flying` */
	bool flying;

	char reply[REPLY_MAX + 1]; /* the server's last line that counts */
	int status;                /* 0 = no reply that decides */
	struct fail fail;
};

static int mail_read(struct mail *m, const json_t *frame, struct str body, char from[ADDRESS_SIZE]);
static bool is_address(const char *text);
static int mail_send(struct mail *m, const char *from, int64_t timeout_ms);
static long tls_level(const char *url);
static void mail_done(CURL *easy, CURLcode result);
static void mail_answer(struct mail *m);
static void later_due(struct loop_timer *t, void *arg);
static void mail_free(struct mail *m);
static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address);
static size_t on_read(char *p, size_t size, size_t n, void *arg);
static size_t on_reply(char *p, size_t size, size_t n, void *arg);

int
mail_check(const char *smtp_url, struct err *e)
{
	CURLU *url = curl_url();
	char *scheme = NULL, *host = NULL;
	bool ok = smtp_url[0] == '\0';

	if (!ok && url != NULL && curl_url_set(url, CURLUPART_URL, smtp_url, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		ok = strcmp(scheme, "smtp") == 0 || strcmp(scheme, "smtps") == 0;
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(url);
	return ok ? 0
	          : err_set(e, "MR400", "must be smtp://[user:password@]host[:port] or smtps://…");
}

struct mail *
mail_start(
    struct exchange_world *world, const json_t *frame, struct str body, answer_fn answer, void *arg)
{
	struct mail *m = mem_alloc(sizeof(*m));
	char from[ADDRESS_SIZE];
	int rc = -1;

	m->world = world;
	m->answer = answer;
	m->arg = arg;
	m->id = json_deep_copy(json_object_get(frame, "id"));
	m->began_ms = mono_ms();
	world->flights++;
	if (world->smtp_url[0] == '\0')
		(void)fail_set(&m->fail, EGRESS_DENIED, "no mail server is set");
	else if (world->flights > world->flights_max)
		(void)fail_set(&m->fail, EGRESS_CONNECT, "too many requests are under way");
	else if (mail_read(m, frame, body, from) == 0)
		rc = mail_send(m, from, js_int_or(frame, "timeout_ms", EGRESS_TIMEOUT_MS));
	if (rc != 0)
		loop_timer(world->loop, &m->later, 0, 0, later_due, m);
	return m;
}

void
mail_cancel(struct mail *m)
{
	if (m->flying)
		pool_remove(m->pool, m->easy);
	m->flying = false;
	(void)fail_set(&m->fail, EGRESS_CANCELLED, "cancelled");
	loop_timer(m->world->loop, &m->later, 0, 0, later_due, m);
}

void
mail_drop(struct mail *m)
{
	if (m->flying)
		pool_remove(m->pool, m->easy);
	mail_free(m);
}

static int
mail_read(struct mail *m, const json_t *frame, struct str body, char from[ADDRESS_SIZE])
{
	const char *sender = js_text_or(frame, "from", ""), *to = js_text_or(frame, "to", "");
	char address[ADDRESS_SIZE];

	if (!is_address(sender) || !is_address(to))
		return fail_set(&m->fail, EGRESS_PROTOCOL, "`from` or `to` is not an address");
	(void)snprintf(from, ADDRESS_SIZE, "<%s>", sender);
	(void)snprintf(address, sizeof(address), "<%s>", to);
	m->to = curl_slist_append(NULL, address);
	buf_append(&m->body, body.p, body.n);
	m->world->bytes_held += m->body.len;
	return m->to != NULL ? 0 : fail_set(&m->fail, EGRESS_PROTOCOL, "out of memory");
}

/* Nothing that could end the command it is put into. */
static bool
is_address(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f || text[i] == '<' ||
		    text[i] == '>')
			return false;
	}
	return n >= 3 && n <= 254 && strchr(text, '@') != NULL;
}

static int
mail_send(struct mail *m, const char *from, int64_t timeout_ms)
{
	struct exchange_world *w = m->world;
	CURL *easy = m->easy = curl_easy_init();
	struct err e;

	if (easy == NULL)
		return fail_set(&m->fail, EGRESS_CONNECT, "no memory for one more request");
	(void)curl_easy_setopt(easy, CURLOPT_PRIVATE, m);
	(void)curl_easy_setopt(easy, CURLOPT_URL, w->smtp_url);
	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	(void)curl_easy_setopt(easy, CURLOPT_USE_SSL, tls_level(w->smtp_url));
	(void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	/* One connection a mail: a kept one that the server has dropped would cost a try. */
	(void)curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_MAIL_FROM, from);
	(void)curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, m->to);
	(void)curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
	(void)curl_easy_setopt(easy, CURLOPT_READDATA, m);
	(void)curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)m->body.len);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_reply);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, m);
	(void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	(void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)EGRESS_CONNECT_MS);
	tls_apply(easy);
	if ((w->mail_pools == NULL && pools_new(w->loop, mail_done, &w->mail_pools, &e) != 0) ||
	    pool_get(w->mail_pools, str_of("mail"), &m->pool, &e) != 0 ||
	    pool_add(m->pool, easy, &e) != 0)
		return fail_set(&m->fail, EGRESS_CONNECT, "%s", e.text);
	m->flying = true;
	return 0;
}

/* A password never goes in the clear, but to this machine. */
static long
tls_level(const char *url)
{
	CURLU *handle = curl_url();
	char *user = NULL, *host = NULL;
	long level = CURLUSESSL_ALL;

	if (handle != NULL && curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(handle, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		bool here = strcmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 ||
		            strcmp(host, "[::1]") == 0;

		if (here || curl_url_get(handle, CURLUPART_USER, &user, 0) != CURLUE_OK)
			level = CURLUSESSL_TRY;
	}
	curl_free(user);
	curl_free(host);
	curl_url_cleanup(handle);
	return level;
}

/* The pool has taken the handle out already. */
static void
mail_done(CURL *easy, CURLcode result)
{
	struct mail *m = NULL;
	long status = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&m);
	m->flying = false;
	(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	if (result == CURLE_OK)
		m->status = 250;
	else if (status >= 400 && status < 600)
		m->status = (int)status;
	else
		fail_of_curl(&m->fail, result);
	mail_answer(m);
}

static void
mail_answer(struct mail *m)
{
	int64_t time_ms = mono_ms() - m->began_ms;
	json_t *text = js_string(str_trim(str_of(m->reply))), *json;

	if (m->fail.code != NULL)
		json = wire_error(m->id, &m->fail, NULL, time_ms);
	else
		json = json_pack("{s:O, s:i, s:O*, s:I}", "id", m->id, "status", m->status,
		    "message", text, "time_ms", (json_int_t)time_ms);
	m->answer(json, (struct str){ 0 }, m->arg);
	json_decref(text);
	json_decref(json);
	mail_free(m);
}

static void
later_due(struct loop_timer *t, void *arg)
{
	(void)t;
	mail_answer(arg);
}

static void
mail_free(struct mail *m)
{
	loop_timer_stop(&m->later);
	curl_easy_cleanup(m->easy);
	curl_slist_free_all(m->to);
	json_decref(m->id);
	m->world->flights--;
	m->world->bytes_held -= m->body.len;
	buf_free(&m->body);
	mem_free(m);
}

static curl_socket_t
on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)arg;
	(void)purpose;
	return socket(
	    address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
}

static size_t
on_read(char *p, size_t size, size_t n, void *arg)
{
	struct mail *m = arg;
	size_t left = m->body.len - m->read, len = size * n < left ? size * n : left;

	memcpy(p, m->body.data + m->read, len);
	m->read += len;
	return len;
}

/* Each line of the server's replies. */
static size_t
on_reply(char *p, size_t size, size_t n, void *arg)
{
	struct mail *m = arg;
	struct str line = str_sub(str_trim(str_make(p, size * n)), 0, REPLY_MAX);

	/* After a refusal curl says QUIT, whose reply tells nothing. One with a NUL is dropped. */
	if (line.n > 0 && !str_starts(line, "221") &&
	    str_copy(m->reply, sizeof(m->reply), line) != 0)
		m->reply[0] = '\0';
	return size * n;
}

/*
 * export.c: exports of any size in constant memory. Names Kore's types: it is a transport.
 *
 * The operation answers with a part and the cursor of the next, {data, next} or {name, data, next};
 * the first is an ordinary call, so a refusal is an ordinary one. Each later part is asked for when
 * the client has taken most of what was sent before, with the same credential: who loses the right
 * meanwhile gets no more. The stream is chunked: cut off, it is known to be incomplete.
 */
#include <kore.h>

#include <http.h>

#include <string.h>

#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"
#include "db/value.h"
#include "web/archive.h"
#include "web/export.h"
#include "web/handlers.h"
#include "web/pg.h"
#include "web/send.h"
#include "web/sql.h"

enum {
	PROTO_EXPORT = 202, /* a proto of our own keeps Kore's HTTP deadlines away */
	AHEAD_MAX = 1024 * 1024,
	STALL_MS = 60000, /* a client that takes nothing for so long is gone */
	DISCARD = 512,
};

struct export
{
	LIST_ENTRY(export) link;
	struct connection *conn;
	struct archive *archive; /* NULL: the parts follow each other as they are */
	const struct statement *operation;
	char *credential, *client_text;
	json_t *p; /* input of the next read */
	struct job *job;
	size_t waiting; /* bytes queued when it was last looked at */
	bool ended, cut;
};

static LIST_HEAD(, export) exports = LIST_HEAD_INITIALIZER(exports);

static enum call_next begin(struct call *c);
static void type_set(struct call *c);
static void export_gone(struct connection *conn);
static int export_recv(struct netbuf *nb);
static void part_read(struct export *x);
static void part_done(struct job *job, const struct job_result *result, void *arg);
static bool part_send(struct export *x, const json_t *part);
static void chunk_send(struct export *x, struct str bytes);
static size_t queued(const struct connection *conn);

enum call_next
audit_export(struct call *c)
{
	return call_sql(c, sql_operation(c->route), c->p, begin);
}

enum call_next
archive_export(struct call *c)
{
	return call_sql(c, sql_operation(c->route), c->p, begin);
}

void
export_tick(void)
{
	struct export *x, *next;

	for (x = LIST_FIRST(&exports); x != NULL; x = next) {
		size_t n = queued(x->conn);

		next = LIST_NEXT(x, link);
		if (x->cut) {
			kore_connection_disconnect(x->conn);
			continue;
		}
		if (n < x->waiting || x->job != NULL)
			x->conn->idle_timer.start = kore_time_ms();
		x->waiting = n;
		if (!x->ended && x->job == NULL && n < AHEAD_MAX)
			part_read(x);
	}
}

/* The first part is there: from now on the connection is the export's. */
static enum call_next
begin(struct call *c)
{
	struct export *x;
	struct connection *conn;
	json_t *part, *who;

	if (c->reply.failed)
		return call_fail_reply(c);
	type_set(c);
	if (c->method == METHOD_HEAD)
		return call_answer(c, 200, c->type, str_of(NULL));
	call_header_out(c, "transfer-encoding", "chunked");
	conn = send_stream(c);
	if (conn == NULL || conn->state == CONN_STATE_DISCONNECTING)
		return CALL_TAKEN;
	part = json_loadb(c->reply.text.p, c->reply.text.n, 0, NULL);
	who = call_client(c);
	x = mem_alloc(sizeof(*x));
	x->conn = conn;
	x->archive = strcmp(c->type, "application/gzip") == 0 ? archive_new() : NULL;
	x->operation = sql_operation(c->route);
	x->credential = mem_strdup(c->credential.value);
	x->client_text = js_text_of(who, JS_COMPACT);
	x->p = json_deep_copy(c->p);
	LIST_INSERT_HEAD(&exports, x, link);
	conn->proto = PROTO_EXPORT;
	conn->http_timeout = 0;
	conn->idle_timer.length = STALL_MS;
	conn->idle_timer.start = kore_time_ms();
	conn->hdlr_extra = x;
	conn->disconnect = export_gone;
	net_recv_reset(conn, DISCARD, export_recv);
	(void)part_send(x, part);
	json_decref(part);
	json_decref(who);
	return CALL_TAKEN;
}

/* Type and the name under which a browser keeps it. */
static void
type_set(struct call *c)
{
	const char *operation = c->route->operation;
	const char *ending = "tar.gz";

	c->type = "application/gzip";
	if (strcmp(operation, "audit_export") == 0) {
		bool csv = strcmp(js_text_or(c->p, "format", "ndjson"), "csv") == 0;

		c->type = csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
		ending = csv ? "csv" : "ndjson";
	}
	call_header_out(c, "content-disposition",
	    arena_printf(c->arena, "attachment; filename=\"%s.%s\"", operation, ending));
}

/* Kore frees what hangs at a connection as its own; ours is taken off first. */
static void
export_gone(struct connection *conn)
{
	struct export *x = conn->hdlr_extra;

	if (x == NULL)
		return;
	conn->hdlr_extra = NULL;
	if (x->job != NULL)
		job_abandon(x->job);
	archive_free(x->archive);
	json_decref(x->p);
	mem_free(x->credential);
	mem_free(x->client_text);
	LIST_REMOVE(x, link);
	mem_free(x);
}

static int
export_recv(struct netbuf *nb)
{
	net_recv_reset(nb->owner, DISCARD, export_recv);
	return KORE_RESULT_OK;
}

/* No room in the pool: the next tick asks again. */
static void
part_read(struct export *x)
{
	struct job *job = job_new(pg_pool(), part_done, x);
	struct err e;

	job_statement(job, &sql_enter, false);
	job_text(job, x->credential);
	job_text(job, x->client_text);
	job_statement(job, x->operation, false);
	job_json(job, x->p);
	if (job_submit(job, JOB_EXCLUSIVE, &e) == 0)
		x->job = job;
}

static void
part_done(struct job *job, const struct job_result *result, void *arg)
{
	struct export *x = arg;
	json_t *part = NULL;
	bool goes_on;
	struct err e;

	(void)job;
	x->job = NULL;
	if (result->err != NULL || value_json(result->v[1], 0, 0, &part, &e) != 0) {
		log_err(LOG_LEVEL_WARN, "export.cut", result->err != NULL ? result->err : &e);
		x->cut = true;
		return;
	}
	goes_on = part_send(x, part);
	json_decref(part);
	if (goes_on && queued(x->conn) < AHEAD_MAX)
		part_read(x);
}

/* False: that was the last one, and the export may be gone already, with its connection. */
static bool
part_send(struct export *x, const json_t *part)
{
	struct str data = js_str(json_object_get(part, "data"));
	const json_t *next = json_object_get(part, "next");
	bool goes_on = json_is_string(next);
	struct buf out = { 0 };

	x->ended = !goes_on;
	if (x->archive == NULL)
		chunk_send(x, data);
	else {
		if (data.n > 0)
			archive_file(x->archive, js_text_or(part, "name", "data"), data,
			    now_ms() / 1000, &out);
		if (x->ended)
			archive_end(x->archive, &out);
		chunk_send(x, buf_view(&out));
	}
	buf_free(&out);
	if (!x->ended) {
		json_object_set(x->p, "cursor", json_object_get(part, "next"));
	} else {
		net_send_queue(x->conn, "0\r\n\r\n", 5);
		x->conn->flags |= CONN_CLOSE_EMPTY;
	}
	(void)net_send_flush(x->conn); /* closes it once all is sent */
	return goes_on;
}

/* An empty chunk would end the body. */
static void
chunk_send(struct export *x, struct str bytes)
{
	struct buf b = { 0 };

	if (bytes.n == 0)
		return;
	buf_printf(&b, "%zx\r\n", bytes.n);
	buf_str(&b, bytes);
	buf_text(&b, "\r\n");
	net_send_queue(x->conn, b.data, b.len);
	buf_free(&b);
}

static size_t
queued(const struct connection *conn)
{
	const struct netbuf *nb;
	size_t n = 0;

	TAILQ_FOREACH(nb, &conn->send_queue, list)
	n += nb->b_len - nb->s_off;
	return n;
}

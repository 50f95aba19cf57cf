#include "db/listen.h"

#include <libpq-fe.h>
#include <string.h>

#include "core/buf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"
#include "db/pool_parts.h"

#define DIAL_MS 5000
#define SILENCE_MS 1000 /* then we ask whether the server is there */
#define ANSWER_MS 2000
#define RETRY_MIN_MS 50
#define RETRY_MAX_MS 5000

enum listener_state {
	LISTENER_DOWN,
	LISTENER_DIALING,
	LISTENER_STARTING, /* LISTEN was sent */
	LISTENER_READY,
};

struct listener {
	enum listener_state state;
	char *dsn, *name;
	char *sql; /* listen a; listen b */
	struct listener_calls calls;
	struct db_io io;
	PGconn *pg;
	int backoff_ms;
	int64_t retry_at_ms;
	int64_t deadline_ms; /* DIALING, STARTING, and READY while `asked` */
	int64_t heard_ms;
	bool asked; /* `select 1` is under way */
};

static void dial(struct listener *l);
static void dial_poll(struct listener *l);
static void start(struct listener *l);
static void lose(struct listener *l, const char *why);
static void read_all(struct listener *l);
static bool results_end(struct listener *l);
static void notify_all(struct listener *l);
static void ask(struct listener *l, int64_t now);
static void flush(struct listener *l);

struct listener *
listener_new(const char *dsn, const char *name, const char *const *channels, int n,
    const struct listener_calls *calls, const struct db_io *io)
{
	struct listener *l = mem_alloc(sizeof(*l));
	struct buf sql = { 0 };

	for (int i = 0; i < n && i < LISTEN_CHANNELS_MAX; i++)
		buf_printf(&sql, "listen %s;", channels[i]);
	l->sql = buf_detach(&sql);
	l->dsn = mem_strdup(dsn);
	l->name = mem_strdup(name);
	l->calls = *calls;
	l->io = *io;
	listener_tick(l);
	return l;
}

void
listener_free(struct listener *l)
{
	if (l == NULL)
		return;
	if (l->pg != NULL) {
		l->io.watch(l->io.arg, 0, -1, 0);
		PQfinish(l->pg);
	}
	if (l->io.release != NULL)
		l->io.release(l->io.arg);
	mem_free(l->sql);
	mem_free(l->dsn);
	mem_free(l->name);
	mem_free(l);
}

void
listener_ready(struct listener *l, int events)
{
	switch (l->state) {
	case LISTENER_DOWN:
		break;
	case LISTENER_DIALING:
		dial_poll(l);
		break;
	case LISTENER_STARTING:
	case LISTENER_READY:
		if (events & DB_READ)
			read_all(l);
		if (l->pg != NULL)
			flush(l);
		break;
	}
}

void
listener_tick(struct listener *l)
{
	int64_t now = mono_ms();
	int64_t next = SILENCE_MS;

	switch (l->state) {
	case LISTENER_DOWN:
		if (l->retry_at_ms <= now)
			dial(l);
		if (l->state == LISTENER_DOWN)
			next = l->retry_at_ms - now;
		break;
	case LISTENER_DIALING:
	case LISTENER_STARTING:
		if (l->deadline_ms <= now)
			lose(l, "dialling took too long");
		break;
	case LISTENER_READY:
		if (l->asked && l->deadline_ms <= now)
			lose(l, "the database does not answer");
		else if (!l->asked && now - l->heard_ms >= SILENCE_MS)
			ask(l, now);
		else if (!l->asked)
			next = l->heard_ms + SILENCE_MS - now;
		break;
	}
	l->io.wake(l->io.arg, next > 0 ? (int)next : 0);
}

bool
listener_is_up(const struct listener *l)
{
	return l->state == LISTENER_READY;
}

static void
dial(struct listener *l)
{
	l->pg = dial_start(l->dsn, l->name);
	l->state = LISTENER_DIALING;
	l->deadline_ms = mono_ms() + DIAL_MS;
	if (PQstatus(l->pg) == CONNECTION_BAD)
		lose(l, PQerrorMessage(l->pg));
	else
		l->io.watch(l->io.arg, 0, PQsocket(l->pg), DB_WRITE);
}

static void
dial_poll(struct listener *l)
{
	switch (PQconnectPoll(l->pg)) {
	case PGRES_POLLING_READING:
		l->io.watch(l->io.arg, 0, PQsocket(l->pg), DB_READ);
		break;
	case PGRES_POLLING_WRITING:
		l->io.watch(l->io.arg, 0, PQsocket(l->pg), DB_WRITE);
		break;
	case PGRES_POLLING_OK:
		start(l);
		break;
	case PGRES_POLLING_FAILED:
	case PGRES_POLLING_ACTIVE: /* not used by libpq */
		lose(l, PQerrorMessage(l->pg));
		break;
	}
}

static void
start(struct listener *l)
{
	if (PQsetnonblocking(l->pg, 1) != 0 || PQsendQuery(l->pg, l->sql) != 1) {
		lose(l, PQerrorMessage(l->pg));
	} else {
		l->state = LISTENER_STARTING;
		flush(l);
	}
}

static void
lose(struct listener *l, const char *why)
{
	int wait_ms = dial_backoff(&l->backoff_ms, RETRY_MIN_MS, RETRY_MAX_MS);

	log_warn("listen.lost", "retry_ms=%d text=%.*s", wait_ms, (int)strcspn(why, "\n"), why);
	l->io.watch(l->io.arg, 0, -1, 0);
	PQfinish(l->pg);
	l->pg = NULL;
	l->state = LISTENER_DOWN;
	l->asked = false;
	l->retry_at_ms = mono_ms() + wait_ms;
	l->io.wake(l->io.arg, wait_ms);
}

static void
read_all(struct listener *l)
{
	bool ended;

	if (PQconsumeInput(l->pg) == 0 || PQstatus(l->pg) == CONNECTION_BAD) {
		lose(l, PQerrorMessage(l->pg));
		return;
	}
	l->heard_ms = mono_ms();
	ended = results_end(l);
	if (l->pg == NULL)
		return;
	if (ended && l->state == LISTENER_STARTING) {
		l->state = LISTENER_READY;
		l->backoff_ms = 0;
		log_info("listen.ready", "backend=%d", PQbackendPID(l->pg));
		l->calls.resync(l->calls.arg);
		l->io.wake(l->io.arg, SILENCE_MS);
	} else if (ended) {
		l->asked = false;
	}
	if (l->state == LISTENER_READY)
		notify_all(l);
}

/* True: what was sent is answered whole. An error of ours or of the server's ends the connection.
 */
static bool
results_end(struct listener *l)
{
	while (PQisBusy(l->pg) == 0) {
		PGresult *res = PQgetResult(l->pg);
		bool bad;

		if (res == NULL)
			return true;
		bad = PQresultStatus(res) == PGRES_FATAL_ERROR;
		PQclear(res);
		if (bad) {
			lose(l, PQerrorMessage(l->pg));
			break;
		}
	}
	return false;
}

static void
notify_all(struct listener *l)
{
	PGnotify *n;

	while ((n = PQnotifies(l->pg)) != NULL) {
		l->calls.notify(n->relname, n->extra, l->calls.arg);
		PQfreemem(n);
	}
}

static void
ask(struct listener *l, int64_t now)
{
	if (PQsendQuery(l->pg, "select 1") != 1) {
		lose(l, PQerrorMessage(l->pg));
	} else {
		l->asked = true;
		l->deadline_ms = now + ANSWER_MS;
		flush(l);
	}
}

static void
flush(struct listener *l)
{
	int rc = PQflush(l->pg);

	if (rc < 0)
		lose(l, PQerrorMessage(l->pg));
	else
		l->io.watch(l->io.arg, 0, PQsocket(l->pg), DB_READ | (rc > 0 ? DB_WRITE : 0));
}

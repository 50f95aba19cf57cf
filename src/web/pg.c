#include "web/pg.h"

#include <kore.h>

#include <sys/epoll.h>

#include "core/buf.h"
#include "core/conf.h"
#include "core/log.h"
#include "core/mem.h"
#include "db/io.h"
#include "web/request.h"

/* One descriptor that Kore watches for a pool or listener. */
struct slot {
	struct kore_event event; /* first: Kore is given its address */
	int fd;                  /* -1: none */
	int n;
	struct user *user;
};

/* A pool or listener on Kore's loop. Slots don't move, and outlive the last event of a batch. */
struct user {
	struct slot slots[POOL_SIZE_MAX];
	void (*ready)(struct user *u, int slot, int events);
	void (*tick)(struct user *u);
	struct pool *pool;
	struct listener *listener;
	struct kore_timer *timer; /* one shot; NULL: none is set */
	u_int64_t due_ms;
};

static struct user requests, waker, live;
static const char *const live_channels[] = { "mr_live" };
static const struct statement wake_statement = { "wake", "select api.wake($1)" };
static struct buf wake_rows; /* since the last wake-up */
static bool wake_flying, wake_pending;
static bool wake_for_all; /* some are not in wake_rows */

static struct db_io io_of(struct user *u);
static void io_watch(void *arg, int slot, int fd, int events);
static void io_wake(void *arg, int ms);
static void io_release(void *arg);
static void slot_event(void *arg, int error);
static void timer_event(void *arg, u_int64_t now);
static void pool_user_ready(struct user *u, int slot, int events);
static void pool_user_tick(struct user *u);
static void listener_user_ready(struct user *u, int slot, int events);
static void listener_user_tick(struct user *u);
static void wake_send(void);
static void wake_done(struct job *job, const struct job_result *result, void *arg);

void
pg_start(const struct listener_calls *calls)
{
	struct pool_conf conf = {
		.dsn = conf_text(CONF_DSN),
		.name = "millrace-web",
		.size = (int)conf_int(CONF_POOL_SIZE),
		.depth = (int)conf_int(CONF_POOL_DEPTH),
		.queue = (int)conf_int(CONF_POOL_QUEUE),
		.queue_ms = (int)conf_int(CONF_POOL_QUEUE_MS),
		.flight_ms = (int)conf_int(CONF_POOL_FLIGHT_MS),
		.statement_ms = (int)conf_int(CONF_STATEMENT_MS),
	};
	struct pool_conf wake_conf = conf;
	struct db_io io;

	io = io_of(&requests);
	requests.ready = pool_user_ready;
	requests.tick = pool_user_tick;
	requests.pool = pool_new(&conf, &io);

	wake_conf.name = "millrace-web wake";
	wake_conf.size = 1;
	io = io_of(&waker);
	waker.ready = pool_user_ready;
	waker.tick = pool_user_tick;
	waker.pool = pool_new(&wake_conf, &io);

	io = io_of(&live);
	live.ready = listener_user_ready;
	live.tick = listener_user_tick;
	live.listener = listener_new(
	    conf.dsn, "millrace-web live", live_channels, (int)countof(live_channels), calls, &io);
}

void
pg_stop(void)
{
	pool_free(requests.pool);
	pool_free(waker.pool);
	listener_free(live.listener);
	buf_free(&wake_rows);
	requests.pool = waker.pool = NULL;
	live.listener = NULL;
}

void
pg_tick(void)
{
	requests.tick(&requests);
	waker.tick(&waker);
	live.tick(&live);
}

struct pool *
pg_pool(void)
{
	return requests.pool;
}

struct pool *
pg_notifier(void)
{
	return waker.pool;
}

bool
pg_listens(void)
{
	return listener_is_up(live.listener);
}

void
pg_wake(const struct wake_row *row)
{
	if (row == NULL || !wake_add(&wake_rows, row))
		wake_for_all = true;
	wake_pending = true;
	if (!wake_flying)
		request_after(0, wake_send);
}

/* At the end of the turn: rows of one batch go in one notification. */
static void
wake_send(void)
{
	struct job *job;
	struct err e;

	if (wake_flying || !wake_pending)
		return;
	if (pool_is_up(waker.pool)) { /* else: the feeder polls anyway */
		job = job_new(waker.pool, wake_done, NULL);
		job_statement(job, &wake_statement, false);
		job_str(job, wake_for_all ? str_of("") : buf_view(&wake_rows));
		wake_flying = job_submit(job, 0, &e) == 0;
	}
	wake_pending = wake_for_all = false;
	buf_reset(&wake_rows);
}

static void
wake_done(struct job *job, const struct job_result *result, void *arg)
{
	(void)job;
	(void)arg;
	if (result->err != NULL)
		log_err(LOG_LEVEL_WARN, "wake.failed", result->err);
	wake_flying = false;
	wake_send();
}

static struct db_io
io_of(struct user *u)
{
	for (int i = 0; i < POOL_SIZE_MAX; i++) {
		u->slots[i].event.type = KORE_TYPE_PGSQL_CONN;
		u->slots[i].event.handle = slot_event;
		u->slots[i].fd = -1;
		u->slots[i].n = i;
		u->slots[i].user = u;
	}
	return (struct db_io){ io_watch, io_wake, io_release, u };
}

/* epoll forgets a closed socket by itself; Kore's own way to forget one dies when libpq was first.
 */
static void
io_watch(void *arg, int slot, int fd, int events)
{
	struct slot *s = &((struct user *)arg)->slots[slot];

	s->fd = fd;
	if (fd != -1)
		kore_platform_event_schedule(fd,
		    EPOLLRDHUP | ((events & DB_READ) ? EPOLLIN : 0) |
		        ((events & DB_WRITE) ? EPOLLOUT : 0),
		    0, s);
}

static void
io_wake(void *arg, int ms)
{
	struct user *u = arg;
	u_int64_t due = kore_time_ms() + (u_int64_t)(ms < 0 ? 0 : ms);

	if (u->timer != NULL && u->due_ms <= due)
		return;
	if (u->timer != NULL)
		kore_timer_remove(u->timer);
	u->due_ms = due;
	u->timer = kore_timer_add(timer_event, (u_int64_t)(ms < 0 ? 0 : ms), u, KORE_TIMER_ONESHOT);
}

static void
io_release(void *arg)
{
	struct user *u = arg;

	if (u->timer != NULL)
		kore_timer_remove(u->timer);
	u->timer = NULL;
}

static void
slot_event(void *arg, int error)
{
	struct slot *s = arg;
	int events = 0;

	if (s->event.flags & KORE_EVENT_READ)
		events |= DB_READ;
	if (s->event.flags & KORE_EVENT_WRITE)
		events |= DB_WRITE;
	s->event.flags = 0;
	/* On an error read first: the server's reason is in the buffer. */
	if (error)
		events |= DB_READ;
	if (s->fd != -1)
		s->user->ready(s->user, s->n, events);
}

/* Kore frees a one-shot timer when its callback returns. */
static void
timer_event(void *arg, u_int64_t now)
{
	struct user *u = arg;

	(void)now;
	u->timer = NULL;
	u->tick(u);
}

static void
pool_user_ready(struct user *u, int slot, int events)
{
	pool_ready(u->pool, slot, events);
}

static void
pool_user_tick(struct user *u)
{
	if (u->pool != NULL)
		pool_tick(u->pool);
}

static void
listener_user_ready(struct user *u, int slot, int events)
{
	(void)slot;
	listener_ready(u->listener, events);
}

static void
listener_user_tick(struct user *u)
{
	if (u->listener != NULL)
		listener_tick(u->listener);
}

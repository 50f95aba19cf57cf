#include "db/loop.h"

#include "core/mem.h"
#include "core/time.h"

struct slot {
	struct loop_watch watch;
	struct adapter *adapter;
};

struct adapter {
	struct loop *loop;
	struct loop_timer timer;
	struct pool *pool;         /* one of the two */
	struct listener *listener; /* NULL until its _new has returned, which calls us already */
	int n;
	struct slot slots[];
};

static struct adapter *adapter_new(struct loop *loop, int n);
static void adapter_watch(void *arg, int slot, int fd, int events);
static void adapter_wake(void *arg, int ms);
static void adapter_release(void *arg);
static void slot_ready(struct loop_watch *w, int events, void *arg);
static void timer_due(struct loop_timer *t, void *arg);

struct pool *
db_loop_pool(struct loop *loop, const struct pool_conf *conf)
{
	struct adapter *a = adapter_new(loop, POOL_SIZE_MAX);
	struct db_io io = { adapter_watch, adapter_wake, adapter_release, a };

	a->pool = pool_new(conf, &io);
	return a->pool;
}

struct listener *
db_loop_listener(struct loop *loop, const char *dsn, const char *name, const char *const *channels,
    int n, const struct listener_calls *calls)
{
	struct adapter *a = adapter_new(loop, 1);
	struct db_io io = { adapter_watch, adapter_wake, adapter_release, a };

	a->listener = listener_new(dsn, name, channels, n, calls, &io);
	return a->listener;
}

static struct adapter *
adapter_new(struct loop *loop, int n)
{
	struct adapter *a = mem_alloc(sizeof(*a) + (size_t)n * sizeof(a->slots[0]));

	a->loop = loop;
	a->n = n;
	for (int i = 0; i < n; i++)
		a->slots[i].adapter = a;
	return a;
}

static void
adapter_watch(void *arg, int slot, int fd, int events)
{
	struct adapter *a = arg;
	struct slot *s = &a->slots[slot];
	int wanted = 0;

	wanted |= events & DB_READ ? LOOP_READ : 0;
	wanted |= events & DB_WRITE ? LOOP_WRITE : 0;
	if (fd < 0)
		loop_forget(&s->watch);
	else
		loop_watch(a->loop, &s->watch, fd, wanted, slot_ready, s);
}

/* The earliest wish wins; pool and listener wish anew in each tick. */
static void
adapter_wake(void *arg, int ms)
{
	struct adapter *a = arg;

	if (a->timer.loop == NULL || a->timer.due_ms > mono_ms() + ms)
		loop_timer(a->loop, &a->timer, ms, 0, timer_due, a);
}

static void
adapter_release(void *arg)
{
	struct adapter *a = arg;

	loop_timer_stop(&a->timer);
	for (int i = 0; i < a->n; i++)
		loop_forget(&a->slots[i].watch);
	mem_free(a);
}

static void
slot_ready(struct loop_watch *w, int events, void *arg)
{
	struct slot *s = arg;
	struct adapter *a = s->adapter;
	int ready = 0;

	(void)w;
	ready |= events & (LOOP_READ | LOOP_HUP) ? DB_READ : 0;
	ready |= events & LOOP_WRITE ? DB_WRITE : 0;
	if (a->pool != NULL)
		pool_ready(a->pool, (int)(s - a->slots), ready);
	else
		listener_ready(a->listener, ready);
}

static void
timer_due(struct loop_timer *t, void *arg)
{
	struct adapter *a = arg;

	(void)t;
	if (a->pool != NULL)
		pool_tick(a->pool);
	else
		listener_tick(a->listener);
}

#include "egress/pool.h"

#include <sys/queue.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"

#define POOL_SWEEP_MS 15000
#define POOL_CONNECTIONS 16 /* idle ones kept in one pool */

struct pool {
	LIST_ENTRY(pool) link;
	struct pools *all;
	char *key;
	size_t key_len;
	CURLM *multi;
	struct loop_timer timer;
	int64_t idle_at_ms; /* mono_ms of the last end of a transfer */
	int flights;
	int busy; /* > 0: curl's callbacks are on the stack */
};

/* A socket of curl's that the loop watches. */
struct pool_socket {
	struct loop_watch watch;
	struct pool *pool;
};

struct pools {
	LIST_HEAD(, pool) list;
	struct loop *loop;
	pool_done_fn done;
	struct loop_timer sweep;
	int n;
};

static struct pool *pool_new(struct pools *pools, struct str key);
static void pool_free(struct pool *pool);
static void pools_sweep(struct loop_timer *t, void *arg);
static void pools_make_room(struct pools *pools);
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg);
static int on_timer(CURLM *multi, long timeout_ms, void *arg);
static void socket_ready(struct loop_watch *w, int events, void *arg);
static void timer_due(struct loop_timer *t, void *arg);
static void pool_act(struct pool *pool, curl_socket_t fd, int events);

int
pools_new(struct loop *loop, pool_done_fn done, struct pools **out, struct err *e)
{
	struct pools *pools;

	*out = NULL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(e, "MR503", "libcurl does not start");
	pools = mem_alloc(sizeof(*pools));
	LIST_INIT(&pools->list);
	pools->loop = loop;
	pools->done = done;
	loop_timer(loop, &pools->sweep, POOL_SWEEP_MS, POOL_SWEEP_MS, pools_sweep, pools);
	*out = pools;
	return 0;
}

void
pools_free(struct pools *pools)
{
	if (pools == NULL)
		return;
	while (!LIST_EMPTY(&pools->list))
		pool_free(LIST_FIRST(&pools->list));
	loop_timer_stop(&pools->sweep);
	mem_free(pools);
	curl_global_cleanup();
}

int
pool_get(struct pools *pools, struct str key, struct pool **out, struct err *e)
{
	struct pool *pool;

	LIST_FOREACH(pool, &pools->list, link)
	{
		if (str_eq(str_make(pool->key, pool->key_len), key))
			break;
	}
	if (pool == NULL) {
		pools_make_room(pools);
		pool = pool_new(pools, key);
	}
	*out = pool;
	return pool == NULL ? err_set(e, "MR503", "no memory for one more connection cache") : 0;
}

int
pool_add(struct pool *pool, CURL *easy, struct err *e)
{
	CURLMcode rc;

	pool->busy++;
	rc = curl_multi_add_handle(pool->multi, easy);
	pool->busy--;
	if (rc != CURLM_OK)
		return err_set(e, "MR503", "can't start the request: %s", curl_multi_strerror(rc));
	pool->flights++;
	return 0;
}

void
pool_remove(struct pool *pool, CURL *easy)
{
	pool->busy++;
	(void)curl_multi_remove_handle(pool->multi, easy);
	pool->busy--;
	pool->flights--;
	pool->idle_at_ms = mono_ms();
}

static struct pool *
pool_new(struct pools *pools, struct str key)
{
	CURLM *multi = curl_multi_init();
	struct pool *pool;

	if (multi == NULL)
		return NULL;
	pool = mem_alloc(sizeof(*pool));
	pool->all = pools;
	pool->key = mem_strndup(key.p, key.n);
	pool->key_len = key.n;
	pool->multi = multi;
	pool->idle_at_ms = mono_ms();
	(void)curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	(void)curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, pool);
	(void)curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
	(void)curl_multi_setopt(multi, CURLMOPT_TIMERDATA, pool);
	(void)curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)POOL_CONNECTIONS);
	LIST_INSERT_HEAD(&pools->list, pool, link);
	pools->n++;
	return pool;
}

static void
pool_free(struct pool *pool)
{
	LIST_REMOVE(pool, link);
	pool->all->n--;
	(void)curl_multi_cleanup(pool->multi);
	loop_timer_stop(&pool->timer);
	mem_free(pool->key);
	mem_free(pool);
}

static void
pools_sweep(struct loop_timer *t, void *arg)
{
	struct pools *pools = arg;
	struct pool *pool = LIST_FIRST(&pools->list), *next;
	int64_t now = mono_ms();

	(void)t;
	for (; pool != NULL; pool = next) {
		next = LIST_NEXT(pool, link);
		if (pool->flights == 0 && pool->busy == 0 && now - pool->idle_at_ms >= POOL_IDLE_MS)
			pool_free(pool);
	}
}

/* When all are in use there are more than POOL_MAX for a while. */
static void
pools_make_room(struct pools *pools)
{
	struct pool *pool, *oldest = NULL;

	if (pools->n < POOL_MAX)
		return;
	LIST_FOREACH(pool, &pools->list, link)
	{
		if (pool->flights == 0 && pool->busy == 0 &&
		    (oldest == NULL || pool->idle_at_ms < oldest->idle_at_ms))
			oldest = pool;
	}
	if (oldest != NULL)
		pool_free(oldest);
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct pool *pool = arg;
	struct pool_socket *s = socket_arg;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (s != NULL) {
			(void)curl_multi_assign(pool->multi, fd, NULL);
			loop_unwatch(&s->watch);
			mem_free(s);
		}
		return 0;
	}
	if (s == NULL) {
		s = mem_alloc(sizeof(*s));
		s->pool = pool;
		(void)curl_multi_assign(pool->multi, fd, s);
	}
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= LOOP_READ;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= LOOP_WRITE;
	loop_watch(pool->all->loop, &s->watch, fd, events, socket_ready, s);
	return 0;
}

static int
on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct pool *pool = arg;

	(void)multi;
	/* Even 0 goes through the loop: curl may not be called from inside its own callback. */
	if (timeout_ms < 0)
		loop_timer_stop(&pool->timer);
	else
		loop_timer(pool->all->loop, &pool->timer, timeout_ms, 0, timer_due, pool);
	return 0;
}

static void
socket_ready(struct loop_watch *w, int events, void *arg)
{
	struct pool_socket *s = arg;
	int what = 0;

	if (events & LOOP_READ)
		what |= CURL_CSELECT_IN;
	if (events & LOOP_WRITE)
		what |= CURL_CSELECT_OUT;
	if (events & LOOP_HUP)
		what |= CURL_CSELECT_IN | CURL_CSELECT_ERR;
	pool_act(s->pool, w->fd, what);
}

static void
timer_due(struct loop_timer *t, void *arg)
{
	(void)t;
	pool_act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void
pool_act(struct pool *pool, curl_socket_t fd, int events)
{
	const CURLMsg *msg;
	CURLMcode rc;
	int running, left;

	pool->busy++;
	rc = curl_multi_socket_action(pool->multi, fd, events, &running);
	if (rc != CURLM_OK)
		log_error("pool.action", "code=%d text=%s", (int)rc, curl_multi_strerror(rc));
	while ((msg = curl_multi_info_read(pool->multi, &left)) != NULL) {
		CURL *easy = msg->easy_handle;
		CURLcode result = msg->data.result;

		if (msg->msg != CURLMSG_DONE)
			continue;
		pool_remove(pool, easy);
		pool->all->done(easy, result);
	}
	pool->busy--;
}

#include "db/pool.h"

#include "core/mem.h"
#include "core/time.h"
#include "db/pool_parts.h"

#define WAITING_TICK_MS 20 /* while jobs wait: a connection may have become stale, or move again */
#define IDLE_TICK_MS 1000

static void conf_defaults(struct pool_conf *conf);
static void conn_tick(struct conn *c, int64_t now);
static void rescue_reads(struct pool *p, int64_t now);
static void queue_expire(struct pool *p, struct job_queue *queue, int64_t now);
static int tick_ms(const struct pool *p, int64_t now);
static bool dispatch_exclusive(struct pool *p);
static struct conn *conn_for_job(struct pool *p);
static bool conn_is_free(const struct conn *c);
static bool conn_is_stale(const struct conn *c, int64_t now);
static void take_off_queue(struct job *j);

struct pool *
pool_new(const struct pool_conf *conf, const struct db_io *io)
{
	struct pool *p = mem_alloc(sizeof(*p));

	p->conf = *conf;
	conf_defaults(&p->conf);
	p->dsn = mem_strdup(conf->dsn != NULL ? conf->dsn : "");
	p->name = mem_strdup(conf->name != NULL ? conf->name : "millrace");
	p->io = *io;
	TAILQ_INIT(&p->normal);
	TAILQ_INIT(&p->exclusive);
	p->conns = mem_array((size_t)p->conf.size, sizeof(*p->conns));
	for (int i = 0; i < p->conf.size; i++) {
		p->conns[i].pool = p;
		p->conns[i].slot = i;
		TAILQ_INIT(&p->conns[i].flights);
	}
	for (int i = 0; i < p->conf.prepare_n; i++)
		pool_statement_index(p, &p->conf.prepare[i]);
	pool_tick(p);
	return p;
}

void
pool_free(struct pool *p)
{
	struct job *j;

	if (p == NULL)
		return;
	p->closing = true;
	for (int i = 0; i < p->conf.size; i++) {
		if (p->conns[i].pg != NULL)
			conn_lose(&p->conns[i], "the pool is closing");
	}
	while ((j = TAILQ_FIRST(&p->normal)) != NULL || (j = TAILQ_FIRST(&p->exclusive)) != NULL) {
		take_off_queue(j);
		job_finish(j, "MR503", "this process is about to end; try again");
	}
	if (p->io.release != NULL)
		p->io.release(p->io.arg);
	mem_free(p->conns);
	mem_free(p->statements);
	mem_free(p->dsn);
	mem_free(p->name);
	mem_free(p);
}

void
pool_ready(struct pool *p, int slot, int events)
{
	conn_ready(&p->conns[slot], events);
}

void
pool_tick(struct pool *p)
{
	int64_t now = mono_ms();

	for (int i = 0; i < p->conf.size; i++)
		conn_tick(&p->conns[i], now);
	rescue_reads(p, now);
	queue_expire(p, &p->normal, now);
	queue_expire(p, &p->exclusive, now);
	pool_dispatch(p);
	p->io.wake(p->io.arg, tick_ms(p, now));
}

void
pool_stats(const struct pool *p, struct pool_stats *out)
{
	const struct job *first;

	*out = p->counts;
	out->size = p->conf.size;
	out->queued = p->queued;
	first = TAILQ_FIRST(&p->normal);
	out->wait_ms = first != NULL ? mono_ms() - first->queued_ms : 0;
	out->ready = 0;
	for (int i = 0; i < p->conf.size; i++)
		out->ready += p->conns[i].state == CONN_READY;
}

bool
pool_is_up(const struct pool *p)
{
	struct pool_stats stats;

	pool_stats(p, &stats);
	return stats.ready > 0;
}

int
job_submit(struct job *j, int flags, struct err *e)
{
	struct pool *p = j->pool;

	if (j->bad) {
		job_free(j);
		return err_set(e, "MR400", "a text must not hold a NUL character");
	}
	if (p->closing || p->queued >= p->conf.queue) {
		p->counts.refused++;
		job_free(j);
		return err_set(e, "MR503", "too many requests wait for the database; try again");
	}
	j->flags = flags;
	j->state = JOB_QUEUED;
	j->queued_ms = mono_ms();
	p->queued++;
	TAILQ_INSERT_TAIL(flags & JOB_EXCLUSIVE ? &p->exclusive : &p->normal, j, queue);
	pool_dispatch(p);
	if (j->state == JOB_QUEUED)
		p->io.wake(p->io.arg, WAITING_TICK_MS);
	return 0;
}

void
job_abandon(struct job *j)
{
	switch (j->state) {
	case JOB_NEW:
		job_free(j);
		break;
	case JOB_QUEUED:
		take_off_queue(j);
		job_free(j);
		break;
	case JOB_FLYING:
		j->abandoned = true;
		break;
	case JOB_DONE: /* from inside its own callback */
		break;
	}
}

int
pool_statement_index(struct pool *p, const struct statement *st)
{
	for (int i = 0; i < p->statement_n; i++) {
		if (p->statements[i] == st)
			return i;
	}
	if (p->statement_n == p->statement_cap) {
		p->statement_cap = p->statement_cap > 0 ? p->statement_cap * 2 : 32;
		p->statements = mem_grow(
		    p->statements, (size_t)p->statement_cap, sizeof(const struct statement *));
	}
	p->statements[p->statement_n] = st;
	return p->statement_n++;
}

void
pool_dispatch(struct pool *p)
{
	struct job *j;
	struct conn *c;

	if (p->closing)
		return;
	while (dispatch_exclusive(p))
		continue;
	while ((j = TAILQ_FIRST(&p->normal)) != NULL && (c = conn_for_job(p)) != NULL) {
		take_off_queue(j);
		p->counts.flying++;
		conn_send(c, j);
		if (c->job_n > 1)
			p->io.wake(p->io.arg, p->conf.stale_ms + 1);
	}
}

void
pool_again(struct job *j)
{
	struct pool *p = j->pool;

	job_reset_results(j);
	j->state = JOB_QUEUED;
	j->queued_ms = mono_ms();
	p->queued++;
	TAILQ_INSERT_HEAD(j->flags & JOB_EXCLUSIVE ? &p->exclusive : &p->normal, j, queue);
}

static void
conf_defaults(struct pool_conf *conf)
{
	const struct {
		int *value;
		int fallback;
	} rows[] = {
		{ &conf->size, 4 },
		{ &conf->depth, 8 },
		{ &conf->queue, 512 },
		{ &conf->queue_ms, 2000 },
		{ &conf->flight_ms, 10000 },
		{ &conf->exclusive_ms, 60000 },
		{ &conf->stale_ms, 10 },
		{ &conf->dial_ms, 5000 },
		{ &conf->retry_min_ms, 50 },
		{ &conf->retry_max_ms, 5000 },
	};

	for (size_t i = 0; i < countof(rows); i++) {
		if (*rows[i].value <= 0)
			*rows[i].value = rows[i].fallback;
	}
	if (conf->size > POOL_SIZE_MAX)
		conf->size = POOL_SIZE_MAX;
}

static void
conn_tick(struct conn *c, int64_t now)
{
	const struct pool_conf *conf = &c->pool->conf;

	switch (c->state) {
	case CONN_DOWN:
		if (c->retry_at_ms <= now)
			conn_dial(c);
		break;
	case CONN_DIALING:
	case CONN_PREPARING:
		if (c->broken || c->deadline_ms <= now)
			conn_lose(c, c->broken ? PQerrorMessage(c->pg) : "dialling took too long");
		break;
	case CONN_READY:
		if (c->broken)
			conn_lose(c, PQerrorMessage(c->pg));
		else if (conn_age_ms(c, now) >
		         (c->exclusive ? conf->exclusive_ms : conf->flight_ms))
			conn_lose(c, "a job took too long");
		break;
	}
}

static void
rescue_reads(struct pool *p, int64_t now)
{
	bool moves = false;

	for (int i = 0; i < p->conf.size; i++)
		moves = moves || (conn_is_free(&p->conns[i]) && !conn_is_stale(&p->conns[i], now));
	for (int i = 0; i < p->conf.size && moves; i++) {
		if (p->conns[i].job_n > 1 && conn_is_stale(&p->conns[i], now))
			conn_give_back(&p->conns[i]);
	}
}

static void
queue_expire(struct pool *p, struct job_queue *queue, int64_t now)
{
	struct job *j;

	while ((j = TAILQ_FIRST(queue)) != NULL && now - j->queued_ms > p->conf.queue_ms) {
		take_off_queue(j);
		job_finish(j, "MR503",
		    pool_is_up(p) ? "the database is too busy; try again"
		                  : "the database is out of reach; try again");
	}
}

static int
tick_ms(const struct pool *p, int64_t now)
{
	int64_t next = IDLE_TICK_MS;

	if (next > p->conf.flight_ms / 4)
		next = p->conf.flight_ms / 4;
	if (p->queued > 0)
		next = WAITING_TICK_MS;
	for (int i = 0; i < p->conf.size; i++) {
		const struct conn *c = &p->conns[i];
		int64_t due = next;

		if (c->broken)
			due = 0;
		else if (c->state == CONN_DOWN)
			due = c->retry_at_ms - now;
		else if (c->state != CONN_READY)
			due = c->deadline_ms - now;
		else if (c->job_n > 1 && conn_is_stale(c, now))
			due = WAITING_TICK_MS;
		else if (c->job_n > 1)
			due = c->moved_ms + p->conf.stale_ms + 1 - now;
		if (due < next)
			next = due;
	}
	return next > 0 ? (int)next : 0;
}

/*
 * An exclusive job needs an empty connection. Under load there is none by itself: so one is
 * reserved, takes no new job and runs empty. One connection stays for the others, where there are
 * two.
 */
static bool
dispatch_exclusive(struct pool *p)
{
	struct job *j = TAILQ_FIRST(&p->exclusive);
	struct conn *best = NULL;
	int taken = 0;

	for (int i = 0; i < p->conf.size && j == NULL; i++)
		p->conns[i].reserved = false;
	for (int i = 0; i < p->conf.size && j != NULL; i++) {
		struct conn *c = &p->conns[i];

		taken += c->exclusive;
		if (c->state != CONN_READY || c->broken || c->retiring || c->exclusive)
			continue;
		if (best == NULL || (c->reserved && !best->reserved) ||
		    (c->reserved == best->reserved && c->job_n < best->job_n))
			best = c;
	}
	if (best == NULL || taken >= (p->conf.size > 1 ? p->conf.size - 1 : 1))
		return false;
	best->reserved = true;
	if (best->job_n > 0)
		return false;
	best->reserved = false;
	best->exclusive = true;
	take_off_queue(j);
	p->counts.flying++;
	conn_send(best, j);
	return true;
}

/*
 * The free connection with the fewest jobs. One that is stale waits for something slow: what would
 * be sent there waits with it, so as long as another one moves, jobs rather wait for that.
 */
static struct conn *
conn_for_job(struct pool *p)
{
	int64_t now = mono_ms();
	struct conn *best = NULL, *best_stale = NULL;
	bool other_moves = false;

	for (int i = 0; i < p->conf.size; i++) {
		struct conn *c = &p->conns[i];
		bool stale = conn_is_stale(c, now);
		struct conn **slot = stale ? &best_stale : &best;

		if (!conn_is_free(c))
			continue;
		other_moves = other_moves || !stale;
		if (c->job_n < p->conf.depth && (*slot == NULL || c->job_n < (*slot)->job_n))
			*slot = c;
	}
	return best != NULL || other_moves ? best : best_stale;
}

static bool
conn_is_free(const struct conn *c)
{
	return c->state == CONN_READY && !c->broken && !c->retiring && !c->reserved &&
	       !c->exclusive;
}

static bool
conn_is_stale(const struct conn *c, int64_t now)
{
	return !TAILQ_EMPTY(&c->flights) && now - c->moved_ms > c->pool->conf.stale_ms;
}

static void
take_off_queue(struct job *j)
{
	struct pool *p = j->pool;

	TAILQ_REMOVE(j->flags & JOB_EXCLUSIVE ? &p->exclusive : &p->normal, j, queue);
	p->queued--;
}

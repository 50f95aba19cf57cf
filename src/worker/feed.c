#include "worker/feed.h"

#include <string.h>

#include "core/conf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"
#include "db/value.h"
#include "db/wake.h"
#include "worker/tick.h"

#define FEED_SNAPSHOT_MAX 4000
#define FEED_ALL_MS 1000 /* an idle worker looks at everybody's share this often */
/*
 * A claim passes over a row that somebody has locked. If that transaction is undone, the row
 * doesn't arrive a second time: an idle worker reads all of the queue this often, to find it.
 */
#define FEED_STRAY_MS 3000

struct feed {
	struct worker *w;
	char snapshot[FEED_SNAPSHOT_MAX]; /* "" = none: read from the mark */
	bool in_flight;
	bool again;     /* woken while in flight */
	bool reads_all; /* this one keeps what is not our share, too */
	bool discard;   /* feed_anew came while in flight */
	int64_t wait_ms;
	int64_t all_at_ms; /* mono: when all of the queue was last read */
	struct loop_timer timer;
};

static const struct statement st_feed = { "feed",
	"select * from work.feed($1::text::pg_snapshot)" };

static void feed_ask(struct loop_timer *t, void *arg);
static void feed_got(struct job *job, const struct job_result *result, void *arg);
static int feed_read(struct feed *f, const PGresult *res, struct err *e);
static bool is_our_share(const struct worker *w, const struct uuid *run_id);

struct feed *
feed_new(struct worker *w)
{
	struct feed *f = mem_alloc(sizeof(*f));

	f->w = w;
	f->wait_ms = FEED_BUSY_MS;
	return f;
}

void
feed_free(struct feed *f)
{
	if (f == NULL)
		return;
	loop_timer_stop(&f->timer);
	mem_free(f);
}

void
feed_soon(struct feed *f)
{
	if (f->w->id == 0 || f->w->draining)
		return;
	if (ready_count(f->w->ready) > (size_t)conf_int(CONF_CLAIM_MAX))
		return; /* there is plenty; the timer looks again */
	if (f->in_flight)
		f->again = true;
	else
		loop_timer(f->w->loop, &f->timer, 0, 0, feed_ask, f);
}

void
feed_hint(struct feed *f, const char *payload)
{
	struct worker *w = f->w;
	struct str rest = str_of(payload);
	struct wake_row row;

	if (w->id == 0 || w->draining)
		return;
	if (rest.n == 0 || f->in_flight || ready_count(w->ready) > 0 || !tick_is_free(w)) {
		feed_soon(f);
		return;
	}
	while (wake_next(&rest, &row)) {
		const struct ready_entry entry = {
			.run_id = row.run_id, .tid = row.tid, .prio = row.prio
		};

		if (is_our_share(w, &row.run_id))
			ready_add(w->ready, &row.workspace_id, &entry, false);
	}
	if (ready_count(w->ready) > 0)
		tick_soon(w);
}

void
feed_anew(struct feed *f)
{
	f->snapshot[0] = '\0';
	f->discard = f->in_flight;
	ready_clear(f->w->ready);
	feed_soon(f);
}

static void
feed_ask(struct loop_timer *t, void *arg)
{
	struct feed *f = arg;
	struct worker *w = f->w;
	struct job *job;
	struct err e = { 0 };

	(void)t;
	if (w->id == 0 || w->draining)
		return;
	if (ready_count(w->ready) == 0 &&
	    (ready_overflowed(w->ready) ||
	        mono_ms() - f->all_at_ms > (w->workers > 1 ? FEED_ALL_MS : FEED_STRAY_MS))) {
		ready_clear(w->ready);
		f->snapshot[0] = '\0';
		f->reads_all = true;
		f->all_at_ms = mono_ms();
	}
	job = job_new(w->side_pool, feed_got, f);
	job_statement(job, &st_feed, true);
	job_text(job, f->snapshot[0] != '\0' ? f->snapshot : NULL);
	f->in_flight = true;
	f->again = false;
	f->discard = false;
	if (job_submit(job, 0, &e) != 0) {
		f->in_flight = false;
		loop_timer(w->loop, &f->timer, FEED_IDLE_MS, 0, feed_ask, f);
	}
}

static void
feed_got(struct job *job, const struct job_result *result, void *arg)
{
	struct feed *f = arg;
	struct worker *w = f->w;
	struct err e = { 0 };
	size_t before = ready_count(w->ready);

	(void)job;
	f->in_flight = false;
	if (w->draining)
		return;
	if (result->err != NULL) {
		log_err(LOG_LEVEL_WARN, "feed.failed", result->err);
		f->wait_ms = FEED_IDLE_MS;
	} else if (f->discard || feed_read(f, result->v[0], &e) != 0) {
		f->snapshot[0] = '\0';
		f->again = true;
	}
	f->reads_all = false;
	if (ready_count(w->ready) > before || w->run_count > 0)
		f->wait_ms = FEED_BUSY_MS;
	else if (f->wait_ms < FEED_IDLE_MS)
		f->wait_ms = f->wait_ms * 2 < FEED_IDLE_MS ? f->wait_ms * 2 : FEED_IDLE_MS;
	loop_timer(w->loop, &f->timer, f->again ? 0 : f->wait_ms, 0, feed_ask, f);
	if (ready_count(w->ready) > 0)
		tick_soon(w);
}

static int
feed_read(struct feed *f, const PGresult *res, struct err *e)
{
	int rows = PQntuples(res);

	/* pg_snapshot's text, then workspace, run, prio, lost, address. */
	if (value_shape(res, "tuussc", e) != 0)
		return -1;
	if (rows < 1 || str_copy(f->snapshot, sizeof(f->snapshot), value_str(res, 0, 0)) != 0)
		return err_set(e, "MR500", "the snapshot of the feed is missing or too long");
	for (int i = 1; i < rows; i++) {
		struct uuid ws = value_uuid(res, i, 1);
		struct ready_entry entry = { .run_id = value_uuid(res, i, 2),
			.tid = value_tid(res, i, 5),
			.prio = value_int2(res, i, 3) };
		bool suspect = value_int2(res, i, 4) > 0;

		if (!f->reads_all && !suspect && !is_our_share(f->w, &entry.run_id))
			continue;
		ready_add(f->w->ready, &ws, &entry, suspect);
	}
	return 0;
}

static bool
is_our_share(const struct worker *w, const struct uuid *run_id)
{
	uint32_t h;

	if (w->workers <= 1)
		return true;
	memcpy(&h, run_id->b + 12, sizeof(h));
	return h % (uint32_t)w->workers == (uint32_t)w->place;
}

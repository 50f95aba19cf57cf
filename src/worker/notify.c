#include "worker/notify.h"

#include <string.h>

#include "core/buf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"

struct notifier {
	struct worker *w;
	struct buf text;
	bool overflowed;
	bool in_flight;
	int64_t next_ms; /* mono: no earlier than this, unless urgent */
	struct loop_timer timer;
};

static const struct statement st_notify = { "notify", "select work.notify(false, $1)" };

static void notifier_plan(struct notifier *n, bool urgent);
static void notifier_send(struct loop_timer *t, void *arg);
static void notifier_sent(struct job *job, const struct job_result *result, void *arg);

struct notifier *
notifier_new(struct worker *w)
{
	struct notifier *n = mem_alloc(sizeof(*n));

	n->w = w;
	return n;
}

void
notifier_free(struct notifier *n)
{
	if (n == NULL)
		return;
	loop_timer_stop(&n->timer);
	buf_free(&n->text);
	mem_free(n);
}

void
notify_run(struct notifier *n, const struct run *run)
{
	bool urgent = run->is_sync && run->has_ended;

	if (n->text.len + 2 * UUID_TEXT_SIZE > NOTIFY_BYTES_MAX && !urgent) {
		n->overflowed = true;
		return;
	}
	buf_printf(
	    &n->text, "%s%s:%s", n->text.len > 0 ? " " : "", run->workspace_text, run->id_text);
	if (!n->in_flight)
		notifier_plan(n, urgent);
}

static void
notifier_plan(struct notifier *n, bool urgent)
{
	int64_t wait_ms = urgent ? 0 : n->next_ms - mono_ms();

	if (n->timer.loop == NULL || urgent)
		loop_timer(n->w->loop, &n->timer, wait_ms > 0 ? wait_ms : 0, 0, notifier_send, n);
}

static void
notifier_send(struct loop_timer *t, void *arg)
{
	struct notifier *n = arg;
	struct job *job = job_new(n->w->side_pool, notifier_sent, n);
	struct str text = buf_view(&n->text);
	struct err e = { 0 };

	(void)t;
	if (text.n > NOTIFY_BYTES_MAX) {
		/* Urgent ones went over the limit: cut at a blank, the rest goes next. */
		text.n = NOTIFY_BYTES_MAX;
		while (text.p[text.n] != ' ')
			text.n--;
	}
	job_statement(job, &st_notify, false);
	if (n->overflowed) {
		struct buf *b = job_begin(job);

		buf_text(b, "* ");
		buf_str(b, text);
		job_end(job, false);
	} else {
		job_str(job, text);
	}
	n->overflowed = false;
	buf_consume(&n->text, text.n == n->text.len ? text.n : text.n + 1);
	n->in_flight = true;
	n->next_ms = mono_ms() + NOTIFY_MS;
	if (job_submit(job, 0, &e) != 0) {
		n->in_flight = false;
		log_err(LOG_LEVEL_WARN, "notify", &e);
	}
}

static void
notifier_sent(struct job *job, const struct job_result *result, void *arg)
{
	struct notifier *n = arg;

	(void)job;
	if (result->err != NULL)
		log_err(LOG_LEVEL_WARN, "notify", result->err);
	n->in_flight = false;
	if (n->text.len > 0 || n->overflowed)
		notifier_plan(n, false);
}

/* What takes time outside the event loop, or comes later in it: threads and timers of Kore's. */
#include "web/request.h"

#include <kore.h>

#include <http.h>
#include <tasks.h>

#include "core/mem.h"
#include "web/call.h"

/* A task on Kore's threads; it outlives a call whose client has left. */
struct thread_task {
	struct kore_task kore; /* first: Kore gives its address back */
	struct call_task task;
};

struct soon {
	void (*fn)(void);
};

static int task_threads = 1, tasks_running;
enum { TASKS_WAITING_PER_THREAD = 8 };

static void soon_event(void *arg, u_int64_t now);
static int task_entry(struct kore_task *t);
static void task_event(struct kore_task *t);

void
request_tasks(int threads)
{
	task_threads = threads;
}

/* Kore's timers come before the requests that arrived in the same turn. */
void
request_after(int ms, void (*fn)(void))
{
	struct soon *s = mem_alloc(sizeof(*s));

	s->fn = fn;
	kore_timer_add(soon_event, (u_int64_t)ms, s, KORE_TIMER_ONESHOT);
}

enum call_next
call_task(struct call *c, const struct call_work *kind, void *arg, call_step then)
{
	struct thread_task *t;

	if (tasks_running >= task_threads * (1 + TASKS_WAITING_PER_THREAD)) {
		kind->release(arg);
		return call_refuse(c, 503, "too many people are signing in at this moment");
	}
	t = mem_alloc(sizeof(*t));
	t->task = (struct call_task){ kind, arg, c };
	c->task = &t->task;
	c->then = then;
	c->waiting = true;
	tasks_running++;
	kore_task_create(&t->kore, task_entry);
	kore_task_bind_callback(&t->kore, task_event);
	kore_task_run(&t->kore);
	return CALL_WAIT;
}

static void
soon_event(void *arg, u_int64_t now)
{
	struct soon s = *(struct soon *)arg;

	(void)now;
	mem_free(arg);
	s.fn();
}

/* In a thread of Kore's. */
static int
task_entry(struct kore_task *t)
{
	struct thread_task *task = (struct thread_task *)t;

	return task->task.kind->work(task->task.arg);
}

static void
task_event(struct kore_task *t)
{
	struct thread_task *task = (struct thread_task *)t;
	struct call *c = task->task.owner;

	if (!kore_task_finished(t))
		return;
	tasks_running--;
	if (c != NULL) {
		c->reply = (struct call_reply){ .failed = kore_task_result(t) != 0 };
		c->task = NULL;
		if (!c->reply.failed)
			task->task.kind->done(c, task->task.arg);
		call_wake(c);
	}
	task->task.kind->release(task->task.arg);
	kore_task_destroy(t);
	mem_free(task);
}

/* What takes time outside the event loop, or comes later in it: threads and timers of Kore's. */
#include "web/request.h"

#include <kore.h>

#include <http.h>
#include <sys/syscall.h>
#include <tasks.h>
#include <unistd.h>

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
enum { TASKS_WAITING_PER_THREAD = 8, TASK_NICE = 10, TASK_SLICE_NS = 100000 };

static void soon_event(void *arg, u_int64_t now);
static int task_entry(struct kore_task *t);
static void give_way(void);
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
	static _Thread_local bool gives_way;
	struct thread_task *task = (struct thread_task *)t;

	if (!gives_way)
		give_way();
	gives_way = true;
	return task->task.kind->work(task->task.arg);
}

/*
 * A burst of passwords to hash must not take the event loop's turn, nor Postgres': the thread is
 * nicer, and asks for the shortest slice, since whoever wakes up waits for the end of the present
 * one (sched_setattr(2); Linux before 6.12 passes over the slice). That it can't be had changes
 * nothing that matters.
 */
static void
give_way(void)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attr = { .size = sizeof(attr), .nice = TASK_NICE, .runtime = TASK_SLICE_NS };

	(void)syscall(SYS_sched_setattr, 0, &attr, 0);
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

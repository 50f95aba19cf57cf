#include "core/loop.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/time.h"

#define TURN_EVENTS 128
#define SIGNALS_MAX 65

struct loop {
	int epoll_fd;
	bool stop;
	/* what epoll_wait gave in this turn; a watch that ends is taken out of it */
	struct epoll_event ready[TURN_EVENTS];
	int ready_n;
	/* a heap: the parent of i is (i - 1) / 2, the earliest is 0 */
	struct loop_timer **timers;
	size_t timer_n, timer_cap;
	struct {
		loop_signal_fn fn;
		void *arg;
	} signals[SIGNALS_MAX];
	sigset_t signal_set;
	int signal_fd;
	struct loop_watch signal_watch;
	/* all active watches, to deactivate them in loop_free */
	struct loop_watch **watches;
	size_t watch_n, watch_cap;
};

static uint32_t epoll_events(int events);
static void heap_up(struct loop *loop, size_t at);
static void heap_down(struct loop *loop, size_t at);
static void heap_set(struct loop *loop, size_t at, struct loop_timer *t);
static int turn_wait_ms(const struct loop *loop, int max_wait_ms);
static void timers_run(struct loop *loop);
static void signals_read(struct loop_watch *w, int events, void *arg);

int
loop_new(struct loop **out, struct err *e)
{
	struct loop *loop = mem_alloc(sizeof(*loop));

	*out = NULL;
	loop->signal_fd = -1;
	sigemptyset(&loop->signal_set);
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0) {
		mem_free(loop);
		return err_set(e, "MR500", "epoll: %s", strerror(errno));
	}
	*out = loop;
	return 0;
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	while (loop->timer_n > 0)
		loop_timer_stop(loop->timers[0]);
	while (loop->watch_n > 0)
		loop_forget(loop->watches[0]);
	if (loop->signal_fd >= 0)
		close(loop->signal_fd);
	close(loop->epoll_fd);
	mem_free(loop->timers);
	mem_free(loop->watches);
	mem_free(loop);
}

void
loop_watch(struct loop *loop, struct loop_watch *w, int fd, int events, loop_watch_fn fn, void *arg)
{
	struct epoll_event ev = { .events = epoll_events(events), .data.ptr = w };
	bool known = w->loop != NULL && w->fd == fd;
	int rc;

	if (w->loop != NULL && w->fd != fd)
		loop_unwatch(w);
	rc = epoll_ctl(loop->epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &ev);
	/* the number may have become another socket, which the kernel does not know yet */
	if (rc != 0 && known && errno == ENOENT)
		rc = epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
	else if (rc != 0 && !known && errno == EEXIST)
		rc = epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &ev);
	if (rc != 0) {
		perror("epoll_ctl");
		abort();
	}
	if (w->loop == NULL) {
		if (loop->watch_n == loop->watch_cap) {
			loop->watch_cap = loop->watch_cap > 0 ? loop->watch_cap * 2 : 16;
			loop->watches =
			    mem_grow(loop->watches, loop->watch_cap, sizeof(*loop->watches));
		}
		w->at = loop->watch_n;
		loop->watches[loop->watch_n++] = w;
	}
	w->loop = loop;
	w->fd = fd;
	w->events = events;
	w->fn = fn;
	w->arg = arg;
}

void
loop_unwatch(struct loop_watch *w)
{
	if (w->loop != NULL) {
		/* fails where the descriptor is closed already, which is the same to us */
		(void)epoll_ctl(w->loop->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
		loop_forget(w);
	}
}

void
loop_forget(struct loop_watch *w)
{
	struct loop *loop = w->loop;

	if (loop == NULL)
		return;
	for (int i = 0; i < loop->ready_n; i++) {
		if (loop->ready[i].data.ptr == w)
			loop->ready[i].data.ptr = NULL;
	}
	loop->watches[w->at] = loop->watches[--loop->watch_n];
	loop->watches[w->at]->at = w->at;
	w->loop = NULL;
	w->fd = -1;
}

void
loop_timer(struct loop *loop, struct loop_timer *t, int64_t delay_ms, int64_t every_ms,
    loop_timer_fn fn, void *arg)
{
	loop_timer_stop(t);
	*t = (struct loop_timer){ .loop = loop,
		.due_ms = mono_ms() + (delay_ms > 0 ? delay_ms : 0),
		.every_ms = every_ms,
		.at = loop->timer_n,
		.fn = fn,
		.arg = arg };
	if (loop->timer_n == loop->timer_cap) {
		loop->timer_cap = loop->timer_cap > 0 ? loop->timer_cap * 2 : 16;
		loop->timers = mem_grow(loop->timers, loop->timer_cap, sizeof(*loop->timers));
	}
	heap_set(loop, loop->timer_n++, t);
	heap_up(loop, t->at);
}

void
loop_timer_stop(struct loop_timer *t)
{
	struct loop *loop = t->loop;
	struct loop_timer *last;
	size_t at = t->at;

	if (loop == NULL)
		return;
	t->loop = NULL;
	last = loop->timers[--loop->timer_n];
	if (last != t) {
		heap_set(loop, at, last);
		heap_up(loop, at);
		heap_down(loop, last->at);
	}
}

int
loop_signal(struct loop *loop, int signo, loop_signal_fn fn, void *arg, struct err *e)
{
	int fd;

	if (signo < 1 || signo >= SIGNALS_MAX)
		return err_set(e, "MR500", "no signal %d", signo);
	sigaddset(&loop->signal_set, signo);
	fd = signalfd(loop->signal_fd, &loop->signal_set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0 || sigprocmask(SIG_BLOCK, &loop->signal_set, NULL) != 0)
		return err_set(e, "MR500", "signalfd: %s", strerror(errno));
	loop->signals[signo].fn = fn;
	loop->signals[signo].arg = arg;
	loop->signal_fd = fd;
	loop_watch(loop, &loop->signal_watch, fd, LOOP_READ, signals_read, loop);
	return 0;
}

void
loop_run(struct loop *loop)
{
	loop->stop = false;
	while (!loop->stop)
		loop_turn(loop, -1);
}

void
loop_stop(struct loop *loop)
{
	loop->stop = true;
}

void
loop_turn(struct loop *loop, int max_wait_ms)
{
	int n =
	    epoll_wait(loop->epoll_fd, loop->ready, TURN_EVENTS, turn_wait_ms(loop, max_wait_ms));

	loop->ready_n = n > 0 ? n : 0;
	for (int i = 0; i < loop->ready_n; i++) {
		struct loop_watch *w = loop->ready[i].data.ptr;
		uint32_t got = loop->ready[i].events;
		int events = 0;

		if (w == NULL)
			continue;
		events |= got & EPOLLIN ? LOOP_READ : 0;
		events |= got & EPOLLOUT ? LOOP_WRITE : 0;
		events |= got & (EPOLLERR | EPOLLHUP | EPOLLRDHUP) ? LOOP_HUP : 0;
		w->fn(w, events, w->arg);
	}
	loop->ready_n = 0;
	timers_run(loop);
}

static uint32_t
epoll_events(int events)
{
	uint32_t bits = 0;

	bits |= events & LOOP_READ ? (uint32_t)(EPOLLIN | EPOLLRDHUP) : 0;
	bits |= events & LOOP_WRITE ? (uint32_t)EPOLLOUT : 0;
	return bits;
}

static void
heap_up(struct loop *loop, size_t at)
{
	struct loop_timer *t = loop->timers[at];

	while (at > 0 && t->due_ms < loop->timers[(at - 1) / 2]->due_ms) {
		heap_set(loop, at, loop->timers[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	heap_set(loop, at, t);
}

static void
heap_down(struct loop *loop, size_t at)
{
	struct loop_timer *t = loop->timers[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child + 1 < loop->timer_n &&
		    loop->timers[child + 1]->due_ms < loop->timers[child]->due_ms)
			child++;
		if (child >= loop->timer_n || loop->timers[child]->due_ms >= t->due_ms)
			break;
		heap_set(loop, at, loop->timers[child]);
		at = child;
	}
	heap_set(loop, at, t);
}

static void
heap_set(struct loop *loop, size_t at, struct loop_timer *t)
{
	loop->timers[at] = t;
	t->at = at;
}

static int
turn_wait_ms(const struct loop *loop, int max_wait_ms)
{
	int64_t wait;

	if (loop->timer_n == 0)
		return max_wait_ms;
	wait = loop->timers[0]->due_ms - mono_ms();
	if (wait < 0)
		wait = 0;
	if (max_wait_ms >= 0 && wait > max_wait_ms)
		wait = max_wait_ms;
	return wait > INT_MAX ? INT_MAX : (int)wait;
}

/* A timer that a callback starts with delay 0 is served in the next turn: descriptors come first.
 */
static void
timers_run(struct loop *loop)
{
	int64_t now = mono_ms();
	size_t budget = loop->timer_n;

	while (budget-- > 0 && loop->timer_n > 0 && loop->timers[0]->due_ms <= now) {
		struct loop_timer *t = loop->timers[0];

		if (t->every_ms > 0) {
			t->due_ms = now + t->every_ms;
			heap_down(loop, 0);
		} else {
			loop_timer_stop(t);
		}
		t->fn(t, t->arg);
	}
}

static void
signals_read(struct loop_watch *w, int events, void *arg)
{
	struct loop *loop = arg;
	struct signalfd_siginfo info;

	(void)events;
	while (w->loop != NULL && read(w->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo < SIGNALS_MAX && loop->signals[info.ssi_signo].fn != NULL)
			loop->signals[info.ssi_signo].fn(
			    (int)info.ssi_signo, loop->signals[info.ssi_signo].arg);
	}
}

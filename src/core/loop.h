/*
 * loop.h: the event loop of every process but millrace-web: descriptors (epoll, level-triggered),
 * timers (a heap), signals (signalfd).
 *
 * Watches and timers are the caller's memory, zeroed before their first use, and may not move while
 * they are active. Everything may be called from inside a callback, also to stop or free the thing
 * that called. Single-threaded.
 */
#ifndef MR_CORE_LOOP_H
#define MR_CORE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/def.h"
#include "core/err.h"

enum loop_event {
	LOOP_READ = 1,
	LOOP_WRITE = 2,
	LOOP_HUP = 4, /* only reported: error or hang-up; read to learn which */
};

struct loop;
struct loop_watch;
struct loop_timer;

typedef void (*loop_watch_fn)(struct loop_watch *w, int events, void *arg);
typedef void (*loop_timer_fn)(struct loop_timer *t, void *arg);
typedef void (*loop_signal_fn)(int signo, void *arg);

struct loop_watch {
	struct loop *loop; /* NULL: not active. All members are the loop's. */
	int fd;
	int events;
	size_t at;
	loop_watch_fn fn;
	void *arg;
};

struct loop_timer {
	struct loop *loop; /* NULL: not active. All members are the loop's. */
	int64_t due_ms;    /* mono_ms */
	int64_t every_ms;
	size_t at;
	loop_timer_fn fn;
	void *arg;
};

mr_must_check int loop_new(struct loop **out, struct err *e);

/* Deactivates all that is active; closes no descriptor of the caller's. NULL is fine. */
void loop_free(struct loop *loop);

/*
 * Watches fd for `events` (0: only for hang-up). On an active watch it changes fd or events; a new
 * socket under the old number is found out. Dies when the kernel refuses (our own bug: a bad fd).
 */
void loop_watch(
    struct loop *loop, struct loop_watch *w, int fd, int events, loop_watch_fn fn, void *arg);

/* Ends it, before the caller closes the fd. An inactive one is fine. */
void loop_unwatch(struct loop_watch *w);

/* Ends it without a system call, where somebody else (libpq) has closed the fd. */
void loop_forget(struct loop_watch *w);

/*
 * Calls fn in delay_ms (0: in the next turn), then each every_ms when that is > 0. On an active
 * timer it starts anew.
 */
void loop_timer(struct loop *loop, struct loop_timer *t, int64_t delay_ms, int64_t every_ms,
    loop_timer_fn fn, void *arg);
void loop_timer_stop(struct loop_timer *t);

/* Blocks the signal and calls fn from the loop instead. Call before threads are made. */
mr_must_check int loop_signal(
    struct loop *loop, int signo, loop_signal_fn fn, void *arg, struct err *e);

/* Runs until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* One turn: waits up to max_wait_ms (-1: as long as it takes) and serves what is ready. */
void loop_turn(struct loop *loop, int max_wait_ms);

#endif

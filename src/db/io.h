/*
 * io.h: how the asynchronous parts of db reach an event loop without knowing it.
 *
 * A user of libpq gives each of its connections a slot (0..n-1). The adapter (loop.h here, src/web
 * for Kore) watches one descriptor a slot, level-triggered, and calls back pool_ready or
 * listener_ready.
 */
#ifndef MR_DB_IO_H
#define MR_DB_IO_H

enum db_event {
	DB_READ = 1,
	DB_WRITE = 2,
};

struct db_io {
	/*
	 * Watch fd for `events` from now on, in place of what the slot watched before. The fd may
	 * be a new socket under the same number. fd -1: forget the slot without a system call on
	 * the old descriptor; libpq closes it or has done so.
	 */
	void (*watch)(void *arg, int slot, int fd, int events);
	/* Call pool_tick (listener_tick) within ms; earlier and more often is fine. */
	void (*wake)(void *arg, int ms);
	/* The user is freed; so may arg be. */
	void (*release)(void *arg);
	void *arg;
};

#endif

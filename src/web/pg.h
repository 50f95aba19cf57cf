#ifndef MR_WEB_PG_H
#define MR_WEB_PG_H

/*
 * pg.h: the connections of one web worker: a pool for requests, one connection that wakes the
 * workers after a commit, one that LISTENs. db/pool.h and db/listen.h on Kore's event loop.
 */

#include "db/listen.h"
#include "db/pool.h"
#include "db/wake.h"

/* In the worker process, after its sandbox is up. */
void pg_start(const struct listener_calls *live);

/* Ends all jobs; nothing of pg.h may be used afterwards. */
void pg_stop(void);

/* Deadlines; call several times a second (each connection asks for finer ones itself). */
void pg_tick(void);

struct pool *pg_pool(void);

/* The pool of the one connection that notifies: nothing else, since NOTIFY takes a lock at commit.
 */
struct pool *pg_notifier(void);

/* The connection that LISTENs is up. */
bool pg_listens(void);

/*
 * Tells the workers that a run is ready, after its commit, from a connection of its own (NOTIFY
 * takes a lock that all who notify share). Calls made in one turn of the loop, or while one is in
 * flight, become one. row: its queue row; NULL when it isn't known.
 */
void pg_wake(const struct wake_row *row);

#endif

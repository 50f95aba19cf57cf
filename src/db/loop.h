/*
 * loop.h: pool and listener on core/loop.h. The results are freed with pool_free and listener_free,
 * before the loop.
 */
#ifndef MR_DB_LOOP_H
#define MR_DB_LOOP_H

#include "core/loop.h"
#include "db/listen.h"
#include "db/pool.h"

struct pool *db_loop_pool(struct loop *loop, const struct pool_conf *conf);

struct listener *db_loop_listener(struct loop *loop, const char *dsn, const char *name,
    const char *const *channels, int n, const struct listener_calls *calls);

#endif

/*
 * pool.h: connection caches, one a workspace and allow-list, on the event loop.
 *
 * libcurl asks for a verdict only when it opens a connection; a reused one is not judged again. So
 * what decides a verdict (workspace, its list, the version of the ceiling) is the key of the cache
 * that the connection lives in, and no cache is ever shared. A pool is one curl_multi: its
 * connections and its DNS answers; TLS sessions are not kept at all.
 *
 * Pools without a request in flight are closed after POOL_IDLE_MS, the longest idle first when
 * there are more than POOL_MAX.
 */
#ifndef MR_EGRESS_POOL_H
#define MR_EGRESS_POOL_H

#include <curl/curl.h>
#include <stdint.h>

#include "core/def.h"
#include "core/err.h"
#include "core/loop.h"
#include "core/str.h"

#define POOL_MAX 64
#define POOL_IDLE_MS 60000

struct pool;
struct pools;

/* A transfer of a pool has ended, not in answer to pool_remove; the easy handle is out of it. */
typedef void (*pool_done_fn)(CURL *easy, CURLcode result);

mr_must_check int pools_new(
    struct loop *loop, pool_done_fn done, struct pools **out, struct err *e);

/* All requests must have ended. NULL is fine. */
void pools_free(struct pools *pools);

/* The pool of this key; made when there is none. -1: MR503. */
mr_must_check int pool_get(struct pools *pools, struct str key, struct pool **out, struct err *e);

/* Starts the transfer; the pool stays while it has one. -1: MR503. */
mr_must_check int pool_add(struct pool *pool, CURL *easy, struct err *e);

/* Ends it at once; not from inside a callback of curl's. */
void pool_remove(struct pool *pool, CURL *easy);

#endif

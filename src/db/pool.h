/*
 * pool.h: asynchronous pipelined connections to Postgres.
 *
 *   DOWN --retry_at--> DIALING --PQconnectPoll OK--> PREPARING --Sync--> READY
 *     ^-------------- any error, EOF or deadline -----------------------'
 *
 * A job is 1..4 statements and one Sync: one round trip, one implicit transaction. Several jobs are
 * in flight on a connection at a time (`depth`), and one that fails leaves the others alone. A job
 * with 40001 or 40P01 did nothing and is sent once more by the pool.
 *
 * Deadlines: no room in the queue: MR503 at once; queued longer than queue_ms: MR503; oldest in
 * flight longer than flight_ms: the connection is dropped. Jobs in flight on a lost connection end
 * with 08006: whether they were done is unknown, so a write is never sent again.
 *
 * What is sent behind a slow query waits as long as that. So a connection that has answered nothing
 * for stale_ms gets no new job while another one moves, and the reads (JOB_READ) that wait behind
 * its first job are sent once more, there: their first answer is thrown away.
 */
#ifndef MR_DB_POOL_H
#define MR_DB_POOL_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/def.h"
#include "core/err.h"
#include "core/json.h"
#include "core/str.h"
#include "core/uuid.h"
#include "db/array.h"
#include "db/io.h"

#define JOB_STATEMENTS_MAX 4
#define JOB_PARAMS_MAX 48 /* of one statement */
#define POOL_SIZE_MAX 64

struct pool;
struct job;

/* A statement, known by its name: static tables of them are usual. */
struct statement {
	const char *name; /* unique in the pool: "run_claim" */
	const char *sql;  /* `select * from work.run_claim($1, $2)`; types come from the function */
};

/* 0 means the default. */
struct pool_conf {
	const char *dsn;
	const char *name;                /* application_name: "millrace-web" */
	int size;                        /* connections: 4 */
	int depth;                       /* jobs in flight on one connection: 8 */
	int queue;                       /* jobs waiting: 512 */
	int queue_ms;                    /* 2000 */
	int flight_ms;                   /* 10000 */
	int exclusive_ms;                /* flight_ms of exclusive jobs: 60000 */
	int stale_ms;                    /* 10 */
	int dial_ms;                     /* 5000 */
	int statement_ms;                /* statement_timeout of the session; 0: the role's own */
	int retry_min_ms;                /* 50, doubled up to */
	int retry_max_ms;                /* 5000; with jitter */
	const struct statement *prepare; /* prepared at connect; NULL: all at first use */
	int prepare_n;
};

struct pool_stats {
	int size;
	int ready;       /* connections that are READY */
	int queued;      /* jobs waiting */
	int flying;      /* jobs in flight */
	int64_t wait_ms; /* how long the first of them has waited */
	int64_t done;
	int64_t failed; /* of done */
	int64_t lost;   /* connections lost since the start */
	int64_t refused;
};

/* How a job ended. All of it lives until the callback returns. */
struct job_result {
	const struct err *err;           /* NULL: it is committed */
	int n;                           /* results, one a statement; 0 with err */
	PGresult *v[JOB_STATEMENTS_MAX]; /* read with db/value.h */
	const char *message; /* with err: Postgres' whole message (MR2R0: the stored answer) */
	const char *detail;  /* with err: DETAIL or NULL (MR400: JSON array of issues) */
	bool unknown;        /* with err: the connection was lost, it may be committed */
};

typedef void (*job_fn)(struct job *job, const struct job_result *result, void *arg);

/* Copies conf and io (dsn and names too); dials in the first pool_tick, which is called from here.
 */
struct pool *pool_new(const struct pool_conf *conf, const struct db_io *io);

/* Ends all jobs (MR503, or 08006 when in flight), closes all connections. NULL is fine. Not in a
 * callback. */
void pool_free(struct pool *p);

/* For the adapter: slot has `events` (DB_READ, DB_WRITE; on an error say DB_READ). */
void pool_ready(struct pool *p, int slot, int events);

/* For the adapter: deadlines and dialling. Each call asks io->wake for the next one. */
void pool_tick(struct pool *p);

void pool_stats(const struct pool *p, struct pool_stats *out);

/* At least one connection is READY. */
bool pool_is_up(const struct pool *p);

/*
 * A new job, in this order: job_new, then for each statement job_statement and its parameters, then
 * job_submit. `st` is kept by address; it must outlive the pool.
 */
struct job *job_new(struct pool *p, job_fn fn, void *arg);
void job_statement(struct job *j, const struct statement *st, bool binary_results);

/* Parameters are copied. NULL and a NULL view are SQL null. */
void job_text(struct job *j, const char *text);
void job_str(struct job *j, struct str s);
void job_json(struct job *j, const json_t *v); /* as text; NULL: SQL null */
void job_null(struct job *j);
void job_bool(struct job *j, bool v);                 /* binary boolean */
void job_int4(struct job *j, int32_t v);              /* binary: the parameter must be integer */
void job_int8(struct job *j, int64_t v);              /* binary: the parameter must be bigint */
void job_uuid(struct job *j, const struct uuid *u);   /* binary; NULL: SQL null */
void job_bytea(struct job *j, struct str s);          /* binary */
void job_array(struct job *j, const struct array *a); /* binary */

/* Appends the value in place: write to the buffer given, then job_end. */
struct buf *job_begin(struct job *j);
void job_end(struct job *j, bool binary);

enum job_flag {
	JOB_EXCLUSIVE = 1, /* slow: gets a connection to itself */
	JOB_READ = 2,      /* may be done twice */
};

/*
 * Hands it over; fn is called once, later, never from inside job_submit. -1: MR503 the queue is
 * full, MR400 a text parameter holds a NUL; the job is freed and fn isn't called.
 */
mr_must_check int job_submit(struct job *j, int flags, struct err *e);

/* The requester has left: fn won't be called. Queued: freed now. In flight: it runs to its end. */
void job_abandon(struct job *j);

/* Frees a job that wasn't submitted. */
void job_free(struct job *j);

#endif

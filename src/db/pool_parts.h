/*
 * pool_parts.h: what the files of the pool share. Not for others: see pool.h.
 *
 *   job.c   builds a job           pool.c  queue, deadlines, which connection gets a job
 *   conn.c  one connection: dialling, sending, reading      dial.c  what pool and listener do alike
 *   prepared.c  which statements a connection has prepared
 *
 * A connection has a list of flights, in the order sent. A flight is what ends with one Sync: a
 * job, or the preparation of one statement, which so can't be lost with a job that fails before it.
 */
#ifndef MR_DB_POOL_PARTS_H
#define MR_DB_POOL_PARTS_H

#include <sys/queue.h>

#include "db/pool.h"

enum job_state {
	JOB_NEW,
	JOB_QUEUED,
	JOB_FLYING,
	JOB_DONE,
};

struct param {
	size_t at; /* offset in data */
	size_t n;
	bool null;
	bool binary;
};

struct job_part {
	int statement; /* index in the pool */
	bool binary_results;
	int first; /* parameter */
	int n;
};

struct job {
	TAILQ_ENTRY(job) queue;
	struct pool *pool;
	job_fn fn;
	void *arg;
	enum job_state state;
	int flags;
	int64_t queued_ms;
	bool abandoned;
	struct job_part parts[JOB_STATEMENTS_MAX];
	int part_n;
	struct param *params;
	int param_n, param_cap;
	struct buf data;
	size_t begun; /* of job_begin */
	bool bad;     /* a text holds a NUL */
	PGresult *results[JOB_STATEMENTS_MAX];
	int result_n;
	PGresult *error; /* the first statement's that failed */
	bool error_lent; /* it is the preparation's, which the job ends before */
	int tries;       /* how often it was sent again */
	int tries_max;   /* how often it may be: more than 0 only where it did nothing */
};

TAILQ_HEAD(job_queue, job);

enum prepared_state {
	PREPARED_NOT,
	PREPARED_SENT,
	PREPARED_YES,
	PREPARED_FAILED, /* tried anew by the next job */
};

struct prepared {
	enum prepared_state state;
	PGresult *error; /* of PREPARED_FAILED */
};

struct flight {
	TAILQ_ENTRY(flight) link;
	struct job *job; /* NULL: a preparation, or one whose answer nobody needs */
	int statement;   /* that is prepared; -1: none */
	int64_t sent_ms;
};

TAILQ_HEAD(flight_list, flight);

enum conn_state {
	CONN_DOWN,
	CONN_DIALING,
	CONN_PREPARING,
	CONN_READY,
};

struct conn {
	struct pool *pool;
	int slot;
	enum conn_state state;
	PGconn *pg;
	int events; /* watched now */
	int64_t retry_at_ms;
	int64_t deadline_ms; /* of DIALING and PREPARING */
	int backoff_ms;
	struct flight_list flights;
	int64_t moved_ms;          /* when the oldest flight came to be the oldest */
	int job_n;                 /* flights that are jobs */
	bool broken;               /* to be dropped by the next tick */
	bool retiring;             /* gets no new job, ends when the last one has landed */
	bool reserved;             /* an exclusive job waits for it to become empty */
	bool exclusive;            /* serves an exclusive job */
	struct prepared *prepared; /* by index of the statement */
	int prepared_n;
};

struct pool {
	struct pool_conf conf;
	char *dsn, *name;
	struct db_io io;
	struct conn *conns;
	struct job_queue normal, exclusive;
	int queued;
	const struct statement **statements;
	int statement_n, statement_cap;
	struct pool_stats counts;
	bool closing;
};

/* job.c */
void job_reset_results(struct job *j);

/* Ends the job: its callback (unless abandoned), then frees it. code NULL: as its results say. */
void job_finish(struct job *j, const char *code, const char *text);

/* pool.c */
int pool_statement_index(struct pool *p, const struct statement *st);
void pool_dispatch(struct pool *p);

/* Puts it at the head of its queue. */
void pool_again(struct job *j);

/* conn.c */
void conn_dial(struct conn *c);
void conn_ready(struct conn *c, int events);
void conn_send(struct conn *c, struct job *j);
void conn_flush(struct conn *c);

/* Drops the connection, ends its jobs with 08006 and sets when to dial again. */
void conn_lose(struct conn *c, const char *why);

/* ms that the oldest flight is under way; 0: none. */
int64_t conn_age_ms(const struct conn *c, int64_t now);

/* Takes the reads behind its first flight back to the head of their queue. */
void conn_give_back(struct conn *c);

/* prepared.c */

/* By index in the pool. Valid until the next call. */
struct prepared *conn_prepared(struct conn *c, int statement);

/* The connection is gone, and what it had prepared. */
void conn_forget_prepared(struct conn *c);

/* dial.c */
PGconn *dial_start(const char *dsn, const char *name);

/* The next wait after `backoff_ms` (doubled there), with jitter. */
int dial_backoff(int *backoff_ms, int min_ms, int max_ms);

#endif

#ifndef MR_WEB_BUCKET_H
#define MR_WEB_BUCKET_H

/*
 * bucket.h: token buckets that all web processes share, as one process sees them. Pure: the time is
 * given, nothing waits.
 *
 *   the shared bucket (app.rate_bucket)  --lease-->  ours  --a token a request-->
 *
 * A bucket holds `size` tokens and is refilled with as many in a minute. A process spends what
 * it has leased, and asks for more when that runs low; the leases of all processes together are
 * never more than the bucket held. So that a request doesn't wait for an answer, a process may
 * go into debt, which the next lease pays: by size/16 (at least 1) at most, and only while the
 * shared bucket should have as much, by what was last heard of it. A bucket of unknown size, of
 * which nothing was heard yet, admits BUCKET_FIRST. That is the overshoot: BUCKET_FIRST once,
 * size/16 from then on, a process.
 *
 * The table is of fixed size; what was not used for longest makes room. What is forgotten is still
 * known to the shared bucket.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/str.h"
#include "core/uuid.h"

enum bucket_kind {
	BUCKET_ADDRESS,
	BUCKET_USER,      /* a person in a workspace */
	BUCKET_TOKEN,     /* an API token */
	BUCKET_WORKSPACE, /* the API requests of a workspace */
	BUCKET_WEBHOOK,   /* the deliveries of one webhook */
	BUCKET_INTAKE,    /* the deliveries of a workspace */
};

enum {
	BUCKET_KEY_SIZE = 16,
	BUCKET_FIRST = 256,
	BUCKET_ASKS_MAX = 128, /* in one question */
};

struct bucket_key {
	uint8_t b[BUCKET_KEY_SIZE];
};

struct bucket_table;

/* What a request is told. */
struct bucket_state {
	int size; /* 0: not known yet */
	int remaining;
	int reset_s; /* until it is full again */
	int wait_s;  /* until a refused request may come again; 0: admitted */
};

/* A question to the shared bucket, and its answer. */
struct bucket_ask {
	struct bucket_key key;
	enum bucket_kind kind;
	struct uuid workspace; /* whose plan says the size */
	int size;              /* > 0: it is this, whatever the plan */
	int want;              /* tokens asked for */
	int debt;              /* to be paid first; below 0: tokens given back */
};

/* slots: a multiple of 8. */
struct bucket_table *bucket_table_new(size_t slots);
void bucket_table_free(struct bucket_table *t);

/* The name of a kind in a plan: "workspace". */
const char *bucket_kind_name(enum bucket_kind kind);

/* A key that says nothing of what it was made of. */
struct bucket_key bucket_key_of(enum bucket_kind kind, struct str text);

/*
 * Takes a token. `size` > 0: the bucket is of that size; 0: of what the workspace's plan says,
 * which the first answer tells. True: the request is admitted. *out is set in both cases.
 */
bool bucket_take(struct bucket_table *t, const struct bucket_key *key, enum bucket_kind kind,
    const struct uuid *workspace, int size, int64_t now_ms, struct bucket_state *out);

/* Gives back what bucket_take took: another bucket refused the request. */
void bucket_untake(struct bucket_table *t, const struct bucket_key *key);

/* Questions that are due, at most BUCKET_ASKS_MAX; each must be answered or failed. */
int bucket_asks(struct bucket_table *t, int64_t now_ms, struct bucket_ask *out);

/* Is there one due? At once where the size isn't known or half of the debt is made, else after
 * bucket_tick. */
bool bucket_wants(const struct bucket_table *t);

/* The answer: tokens granted, what the shared bucket has left, its size. */
void bucket_answered(struct bucket_table *t, const struct bucket_ask *ask, int granted,
    double level, int size, int64_t now_ms);

/* No answer came: for want of the database each process counts by itself. */
void bucket_failed(struct bucket_table *t, const struct bucket_ask *ask, int64_t now_ms);

/* All questions are due, and to give back what was leased and not used for ten seconds. Call it
 * once a second. */
void bucket_tick(struct bucket_table *t, int64_t now_ms);

#endif

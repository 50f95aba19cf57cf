/*
 * plans.h: definitions, compiled once and kept by version. A version never changes, so an entry is
 * never stale; those unused for longest are dropped beyond PLANS_MAX.
 */
#ifndef MR_WORKER_PLANS_H
#define MR_WORKER_PLANS_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "core/err.h"
#include "core/uuid.h"
#include "db/array.h"
#include "flow/plan.h"
#include "worker/worker.h"

#define PLANS_MAX 2000

struct plan_entry {
	struct uuid version_id;
	struct uuid workspace_id;
	struct plan *plan; /* NULL while it is read, or when it is broken */
	struct err broken; /* code set: it can't be read or compiled */
	bool is_read;      /* plan or broken is set */
	json_t *definition;
	json_t *workflow; /* root `workflow`: id, name, version */
	char *callback_key;
	json_t
	    *variables; /* declared defaults, for runs that override none; NULL: one is missing */
	struct array connections; /* ids that its nodes name, and the kinds each may be of */
	struct array connectors;
	int refs;
	int64_t used_ms;
	struct worker *w;
	struct plan_entry *next_in_bucket;
	SLIST_HEAD(plan_waiter_list, plan_waiter) waiters;
};

typedef void (*plan_fn)(void *arg);

struct plans *plans_new(struct worker *w);
void plans_free(struct plans *p);

/*
 * The entry of a version, with one reference for the caller. Not yet read: fn(arg) is called once
 * it is, from the loop; is_read tells. plans_release forgets a waiting fn with the same arg.
 */
struct plan_entry *plans_get(struct plans *p, const struct uuid *workspace_id,
    const struct uuid *version_id, plan_fn fn, void *arg);
void plans_release(struct plans *p, struct plan_entry *entry, void *arg);

/* The variables of a run: a new reference; NULL: *e says which is missing or wrong. */
json_t *plans_variables(const struct plan_entry *entry, json_t *overrides, struct err *e);

/* The database was away when it was to be read: the next plans_get tries again. */
bool plans_is_transient(const struct plan_entry *entry);

#endif

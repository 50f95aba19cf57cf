#include "worker/ready.h"

#include <assert.h>
#include <string.h>
#include <sys/queue.h>

#include "core/mem.h"

struct tenant {
	struct uuid workspace_id;
	struct ready_entry *heap; /* n of cap; the smallest first */
	size_t n;
	size_t cap;
	struct tenant *next_in_bucket;
	TAILQ_ENTRY(tenant) ring; /* in the ring while n > 0 */
};

#define SUSPECT_MAX 1000

struct ready {
	struct tenant **bucket;
	size_t buckets; /* a power of two */
	size_t tenants;
	TAILQ_HEAD(, tenant) ring;
	size_t count;
	bool overflowed;
	struct tid suspect[SUSPECT_MAX];
	int suspects;
};

static struct tenant *tenant_find(struct ready *r, const struct uuid *workspace_id);
static void buckets_grow(struct ready *r);
static size_t uuid_hash(const struct uuid *u);
static void heap_push(struct tenant *t, const struct ready_entry *entry);
static struct ready_entry heap_pop(struct tenant *t);
static bool entry_before(const struct ready_entry *a, const struct ready_entry *b);

struct ready *
ready_new(void)
{
	struct ready *r = mem_alloc(sizeof(*r));

	r->buckets = 64;
	r->bucket = mem_array(r->buckets, sizeof(r->bucket[0]));
	TAILQ_INIT(&r->ring);
	return r;
}

void
ready_free(struct ready *r)
{
	if (r == NULL)
		return;
	ready_clear(r);
	mem_free(r->bucket);
	mem_free(r);
}

bool
ready_add(
    struct ready *r, const struct uuid *workspace_id, const struct ready_entry *entry, bool suspect)
{
	struct tenant *t;

	if (suspect && r->suspects < SUSPECT_MAX) {
		r->suspect[r->suspects++] = entry->tid;
		return true;
	}
	if (suspect || r->count >= READY_MAX) {
		r->overflowed = true;
		return false;
	}
	t = tenant_find(r, workspace_id);
	if (t->n == 0)
		TAILQ_INSERT_TAIL(&r->ring, t, ring);
	heap_push(t, entry);
	r->count++;
	return true;
}

int
ready_take(struct ready *r, int max, struct array *tids)
{
	int n = 0;

	if (r->suspects > 0 && max > 0) {
		array_tid(tids, r->suspect[--r->suspects]);
		return 1;
	}
	while (n < max && !TAILQ_EMPTY(&r->ring)) {
		struct tenant *t = TAILQ_FIRST(&r->ring);

		array_tid(tids, heap_pop(t).tid);
		r->count--;
		n++;
		TAILQ_REMOVE(&r->ring, t, ring);
		if (t->n > 0)
			TAILQ_INSERT_TAIL(&r->ring, t, ring);
	}
	return n;
}

size_t
ready_count(const struct ready *r)
{
	return r->count + (size_t)r->suspects;
}

bool
ready_overflowed(const struct ready *r)
{
	return r->overflowed;
}

void
ready_clear(struct ready *r)
{
	for (size_t i = 0; i < r->buckets; i++) {
		while (r->bucket[i] != NULL) {
			struct tenant *t = r->bucket[i];

			r->bucket[i] = t->next_in_bucket;
			mem_free(t->heap);
			mem_free(t);
		}
	}
	TAILQ_INIT(&r->ring);
	r->tenants = 0;
	r->count = 0;
	r->suspects = 0;
	r->overflowed = false;
}

/* Finds or makes the workspace's entry. Entries stay until ready_clear: there are few workspaces.
 */
static struct tenant *
tenant_find(struct ready *r, const struct uuid *workspace_id)
{
	struct tenant *t;
	size_t at = uuid_hash(workspace_id) & (r->buckets - 1);

	for (t = r->bucket[at]; t != NULL; t = t->next_in_bucket) {
		if (uuid_eq(&t->workspace_id, workspace_id))
			return t;
	}
	if (r->tenants >= r->buckets) {
		buckets_grow(r);
		at = uuid_hash(workspace_id) & (r->buckets - 1);
	}
	t = mem_alloc(sizeof(*t));
	t->workspace_id = *workspace_id;
	t->next_in_bucket = r->bucket[at];
	r->bucket[at] = t;
	r->tenants++;
	return t;
}

static void
buckets_grow(struct ready *r)
{
	size_t buckets = r->buckets * 2;
	struct tenant **bucket = mem_array(buckets, sizeof(bucket[0]));

	for (size_t i = 0; i < r->buckets; i++) {
		while (r->bucket[i] != NULL) {
			struct tenant *t = r->bucket[i];
			size_t at = uuid_hash(&t->workspace_id) & (buckets - 1);

			r->bucket[i] = t->next_in_bucket;
			t->next_in_bucket = bucket[at];
			bucket[at] = t;
		}
	}
	mem_free(r->bucket);
	r->bucket = bucket;
	r->buckets = buckets;
}

/* The last eight bytes of a version 7 uuid are random. */
static size_t
uuid_hash(const struct uuid *u)
{
	size_t h;

	memcpy(&h, u->b + 8, sizeof(h));
	return h;
}

static void
heap_push(struct tenant *t, const struct ready_entry *entry)
{
	size_t i = t->n++;

	if (t->n > t->cap) {
		t->cap = t->cap ? t->cap * 2 : 8;
		t->heap = mem_grow(t->heap, t->cap, sizeof(t->heap[0]));
	}
	while (i > 0 && entry_before(entry, &t->heap[(i - 1) / 2])) {
		t->heap[i] = t->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	t->heap[i] = *entry;
}

static struct ready_entry
heap_pop(struct tenant *t)
{
	struct ready_entry top = t->heap[0];
	struct ready_entry last = t->heap[--t->n];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= t->n)
			break;
		if (child + 1 < t->n && entry_before(&t->heap[child + 1], &t->heap[child]))
			child++;
		if (!entry_before(&t->heap[child], &last))
			break;
		t->heap[i] = t->heap[child];
		i = child;
	}
	if (t->n > 0)
		t->heap[i] = last;
	return top;
}

static bool
entry_before(const struct ready_entry *a, const struct ready_entry *b)
{
	if (a->prio != b->prio)
		return a->prio < b->prio;
	return uuid_cmp(&a->run_id, &b->run_id) < 0;
}

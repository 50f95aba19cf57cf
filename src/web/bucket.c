#include "web/bucket.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/buf.h"
#include "core/crypto.h"
#include "core/def.h"
#include "core/mem.h"

enum {
	WAYS = 8,
	MINUTE_MS = 60000,
	DRY_GAP_MS = 500, /* between two questions to a bucket that is empty */
	IDLE_MS = 10000,
};

struct bucket {
	struct bucket_key key;
	struct uuid workspace;
	double level;     /* of the shared bucket, when last heard */
	int64_t heard_ms; /* 0: never */
	int64_t asked_ms;
	int64_t used_ms; /* 0: the slot is free */
	int size;        /* 0: not known */
	int lease;       /* below 0: a debt */
	enum bucket_kind kind;
	bool is_fixed; /* the size isn't the plan's */
	bool wants;    /* is in the list of those that ask */
	bool asked;    /* the answer is under way */
};

struct bucket_table {
	size_t sets;
	struct bucket *slots;
	struct bucket_key list[BUCKET_ASKS_MAX]; /* that want to ask */
	int n;
	bool is_due; /* one of them cannot wait for the next bucket_tick */
};

static struct bucket *find(struct bucket_table *t, const struct bucket_key *key);
static struct bucket *place(struct bucket_table *t, const struct bucket_key *key);
static struct bucket *set_of(const struct bucket_table *t, const struct bucket_key *key);
static void want(struct bucket_table *t, struct bucket *b, int64_t now_ms);
static int debt_max(const struct bucket *b, int64_t now_ms);
static int share(int size);
static double level_now(const struct bucket *b, int64_t now_ms);
static void state_of(
    const struct bucket *b, bool admitted, int64_t now_ms, struct bucket_state *out);

struct bucket_table *
bucket_table_new(size_t slots)
{
	struct bucket_table *t = mem_alloc(sizeof(*t));

	assert(slots >= WAYS && slots % WAYS == 0);
	t->sets = slots / WAYS;
	t->slots = mem_array(slots, sizeof(*t->slots));
	return t;
}

void
bucket_table_free(struct bucket_table *t)
{
	if (t == NULL)
		return;
	mem_free(t->slots);
	mem_free(t);
}

const char *
bucket_kind_name(enum bucket_kind kind)
{
	switch (kind) {
	case BUCKET_ADDRESS:
		return "address";
	case BUCKET_USER:
		return "user";
	case BUCKET_TOKEN:
		return "token";
	case BUCKET_WORKSPACE:
		return "workspace";
	case BUCKET_WEBHOOK:
		return "webhook";
	case BUCKET_INTAKE:
		return "intake";
	}
	return "";
}

struct bucket_key
bucket_key_of(enum bucket_kind kind, struct str text)
{
	uint8_t digest[SHA256_SIZE];
	struct bucket_key key;
	struct buf b = { 0 };

	buf_printf(&b, "%s ", bucket_kind_name(kind));
	buf_append(&b, text.p, text.n);
	crypto_sha256(buf_view(&b), digest);
	buf_free(&b);
	memcpy(key.b, digest, sizeof(key.b));
	return key;
}

bool
bucket_take(struct bucket_table *t, const struct bucket_key *key, enum bucket_kind kind,
    const struct uuid *workspace, int size, int64_t now_ms, struct bucket_state *out)
{
	struct bucket *b = find(t, key);
	bool admitted;

	if (b == NULL) {
		b = place(t, key);
		*b = (struct bucket){ .key = *key,
			.kind = kind,
			.size = size,
			.level = size,
			.heard_ms = now_ms,
			.is_fixed = size > 0 };
		if (workspace != NULL)
			b->workspace = *workspace;
	}
	b->used_ms = now_ms;
	admitted = b->lease > 0 || -b->lease < debt_max(b, now_ms);
	if (admitted)
		b->lease--;
	if (b->lease < (share(b->size) + 1) / 2)
		want(t, b, now_ms);
	state_of(b, admitted, now_ms, out);
	return admitted;
}

void
bucket_untake(struct bucket_table *t, const struct bucket_key *key)
{
	struct bucket *b = find(t, key);

	if (b != NULL)
		b->lease++;
}

int
bucket_asks(struct bucket_table *t, int64_t now_ms, struct bucket_ask *out)
{
	int n = 0;

	for (int i = 0; i < t->n; i++) {
		struct bucket *b = find(t, &t->list[i]);
		int full;

		if (b == NULL || !b->wants)
			continue; /* it has made room meanwhile */
		full = share(b->size);
		out[n] = (struct bucket_ask){ .key = b->key,
			.kind = b->kind,
			.workspace = b->workspace,
			.size = b->is_fixed ? b->size : 0,
			.debt = b->lease < 0 ? -b->lease : 0,
			.want = b->lease < 0 ? full : full - b->lease };
		if (now_ms - b->used_ms >= IDLE_MS) {
			out[n].debt = -b->lease;
			out[n].want = 0;
			b->lease = 0;
		} else if (b->lease < 0)
			b->lease = 0;
		if (out[n].want < 0)
			out[n].want = 0;
		b->level -= out[n].debt; /* until it is heard of anew */
		b->wants = false;
		b->asked = true;
		b->asked_ms = now_ms;
		n++;
	}
	t->n = 0;
	t->is_due = false;
	return n;
}

bool
bucket_wants(const struct bucket_table *t)
{
	return t->is_due;
}

void
bucket_answered(struct bucket_table *t, const struct bucket_ask *ask, int granted, double level,
    int size, int64_t now_ms)
{
	struct bucket *b = find(t, &ask->key);

	if (b == NULL)
		return; /* forgotten: the tokens come back with the minute */
	b->asked = false;
	b->size = size;
	b->level = level;
	b->heard_ms = now_ms;
	b->lease += granted;
}

void
bucket_failed(struct bucket_table *t, const struct bucket_ask *ask, int64_t now_ms)
{
	struct bucket *b = find(t, &ask->key);

	if (b == NULL)
		return;
	b->asked = false;
	b->heard_ms = now_ms;
	b->level = b->size;
	if (b->lease < share(b->size))
		b->lease = share(b->size);
}

void
bucket_tick(struct bucket_table *t, int64_t now_ms)
{
	for (size_t i = 0; i < t->sets * WAYS; i++) {
		struct bucket *b = &t->slots[i];

		if (b->used_ms != 0 && b->lease != 0 && !b->asked && now_ms - b->used_ms >= IDLE_MS)
			want(t, b, now_ms);
	}
	t->is_due = t->n > 0;
}

static struct bucket *
find(struct bucket_table *t, const struct bucket_key *key)
{
	struct bucket *set = set_of(t, key);

	for (int i = 0; i < WAYS; i++) {
		if (set[i].used_ms != 0 && memcmp(&set[i].key, key, sizeof(*key)) == 0)
			return &set[i];
	}
	return NULL;
}

/* The slot of its set that is free, or was not used for longest. */
static struct bucket *
place(struct bucket_table *t, const struct bucket_key *key)
{
	struct bucket *set = set_of(t, key), *oldest = set;

	for (int i = 1; i < WAYS; i++) {
		if (set[i].used_ms < oldest->used_ms)
			oldest = &set[i];
	}
	return oldest;
}

static struct bucket *
set_of(const struct bucket_table *t, const struct bucket_key *key)
{
	uint32_t hash;

	memcpy(&hash, key->b, sizeof(hash));
	return &t->slots[hash % t->sets * WAYS];
}

/*
 * Where it is known to be empty only now and then. A full list: the next request tries again. Who
 * has spent little waits for bucket_tick: callers that come once cost one question together.
 */
static void
want(struct bucket_table *t, struct bucket *b, int64_t now_ms)
{
	if (b->asked || (!b->wants && t->n >= BUCKET_ASKS_MAX))
		return;
	if (b->size > 0 && level_now(b, now_ms) < 1 && now_ms - b->asked_ms < DRY_GAP_MS)
		return;
	if (!b->wants)
		t->list[t->n++] = b->key;
	b->wants = true;
	t->is_due = t->is_due || t->n == BUCKET_ASKS_MAX || b->size == 0 ||
	            b->lease <= -debt_max(b, now_ms) / 2;
}

/* How far it may go into debt. */
static int
debt_max(const struct bucket *b, int64_t now_ms)
{
	double level;

	if (b->size == 0)
		return BUCKET_FIRST;
	level = level_now(b, now_ms);
	return level < share(b->size) ? (int)fmax(0, level) : share(b->size);
}

static int
share(int size)
{
	return size < 16 ? 1 : size / 16;
}

/* What the shared bucket should hold, when nobody else has taken from it since. */
static double
level_now(const struct bucket *b, int64_t now_ms)
{
	return fmin(
	    b->size, b->level + (double)b->size * (double)(now_ms - b->heard_ms) / MINUTE_MS);
}

static void
state_of(const struct bucket *b, bool admitted, int64_t now_ms, struct bucket_state *out)
{
	double level = level_now(b, now_ms), left = fmin(b->size, level + b->lease);

	*out = (struct bucket_state){ .size = b->size };
	if (b->size == 0) {
		out->wait_s = admitted ? 0 : 1;
		return;
	}
	out->remaining = left > 0 ? (int)left : 0;
	out->reset_s = (int)ceil((b->size - fmax(0, left)) * 60 / b->size);
	if (!admitted)
		out->wait_s = (int)fmax(1, ceil((1 - left) * 60 / b->size));
}

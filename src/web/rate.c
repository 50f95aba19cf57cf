#include "web/rate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/conf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"
#include "db/array.h"
#include "db/value.h"
#include "web/bucket.h"
#include "web/pg.h"
#include "web/pressure.h"
#include "web/request.h"

enum {
	BUCKETS = 8192, /* 0.9 MB; what wasn't used for longest makes room */
	CALLERS = 4096, /* a power of two */
	LOOPBACK_SIZE = 6000000,
	NOTE_MS = 1000,
};

/* What is known of a credential with its X-Workspace, or of a webhook. */
struct caller {
	struct bucket_key key;  /* of what was presented */
	struct bucket_key one;  /* bucket of the person, token or webhook */
	struct bucket_key many; /* bucket of the workspace */
	struct uuid workspace;
	enum bucket_kind kind; /* of `one` */
	bool is_known;
};

struct question {
	struct bucket_ask asks[BUCKET_ASKS_MAX];
	int n;
};

static const struct statement sql_rate_lease = { "rate_lease",
	"select size, granted, tokens from api.rate_lease($1, $2, $3, $4, $5, $6)" };
static const struct statement sql_queue_pressure = { "queue_pressure",
	"select xid, head_xid from api.queue_pressure()" };

static struct bucket_table *buckets;
static struct caller *callers;
static struct pressure pressure;
static bool asking, ask_is_due, noting;
static int64_t noted_ms;

static bool is_limited(const struct call *c);
static bool is_hook(const struct call *c);
static int pressure_check(const struct call *c, struct err *e);
static int take(struct call *c, const struct bucket_key *key, enum bucket_kind kind,
    const struct uuid *workspace, int size, struct err *e);
static struct caller *caller_of(struct call *c);
static struct caller *place_of(const struct bucket_key *key);
static void learn(struct call *c, enum bucket_kind kind, enum bucket_kind many,
    const struct uuid *workspace, struct str one);
static const struct bucket_key *presented(struct call *c);
static void ask_soon(void);
static void ask(void);
static void answered(struct job *job, const struct job_result *result, void *arg);
static void note(void);
static void noted(struct job *job, const struct job_result *result, void *arg);

void
rate_start(void)
{
	buckets = bucket_table_new(BUCKETS);
	callers = mem_array(CALLERS, sizeof(*callers));
}

void
rate_tick(void)
{
	int64_t now = mono_ms();

	if (now >= noted_ms + NOTE_MS) {
		noted_ms = now;
		bucket_tick(buckets, now);
		note();
	}
	ask_soon();
}

int
rate_admit_address(struct call *c, struct err *e)
{
	bool local = strncmp(c->address, "127.", 4) == 0 || strcmp(c->address, "::1") == 0;
	struct bucket_key key;

	if (!is_limited(c))
		return 0;
	if (pressure_check(c, e) != 0)
		return -1;
	if (is_hook(c) && caller_of(c)->is_known)
		return 0;
	key = bucket_key_of(BUCKET_ADDRESS, str_of(c->address));
	return take(c, &key, BUCKET_ADDRESS, NULL,
	    local ? LOOPBACK_SIZE : (int)conf_int(CONF_RATE_ADDRESS), e);
}

int
rate_admit_caller(struct call *c, struct err *e)
{
	struct caller *who;

	if (!is_limited(c) || (c->credential.value == NULL && !is_hook(c)))
		return 0;
	who = caller_of(c);
	if (!who->is_known)
		return 0;
	if (take(c, &who->one, who->kind, &who->workspace, 0, e) != 0)
		return -1;
	if (take(c, &who->many, is_hook(c) ? BUCKET_INTAKE : BUCKET_WORKSPACE, &who->workspace, 0,
	        e) != 0) {
		bucket_untake(buckets, &who->one);
		return -1;
	}
	return 0;
}

void
rate_learn(struct call *c, struct str context)
{
	struct str workspace, user, session, token;
	struct uuid id;
	struct err e;

	if (!is_limited(c) || !str_next(&context, '|', &workspace) ||
	    !str_next(&context, '|', &user) || !str_next(&context, '|', &session) ||
	    uuid_parse(workspace, &id, &e) != 0)
		return; /* somebody without a workspace: the address answers */
	token = context;
	learn(c, token.n > 0 ? BUCKET_TOKEN : BUCKET_USER, BUCKET_WORKSPACE, &id,
	    token.n > 0 ? token : user);
}

void
rate_learn_hook(struct call *c, const struct uuid *workspace)
{
	const struct bucket_key *key = presented(c);

	learn(c, BUCKET_WEBHOOK, BUCKET_INTAKE, workspace,
	    str_make((const char *)key->b, sizeof(key->b)));
}

/* Health, figures and files of the web app aren't: probes and a page's many files are no abuse. */
static bool
is_limited(const struct call *c)
{
	const char *path = c->route != NULL ? c->route->path : "";

	return strncmp(path, "/api/", 5) == 0 || strncmp(path, "/hooks/", 7) == 0 ||
	       strncmp(path, "/resume/", 8) == 0 || strncmp(path, "/stream/", 8) == 0 ||
	       strcmp(path, "/ws") == 0;
}

static bool
is_hook(const struct call *c)
{
	return (c->route->flags & ROUTE_RAW) != 0;
}

static int
pressure_check(const struct call *c, struct err *e)
{
	struct pool_stats s = { 0 };
	enum pressure_class class = PRESSURE_HOOK;

	pool_stats(pg_pool(), &s);
	if (!is_hook(c)) {
		if (c->method == METHOD_GET || c->method == METHOD_HEAD)
			class = PRESSURE_READ;
		else if ((c->route->flags & ROUTE_WAKES) == 0)
			return 0; /* what changes things is what helps */
		else
			class = PRESSURE_RUN;
	}
	if (!pressure_refuses(&pressure, class, s.wait_ms, conf_int(CONF_ADMIT_AGE_MS),
	        conf_int(CONF_ADMIT_WAIT_MS)))
		return 0;
	err_set(e, "MR503", "the installation is overloaded; try again in a few seconds");
	/* Not all at the same second. */
	e->retry_after_s = 2 + (int)(mono_us() % 6);
	return -1;
}

/* The call shows the bucket that has the least left, for its size. */
static int
take(struct call *c, const struct bucket_key *key, enum bucket_kind kind,
    const struct uuid *workspace, int size, struct err *e)
{
	struct bucket_state s;
	bool admitted = bucket_take(buckets, key, kind, workspace, size, mono_ms(), &s);

	if (s.size > 0 &&
	    (!admitted || c->rate.size == 0 ||
	        (int64_t)s.remaining * c->rate.size < (int64_t)c->rate.remaining * s.size))
		c->rate = s;
	ask_soon();
	if (admitted)
		return 0;
	err_set(e, "MR429", "too many requests: %d a minute are allowed for this %s", s.size,
	    bucket_kind_name(kind));
	e->retry_after_s = s.wait_s;
	return -1;
}

/* The one place where it can be; another one may be there. */
static struct caller *
caller_of(struct call *c)
{
	static struct caller nobody;
	const struct bucket_key *key = presented(c);
	struct caller *who = place_of(key);

	if (!who->is_known || memcmp(&who->key, key, sizeof(*key)) != 0)
		return &nobody;
	return who;
}

static struct caller *
place_of(const struct bucket_key *key)
{
	uint32_t hash;

	memcpy(&hash, key->b, sizeof(hash));
	return &callers[hash % CALLERS];
}

/* The newest wins the place: a displaced one is learnt again by its next request. */
static void
learn(struct call *c, enum bucket_kind kind, enum bucket_kind many, const struct uuid *workspace,
    struct str one)
{
	char text[UUID_TEXT_SIZE];
	struct buf b = { 0 };
	struct caller who = { .workspace = *workspace, .kind = kind, .is_known = true };
	const struct caller *known = caller_of(c);

	if (known->is_known && uuid_eq(&known->workspace, workspace))
		return;
	who.key = *presented(c);
	buf_printf(&b, "%s ", uuid_format(workspace, text));
	who.many = bucket_key_of(many, buf_view(&b));
	buf_append(&b, one.p, one.n);
	who.one = bucket_key_of(kind, buf_view(&b));
	buf_free(&b);
	*place_of(&who.key) = who;
}

/*
 * A webhook is its path; a credential counts apart for each workspace that it is used in. Made
 * once a call, when the credential was read.
 */
static const struct bucket_key *
presented(struct call *c)
{
	const char *workspace;
	struct buf b = { 0 };

	if (c->has_caller)
		return &c->caller;
	c->has_caller = true;
	if (is_hook(c)) {
		c->caller = bucket_key_of(BUCKET_WEBHOOK, str_of(c->path));
		return &c->caller;
	}
	workspace = call_header_in(c, "x-workspace");
	buf_printf(&b, "%s %s", c->credential.value, workspace != NULL ? workspace : "");
	c->caller = bucket_key_of(BUCKET_TOKEN, buf_view(&b));
	buf_free(&b);
	return &c->caller;
}

static void
ask_soon(void)
{
	if (asking || ask_is_due || !bucket_wants(buckets))
		return;
	ask_is_due = true;
	request_after(0, ask);
}

static void
ask(void)
{
	enum { KEY, KIND, WORKSPACE, SIZE, WANT, DEBT, N };
	static const enum array_type types[N] = { ARRAY_BYTEA, ARRAY_TEXT, ARRAY_UUID, ARRAY_INT4,
		ARRAY_INT4, ARRAY_INT4 };
	struct question *q = mem_alloc(sizeof(*q));
	struct job_result failed = { 0 };
	struct array a[N] = { 0 };
	struct job *job;
	struct err e;

	ask_is_due = false;
	q->n = bucket_asks(buckets, mono_ms(), q->asks);
	if (q->n == 0) {
		mem_free(q);
		return;
	}
	for (int i = 0; i < N; i++)
		array_open(&a[i], types[i]);
	for (int i = 0; i < q->n; i++) {
		const struct bucket_ask *ask = &q->asks[i];

		array_bytea(&a[KEY], str_make((const char *)ask->key.b, sizeof(ask->key.b)));
		array_text(&a[KIND], str_of(bucket_kind_name(ask->kind)));
		array_uuid(&a[WORKSPACE], &ask->workspace);
		array_int4(&a[SIZE], ask->size);
		array_int4(&a[WANT], ask->want);
		array_int4(&a[DEBT], ask->debt);
	}
	asking = true;
	job = job_new(pg_pool(), answered, q);
	job_statement(job, &sql_rate_lease, true);
	for (int i = 0; i < N; i++) {
		job_array(job, &a[i]);
		array_free(&a[i]);
	}
	if (job_submit(job, 0, &e) != 0) {
		failed.err = &e;
		answered(NULL, &failed, q);
	}
}

static void
answered(struct job *job, const struct job_result *result, void *arg)
{
	struct question *q = arg;
	const PGresult *res = result->v[0];
	struct err bad;
	const struct err *e = result->err;

	(void)job;
	asking = false;
	if (e == NULL && (value_shape(res, "iid", &bad) != 0 || PQntuples(res) != q->n)) {
		err_set(&bad, "MR500", "the database answered in another form than agreed");
		e = &bad;
	}
	if (e != NULL)
		log_err(LOG_LEVEL_WARN, "rate.lease", e);
	for (int i = 0; i < q->n; i++) {
		if (e != NULL)
			bucket_failed(buckets, &q->asks[i], mono_ms());
		else
			bucket_answered(buckets, &q->asks[i], value_int4(res, i, 1),
			    value_float8(res, i, 2), value_int4(res, i, 0), mono_ms());
	}
	mem_free(q);
	ask_soon();
}

static void
note(void)
{
	struct job *job;
	struct err e;

	if (noting || !pool_is_up(pg_pool()))
		return;
	job = job_new(pg_pool(), noted, NULL);
	job_statement(job, &sql_queue_pressure, true);
	noting = job_submit(job, 0, &e) == 0;
}

static void
noted(struct job *job, const struct job_result *result, void *arg)
{
	struct err e;

	(void)job;
	(void)arg;
	noting = false;
	if (result->err != NULL)
		log_err(LOG_LEVEL_WARN, "rate.pressure", result->err);
	else if (value_shape(result->v[0], "ll", &e) == 0)
		pressure_note(&pressure, mono_ms(), value_int8(result->v[0], 0, 0),
		    value_int8(result->v[0], 0, 1));
}

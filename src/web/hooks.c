/*
 * hooks.c: webhooks. What arrives while a statement is under way, or in the same turn of the event
 * loop, goes into one statement: up to 16 deliveries are made durable by one commit. A sender is
 * answered after it; one that waits for the workflow's own answer stays until its run is over.
 *
 *   delivery_accept -> (the vault checks the proof) -> pending -> [batch] -> accepted -> 202
 *                                     ^                               |  `-> waiting (synchronous)
 *                                     `------------- proof is wanted -'        -> answer, or 202
 *
 * A longer file than most: a delivery's way through its batch reads from the top.
 */
#include "web/hooks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>

#include "core/conf.h"
#include "core/crypto.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"
#include "db/array.h"
#include "db/value.h"
#include "web/handlers.h"
#include "web/hook_proof.h"
#include "web/metrics.h"
#include "web/offer.h"
#include "web/pg.h"
#include "web/rate.h"
#include "web/request.h"
#include "web/sync_answer.h"

enum {
	BATCH_MAX = 16,
	FLIGHTS_MAX = 2, /* the second goes out while the first one commits */
	KEY_MAX = 255,
};

/* The columns of api.delivery_accept, and their types. */
enum {
	COLUMN_ORD,
	COLUMN_VERDICT,
	COLUMN_RECEIPT,
	COLUMN_RUN,
	COLUMN_RECEIVED,
	COLUMN_MODE,
	COLUMN_TIMEOUT,
	COLUMN_SAID,
	COLUMN_WORKSPACE,
	COLUMN_PRIO,
	COLUMN_TID,
	COLUMN_WORKFLOW,
	COLUMN_VERSION_ID,
	COLUMN_VERSION,
	COLUMN_NODE
};
static const char columns[] = "ltuuztituscuuit";
static const struct statement sql_accept = { "delivery_accept",
	"select * from api.delivery_accept($1, $2, $3, $4, $5, $6, $7, $8::text[]::json[], $9, "
	"$10, $11, $12, $13, $14)" };

/* One delivery, from the request to the verdict. */
struct hook {
	TAILQ_ENTRY(hook) link;
	struct call *call;
	struct batch *batch;      /* NULL: pending, or being checked */
	struct hook_check *check; /* under way, or NULL */
	struct uuid id, run_id;
	struct str token, slug, path, key; /* p NULL: absent */
	struct str headers;
	struct hook_proof proof;
	struct str said; /* by the database of the proof that it wants; p NULL: nothing yet */
	bool alone;      /* a batch it was in failed: it may have been its fault */
};
TAILQ_HEAD(hook_list, hook);

/* The deliveries of one statement under way. */
struct batch {
	struct hook *hooks[BATCH_MAX]; /* NULL: the sender has left */
	int n;
	bool announces; /* its transaction wakes the workers itself */
	bool offers;    /* one, which the worker beside us gets with all that it needs */
};

static struct hook_list pending = TAILQ_HEAD_INITIALIZER(pending);
static int flights;
static bool flush_is_due;

static void hook_fill(struct hook *h, struct call *c);
static void hook_queue(struct hook *h);
static void hook_describe(struct hook *h);
static void hook_leave(struct call *c);
static void header_add(const char *name, const char *value, void *arg);
static struct str dedup_key(const struct hook *h);
static void flush_soon(void);
static void flush(void);
static void batch_send(struct batch *b);
static void batch_done(struct job *job, const struct job_result *result, void *arg);
static void batch_failed(struct batch *b, const struct job_result *result);
static void run_announce(const struct hook *offered, const PGresult *res, int row);
static void verdict_apply(struct hook *h, const PGresult *res, int row);
static void proof_wanted(struct hook *h, struct str said);
static void proof_judged(enum hook_verdict v, const struct hook_proof *proof, void *arg);
static void proof_refuse(struct hook *h, enum hook_verdict v);
static void receipt_answer(struct hook *h, const PGresult *res, int row);
static void quota_answer(struct call *c, struct str said);
static enum call_next hook_answered(struct call *c);

void
hooks_start(void)
{
	TAILQ_INIT(&pending);
}

enum call_next
delivery_accept(struct call *c)
{
	struct hook *h = arena_alloc(c->arena, sizeof(*h));
	enum hook_verdict none;

	if (c->body.n > (size_t)conf_int(CONF_HOOK_BYTES))
		return call_refuse(c, 413, "the body is too large for a webhook");
	hook_fill(h, c);
	c->own = h;
	c->then = hook_answered;
	c->leave = hook_leave;
	c->waiting = true;
	h->check = hook_proof_recall(c, proof_judged, h, &none);
	if (h->check == NULL)
		hook_queue(h);
	return CALL_WAIT;
}

static void
hook_fill(struct hook *h, struct call *c)
{
	h->call = c;
	h->id = uuid_v7();
	h->run_id = uuid_v7();
	for (int i = 0; i < c->params_len; i++) {
		const struct route_param *p = &c->params[i];
		struct str name = str_make(p->name, p->name_len);
		struct str value = str_make(p->value, p->value_len);

		if (str_is(name, "token"))
			h->token = value;
		else if (str_is(name, "slug"))
			h->slug = value;
		else
			h->path = value;
	}
}

static void
hook_queue(struct hook *h)
{
	hook_describe(h);
	TAILQ_INSERT_TAIL(&pending, h, link);
	flush_soon();
}

/* What is stored of the request besides its body; without the secret, if a header had that. */
static void
hook_describe(struct hook *h)
{
	const char *hidden = h->proof.hidden;
	json_t *headers = hook_headers(h->call);
	struct buf text = { 0 };

	h->key = dedup_key(h);
	if (hidden != NULL)
		json_object_set_new(headers, hidden, json_string("[redacted]"));
	js_dump(&text, headers, JS_COMPACT);
	h->headers = arena_str(h->call->arena, buf_view(&text));
	buf_free(&text);
	json_decref(headers);
}

/* The sender has left. What is under way will be stored all the same. */
static void
hook_leave(struct call *c)
{
	struct hook *h = c->own;

	if (h->check != NULL) {
		hook_check_drop(h->check);
		return;
	}
	if (h->batch == NULL) {
		TAILQ_REMOVE(&pending, h, link);
		return;
	}
	for (int i = 0; i < h->batch->n; i++) {
		if (h->batch->hooks[i] == h)
			h->batch->hooks[i] = NULL;
	}
}

json_t *
hook_headers(const struct call *c)
{
	json_t *headers = json_object();

	call_headers_each(c, header_add, headers);
	return headers;
}

/* A name that comes twice gets a list. */
static void
header_add(const char *name, const char *value, void *arg)
{
	json_t *headers = arg, *old, *list;
	char lower[256];
	size_t n = 0;

	for (; name[n] != '\0' && n + 1 < sizeof(lower); n++)
		lower[n] = (name[n] >= 'A' && name[n] <= 'Z') ? (char)(name[n] + 32) : name[n];
	lower[n] = '\0';
	old = json_object_get(headers, lower);
	if (old == NULL)
		json_object_set_new(headers, lower, json_string(value));
	else if (json_is_array(old))
		json_array_append_new(old, json_string(value));
	else {
		list = json_pack("[O, s]", old, value);
		json_object_set_new(headers, lower, list);
	}
}

/*
 * Named by who delivers; without a key there is no deduplication, since equal bodies are legal.
 * What was signed names a copy better than a header that anyone may add.
 */
static struct str
dedup_key(const struct hook *h)
{
	static const char *const names[] = { "idempotency-key", "webhook-id", "x-github-delivery" };
	struct str key = h->proof.replay;
	uint8_t digest[SHA256_SIZE];
	char *hex;

	for (size_t i = 0; key.p == NULL && i < countof(names); i++)
		key = str_of(call_header_in(h->call, names[i]));
	if (key.p == NULL || key.n <= KEY_MAX)
		return key;
	hex = arena_alloc(h->call->arena, SHA256_HEX_SIZE);
	crypto_sha256(key, digest);
	return str_of(crypto_hex(digest, sizeof(digest), hex));
}

static void
flush_soon(void)
{
	if (!flush_is_due && flights < FLIGHTS_MAX) {
		flush_is_due = true;
		request_after(0, flush);
	}
}

static void
flush(void)
{
	flush_is_due = false;
	while (flights < FLIGHTS_MAX && !TAILQ_EMPTY(&pending)) {
		struct batch *b = mem_alloc(sizeof(*b));
		struct hook *h;

		while (b->n < BATCH_MAX && (h = TAILQ_FIRST(&pending)) != NULL) {
			if (h->alone && b->n > 0)
				break;
			TAILQ_REMOVE(&pending, h, link);
			h->batch = b;
			b->hooks[b->n++] = h;
			if (h->alone)
				break;
		}
		batch_send(b);
	}
}

static void
batch_send(struct batch *b)
{
	enum {
		TOKEN,
		SLUG,
		PATH,
		METHOD,
		ID,
		RUN,
		KEY,
		HEADERS,
		QUERY,
		TYPE,
		BODY,
		ADDRESS,
		PROOF,
		N
	};
	struct array a[N] = { 0 };
	struct job *job = job_new(pg_pool(), batch_done, b);
	struct job_result failed = { 0 };
	struct err e;

	for (int i = 0; i < N; i++)
		array_open(&a[i], i == ID || i == RUN ? ARRAY_UUID
		                  : i == BODY         ? ARRAY_BYTEA
		                                      : ARRAY_TEXT);
	for (int i = 0; i < b->n; i++) {
		const struct hook *h = b->hooks[i];
		const struct call *c = h->call;
		const char *type = call_header_in(c, "content-type");

		array_text(&a[TOKEN], h->token);
		array_text(&a[SLUG], h->slug);
		array_text(&a[PATH], h->path);
		array_text(&a[METHOD], str_of(method_name(c->method)));
		array_uuid(&a[ID], &h->id);
		array_uuid(&a[RUN], &h->run_id);
		array_text(&a[KEY], h->key);
		array_text(&a[HEADERS], h->headers);
		array_text(&a[QUERY], c->query.p != NULL ? c->query : str_make("", 0));
		array_text(&a[TYPE], str_of(type != NULL ? type : ""));
		array_bytea(&a[BODY], c->body.p != NULL ? c->body : str_make("", 0));
		array_text(&a[ADDRESS], str_of(c->address));
		array_text(&a[PROOF], h->proof.text);
	}
	job_statement(job, &sql_accept, true);
	for (int i = 0; i < N; i++) {
		job_array(job, &a[i]);
		array_free(&a[i]);
	}
	b->offers = b->n == 1 && flights == 0 && offer_is_possible(b->hooks[0]->call->body);
	b->announces = b->n == 1 && flights == 0 && !b->offers;
	job_bool(job, b->announces);
	flights++;
	if (job_submit(job, 0, &e) != 0) {
		failed.err = &e;
		batch_done(NULL, &failed, b);
	}
}

/* The commit is done. The workers are told once for all. */
static void
batch_done(struct job *job, const struct job_result *result, void *arg)
{
	struct batch *b = arg;
	struct err e;

	(void)job;
	flights--;
	if (result->err != NULL)
		batch_failed(b, result);
	else if (value_shape(result->v[0], columns, &e) != 0 || PQntuples(result->v[0]) != b->n) {
		struct job_result bad = { .err = &e };

		err_set(&e, "MR500", "the database answered in another form than agreed");
		log_err(LOG_LEVEL_ERROR, "delivery.shape", &e);
		batch_failed(b, &bad);
	} else {
		for (int i = 0; i < b->n && !b->announces; i++)
			run_announce(b->offers ? b->hooks[i] : NULL, result->v[0], i);
		for (int i = 0; i < b->n; i++)
			verdict_apply(b->hooks[i], result->v[0], i);
	}
	mem_free(b);
	if (!TAILQ_EMPTY(&pending))
		flush_soon();
}

/* One bad delivery must not fail the others: where the data was at fault each is tried alone. */
static void
batch_failed(struct batch *b, const struct job_result *result)
{
	bool data =
	    strncmp(result->err->code, "22", 2) == 0 || strncmp(result->err->code, "23", 2) == 0;

	for (int i = 0; i < b->n; i++) {
		struct hook *h = b->hooks[i];

		if (h == NULL)
			continue;
		h->batch = NULL;
		if (data && b->n > 1) {
			h->alone = true;
			TAILQ_INSERT_TAIL(&pending, h, link);
			continue;
		}
		h->call->leave = NULL;
		h->call->reply = (struct call_reply){ .failed = true, .err = *result->err };
		call_wake(h->call);
	}
}

/* Tells the workers of the run that was made, if one was; with `offered` one gets it all. */
static void
run_announce(const struct hook *offered, const PGresult *res, int row)
{
	struct wake_row ready;

	if (!str_is(value_str(res, row, COLUMN_VERDICT), "accepted"))
		return;
	ready = (struct wake_row){ value_uuid(res, row, COLUMN_WORKSPACE),
		value_uuid(res, row, COLUMN_RUN), value_int2(res, row, COLUMN_PRIO),
		value_tid(res, row, COLUMN_TID) };
	if (offered != NULL) {
		const struct call *c = offered->call;
		const char *type = call_header_in(c, "content-type");
		const struct offer offer = { .row = ready,
			.workflow_id = value_uuid(res, row, COLUMN_WORKFLOW),
			.version_id = value_uuid(res, row, COLUMN_VERSION_ID),
			.version = value_int4(res, row, COLUMN_VERSION),
			.node = value_str(res, row, COLUMN_NODE),
			.is_sync = !str_is(value_str(res, row, COLUMN_MODE), "immediate"),
			.method = method_name(c->method),
			.query = c->query,
			.headers = offered->headers,
			.content_type = type != NULL ? type : "",
			.body = c->body };

		offer_make(&offer);
	} else {
		pg_wake(&ready);
	}
}

/* A sender that has left is only counted. */
static void
verdict_apply(struct hook *h, const PGresult *res, int row)
{
	struct str verdict = value_str(res, row, COLUMN_VERDICT),
	           said = value_str(res, row, COLUMN_SAID);
	bool accepted = str_is(verdict, "accepted"), duplicate = str_is(verdict, "duplicate");
	bool sync =
	    (accepted || duplicate) && !str_is(value_str(res, row, COLUMN_MODE), "immediate");
	struct call *c;

	if (h != NULL)
		h->batch = NULL;
	if (h != NULL && str_is(verdict, "proof")) {
		proof_wanted(h, said);
		return;
	}
	metrics_deliveries(accepted, duplicate, !accepted && !duplicate);
	if (h == NULL)
		return;
	c = h->call;
	c->leave = NULL;
	c->reply = (struct call_reply){ 0 };
	if (!value_is_null(res, row, COLUMN_WORKSPACE)) {
		struct uuid workspace = value_uuid(res, row, COLUMN_WORKSPACE);

		rate_learn_hook(c, &workspace);
	}
	if (accepted || duplicate)
		receipt_answer(h, res, row);
	else if (str_is(verdict, "method")) {
		call_header_out(c, "allow", arena_text(c->arena, said));
		call_refuse(c, 405, "this webhook does not take that method");
	} else if (str_is(verdict, "quota")) {
		quota_answer(c, said);
	} else
		call_refuse(c, 404, "there is no such webhook, or its workflow is not active");
	if (sync) {
		struct uuid workspace = value_uuid(res, row, COLUMN_WORKSPACE);
		struct uuid run = value_uuid(res, row, COLUMN_RUN);

		sync_answer_wait(c, &workspace, &run, value_int4(res, row, COLUMN_TIMEOUT));
	} else
		call_wake(c);
}

/*
 * The database wants a proof, by what it says: that is checked once. Where the trigger changed
 * since then the delivery is refused, and a sender tries again.
 */
static void
proof_wanted(struct hook *h, struct str said)
{
	enum hook_verdict v = HOOK_FAILS;

	if (h->said.p == NULL) {
		h->said = arena_str(h->call->arena, said);
		h->check = hook_proof_check(h->call, h->said, proof_judged, h, &v);
	}
	if (h->check == NULL)
		proof_refuse(h, v);
}

/* By what we knew of the trigger it may fail since that is old: then the database is asked. */
static void
proof_judged(enum hook_verdict v, const struct hook_proof *proof, void *arg)
{
	struct hook *h = arg;

	h->check = NULL;
	if (v == HOOK_HOLDS || (h->said.p == NULL && v != HOOK_AWAY)) {
		h->proof = *proof;
		hook_queue(h);
	} else
		proof_refuse(h, v);
}

/* Nothing is kept of a refused one but the count. */
static void
proof_refuse(struct hook *h, enum hook_verdict v)
{
	struct call *c = h->call;

	metrics_deliveries(0, 0, 1);
	c->leave = NULL;
	c->reply = (struct call_reply){ 0 };
	if (v == HOOK_FAILS) {
		hook_proof_refused(c, h->said);
		call_refuse(c, 401, "this webhook needs a proof of its sender, and this is none");
	} else
		call_refuse(c, 503, "the proof of this webhook's sender can't be checked now");
	call_wake(c);
}

static void
receipt_answer(struct hook *h, const PGresult *res, int row)
{
	struct uuid receipt = value_uuid(res, row, COLUMN_RECEIPT),
	            run = value_uuid(res, row, COLUMN_RUN);
	char receipt_text[UUID_TEXT_SIZE], run_text[UUID_TEXT_SIZE], hex[SHA256_HEX_SIZE];
	char received[TIME_TEXT_SIZE];
	uint8_t digest[SHA256_SIZE];
	struct call *c = h->call;

	crypto_sha256(c->body, digest);
	call_answer(c, 202, "application/json",
	    str_of(arena_printf(c->arena,
	        "{\"receipt\":\"%s\",\"run_id\":\"%s\",\"sha256\":\"%s\",\"received_at\":\"%s\"%s}",
	        uuid_format(&receipt, receipt_text), uuid_format(&run, run_text),
	        crypto_hex(digest, sizeof(digest), hex),
	        time_format(value_timestamp_ms(res, row, COLUMN_RECEIVED), received),
	        uuid_eq(&receipt, &h->id) ? "" : ",\"duplicate\":true")));
}

/* What SQL says of the quota: a message and the seconds to wait beside the details. */
static void
quota_answer(struct call *c, struct str said)
{
	json_t *details = NULL;
	struct err e;

	if (js_parse(said, said.n, 4, &details, &e) == 0) {
		err_set(&e, "MR42Q", "%s", json_string_value(json_object_get(details, "message")));
		e.retry_after_s =
		    (int)json_integer_value(json_object_get(details, "retry_after_s"));
		json_object_del(details, "message");
		json_object_del(details, "retry_after_s");
	}
	call_fail_details(c, &e, details);
	json_decref(details);
}

/* The answer was set with the verdict. */
static enum call_next
hook_answered(struct call *c)
{
	return c->reply.failed ? call_fail_reply(c) : CALL_DONE;
}

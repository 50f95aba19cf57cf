#include "web/hook_proof.h"

#include <string.h>

#include "core/crypto.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"
#include "web/hook_auth.h"
#include "web/metrics.h"
#include "web/pg.h"
#include "web/vault.h"

enum {
	KNOWN_MAX = 512,       /* addresses; two of one slot take turns */
	KNOWN_BYTES = 8192,    /* what is longer isn't remembered */
	NOTE_MS = 60000,       /* between two entries of an address in the audit log */
	NOTES_FLYING_MAX = 16, /* under way to the database */
};

/* What is known of an address. */
struct known {
	char *path;       /* NULL: the slot is free */
	char *said;       /* or NULL */
	int refused;      /* since noted_ms, not in the audit log yet */
	int64_t noted_ms; /* 0: never */
};

/* One check under way: the vault is asked about one secret after the other, until one holds. */
struct hook_check {
	struct call *call;
	json_t *said;
	struct hook_claim claim;
	size_t next; /* of its secrets */
	int64_t now_s;
	bool unreadable; /* one secret was */
	hook_proof_fn fn;
	void *arg;
};

static const struct statement sql_refused = { "delivery_refused",
	"select api.delivery_refused($1)" };
static struct known table[KNOWN_MAX];
static int flying;

static struct known *known_of(const struct call *c);
static struct known *known_take(const struct call *c);
static struct hook_check *check_begin(
    struct call *c, struct str said, hook_proof_fn fn, void *arg, enum hook_verdict *v);
static bool ask_next(struct hook_check *k);
static void answered(const json_t *answer, struct str body, const struct err *e, void *arg);
static void check_end(struct hook_check *k, enum hook_verdict v);
static void check_free(struct hook_check *k);
static const char *header(const void *arg, const char *name);
static void noted(struct job *job, const struct job_result *result, void *arg);

struct hook_check *
hook_proof_recall(struct call *c, hook_proof_fn fn, void *arg, enum hook_verdict *v)
{
	const struct known *k = known_of(c);

	*v = HOOK_FAILS;
	return k != NULL && k->said != NULL ? check_begin(c, str_of(k->said), fn, arg, v) : NULL;
}

struct hook_check *
hook_proof_check(struct call *c, struct str said, hook_proof_fn fn, void *arg, enum hook_verdict *v)
{
	struct known *k = known_take(c);

	mem_free(k->said);
	k->said = said.n <= KNOWN_BYTES ? mem_strndup(said.p, said.n) : NULL;
	return check_begin(c, said, fn, arg, v);
}

void
hook_check_drop(struct hook_check *k)
{
	if (k != NULL) {
		vault_drop(k);
		check_free(k);
	}
}

void
hook_proof_refused(struct call *c, struct str said)
{
	struct known *k = known_take(c);
	json_t *known = NULL, *p;
	struct job *job;
	struct err e;

	metrics_proof_refused();
	k->refused++;
	if ((k->noted_ms != 0 && mono_ms() - k->noted_ms < NOTE_MS) || flying >= NOTES_FLYING_MAX ||
	    js_parse(said, said.n, JS_DEPTH_MAX, &known, &e) != 0)
		return;
	p = json_pack("{s:s, s:s, s:s, s:i, s:s}", "workspace", js_text_or(known, "workspace", ""),
	    "trigger", js_text_or(known, "trigger", ""), "scheme", js_text_or(known, "scheme", ""),
	    "refused", k->refused, "address", c->address);
	job = job_new(pg_pool(), noted, NULL);
	job_statement(job, &sql_refused, false);
	job_json(job, p);
	if (job_submit(job, 0, &e) == 0) {
		flying++;
		k->refused = 0;
		k->noted_ms = mono_ms();
	}
	json_decref(p);
	json_decref(known);
}

static struct known *
known_of(const struct call *c)
{
	struct known *k = &table[crypto_crc32(str_of(c->path)) % KNOWN_MAX];

	return k->path != NULL && strcmp(k->path, c->path) == 0 ? k : NULL;
}

/* The slot of the call's address, if need be taken from another one. */
static struct known *
known_take(const struct call *c)
{
	struct known *k = known_of(c);

	if (k == NULL) {
		k = &table[crypto_crc32(str_of(c->path)) % KNOWN_MAX];
		mem_free(k->path);
		mem_free(k->said);
		*k = (struct known){ .path = mem_strdup(c->path) };
	}
	return k;
}

static struct hook_check *
check_begin(struct call *c, struct str said, hook_proof_fn fn, void *arg, enum hook_verdict *v)
{
	struct hook_check *k = mem_alloc(sizeof(*k));
	const struct hook_request r = { header, c, c->body, now_ms() / 1000 };
	struct err e;

	k->call = c;
	k->now_s = r.now_s;
	k->fn = fn;
	k->arg = arg;
	if (js_parse(said, said.n, JS_DEPTH_MAX, &k->said, &e) == 0 &&
	    hook_auth_claim(js_text_or(k->said, "scheme", ""), json_object_get(k->said, "config"),
	        &r, &k->claim) &&
	    ask_next(k))
		return k;
	*v = k->unreadable ? HOOK_UNREADABLE : HOOK_FAILS;
	check_free(k);
	return NULL;
}

/* False: there is no further secret that the vault could try. */
static bool
ask_next(struct hook_check *k)
{
	const json_t *secrets = js_array(k->said, "secrets"), *one;
	json_t *question;
	bool asked = false;
	struct err e;

	while (!asked && (one = json_array_get(secrets, k->next)) != NULL) {
		k->next++;
		if (js_int_or(one, "until_s", INT64_MAX) <= k->now_s)
			continue;
		/* Without a place the workspace has no key any more, and its secrets are gone. */
		question = json_copy(js_object(one, "place"));
		if (question != NULL) {
			json_object_update(question, k->claim.asks);
			json_object_set_new(question, "op", json_string("verify"));
			asked =
			    vault_verify(question, buf_view(&k->claim.sent), answered, k, &e) == 0;
			json_decref(question);
		}
		k->unreadable = k->unreadable || !asked;
	}
	return asked;
}

static void
answered(const json_t *answer, struct str body, const struct err *e, void *arg)
{
	struct hook_check *k = arg;

	(void)body;
	if (answer != NULL && js_bool_or(answer, "holds", false))
		check_end(k, HOOK_HOLDS);
	else if (answer == NULL && err_is(e, "MR503")) {
		log_err(LOG_LEVEL_WARN, "proof.unchecked", e);
		check_end(k, HOOK_AWAY);
	} else {
		if (answer == NULL)
			log_err(LOG_LEVEL_WARN, "proof.unreadable", e);
		k->unreadable = k->unreadable || answer == NULL;
		if (!ask_next(k))
			check_end(k, k->unreadable ? HOOK_UNREADABLE : HOOK_FAILS);
	}
}

static void
check_end(struct hook_check *k, enum hook_verdict v)
{
	struct hook_proof proof = { 0 };
	struct arena *a = k->call->arena;
	hook_proof_fn fn = k->fn;
	void *arg = k->arg;

	if (v == HOOK_HOLDS) {
		proof.text = arena_str(a, str_of(js_text_or(k->said, "proof", "")));
		if (k->claim.replay.len > 0)
			proof.replay = arena_str(a, buf_view(&k->claim.replay));
		proof.hidden = hook_auth_carrier(
		    a, js_text_or(k->said, "scheme", ""), json_object_get(k->said, "config"));
	}
	check_free(k);
	fn(v, &proof, arg);
}

static void
check_free(struct hook_check *k)
{
	hook_claim_free(&k->claim);
	json_decref(k->said);
	mem_free(k);
}

static const char *
header(const void *arg, const char *name)
{
	return call_header_in(arg, name);
}

static void
noted(struct job *job, const struct job_result *result, void *arg)
{
	(void)job;
	(void)arg;
	flying--;
	if (result->err != NULL)
		log_err(LOG_LEVEL_WARN, "delivery.refusal", result->err);
}

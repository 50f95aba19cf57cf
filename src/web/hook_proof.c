#include "web/hook_proof.h"

#include <string.h>

#include "core/crypto.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"
#include "web/hook_auth.h"
#include "web/hook_secret.h"
#include "web/metrics.h"
#include "web/pg.h"

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

static const struct statement sql_refused = { "delivery_refused",
	"select api.delivery_refused($1)" };
static struct known table[KNOWN_MAX];
static int flying;

static struct known *known_of(const struct call *c);
static struct known *known_take(const struct call *c);
static bool check(struct call *c, struct str said, struct hook_proof *out);
static bool one_holds(
    const json_t *said, const json_t *one, const struct hook_request *r, struct buf *replay);
static const char *header(const void *arg, const char *name);
static void noted(struct job *job, const struct job_result *result, void *arg);

bool
hook_proof_recall(struct call *c, struct hook_proof *out)
{
	const struct known *k = known_of(c);

	*out = (struct hook_proof){ 0 };
	return k != NULL && k->said != NULL && check(c, str_of(k->said), out);
}

bool
hook_proof_check(struct call *c, struct str said, struct hook_proof *out)
{
	struct known *k = known_take(c);

	mem_free(k->said);
	k->said = said.n <= KNOWN_BYTES ? mem_strndup(said.p, said.n) : NULL;
	return check(c, said, out);
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

static bool
check(struct call *c, struct str text, struct hook_proof *out)
{
	const struct hook_request r = { header, c, c->body, now_ms() / 1000 };
	struct buf same = { 0 };
	json_t *said = NULL, *one;
	bool holds = false;
	struct err e;
	size_t i;

	*out = (struct hook_proof){ 0 };
	if (js_parse(text, text.n, JS_DEPTH_MAX, &said, &e) != 0)
		return false;
	json_array_foreach(js_array(said, "secrets"), i, one)
	{
		if (!holds)
			holds = one_holds(said, one, &r, &same);
	}
	if (holds) {
		out->text = arena_str(c->arena, str_of(js_text_or(said, "proof", "")));
		if (same.len > 0)
			out->replay = arena_str(c->arena, buf_view(&same));
		out->hidden = hook_auth_carrier(
		    c->arena, js_text_or(said, "scheme", ""), json_object_get(said, "config"));
	}
	buf_free(&same);
	json_decref(said);
	return holds;
}

/* A secret that does not open, since its row or our key was changed, proves nothing. */
static bool
one_holds(const json_t *said, const json_t *one, const struct hook_request *r, struct buf *replay)
{
	struct buf secret = { 0 };
	bool holds = false;
	struct err e;

	if (js_int_or(one, "until_s", INT64_MAX) > r->now_s &&
	    hook_secret_open(js_text_or(said, "trigger", ""), js_text_or(one, "id", ""),
	        js_str(json_object_get(one, "sealed")), &secret, &e) == 0)
		holds = hook_auth_holds(js_text_or(said, "scheme", ""),
		    json_object_get(said, "config"), buf_view(&secret), r, replay);
	buf_wipe(&secret);
	return holds;
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

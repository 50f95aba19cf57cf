#include "worker/secret.h"

#include <string.h>

#include "core/conf.h"
#include "core/crypto.h"
#include "core/frame.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/sock.h"
#include "db/value.h"
#include "vault/vault.h"

#define REDIAL_MS 50
#define SECRET_JSON_MAX 1048576

/* What a secret may be of. */
struct secret_kind {
	struct statement open,
	    resealed; /* resealed: workspace, `of`, the old record, the new one */
	const char *missing, *shut, *odd;
};

struct secret_ask {
	struct secrets *owner;
	const struct secret_kind *kind;
	int64_t id;       /* of the frame */
	struct uuid home; /* the workspace that it belongs to */
	struct uuid of;   /* the connection; the workspace */
	secret_fn fn;
	void *arg;
	struct job *job; /* reads the sealed record */
	char *connector;
	json_t *config;
	json_t *question;  /* NULL until the record is read */
	struct buf record; /* its body */
	TAILQ_ENTRY(secret_ask) link;
};

struct secrets {
	struct worker *w;
	struct frame_conn *conn; /* NULL while the vault is away */
	struct loop_timer redial;
	bool away_told;
	int64_t next_id;
	TAILQ_HEAD(ask_list, secret_ask) asks; /* all, oldest first */
};

static const struct secret_kind of_connection = {
	.open = { "connection_open", "select * from work.connection_open($1, $2, $3)" },
	.resealed = { "connection_resealed", "select work.connection_resealed($1, $2, $3, $4)" },
	.missing = "the connection is missing, revoked or private",
	.shut = "the connection's secret does not open",
	.odd = "the connection's secret is not what it should be",
};
static const struct secret_kind of_proxy = {
	.open = { "outgoing_open", "select * from work.outgoing_open($1)" },
	.resealed = { "outgoing_resealed", "select work.outgoing_resealed($1, $2, $3, $4)" },
	.missing = "the proxy's user was removed meanwhile: try again",
	.shut = "the proxy's password does not open: set it again under Settings, Outgoing calls",
	.odd = "the proxy's password is not what it should be: set it again under Settings, "
	       "Outgoing calls",
};

static struct secret_ask *ask_new(
    struct secrets *s, const struct secret_kind *kind, secret_fn fn, void *arg);
static void ask_read(struct secret_ask *ask);
static void record_got(struct job *job, const struct job_result *result, void *arg);
static int question_make(struct secret_ask *ask, const PGresult *res, struct err *e);
static void set_base64(json_t *o, const char *name, struct str bytes);
static void ask_send(struct secret_ask *ask);
static void ask_end(struct secret_ask *ask, const struct secret *s, const struct err *e);
static void ask_free(struct secret_ask *ask);
static void reseal_store(struct secret_ask *ask, const json_t *answer);
static void resealed(struct job *job, const struct job_result *result, void *arg);
static void vault_dial(struct loop_timer *t, void *arg);
static void vault_got(struct frame_conn *conn, json_t *json, struct str body, void *arg);
static void vault_gone(struct frame_conn *conn, const struct err *e, void *arg);

struct secrets *
secrets_new(struct worker *w)
{
	struct secrets *s = mem_alloc(sizeof(*s));

	s->w = w;
	TAILQ_INIT(&s->asks);
	return s;
}

void
secrets_free(struct secrets *s)
{
	if (s == NULL)
		return;
	frame_close(s->conn);
	loop_timer_stop(&s->redial);
	while (!TAILQ_EMPTY(&s->asks))
		ask_free(TAILQ_FIRST(&s->asks));
	mem_free(s);
}

struct secret_ask *
secret_open(struct secrets *s, const struct uuid *workspace, const struct uuid *version,
    const char *connection, secret_fn fn, void *arg)
{
	struct secret_ask *ask = ask_new(s, &of_connection, fn, arg);
	struct err e = { 0 };

	/* What is no id is no connection: the zero id finds none. */
	if (uuid_parse(str_of(connection), &ask->of, &e) != 0)
		ask->of = (struct uuid){ 0 };
	job_uuid(ask->job, workspace);
	job_uuid(ask->job, version);
	job_uuid(ask->job, &ask->of);
	ask_read(ask);
	return ask;
}

struct secret_ask *
secret_open_proxy(struct secrets *s, const struct uuid *workspace, secret_fn fn, void *arg)
{
	struct secret_ask *ask = ask_new(s, &of_proxy, fn, arg);

	ask->of = *workspace;
	job_uuid(ask->job, workspace);
	ask_read(ask);
	return ask;
}

void
secret_drop(struct secret_ask *ask)
{
	if (ask != NULL)
		ask_free(ask);
}

static struct secret_ask *
ask_new(struct secrets *s, const struct secret_kind *kind, secret_fn fn, void *arg)
{
	struct secret_ask *ask = mem_alloc(sizeof(*ask));

	ask->owner = s;
	ask->kind = kind;
	ask->id = ++s->next_id;
	ask->fn = fn;
	ask->arg = arg;
	TAILQ_INSERT_TAIL(&s->asks, ask, link);
	ask->job = job_new(s->w->side_pool, record_got, ask);
	job_statement(ask->job, &kind->open, true);
	return ask;
}

static void
ask_read(struct secret_ask *ask)
{
	struct err e = { 0 };

	/* The side pool's queue takes more than a worker holds, so this doesn't fail in practice;
	 * the node's timeout ends the wait if it does. */
	if (job_submit(ask->job, 0, &e) != 0) {
		log_err(LOG_LEVEL_ERROR, "secret.read", &e);
		ask->job = NULL;
	}
}

static void
record_got(struct job *job, const struct job_result *result, void *arg)
{
	struct secret_ask *ask = arg;
	struct err e = { 0 };

	(void)job;
	ask->job = NULL;
	if (result->err != NULL)
		ask_end(ask, NULL, result->err);
	else if (question_make(ask, result->v[0], &e) != 0)
		ask_end(ask, NULL, &e);
	else
		ask_send(ask);
}

static int
question_make(struct secret_ask *ask, const PGresult *res, struct err *e)
{
	char workspace[UUID_TEXT_SIZE], of[UUID_TEXT_SIZE], key[UUID_TEXT_SIZE];
	struct uuid key_id;
	json_t *old;

	if (value_shape(res, "utjlyuiyiy", e) != 0)
		return -1;
	if (PQntuples(res) != 1)
		return err_set(e, "MR4CI", "%s", ask->kind->missing);
	ask->home = value_uuid(res, 0, 0);
	key_id = value_uuid(res, 0, 5);
	ask->connector = mem_strndup(value_str(res, 0, 1).p, value_str(res, 0, 1).n);
	if (value_json(res, 0, 2, &ask->config, e) != 0)
		return -1;
	buf_str(&ask->record, value_str(res, 0, 4));
	ask->question = json_pack("{s:s, s:I, s:s, s:s, s:i, s:s, s:s, s:I}", "op", "open", "id",
	    (json_int_t)ask->id, "workspace", uuid_format(&ask->home, workspace), "key",
	    uuid_format(&key_id, key), "number", value_int4(res, 0, 6), "owner",
	    uuid_format(&ask->of, of), "field", VAULT_FIELD, "version",
	    (json_int_t)value_int8(res, 0, 3));
	set_base64(ask->question, "wrapped", value_str(res, 0, 7));
	if (!value_is_null(res, 0, 8)) {
		old = json_pack("{s:i}", "number", value_int4(res, 0, 8));
		set_base64(old, "wrapped", value_str(res, 0, 9));
		json_object_set_new(ask->question, "opens", old);
	}
	return 0;
}

static void
set_base64(json_t *o, const char *name, struct str bytes)
{
	struct buf text = { 0 };

	crypto_base64(&text, bytes);
	json_object_set_new(o, name, json_string(buf_cstr(&text)));
	buf_free(&text);
}

static void
ask_send(struct secret_ask *ask)
{
	struct secrets *s = ask->owner;
	struct err e = { 0 };

	if (s->conn == NULL) {
		if (s->redial.loop == NULL)
			loop_timer(s->w->loop, &s->redial, 0, 0, vault_dial, s);
		return;
	}
	/* With the queue full the node's timeout ends the wait. */
	if (frame_send(s->conn, ask->question, buf_view(&ask->record), &e) != 0)
		log_err(LOG_LEVEL_WARN, "vault.send", &e);
}

/* Tells who asked, and frees the ask: who asked has forgotten it before, and doesn't drop it. */
static void
ask_end(struct secret_ask *ask, const struct secret *s, const struct err *e)
{
	ask->fn(s, e, ask->arg);
	ask_free(ask);
}

static void
ask_free(struct secret_ask *ask)
{
	TAILQ_REMOVE(&ask->owner->asks, ask, link);
	if (ask->job != NULL)
		job_abandon(ask->job);
	mem_free(ask->connector);
	json_decref(ask->config);
	json_decref(ask->question);
	buf_free(&ask->record);
	mem_free(ask);
}

static void
reseal_store(struct secret_ask *ask, const json_t *answer)
{
	struct buf fresh = { 0 };
	struct job *job;
	struct err e = { 0 };

	if (crypto_unbase64(&fresh, js_str(json_object_get(answer, "sealed")), &e) == 0 &&
	    fresh.len > 0) {
		job = job_new(ask->owner->w->side_pool, resealed, NULL);
		job_statement(job, &ask->kind->resealed, true);
		job_uuid(job, &ask->home);
		job_uuid(job, &ask->of);
		job_bytea(job, buf_view(&ask->record));
		job_bytea(job, buf_view(&fresh));
		if (job_submit(job, 0, &e) != 0)
			log_err(LOG_LEVEL_WARN, "secret.reseal", &e);
	}
	buf_free(&fresh);
}

/* Not written: the next one who opens it seals it again. */
static void
resealed(struct job *job, const struct job_result *result, void *arg)
{
	(void)job;
	(void)arg;
	if (result->err != NULL)
		log_err(LOG_LEVEL_WARN, "secret.reseal", result->err);
}

static void
vault_dial(struct loop_timer *t, void *arg)
{
	static const struct frame_calls calls = { .got = vault_got, .gone = vault_gone };
	struct secrets *s = arg;
	struct secret_ask *ask, *next;
	struct err e = { 0 };
	int fd;

	(void)t;
	if (TAILQ_EMPTY(&s->asks))
		return; /* nobody needs it: the next ask dials */
	if (sock_connect(conf_text(CONF_VAULT_SOCK), &fd, &e) != 0) {
		if (!s->away_told)
			log_err(LOG_LEVEL_WARN, "vault.away", &e);
		s->away_told = true;
		loop_timer(s->w->loop, &s->redial, REDIAL_MS, 0, vault_dial, s);
		return;
	}
	s->away_told = false;
	s->conn = frame_open(s->w->loop, fd, &frame_limits_default, &calls, s);
	for (ask = TAILQ_FIRST(&s->asks); ask != NULL; ask = next) {
		next = TAILQ_NEXT(ask, link);
		if (ask->question != NULL)
			ask_send(ask);
	}
}

static void
vault_got(struct frame_conn *conn, json_t *json, struct str body, void *arg)
{
	struct secrets *s = arg;
	struct secret_ask *ask;
	const json_t *error = js_object(json, "error");
	struct secret opened = { 0 };
	json_t *secret = NULL;
	struct err e = { 0 };

	(void)conn;
	TAILQ_FOREACH(ask, &s->asks, link)
	{
		if (ask->id == js_int_or(json, "id", 0))
			break;
	}
	if (ask == NULL)
		return; /* given up meanwhile */
	if (error != NULL) {
		log_warn("vault.refused", "text=%s", js_text_or(error, "message", ""));
		err_set(&e, "MR4CI", "%s", ask->kind->shut);
		ask_end(ask, NULL, &e);
	} else if (js_parse(body, SECRET_JSON_MAX, 8, &secret, &e) != 0) {
		err_set(&e, "MR4CI", "%s", ask->kind->odd);
		ask_end(ask, NULL, &e);
	} else {
		reseal_store(ask, json);
		opened = (struct secret){ ask->connector, ask->config, secret };
		ask_end(ask, &opened, NULL);
	}
	json_decref(secret);
}

/* Each question may have been answered or not; asking twice does no harm. */
static void
vault_gone(struct frame_conn *conn, const struct err *e, void *arg)
{
	struct secrets *s = arg;

	(void)conn;
	log_err(LOG_LEVEL_WARN, "vault.gone", e);
	s->conn = NULL;
	loop_timer(s->w->loop, &s->redial, REDIAL_MS, 0, vault_dial, s);
}

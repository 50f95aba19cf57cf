/*
 * step.c: calls to egress. A file longer than most: the life of one, from the opening of what it
 * needs to its answer or its end without one.
 */
#include "worker/step.h"

#include "core/conf.h"
#include "core/frame.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/redact.h"
#include "core/sock.h"
#include "flow/connection.h"
#include "worker/outgoing.h"
#include "worker/run.h"
#include "worker/secret.h"
#include "worker/step_frame.h"

#define REDIAL_MIN_MS 50
#define REDIAL_MAX_MS 2000

struct flight {
	struct egress_client *client;
	int64_t id;      /* of the frame */
	struct run *run; /* NULL: asked by step_ask, and told by `answer` */
	int64_t token;
	step_answer_fn answer;
	void *arg;
	json_t *request;        /* until it is sent */
	struct secret_ask *ask; /* its connection or proxy is being opened: in neither list */
	bool has_login;         /* of the workspace's proxy: the request says where it goes */
	struct str body;        /* borrowed from the wish, which lives until the outcome */
	bool at_most_once;
	TAILQ_ENTRY(flight) link; /* waiting, or the bucket of its id */
	TAILQ_ENTRY(flight) of_run;
};

TAILQ_HEAD(flight_list, flight);

#define FLIGHT_BUCKETS 4096

struct egress_client {
	struct worker *w;
	struct frame_conn *conn; /* NULL while egress is away */
	struct loop_timer redial;
	int64_t redial_ms;
	int64_t next_id;
	struct flight_list waiting;                /* not sent yet */
	struct flight_list flying[FLIGHT_BUCKETS]; /* by id */
	int n;
};

static void secret_got(const struct secret *s, const struct err *e, void *arg);
static int secret_apply(struct flight *f, const struct secret *s, struct err *e);
static void flight_refuse(struct flight *f, const struct err *e);
static void redact_for(struct flight *f, const json_t *secret);
static void login_ask(struct flight *f);
static void login_got(const struct secret *s, const struct err *e, void *arg);
static struct flight *flight_new(struct egress_client *c);
static void flights_send(struct egress_client *c);
static void flight_end(struct egress_client *c, struct flight *f, const struct io_result *result);
static void flight_cancel(struct egress_client *c, struct flight *f);
static void flight_remove(struct egress_client *c, struct flight *f);
static struct flight *flight_find(struct egress_client *c, int64_t id);
static void client_dial(struct loop_timer *t, void *arg);
static void client_got(struct frame_conn *conn, json_t *json, struct str body, void *arg);
static void client_gone(struct frame_conn *conn, const struct err *e, void *arg);

struct egress_client *
step_client_new(struct worker *w)
{
	struct egress_client *c = mem_alloc(sizeof(*c));

	c->w = w;
	c->redial_ms = REDIAL_MIN_MS;
	TAILQ_INIT(&c->waiting);
	for (size_t i = 0; i < FLIGHT_BUCKETS; i++)
		TAILQ_INIT(&c->flying[i]);
	loop_timer(w->loop, &c->redial, 0, 0, client_dial, c);
	return c;
}

void
step_client_free(struct egress_client *c)
{
	if (c == NULL)
		return;
	frame_close(c->conn);
	loop_timer_stop(&c->redial);
	mem_free(c);
}

void
step_start(struct egress_client *c, struct run *run, const struct exec_wish *wish)
{
	struct flight *f = flight_new(c);

	f->run = run;
	f->token = wish->token;
	f->request = step_frame_request(run, wish->io, f->id);
	f->body = str_make(wish->io->body, wish->io->body_len);
	f->at_most_once = wish->io->at_most_once;
	TAILQ_INSERT_TAIL(&run->io, f, of_run);
	run->io_count++;
	if (wish->io->connection != NULL) {
		f->ask = secret_open(c->w->secrets, &run->workspace_id, &run->version_id,
		    wish->io->connection, secret_got, f);
		return;
	}
	TAILQ_INSERT_TAIL(&c->waiting, f, link);
	flights_send(c);
}

void
step_abort(struct egress_client *c, struct run *run, int64_t token)
{
	struct flight *f;

	TAILQ_FOREACH(f, &run->io, of_run)
	{
		if (f->token == token) {
			flight_cancel(c, f);
			return;
		}
	}
}

void
step_abort_all(struct egress_client *c, struct run *run)
{
	while (!TAILQ_EMPTY(&run->io))
		flight_cancel(c, TAILQ_FIRST(&run->io));
}

void
step_resume(struct egress_client *c)
{
	flights_send(c);
}

bool
step_is_up(const struct egress_client *c)
{
	return c->conn != NULL;
}

void
step_ask(
    struct egress_client *c, json_t *request, struct str body, step_answer_fn answer, void *arg)
{
	struct flight *f = flight_new(c);

	f->answer = answer;
	f->arg = arg;
	f->request = request;
	f->body = body;
	(void)json_object_set_new(request, "id", json_integer(f->id));
	TAILQ_INSERT_TAIL(&c->waiting, f, link);
	flights_send(c);
}

int
step_in_flight(const struct egress_client *c)
{
	return c->n;
}

/* The secret goes into the request, which goes out; what is kept of it is only how to redact it. */
static void
secret_got(const struct secret *s, const struct err *e, void *arg)
{
	struct flight *f = arg;
	struct err own = { 0 };

	/* The ask frees itself. */
	f->ask = NULL;
	TAILQ_INSERT_TAIL(&f->client->waiting, f, link);
	if (s != NULL && secret_apply(f, s, &own) == 0)
		flights_send(f->client);
	else
		flight_refuse(f, s == NULL ? e : &own);
}

/* One that waits to be sent, and won't be. */
static void
flight_refuse(struct flight *f, const struct err *e)
{
	struct io_result refused = { .error = IO_CONNECTION };

	if (!err_is(e, "MR4CI") && !err_is(e, "MR400"))
		refused.error = IO_ABORTED;
	refused.message = e->text;
	flight_end(f->client, f, &refused);
}

/* Takes it out of those that wait, until its proxy's password is there. */
static void
login_ask(struct flight *f)
{
	struct uuid workspace = { 0 };
	struct err e;

	/* Whoever asked wrote an id; the zero id has no proxy. */
	if (uuid_parse(js_str(json_object_get(f->request, "workspace")), &workspace, &e) != 0)
		log_err(LOG_LEVEL_ERROR, "egress.workspace", &e);
	TAILQ_REMOVE(&f->client->waiting, f, link);
	f->ask = secret_open_proxy(f->client->w->secrets, &workspace, login_got, f);
}

/* The password goes to the proxy that it was stored for, whatever the settings say by now. */
static void
login_got(const struct secret *s, const struct err *e, void *arg)
{
	struct flight *f = arg;

	f->ask = NULL;
	TAILQ_INSERT_HEAD(&f->client->waiting, f, link);
	if (s == NULL) {
		flight_refuse(f, e);
		return;
	}
	json_object_set(f->request, "proxy", json_object_get(s->config, "proxy"));
	json_object_set(f->request, "proxy_user", json_object_get(s->config, "user"));
	json_object_set(f->request, "proxy_password", json_object_get(s->secret, "password"));
	f->has_login = true;
	redact_for(f, s->secret);
	flights_send(f->client);
}

/* A run's data never shows what its calls were made with. */
static void
redact_for(struct flight *f, const json_t *secret)
{
	if (f->run == NULL)
		return;
	if (f->run->secrets == NULL)
		f->run->secrets = redact_new();
	redact_add_json(f->run->secrets, secret);
}

static int
secret_apply(struct flight *f, const struct secret *s, struct err *e)
{
	struct str url = js_str(json_object_get(f->request, "url"));
	struct buf with = { 0 };
	int rc = -1;

	if (!connection_allows(s->config, json_string_value(json_object_get(f->request, "url")))) {
		err_set(
		    e, "MR4CI", "the connection is not for this host: its own are in its settings");
		return -1;
	}
	buf_str(&with, url);
	if (connection_apply(s->connector, s->config, s->secret,
	        json_object_get(f->request, "headers"), &with, e) == 0) {
		json_object_set_new(f->request, "url", js_string(buf_view(&with)));
		redact_for(f, s->secret);
		rc = 0;
	}
	buf_free(&with);
	return rc;
}

static struct flight *
flight_new(struct egress_client *c)
{
	struct flight *f = mem_alloc(sizeof(*f));

	f->client = c;
	f->id = ++c->next_id;
	c->n++;
	return f;
}

static void
flights_send(struct egress_client *c)
{
	while (c->conn != NULL && outgoing_is_known(c->w->outgoing) && !TAILQ_EMPTY(&c->waiting)) {
		struct flight *f = TAILQ_FIRST(&c->waiting);
		struct io_result refused = { .error = IO_TOO_LARGE };
		struct err e = { 0 };

		if (!f->has_login && !outgoing_add(c->w->outgoing, f->request)) {
			login_ask(f);
			continue;
		}
		if (frame_send(c->conn, f->request, f->body, &e) == 0) {
			json_decref(f->request);
			f->request = NULL;
			TAILQ_REMOVE(&c->waiting, f, link);
			TAILQ_INSERT_TAIL(&c->flying[f->id % FLIGHT_BUCKETS], f, link);
			continue;
		}
		if (!err_is(&e, "MR413"))
			return; /* the queue is full: egress's next answer makes room */
		refused.message = e.text;
		flight_end(c, f, &refused);
	}
}

/* Takes it off the books, then tells who asked, who may start another at once. */
static void
flight_end(struct egress_client *c, struct flight *f, const struct io_result *result)
{
	struct flight ended = *f;

	flight_remove(c, f);
	if (ended.run != NULL)
		run_io_done(ended.run, ended.token, result);
	else
		ended.answer(result, ended.arg);
}

static void
flight_cancel(struct egress_client *c, struct flight *f)
{
	json_t *cancel;
	struct err e = { 0 };

	if (f->request == NULL && c->conn != NULL) {
		cancel = json_pack("{s:s, s:I}", "op", "cancel", "id", (json_int_t)f->id);
		if (frame_send(c->conn, cancel, (struct str){ 0 }, &e) != 0)
			log_err(LOG_LEVEL_WARN, "egress.cancel", &e);
		json_decref(cancel);
	}
	flight_remove(c, f);
}

static void
flight_remove(struct egress_client *c, struct flight *f)
{
	struct flight_list *list =
	    f->request != NULL ? &c->waiting : &c->flying[f->id % FLIGHT_BUCKETS];

	if (f->ask == NULL)
		TAILQ_REMOVE(list, f, link);
	secret_drop(f->ask);
	if (f->run != NULL) {
		TAILQ_REMOVE(&f->run->io, f, of_run);
		f->run->io_count--;
	}
	c->n--;
	json_decref(f->request);
	mem_free(f);
}

static struct flight *
flight_find(struct egress_client *c, int64_t id)
{
	struct flight *f;

	if (id <= 0)
		return NULL;
	TAILQ_FOREACH(f, &c->flying[id % FLIGHT_BUCKETS], link)
	{
		if (f->id == id)
			return f;
	}
	return NULL;
}

static void
client_dial(struct loop_timer *t, void *arg)
{
	static const struct frame_calls calls = { .got = client_got, .gone = client_gone };
	struct egress_client *c = arg;
	struct err e = { 0 };
	int fd;

	(void)t;
	if (sock_connect(conf_text(CONF_EGRESS_SOCK), &fd, &e) != 0) {
		if (c->redial_ms == REDIAL_MIN_MS)
			log_err(LOG_LEVEL_WARN, "egress.away", &e);
		loop_timer(c->w->loop, &c->redial, c->redial_ms, 0, client_dial, c);
		c->redial_ms = c->redial_ms * 2 > REDIAL_MAX_MS ? REDIAL_MAX_MS : c->redial_ms * 2;
		return;
	}
	c->redial_ms = REDIAL_MIN_MS;
	c->conn = frame_open(c->w->loop, fd, &frame_limits_default, &calls, c);
	flights_send(c);
}

static void
client_got(struct frame_conn *conn, json_t *json, struct str body, void *arg)
{
	struct egress_client *c = arg;
	struct flight *f = flight_find(c, js_int_or(json, "id", 0));
	struct step_frame frame;

	(void)conn;
	if (f == NULL)
		return; /* given up meanwhile */
	step_frame_read(&frame, json, body, f->run != NULL ? f->run->secrets : NULL);
	flight_end(c, f, &frame.result);
	step_frame_free(&frame);
	flights_send(c);
}

static void
client_gone(struct frame_conn *conn, const struct err *e, void *arg)
{
	struct egress_client *c = arg;

	(void)conn;
	log_err(LOG_LEVEL_WARN, "egress.gone", e);
	c->conn = NULL;
	for (size_t i = 0; i < FLIGHT_BUCKETS; i++) {
		while (!TAILQ_EMPTY(&c->flying[i])) {
			struct flight *f = TAILQ_FIRST(&c->flying[i]);
			struct io_result result = { .error =
				                        f->at_most_once ? IO_UNKNOWN : IO_ABORTED,
				.message = "the egress process went away during the call" };

			flight_end(c, f, &result);
		}
	}
	loop_timer(c->w->loop, &c->redial, c->redial_ms, 0, client_dial, c);
}

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"
#include "db/pool_parts.h"

static void dial_poll(struct conn *c);
static void prepare_all(struct conn *c);
static void now_ready(struct conn *c);
static bool send_prepare(struct conn *c, int statement);
static bool send_part(struct conn *c, const struct job *j, const struct job_part *part);
static void flight_add(struct conn *c, struct job *j, int statement);
static void read_results(struct conn *c);
static void take_result(struct conn *c, struct flight *f, PGresult *res);
static void take_job_error(struct conn *c, struct job *j, PGresult *res);
static void land(struct conn *c);
static void watch(struct conn *c, int events);

void
conn_dial(struct conn *c)
{
	c->pg = dial_start(c->pool->dsn, c->pool->name);
	c->state = CONN_DIALING;
	c->deadline_ms = mono_ms() + c->pool->conf.dial_ms;
	if (PQstatus(c->pg) == CONNECTION_BAD)
		conn_lose(c, PQerrorMessage(c->pg));
	else
		c->pool->io.watch(c->pool->io.arg, c->slot, PQsocket(c->pg), DB_WRITE);
}

void
conn_ready(struct conn *c, int events)
{
	switch (c->state) {
	case CONN_DOWN:
		break;
	case CONN_DIALING:
		dial_poll(c);
		break;
	case CONN_PREPARING:
	case CONN_READY:
		/* reading goes first, also after an error: the server's reason is in the buffer */
		if (events & DB_READ) {
			if (PQconsumeInput(c->pg) == 0 || PQstatus(c->pg) == CONNECTION_BAD) {
				conn_lose(c, PQerrorMessage(c->pg));
				break;
			}
			read_results(c);
		}
		if (c->pg != NULL && !c->broken)
			conn_flush(c);
		break;
	}
}

/* What fails here shows in the next tick: a callback must not run from inside job_submit. */
void
conn_send(struct conn *c, struct job *j)
{
	bool ok = true;

	for (int i = 0; i < j->part_n && ok; i++) {
		enum prepared_state state = conn_prepared(c, j->parts[i].statement)->state;

		if (state != PREPARED_YES && state != PREPARED_SENT)
			ok = send_prepare(c, j->parts[i].statement);
	}
	for (int i = 0; i < j->part_n && ok; i++)
		ok = send_part(c, j, &j->parts[i]);
	ok = ok && PQpipelineSync(c->pg) == 1;
	j->state = JOB_FLYING;
	flight_add(c, j, 0);
	c->job_n++;
	if (ok) {
		conn_flush(c);
	} else {
		c->broken = true;
		c->pool->io.wake(c->pool->io.arg, 0);
	}
}

void
conn_flush(struct conn *c)
{
	int rc = PQflush(c->pg);

	if (rc < 0) {
		c->broken = true;
		c->pool->io.wake(c->pool->io.arg, 0);
	} else {
		watch(c, DB_READ | (rc > 0 ? DB_WRITE : 0));
	}
}

void
conn_lose(struct conn *c, const char *why)
{
	struct pool *p = c->pool;
	struct flight_list lost = TAILQ_HEAD_INITIALIZER(lost);
	bool was_ready = c->state == CONN_READY;
	struct flight *f;
	int wait_ms;

	TAILQ_CONCAT(&lost, &c->flights, link);
	wait_ms = was_ready && c->retiring
	              ? 0
	              : dial_backoff(&c->backoff_ms, p->conf.retry_min_ms, p->conf.retry_max_ms);
	if (!p->closing && !(was_ready && c->retiring))
		log_warn("db.lost", "connection=%d jobs=%d retry_ms=%d text=%.*s", c->slot,
		    c->job_n, wait_ms, (int)strcspn(why, "\n"), why);
	p->counts.lost += was_ready;
	p->io.watch(p->io.arg, c->slot, -1, 0);
	PQfinish(c->pg);
	c->pg = NULL;
	conn_forget_prepared(c);
	c->state = CONN_DOWN;
	c->events = 0;
	c->job_n = 0;
	c->broken = c->retiring = c->reserved = c->exclusive = false;
	c->retry_at_ms = mono_ms() + wait_ms;
	p->io.wake(p->io.arg, wait_ms);
	while ((f = TAILQ_FIRST(&lost)) != NULL) {
		TAILQ_REMOVE(&lost, f, link);
		if (f->job != NULL) {
			p->counts.flying--;
			job_finish(f->job, "08006",
			    "the connection to the database was lost; whether it was done is "
			    "unknown");
		}
		mem_free(f);
	}
}

int64_t
conn_age_ms(const struct conn *c, int64_t now)
{
	const struct flight *f = TAILQ_FIRST(&c->flights);

	return f != NULL ? now - f->sent_ms : 0;
}

void
conn_give_back(struct conn *c)
{
	struct flight *f, *before;

	for (f = TAILQ_LAST(&c->flights, flight_list); f != NULL; f = before) {
		struct job *j = f->job;

		before = TAILQ_PREV(f, flight_list, link);
		if (before == NULL || j == NULL || !(j->flags & JOB_READ))
			continue;
		f->job = NULL;
		f->statement = -1;
		c->job_n--;
		c->pool->counts.flying--;
		if (j->abandoned)
			job_free(j);
		else
			pool_again(j);
	}
}

static void
dial_poll(struct conn *c)
{
	struct pool *p = c->pool;

	switch (PQconnectPoll(c->pg)) {
	case PGRES_POLLING_READING:
		p->io.watch(p->io.arg, c->slot, PQsocket(c->pg), DB_READ);
		break;
	case PGRES_POLLING_WRITING:
		p->io.watch(p->io.arg, c->slot, PQsocket(c->pg), DB_WRITE);
		break;
	case PGRES_POLLING_OK:
		if (PQsetnonblocking(c->pg, 1) != 0 || PQenterPipelineMode(c->pg) != 1)
			conn_lose(c, PQerrorMessage(c->pg));
		else
			prepare_all(c);
		break;
	case PGRES_POLLING_FAILED:
	case PGRES_POLLING_ACTIVE: /* not used by libpq */
		conn_lose(c, PQerrorMessage(c->pg));
		break;
	}
}

static void
prepare_all(struct conn *c)
{
	const struct pool_conf *conf = &c->pool->conf;
	bool ok = true;

	c->state = CONN_PREPARING;
	c->events = 0;
	if (conf->statement_ms > 0) {
		char text[16];
		const char *const values[] = { text };

		snprintf(text, sizeof(text), "%d", conf->statement_ms);
		ok = PQsendQueryParams(c->pg,
		         "select pg_catalog.set_config('statement_timeout', $1, false)", 1, NULL,
		         values, NULL, NULL, 0) == 1 &&
		     PQpipelineSync(c->pg) == 1;
		flight_add(c, NULL, -1);
	}
	for (int i = 0; i < conf->prepare_n && ok; i++)
		ok = send_prepare(c, pool_statement_index(c->pool, &conf->prepare[i]));
	if (!ok) {
		conn_lose(c, PQerrorMessage(c->pg));
	} else {
		conn_flush(c);
		if (TAILQ_EMPTY(&c->flights))
			now_ready(c);
	}
}

static void
now_ready(struct conn *c)
{
	c->state = CONN_READY;
	c->backoff_ms = 0;
	log_info("db.ready", "connection=%d backend=%d", c->slot, PQbackendPID(c->pg));
	pool_dispatch(c->pool);
}

static bool
send_prepare(struct conn *c, int statement)
{
	const struct statement *st = c->pool->statements[statement];
	bool ok =
	    PQsendPrepare(c->pg, st->name, st->sql, 0, NULL) == 1 && PQpipelineSync(c->pg) == 1;

	conn_prepared(c, statement)->state = PREPARED_SENT;
	flight_add(c, NULL, statement);
	return ok;
}

static bool
send_part(struct conn *c, const struct job *j, const struct job_part *part)
{
	const char *values[JOB_PARAMS_MAX];
	int lengths[JOB_PARAMS_MAX], formats[JOB_PARAMS_MAX];

	for (int i = 0; i < part->n; i++) {
		const struct param *param = &j->params[part->first + i];

		values[i] = param->null ? NULL : j->data.data + param->at;
		lengths[i] = (int)param->n;
		formats[i] = param->binary;
	}
	return PQsendQueryPrepared(c->pg, c->pool->statements[part->statement]->name, part->n,
	           values, lengths, formats, part->binary_results) == 1;
}

static void
flight_add(struct conn *c, struct job *j, int statement)
{
	struct flight *f = mem_alloc(sizeof(*f));

	f->job = j;
	f->statement = statement;
	f->sent_ms = mono_ms();
	if (TAILQ_EMPTY(&c->flights))
		c->moved_ms = f->sent_ms;
	TAILQ_INSERT_TAIL(&c->flights, f, link);
}

/* A callback may submit jobs to this connection, but nothing below drops it. */
static void
read_results(struct conn *c)
{
	struct flight *f;

	while ((f = TAILQ_FIRST(&c->flights)) != NULL && PQisBusy(c->pg) == 0) {
		PGresult *res = PQgetResult(c->pg);

		if (res != NULL && PQresultStatus(res) == PGRES_PIPELINE_SYNC) {
			PQclear(res);
			land(c);
		} else if (res != NULL) {
			take_result(c, f, res);
		} else if (PQstatus(c->pg) == CONNECTION_BAD) {
			break;
		}
	}
	if (PQstatus(c->pg) == CONNECTION_BAD) {
		conn_lose(c, PQerrorMessage(c->pg));
	} else if (c->retiring && TAILQ_EMPTY(&c->flights)) {
		conn_lose(c, "statements have changed");
	} else if (c->state == CONN_PREPARING && TAILQ_EMPTY(&c->flights)) {
		now_ready(c);
	} else {
		pool_dispatch(c->pool);
	}
}

/* Takes res over. */
static void
take_result(struct conn *c, struct flight *f, PGresult *res)
{
	ExecStatusType status = PQresultStatus(res);
	bool failed = status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK;

	if (status == PGRES_PIPELINE_ABORTED) {
		PQclear(res);
	} else if (f->job != NULL && failed) {
		take_job_error(c, f->job, res);
	} else if (f->job != NULL) {
		assert(f->job->result_n < JOB_STATEMENTS_MAX);
		f->job->results[f->job->result_n++] = res;
	} else if (f->statement >= 0) {
		struct prepared *prepared = conn_prepared(c, f->statement);

		PQclear(prepared->error);
		prepared->error = failed ? res : NULL;
		prepared->state = failed ? PREPARED_FAILED : PREPARED_YES;
		if (!failed)
			PQclear(res);
	} else {
		PQclear(res);
	}
}

static void
take_job_error(struct conn *c, struct job *j, PGresult *res)
{
	const char *code = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const struct prepared *prepared;

	if (j->error != NULL || code == NULL) {
		PQclear(res);
		return;
	}
	j->tries_max = err_is_retryable(code) ? 1 : 0;
	prepared = conn_prepared(c, j->parts[j->result_n].statement);
	if (strcmp(code, "26000") == 0 && prepared->error != NULL) {
		/* the statement is missing because it could not be prepared: that is the reason to
		 * tell */
		PQclear(res);
		res = prepared->error;
		j->error_lent = true;
	} else if (strcmp(code, "26000") == 0 || strcmp(code, "0A000") == 0) {
		/* prepared against a schema of before: a new connection prepares anew */
		c->retiring = true;
		j->tries_max = c->pool->conf.size;
	}
	j->error = res;
}

/* The Sync of the oldest flight has arrived. */
static void
land(struct conn *c)
{
	struct flight *f = TAILQ_FIRST(&c->flights);
	struct job *j = f->job;

	TAILQ_REMOVE(&c->flights, f, link);
	c->moved_ms = mono_ms();
	mem_free(f);
	if (j == NULL)
		return;
	c->job_n--;
	c->pool->counts.flying--;
	if (c->exclusive && c->job_n == 0)
		c->exclusive = false;
	if (j->error != NULL && j->tries < j->tries_max && !j->abandoned) {
		j->tries++;
		pool_again(j);
	} else {
		job_finish(j, NULL, NULL);
	}
}

static void
watch(struct conn *c, int events)
{
	if (c->events != events) {
		c->pool->io.watch(c->pool->io.arg, c->slot, PQsocket(c->pg), events);
		c->events = events;
	}
}

#include <assert.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "core/mem.h"
#include "db/pool_parts.h"

static struct param *param_new(struct job *j, bool binary);
static void param_bytes(struct job *j, bool binary, const void *p, size_t n);
static void error_of(const struct job *j, struct err *e);
static void log_internal(const struct job *j, const struct err *e);

struct job *
job_new(struct pool *p, job_fn fn, void *arg)
{
	struct job *j = mem_alloc(sizeof(*j));

	j->pool = p;
	j->fn = fn;
	j->arg = arg;
	return j;
}

void
job_statement(struct job *j, const struct statement *st, bool binary_results)
{
	assert(j->part_n < JOB_STATEMENTS_MAX && j->state == JOB_NEW);
	j->parts[j->part_n++] = (struct job_part){
		.statement = pool_statement_index(j->pool, st),
		.binary_results = binary_results,
		.first = j->param_n,
	};
}

void
job_text(struct job *j, const char *text)
{
	job_str(j, str_of(text));
}

void
job_str(struct job *j, struct str s)
{
	if (s.p == NULL)
		job_null(j);
	else
		param_bytes(j, false, s.p, s.n);
}

void
job_json(struct job *j, const json_t *v)
{
	if (v == NULL) {
		job_null(j);
	} else {
		js_dump(job_begin(j), v, JS_COMPACT);
		job_end(j, false);
	}
}

void
job_null(struct job *j)
{
	param_new(j, false)->null = true;
}

void
job_bool(struct job *j, bool v)
{
	param_bytes(j, true, v ? "\1" : "\0", 1);
}

void
job_int4(struct job *j, int32_t v)
{
	uint32_t be = htobe32((uint32_t)v);

	param_bytes(j, true, &be, sizeof(be));
}

void
job_int8(struct job *j, int64_t v)
{
	uint64_t be = htobe64((uint64_t)v);

	param_bytes(j, true, &be, sizeof(be));
}

void
job_uuid(struct job *j, const struct uuid *u)
{
	if (u == NULL)
		job_null(j);
	else
		param_bytes(j, true, u->b, sizeof(u->b));
}

void
job_bytea(struct job *j, struct str s)
{
	if (s.p == NULL)
		job_null(j);
	else
		param_bytes(j, true, s.p, s.n);
}

void
job_array(struct job *j, const struct array *a)
{
	struct str value = array_value(a);

	param_bytes(j, true, value.p, value.n);
}

struct buf *
job_begin(struct job *j)
{
	j->begun = j->data.len;
	return &j->data;
}

void
job_end(struct job *j, bool binary)
{
	struct param *param = param_new(j, binary);
	size_t n = j->data.len - j->begun;

	/* an empty value may be all that there is: no memory yet for memchr to read */
	j->bad = j->bad || (!binary && n != 0 && memchr(j->data.data + j->begun, '\0', n) != NULL);
	param->at = j->begun;
	param->n = n;
	buf_byte(&j->data, '\0'); /* libpq takes text parameters as C strings */
}

void
job_free(struct job *j)
{
	if (j == NULL)
		return;
	job_reset_results(j);
	buf_free(&j->data);
	mem_free(j->params);
	mem_free(j);
}

void
job_reset_results(struct job *j)
{
	for (int i = 0; i < j->result_n; i++)
		PQclear(j->results[i]);
	j->result_n = 0;
	if (!j->error_lent)
		PQclear(j->error);
	j->error_lent = false;
	j->error = NULL;
	j->tries_max = 0;
}

void
job_finish(struct job *j, const char *code, const char *text)
{
	struct pool *p = j->pool;
	struct job_result result = { 0 };
	struct err e = { 0 };

	j->state = JOB_DONE;
	if (code != NULL) {
		err_set(&e, code, "%s", text);
		result.unknown = strcmp(code, "08006") == 0;
		result.message = text;
		result.err = &e;
	} else if (j->error != NULL) {
		error_of(j, &e);
		result.message = PQresultErrorField(j->error, PG_DIAG_MESSAGE_PRIMARY);
		result.detail = PQresultErrorField(j->error, PG_DIAG_MESSAGE_DETAIL);
		result.err = &e;
		log_internal(j, &e);
	} else {
		result.n = j->result_n;
		memcpy(result.v, j->results, sizeof(result.v));
	}
	p->counts.done++;
	p->counts.failed += result.err != NULL;
	if (!j->abandoned && j->fn != NULL)
		j->fn(j, &result, j->arg);
	job_free(j);
}

static struct param *
param_new(struct job *j, bool binary)
{
	assert(j->part_n > 0 && j->state == JOB_NEW);
	assert(j->parts[j->part_n - 1].n < JOB_PARAMS_MAX);
	if (j->param_n == j->param_cap) {
		j->param_cap = j->param_cap > 0 ? j->param_cap * 2 : 8;
		j->params = mem_grow(j->params, (size_t)j->param_cap, sizeof(*j->params));
	}
	j->parts[j->part_n - 1].n++;
	j->params[j->param_n] = (struct param){ .binary = binary };
	return &j->params[j->param_n++];
}

static void
param_bytes(struct job *j, bool binary, const void *p, size_t n)
{
	buf_append(job_begin(j), p, n);
	job_end(j, binary);
}

static void
error_of(const struct job *j, struct err *e)
{
	struct err_native native = {
		.sqlstate = PQresultErrorField(j->error, PG_DIAG_SQLSTATE),
		.message = PQresultErrorField(j->error, PG_DIAG_MESSAGE_PRIMARY),
		.table = PQresultErrorField(j->error, PG_DIAG_TABLE_NAME),
		.column = PQresultErrorField(j->error, PG_DIAG_COLUMN_NAME),
		.constraint = PQresultErrorField(j->error, PG_DIAG_CONSTRAINT_NAME),
		.hint = PQresultErrorField(j->error, PG_DIAG_MESSAGE_HINT),
	};

	err_from_native(e, &native);
	if (err_is(e, "57014"))
		snprintf(e->code, sizeof(e->code), "MR503");
}

/* What the user sees as INTERNAL has its reason in the log only. */
static void
log_internal(const struct job *j, const struct err *e)
{
	int at = j->result_n < j->part_n ? j->result_n : j->part_n - 1;

	if (err_status(e->code) == 500)
		log_error("db.error", "code=%s statement=%s text=%s", e->code,
		    j->pool->statements[j->parts[at].statement]->name,
		    PQresultErrorField(j->error, PG_DIAG_MESSAGE_PRIMARY));
}

/*
 * The pool against a real server. Longer than most: all tests share one server, which takes longer
 * to start than to use.
 */
#include "unit_pg.h"

#include "core/mem.h"
#include "core/time.h"
#include "db/loop.h"
#include "db/value.h"

static const struct statement add = { "add", "select $1::int8 + $2::int8" };
static const struct statement fail = { "fail", "select t.fail($1)" };
static const struct statement keep = { "keep", "insert into t.kept values ($1::int8)" };
static const struct statement nap = { "nap", "select pg_sleep($1::float8)" };
static const struct statement backend = { "backend", "select pg_backend_pid()" };
static const struct statement missing = { "missing", "select t.not_there($1)" };
static const struct statement shape = { "shape", "select * from t.shape" };
static const struct statement unlucky = { "unlucky", "select t.unlucky($1)" };

/* What became of a job. */
struct end {
	int calls;
	char code[6], field[40], message[200], detail[200];
	bool unknown;
	int64_t value; /* of the last statement's first column */
	int order;     /* 1: ended first */
};

static struct loop *loop;
static struct pool *pool;
static int ended;

static void
on_end(struct job *j, const struct job_result *r, void *arg)
{
	struct end *end = arg;

	(void)j;
	end->calls++;
	end->order = ++ended;
	if (r->err != NULL) {
		snprintf(end->code, sizeof(end->code), "%s", r->err->code);
		snprintf(end->field, sizeof(end->field), "%.30s", r->err->field);
		snprintf(end->message, sizeof(end->message), "%s", r->message);
		snprintf(end->detail, sizeof(end->detail), "%s", r->detail ? r->detail : "");
		end->unknown = r->unknown;
		assert_int_equal(r->n, 0);
	} else if (PQntuples(r->v[r->n - 1]) > 0 && PQnfields(r->v[r->n - 1]) > 0) {
		end->value = strtoll(PQgetvalue(r->v[r->n - 1], 0, 0), NULL, 10);
	}
}

static void
open_pool(struct pool_conf conf)
{
	struct err e;

	conf.dsn = pg_dsn;
	conf.name = "pool-test";
	ended = 0;
	assert_ok(loop_new(&loop, &e), e);
	pool = db_loop_pool(loop, &conf);
}

static int
close_pool(void **state)
{
	(void)state;
	pool_free(pool);
	loop_free(loop);
	pool = NULL;
	loop = NULL;
	return 0;
}

static void
turn_until_ended(int n)
{
	for (int64_t end = mono_ms() + 15000; ended < n && mono_ms() < end;)
		loop_turn(loop, 50);
	assert_int_equal(ended, n);
}

static void
turn_until_up(void)
{
	struct pool_stats stats = { 0 };

	for (int64_t end = mono_ms() + 10000; mono_ms() < end; loop_turn(loop, 50)) {
		pool_stats(pool, &stats);
		if (stats.ready == stats.size)
			break;
	}
	assert_int_equal(stats.ready, stats.size);
}

static struct job *
job_with(const struct statement *st, const char *param, struct end *end)
{
	struct job *j = job_new(pool, on_end, end);

	*end = (struct end){ 0 };
	job_statement(j, st, false);
	if (param != NULL)
		job_text(j, param);
	return j;
}

static void
submit(struct job *j, int flags)
{
	struct err e;

	assert_ok(job_submit(j, flags, &e), e);
}

static void
many_jobs_share_few_connections(void **state)
{
	static struct end ends[400];
	struct pool_stats stats;

	(void)state;
	open_pool((struct pool_conf){ .size = 2 });
	for (int i = 0; i < 400; i++) {
		struct job *j = job_new(pool, on_end, &ends[i]);

		job_statement(j, &add, false);
		job_int8(j, i);
		job_int8(j, 1000);
		submit(j, 0);
	}
	turn_until_ended(400);
	for (int i = 0; i < 400; i++) {
		assert_int_equal(ends[i].calls, 1);
		assert_string_equal(ends[i].code, "");
		assert_int_equal(ends[i].value, 1000 + i);
	}
	pool_stats(pool, &stats);
	assert_int_equal(stats.done, 400);
	assert_int_equal(stats.failed + stats.flying + stats.queued, 0);
}

static void
the_statements_of_a_job_are_one_transaction(void **state)
{
	struct end end;
	struct job *j;

	(void)state;
	open_pool((struct pool_conf){ .size = 1 });
	j = job_with(&keep, "77", &end);
	job_statement(j, &fail, false);
	job_text(j, "MR409");
	submit(j, 0);
	turn_until_ended(1);
	assert_string_equal(end.code, "MR409");
	pg_run("do $$ begin assert not exists (select from t.kept where n = 77); end $$");
}

static void
a_job_that_fails_leaves_the_others_in_its_pipeline_alone(void **state)
{
	static struct end ends[30];

	(void)state;
	open_pool((struct pool_conf){ .size = 1, .depth = 30 });
	turn_until_up();
	for (int i = 0; i < 30; i++) {
		struct job *j =
		    job_with(i % 3 == 1 ? &fail : &add, i % 3 == 1 ? "MR400" : "1", &ends[i]);

		if (i % 3 != 1)
			job_text(j, "1");
		submit(j, 0);
	}
	turn_until_ended(30);
	for (int i = 0; i < 30; i++) {
		assert_string_equal(ends[i].code, i % 3 == 1 ? "MR400" : "");
		assert_int_equal(ends[i].order, i + 1);
	}
	assert_string_equal(ends[1].field, "name");
	assert_string_equal(ends[1].message, "it failed");
	assert_string_equal(ends[1].detail, "[{\"field\":\"name\",\"issue\":\"x\"}]");
}

static void
a_statement_that_cannot_be_prepared_fails_only_its_own_jobs(void **state)
{
	struct end bad, again, good;

	(void)state;
	open_pool((struct pool_conf){ .size = 1 });
	submit(job_with(&missing, "1", &bad), 0);
	submit(job_with(&backend, NULL, &good), 0);
	turn_until_ended(2);
	assert_string_equal(bad.code, "42883");
	assert_string_equal(good.code, "");
	pg_run("create function t.not_there(p text) returns int language sql return 5");
	submit(job_with(&missing, "1", &again), 0);
	turn_until_ended(3);
	pg_run("drop function t.not_there(text)");
	assert_string_equal(again.code, "");
	assert_int_equal(again.value, 5);
}

static void
a_changed_result_type_is_prepared_anew_unseen(void **state)
{
	struct end before, after;

	(void)state;
	open_pool((struct pool_conf){ .size = 1 });
	submit(job_with(&shape, NULL, &before), 0);
	turn_until_ended(1);
	assert_int_equal(before.value, 1);
	pg_run("drop view t.shape; create view t.shape as select 2::int8 as a, 3 as b");
	submit(job_with(&shape, NULL, &after), 0);
	turn_until_ended(2);
	pg_run("drop view t.shape; create view t.shape as select 1 as a");
	assert_string_equal(after.code, "");
	assert_int_equal(after.value, 2);
}

static void
a_killed_connection_ends_its_jobs_as_unknown_and_comes_back(void **state)
{
	struct end slow, later, pid;
	char sql[80];

	(void)state;
	open_pool((struct pool_conf){ .size = 1 });
	submit(job_with(&backend, NULL, &pid), 0);
	turn_until_ended(1);
	submit(job_with(&nap, "30", &slow), 0);
	snprintf(sql, sizeof(sql), "select pg_terminate_backend(%lld)", (long long)pid.value);
	pg_run(sql);
	turn_until_ended(2);
	assert_string_equal(slow.code, "08006");
	assert_true(slow.unknown);
	submit(job_with(&backend, NULL, &later), 0);
	turn_until_ended(3);
	assert_string_equal(later.code, "");
	assert_true(later.value != pid.value);
}

static void
all_backends_killed_while_idle_are_dialled_again(void **state)
{
	struct end end;

	(void)state;
	open_pool((struct pool_conf){ .size = 3 });
	turn_until_up();
	pg_run("select pg_terminate_backend(pid, 5000) from pg_stat_activity "
	       "where application_name = 'pool-test'");
	for (int64_t stop = mono_ms() + 5000; pool_is_up(pool) && mono_ms() < stop;)
		loop_turn(loop, 10);
	submit(job_with(&backend, NULL, &end), 0);
	turn_until_ended(1);
	assert_string_equal(end.code, "");
	turn_until_up();
}

static void
a_full_queue_refuses_at_once(void **state)
{
	struct pool_stats stats;
	struct end end;
	struct job *j;
	struct err e;

	(void)state;
	open_pool((struct pool_conf){ .size = 1, .queue = 5, .queue_ms = 60000 });
	for (int i = 0; i < 5; i++)
		submit(
		    job_with(&backend, NULL, &end), 0); /* nothing is READY before the loop turns */
	j = job_with(&backend, NULL, &end);
	assert_err(job_submit(j, 0, &e), e, "MR503", "");
	pool_stats(pool, &stats);
	assert_int_equal(stats.refused, 1);
	assert_int_equal(stats.queued, 5);
	turn_until_ended(5);
}

static void
a_job_does_not_wait_for_a_connection_for_ever(void **state)
{
	struct end end;
	struct pool_conf conf = { .dsn = "host=/nonexistent", .size = 1, .queue_ms = 100 };
	struct err e;

	(void)state;
	ended = 0;
	assert_ok(loop_new(&loop, &e), e);
	pool = db_loop_pool(loop, &conf);
	submit(job_with(&backend, NULL, &end), 0);
	turn_until_ended(1);
	assert_string_equal(end.code, "MR503");
	assert_false(end.unknown);
	assert_false(pool_is_up(pool));
}

static void
a_slow_statement_ends_with_the_statement_timeout(void **state)
{
	struct end end;

	(void)state;
	open_pool((struct pool_conf){ .size = 1, .statement_ms = 60 });
	submit(job_with(&nap, "30", &end), 0);
	turn_until_ended(1);
	assert_string_equal(end.code, "MR503");
	assert_false(end.unknown);
}

static void
a_connection_whose_job_takes_too_long_is_dropped(void **state)
{
	struct end end, next;

	(void)state;
	open_pool((struct pool_conf){ .size = 1, .flight_ms = 150 });
	submit(job_with(&nap, "30", &end), 0);
	turn_until_ended(1);
	assert_string_equal(end.code, "08006");
	assert_true(end.unknown);
	submit(job_with(&backend, NULL, &next), 0);
	turn_until_ended(2);
	assert_string_equal(next.code, "");
}

static void
new_jobs_avoid_a_connection_with_a_slow_job(void **state)
{
	static struct end slow, ends[200];
	int n = 0;

	(void)state;
	open_pool((struct pool_conf){ .size = 2, .stale_ms = 30 });
	turn_until_up();
	submit(job_with(&nap, "0.8", &slow), 0);
	for (int64_t stop = mono_ms() + 60; mono_ms() < stop;)
		loop_turn(loop, 5); /* it becomes stale */
	for (; n < 200; n++)
		submit(job_with(&backend, NULL, &ends[n]), 0);
	turn_until_ended(201);
	assert_int_equal(slow.order, 201);
	for (int i = 1; i < 200; i++)
		assert_int_equal(ends[i].value, ends[0].value);
}

static void
reads_behind_a_slow_job_are_sent_again_elsewhere(void **state)
{
	static struct end slow, reads[9], left;
	struct job *j = NULL;

	(void)state;
	open_pool((struct pool_conf){ .size = 2, .stale_ms = 30 });
	turn_until_up();
	submit(job_with(&nap, "2", &slow), JOB_READ);
	for (size_t i = 0; i < countof(reads); i++)
		submit(job_with(&backend, NULL, &reads[i]), JOB_READ);
	/* in turns: one of these two is behind the slow one as well */
	for (int i = 0; i < 2; i++) {
		j = job_with(&backend, NULL, &left);
		submit(j, JOB_READ);
		job_abandon(j);
	}
	turn_until_ended(1 + (int)countof(reads));
	assert_int_equal(slow.order, 1 + (int)countof(reads));
	assert_int_equal(left.calls, 0);
	for (size_t i = 0; i < countof(reads); i++) {
		assert_int_equal(reads[i].calls, 1);
		assert_string_equal(reads[i].code, "");
		assert_int_equal(reads[i].value, reads[0].value);
	}
}

static void
a_write_behind_a_slow_job_is_done_once(void **state)
{
	static struct end slow, writes[9];

	(void)state;
	open_pool((struct pool_conf){ .size = 2, .stale_ms = 30 });
	turn_until_up();
	submit(job_with(&nap, "0.5", &slow), 0);
	for (size_t i = 0; i < countof(writes); i++)
		submit(job_with(&keep, "9", &writes[i]), 0);
	turn_until_ended(1 + (int)countof(writes));
	assert_int_not_equal(slow.order, 1 + (int)countof(writes)); /* some were behind it */
	pg_run("do $$ begin assert (select count(*) = 9 from t.kept where n = 9); end $$");
}

static void
an_exclusive_job_has_a_connection_to_itself_even_under_load(void **state)
{
	static struct end exclusive, ends[300];
	struct end pid;

	(void)state;
	open_pool((struct pool_conf){ .size = 2, .depth = 4, .stale_ms = 10000 });
	turn_until_up();
	for (int i = 0; i < 150; i++)
		submit(job_with(&backend, NULL, &ends[i]), 0);
	submit(job_with(&nap, "0.5", &exclusive), JOB_EXCLUSIVE);
	for (int64_t stop = mono_ms() + 5000; ended < 150 && mono_ms() < stop;)
		loop_turn(loop, 20);
	for (int i = 150; i < 300; i++)
		submit(job_with(&backend, NULL, &ends[i]), 0);
	turn_until_ended(301);
	assert_int_equal(exclusive.order, 301);
	for (int i = 151; i < 300; i++)
		assert_int_equal(ends[i].value, ends[150].value);
	submit(job_with(&backend, NULL, &pid), 0);
	turn_until_ended(302);
}

static struct end load_ends[64], load_exclusive;
static int load_n;

/* Each end is the next begin, until the exclusive job has ended. */
static void
on_end_go_on(struct job *j, const struct job_result *r, void *arg)
{
	struct job *next;

	on_end(j, r, arg);
	load_n++;
	if (load_exclusive.calls == 0 && r->err == NULL) {
		next = job_new(pool, on_end_go_on, arg);
		job_statement(next, &backend, false);
		submit(next, 0);
	}
}

static void
an_exclusive_job_gets_its_turn_under_load_that_never_ends(void **state)
{
	(void)state;
	open_pool((struct pool_conf){ .size = 2, .depth = 4, .stale_ms = 10000 });
	turn_until_up();
	load_n = 0;
	for (size_t i = 0; i < countof(load_ends); i++) {
		struct job *j = job_new(pool, on_end_go_on, &load_ends[i]);

		job_statement(j, &backend, false);
		submit(j, 0);
	}
	submit(job_with(&nap, "0.01", &load_exclusive), JOB_EXCLUSIVE);
	for (int64_t end = mono_ms() + 10000; load_exclusive.calls == 0 && mono_ms() < end;)
		loop_turn(loop, 50);
	assert_int_equal(load_exclusive.calls, 1);
	assert_string_equal(load_exclusive.code, "");
	assert_true(load_n > 0);
}

static void
an_abandoned_job_is_not_called(void **state)
{
	struct end queued, flying, other;
	struct job *j;

	(void)state;
	open_pool((struct pool_conf){ .size = 1 });
	j = job_with(&backend, NULL, &queued);
	submit(j, 0);
	job_abandon(j);
	turn_until_up();
	j = job_with(&keep, "5", &flying);
	submit(j, 0);
	job_abandon(j);
	submit(job_with(&backend, NULL, &other), 0);
	turn_until_ended(1);
	assert_int_equal(queued.calls + flying.calls, 0);
	assert_int_equal(other.calls, 1);
	pg_run("do $$ begin assert exists (select from t.kept where n = 5); end $$");
}

static void
a_serialization_failure_is_sent_once_more(void **state)
{
	struct end once, twice;

	(void)state;
	open_pool((struct pool_conf){ .size = 1 });
	submit(job_with(&unlucky, "1", &once), 0);
	turn_until_ended(1);
	assert_string_equal(once.code, "");
	assert_int_equal(once.value, 2);
	pg_run("alter sequence t.tries restart");
	submit(job_with(&unlucky, "2", &twice), 0);
	turn_until_ended(2);
	assert_string_equal(twice.code, "40001");
	assert_int_equal(err_status(twice.code), 503);
}

static void
a_text_with_a_nul_is_refused_not_cut(void **state)
{
	struct end end;
	struct job *j;
	struct err e;

	(void)state;
	open_pool((struct pool_conf){ .size = 1 });
	j = job_with(&fail, NULL, &end);
	job_str(j, str_make("a\0b", 3));
	assert_err(job_submit(j, 0, &e), e, "MR400", "");
	assert_int_equal(end.calls, 0);
}

static void
closing_the_pool_ends_every_job(void **state)
{
	static struct end ends[20];
	int unknown = 0;

	(void)state;
	open_pool((struct pool_conf){ .size = 1, .depth = 4 });
	turn_until_up();
	for (int i = 0; i < 20; i++)
		submit(job_with(&nap, "1", &ends[i]), 0);
	pool_free(pool);
	pool = NULL;
	assert_int_equal(ended, 20);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(err_status(ends[i].code), 503);
		unknown += ends[i].unknown;
	}
	assert_int_equal(unknown, 4);
}

static void
statements_can_be_prepared_at_connect(void **state)
{
	static const struct statement early[] = {
		{ "early_add", "select $1::int8 + 1" },
		{ "early_missing", "select t.not_there_yet()" },
	};
	struct end good, bad;

	(void)state;
	open_pool((struct pool_conf){ .size = 2, .prepare = early, .prepare_n = 2 });
	turn_until_up();
	submit(job_with(&early[0], "41", &good), 0);
	submit(job_with(&early[1], NULL, &bad), 0);
	turn_until_ended(2);
	assert_int_equal(good.value, 42);
	assert_string_equal(bad.code, "42883");
}

static int
start(void **state)
{
	if (pg_start(state) != 0)
		return -1;
	pg_run("create schema t;"
	       "create table t.kept (n int8);"
	       "create view t.shape as select 1 as a;"
	       "create sequence t.tries;"
	       "create function t.fail(p_code text) returns text language plpgsql as $$ begin "
	       "raise exception using errcode = p_code, message = 'it failed', column = 'name', "
	       "detail = '[{\"field\":\"name\",\"issue\":\"x\"}]'; end $$;"
	       /* fails p_n times in a row: a sequence does not roll back */
	       "create function t.unlucky(p_n int) returns int8 language plpgsql as $$ "
	       "declare v int8 := nextval('t.tries'); begin "
	       "if v % (p_n + 1) <> 0 then raise exception using errcode = '40001'; end if; "
	       "return v; end $$;");
	return 0;
}

int
main(void)
{
#define T(f) cmocka_unit_test_teardown(f, close_pool)
	const struct CMUnitTest tests[] = {
		T(many_jobs_share_few_connections),
		T(the_statements_of_a_job_are_one_transaction),
		T(a_job_that_fails_leaves_the_others_in_its_pipeline_alone),
		T(a_statement_that_cannot_be_prepared_fails_only_its_own_jobs),
		T(a_changed_result_type_is_prepared_anew_unseen),
		T(a_killed_connection_ends_its_jobs_as_unknown_and_comes_back),
		T(all_backends_killed_while_idle_are_dialled_again),
		T(a_full_queue_refuses_at_once),
		T(a_job_does_not_wait_for_a_connection_for_ever),
		T(a_slow_statement_ends_with_the_statement_timeout),
		T(a_connection_whose_job_takes_too_long_is_dropped),
		T(new_jobs_avoid_a_connection_with_a_slow_job),
		T(reads_behind_a_slow_job_are_sent_again_elsewhere),
		T(a_write_behind_a_slow_job_is_done_once),
		T(an_exclusive_job_has_a_connection_to_itself_even_under_load),
		T(an_exclusive_job_gets_its_turn_under_load_that_never_ends),
		T(an_abandoned_job_is_not_called),
		T(a_serialization_failure_is_sent_once_more),
		T(a_text_with_a_nul_is_refused_not_cut),
		T(closing_the_pool_ends_every_job),
		T(statements_can_be_prepared_at_connect),
	};

	return cmocka_run_group_tests(tests, start, pg_stop);
}

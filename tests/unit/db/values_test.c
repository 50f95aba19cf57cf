#include "unit_pg.h"

#include "core/mem.h"
#include "db/loop.h"
#include "db/value.h"

static const struct statement echo_arrays = { "echo_arrays",
	"select $1::uuid[], $2::text[], $3::int4[], $4::int8[], $5::float8[], $6::bytea[], "
	"$7::timestamptz[], $8::tid[], $9::bool[], $10::int2[]" };
static const struct statement sizes = { "sizes",
	"select array_length($1::text[], 1), ($1::text[])[1] is null, (($1::text[])[2])::jsonb" };
static const struct statement scalars = { "scalars",
	"select $1::bool, $2::int2, $3::int4, $4::int8, $5::float8, $6::text, $7::jsonb, "
	"$8::bytea, "
	"$9::uuid, $10::tid, $11::timestamptz, null::int8" };

static bool done;
static void (*look)(const PGresult *res);

static void
on_done(struct job *j, const struct job_result *result, void *arg)
{
	(void)j;
	(void)arg;
	done = true;
	if (result->err != NULL)
		fail_msg("%s %s", result->err->code, result->message);
	look(result->v[0]);
}

/* Submits the job that `fill` made and looks at its result. */
static void
round_trip(void (*fill)(struct job *j), void (*then)(const PGresult *res))
{
	struct pool_conf conf = { .dsn = pg_dsn, .size = 1 };
	struct loop *loop;
	struct pool *pool;
	struct job *j;
	struct err e;

	assert_ok(loop_new(&loop, &e), e);
	pool = db_loop_pool(loop, &conf);
	j = job_new(pool, on_done, NULL);
	fill(j);
	look = then;
	done = false;
	assert_ok(job_submit(j, 0, &e), e);
	for (int turns = 0; !done && turns < 1000; turns++)
		loop_turn(loop, 100);
	assert_true(done);
	pool_free(pool);
	loop_free(loop);
}

static struct uuid fixed_id;

static void
fill_arrays(struct job *j)
{
	struct array a[10] = { 0 };
	const enum array_type types[] = { ARRAY_UUID, ARRAY_TEXT, ARRAY_INT4, ARRAY_INT8,
		ARRAY_FLOAT8, ARRAY_BYTEA, ARRAY_TIMESTAMPTZ, ARRAY_TID, ARRAY_BOOL, ARRAY_INT2 };

	for (int i = 0; i < 10; i++)
		array_open(&a[i], types[i]);
	fixed_id = uuid_v7();
	array_uuid(&a[0], &fixed_id);
	array_uuid(&a[0], NULL);
	array_text(&a[1], str_of("dropped"));
	array_reset(&a[1]);
	array_text(&a[1], str_of("comma, \"quote\""));
	array_text(&a[1], str_make("", 0));
	array_text(&a[1], str_make(NULL, 0));
	array_int4(&a[2], -7);
	array_int8(&a[3], INT64_MIN);
	array_float8(&a[4], -2.5);
	array_bytea(&a[5], str_make("\0\1\xff", 3));
	array_timestamp(&a[6], 1767225600123); /* 2026-01-01T00:00:00.123Z */
	array_tid(&a[7], (struct tid){ 70000, 3 });
	array_bool(&a[8], true);
	/* a[9] stays empty */
	job_statement(j, &echo_arrays, false);
	for (int i = 0; i < 10; i++) {
		job_array(j, &a[i]);
		array_free(&a[i]);
	}
}

static void
look_at_arrays(const PGresult *res)
{
	char id[UUID_TEXT_SIZE], want[60];

	snprintf(want, sizeof(want), "{%s,NULL}", uuid_format(&fixed_id, id));
	assert_string_equal(PQgetvalue(res, 0, 0), want);
	assert_string_equal(PQgetvalue(res, 0, 1), "{\"comma, \\\"quote\\\"\",\"\",NULL}");
	assert_string_equal(PQgetvalue(res, 0, 2), "{-7}");
	assert_string_equal(PQgetvalue(res, 0, 3), "{-9223372036854775808}");
	assert_string_equal(PQgetvalue(res, 0, 4), "{-2.5}");
	assert_string_equal(PQgetvalue(res, 0, 5), "{\"\\\\x0001ff\"}");
	assert_non_null(strstr(PQgetvalue(res, 0, 6), "00.123"));
	assert_string_equal(PQgetvalue(res, 0, 7), "{\"(70000,3)\"}");
	assert_string_equal(PQgetvalue(res, 0, 8), "{t}");
	assert_string_equal(PQgetvalue(res, 0, 9), "{}");
}

static void
arrays_of_every_type_arrive_as_built(void **state)
{
	(void)state;
	round_trip(fill_arrays, look_at_arrays);
}

static void
fill_json(struct job *j)
{
	json_t *v = json_pack("{s:[i,i]}", "n", 1, 2);
	struct array a = { 0 };

	array_open(&a, ARRAY_TEXT);
	array_json(&a, NULL);
	array_json(&a, v);
	job_statement(j, &sizes, true);
	job_array(j, &a);
	array_free(&a);
	json_decref(v);
}

static void
look_at_json(const PGresult *res)
{
	json_t *v;
	struct err e;

	assert_ok(value_shape(res, "ibj", &e), e);
	assert_int_equal(value_int4(res, 0, 0), 2);
	assert_true(value_bool(res, 0, 1));
	assert_ok(value_json(res, 0, 2, &v, &e), e);
	assert_int_equal(json_integer_value(js_get(v, "n[1]")), 2);
	json_decref(v);
}

static void
json_travels_in_text_arrays(void **state)
{
	(void)state;
	round_trip(fill_json, look_at_json);
}

static void
fill_scalars(struct job *j)
{
	json_t *v = json_pack("{s:s}", "k", "\xe2\x82\xac");

	fixed_id = uuid_v7();
	job_statement(j, &scalars, true);
	job_bool(j, true);
	job_text(j, "-3");
	job_int4(j, -70000);
	job_int8(j, INT64_MAX);
	job_text(j, "0.1");
	job_str(j, str_make("", 0));
	job_json(j, v);
	job_bytea(j, str_make("a\0b", 3));
	job_uuid(j, &fixed_id);
	job_text(j, "(5,6)");
	job_text(j, "1999-12-31T23:59:59.9996Z");
	json_decref(v);
}

static void
look_at_scalars(const PGresult *res)
{
	struct uuid id;
	struct tid tid;
	struct err e;

	assert_ok(value_shape(res, "bsildtjyuczl", &e), e);
	assert_err(value_shape(res, "bsildtjyuczi", &e), e, "MR500", "");
	assert_err(value_shape(res, "b", &e), e, "MR500", "");
	assert_true(value_bool(res, 0, 0));
	assert_int_equal(value_int2(res, 0, 1), -3);
	assert_int_equal(value_int4(res, 0, 2), -70000);
	assert_true(value_int8(res, 0, 3) == INT64_MAX);
	assert_true(value_float8(res, 0, 4) > 0.09 && value_float8(res, 0, 4) < 0.11);
	assert_true(value_str(res, 0, 5).p != NULL && value_str(res, 0, 5).n == 0);
	assert_true(str_is(value_str(res, 0, 6), "{\"k\": \"\xe2\x82\xac\"}"));
	assert_true(str_eq(value_str(res, 0, 7), str_make("a\0b", 3)));
	id = value_uuid(res, 0, 8);
	assert_true(uuid_eq(&id, &fixed_id));
	tid = value_tid(res, 0, 9);
	assert_true(tid.block == 5 && tid.item == 6);
	assert_true(value_timestamp_ms(res, 0, 10) == 946684799999);
	assert_true(value_is_null(res, 0, 11));
}

static void
values_of_every_type_are_read(void **state)
{
	(void)state;
	round_trip(fill_scalars, look_at_scalars);
}

static void
blocking_calls_answer_or_explain(void **state)
{
	const char *const params[] = { "41", NULL };
	struct buf text = { 0 };
	struct pg *pg;
	struct err e;

	(void)state;
	assert_ok(pg_open(pg_dsn, "unit", &pg, &e), e);
	assert_ok(
	    pg_value(pg, "select $1::int + 1 where $2::text is null", 2, params, &text, &e), e);
	assert_string_equal(buf_cstr(&text), "42");
	assert_err(pg_value(pg, "select 1 where false", 0, NULL, &text, &e), e, "MR404", "");
	assert_ok(pg_script(pg,
	              "create temp table t (a int constraint t_a_key unique); insert into "
	              "t values (1)",
	              &e),
	    e);
	assert_err(pg_script(pg, "insert into t values (1)", &e), e, "23505", "a");
	assert_non_null(strstr(e.text, "t_a_key"));
	assert_err(pg_script(pg,
	               "do $$ begin raise exception using errcode = 'MR409', message = "
	               "'busy', column = 'name'; end $$",
	               &e),
	    e, "MR409", "name");
	assert_string_equal(e.text, "busy");
	pg_close(pg);
	assert_err(pg_open("host=/nonexistent", "unit", &pg, &e), e, "08001", "");
	buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrays_of_every_type_arrive_as_built),
		cmocka_unit_test(json_travels_in_text_arrays),
		cmocka_unit_test(values_of_every_type_are_read),
		cmocka_unit_test(blocking_calls_answer_or_explain),
	};

	return cmocka_run_group_tests(tests, pg_start, pg_stop);
}

#include "db/wake.h"

#include <string.h>

#include "unit.h"

static struct wake_row
row_make(int16_t prio, uint32_t block, uint16_t item)
{
	return (struct wake_row){
		.workspace_id = uuid_v7(), .run_id = uuid_v7(), .prio = prio, .tid = { block, item }
	};
}

static void
rows_are_read_as_they_were_added(void **state)
{
	struct wake_row in[3] = { row_make(0, 0, 1), row_make(-5, UINT32_MAX, UINT16_MAX),
		row_make(INT16_MAX, 77, 12) };
	struct wake_row out;
	struct buf payload = { 0 };
	struct str rest;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(wake_add(&payload, &in[i]));
	rest = buf_view(&payload);
	for (int i = 0; i < 3; i++) {
		assert_true(wake_next(&rest, &out));
		assert_true(uuid_eq(&out.workspace_id, &in[i].workspace_id));
		assert_true(uuid_eq(&out.run_id, &in[i].run_id));
		assert_int_equal(out.prio, in[i].prio);
		assert_int_equal(out.tid.block, in[i].tid.block);
		assert_int_equal(out.tid.item, in[i].tid.item);
	}
	assert_false(wake_next(&rest, &out));
	buf_free(&payload);
}

static void
a_payload_ends_before_postgres_refuses_it(void **state)
{
	struct wake_row row = row_make(-32768, UINT32_MAX, UINT16_MAX);
	struct buf payload = { 0 };
	int n = 0;

	(void)state;
	while (wake_add(&payload, &row))
		n++;
	assert_true(n >= 50);
	assert_true(payload.len <= WAKE_BYTES_MAX);
	buf_free(&payload);
}

/* A workspace and a run. */
#define IDS "0192d3c4-0000-7000-8000-000000000001:0192d3c4-0000-7000-8000-000000000002:"

/* Anybody who is connected may NOTIFY. */
static void
what_is_not_a_row_is_not_read(void **state)
{
	static const char *const bad[] = { "", " ", ":", "a:b:0:1:1",
		"::::", "0192d3c4-0000-7000-8000-000000000001", IDS "0:1", IDS "0:1:0",
		IDS "0:-1:1", IDS "99999:1:1", IDS "0:1:1:1" };

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		struct str rest = str_of(bad[i]);
		struct wake_row row;

		assert_false(wake_next(&rest, &row));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_read_as_they_were_added),
		cmocka_unit_test(a_payload_ends_before_postgres_refuses_it),
		cmocka_unit_test(what_is_not_a_row_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

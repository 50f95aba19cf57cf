#include "unit.h"

#include "core/mem.h"
#include "worker/ready.h"

static struct uuid
uuid_numbered(int n)
{
	struct uuid u = { 0 };

	u.b[0] = (uint8_t)(n >> 8);
	u.b[1] = (uint8_t)n;
	u.b[15] = (uint8_t)n;
	u.b[14] = (uint8_t)(n >> 8);
	return u;
}

static void
add(struct ready *r, int workspace, int run, int prio, bool suspect)
{
	struct uuid ws = uuid_numbered(workspace);
	struct ready_entry entry = { .run_id = uuid_numbered(run),
		.prio = (int16_t)prio,
		.tid = { .block = (uint32_t)run, .item = 1 } };

	assert_true(ready_add(r, &ws, &entry, suspect));
}

/* The run numbers of one take, in order, by the block of each address. */
static int
take(struct ready *r, int max, int *runs)
{
	struct array tids = { 0 };
	int n;

	array_open(&tids, ARRAY_TID);
	n = ready_take(r, max, &tids);
	assert_int_equal(n, tids.n);
	for (int i = 0; i < n; i++) {
		/* After the head of 20 bytes: length, block (big-endian), item. */
		const uint8_t *p = (const uint8_t *)tids.b.data + 20 + (size_t)i * 10 + 4;

		runs[i] = p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
	}
	array_free(&tids);
	return n;
}

/* X22 */
static void
inside_a_workspace_the_oldest_run_of_the_best_priority_is_first(void **state)
{
	struct ready *r = ready_new();
	int runs[10];

	(void)state;
	add(r, 1, 30, 0, false);
	add(r, 1, 10, 0, false);
	add(r, 1, 40, -1, false);
	add(r, 1, 20, 0, false);
	add(r, 1, 5, 3, false);
	assert_int_equal(take(r, 10, runs), 5);
	assert_int_equal(runs[0], 40);
	assert_int_equal(runs[1], 10);
	assert_int_equal(runs[2], 20);
	assert_int_equal(runs[3], 30);
	assert_int_equal(runs[4], 5);
	assert_int_equal(ready_count(r), 0);
	ready_free(r);
}

static void
a_flooding_workspace_gives_the_others_every_second_turn(void **state)
{
	struct ready *r = ready_new();
	int runs[8];

	(void)state;
	for (int i = 0; i < 1000; i++)
		add(r, 1, 1000 + i, 0, false);
	for (int i = 0; i < 4; i++)
		add(r, 2, 5000 + i, 0, false);
	assert_int_equal(take(r, 8, runs), 8);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(runs[2 * i], 1000 + i);
		assert_int_equal(runs[2 * i + 1], 5000 + i);
	}
	ready_free(r);
}

static void
a_suspect_is_claimed_alone_and_first(void **state)
{
	struct ready *r = ready_new();
	int runs[8];

	(void)state;
	add(r, 1, 10, 0, false);
	add(r, 1, 66, 0, true);
	add(r, 2, 20, 0, false);
	assert_int_equal(ready_count(r), 3);
	assert_int_equal(take(r, 8, runs), 1);
	assert_int_equal(runs[0], 66);
	assert_int_equal(take(r, 8, runs), 2);
	ready_free(r);
}

static void
what_does_not_fit_is_remembered_until_the_set_is_cleared(void **state)
{
	struct ready *r = ready_new();
	struct uuid ws = uuid_numbered(1);
	struct ready_entry entry = { 0 };

	(void)state;
	for (int i = 0; i < READY_MAX; i++) {
		entry.run_id = uuid_v7();
		assert_true(ready_add(r, &ws, &entry, false));
	}
	assert_false(ready_overflowed(r));
	assert_false(ready_add(r, &ws, &entry, false));
	assert_true(ready_overflowed(r));
	ready_clear(r);
	assert_false(ready_overflowed(r));
	assert_int_equal(ready_count(r), 0);
	ready_free(r);
}

static void
a_thousand_workspaces_each_get_their_turn(void **state)
{
	struct ready *r = ready_new();
	int *runs = mem_array(2000, sizeof(int));
	bool *seen = mem_array(2000, sizeof(bool));

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int ws = 0; ws < 1000; ws++)
			add(r, ws, ws + 1000 * round, 0, false);
	}
	assert_int_equal(take(r, 1000, runs), 1000);
	for (int i = 0; i < 1000; i++) {
		assert_true(runs[i] < 1000);
		assert_false(seen[runs[i]]);
		seen[runs[i]] = true;
	}
	mem_free(runs);
	mem_free(seen);
	ready_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inside_a_workspace_the_oldest_run_of_the_best_priority_is_first),
		cmocka_unit_test(a_flooding_workspace_gives_the_others_every_second_turn),
		cmocka_unit_test(a_suspect_is_claimed_alone_and_first),
		cmocka_unit_test(what_does_not_fit_is_remembered_until_the_set_is_cleared),
		cmocka_unit_test(a_thousand_workspaces_each_get_their_turn),
	};

	return cmocka_run_group_tests_name("ready", tests, NULL, NULL);
}

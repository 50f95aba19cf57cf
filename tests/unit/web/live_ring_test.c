#include "unit.h"

#include "fake_call.h"
#include "web/live_ring.h"

static void
changes_of_a_workspace_are_told_once_in_the_order_of_the_last(void **state)
{
	struct uuid a = uuid_v7(), b = uuid_v7(), r1 = uuid_v7(), r2 = uuid_v7();
	struct ring_change out[4];
	int64_t from = ring_head();

	(void)state;
	ring_add(&a, &r1);
	ring_add(&b, &r2);
	ring_add(&a, &r2);
	ring_add(&a, &r1);
	assert_int_equal(ring_after(from, &a, out, 4), 2);
	assert_true(uuid_eq(&out[0].run, &r2));
	assert_true(uuid_eq(&out[1].run, &r1));
	assert_true(out[1].n == from + 4);
	assert_int_equal(ring_after(from + 4, &a, out, 4), 0);
	assert_int_equal(ring_after(from, &a, out, 1), -1);
}

static void
what_has_left_the_ring_is_not_reached(void **state)
{
	struct uuid a = uuid_v7();
	int64_t from = ring_head();

	(void)state;
	assert_true(ring_reaches(from));
	for (int i = 0; i <= RING_SIZE; i++) {
		struct uuid r = uuid_v7();

		ring_add(&a, &r);
	}
	assert_false(ring_reaches(from));
	assert_true(ring_reaches(ring_head()));
	assert_false(ring_reaches(ring_head() + 1));
}

static void
a_number_of_another_process_is_not_one_of_ours(void **state)
{
	char text[RING_SEQ_SIZE];

	(void)state;
	assert_true(ring_seq_parse(ring_seq_format(ring_head(), text)) == ring_head());
	text[0] = text[0] == '0' ? '1' : '0';
	assert_true(ring_seq_parse(text) == -1);
	assert_true(ring_seq_parse("7") == -1);
	assert_true(ring_seq_parse("") == -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_of_a_workspace_are_told_once_in_the_order_of_the_last),
		cmocka_unit_test(what_has_left_the_ring_is_not_reached),
		cmocka_unit_test(a_number_of_another_process_is_not_one_of_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "unit.h"

#include "fake_call.h"
#include "web/pressure.h"

static void
the_first_in_line_is_as_old_as_the_note_it_came_before(void **state)
{
	struct pressure p = { 0 };

	(void)state;
	for (int s = 1; s <= 100; s++)
		pressure_note(&p, s * 1000, s * 50, 0);
	assert_int_equal(p.age_ms, 0);
	pressure_note(&p, 101000, 5050, 60 * 50 - 10);
	assert_int_equal(p.age_ms, 41000);
	/* Made since the last note. */
	pressure_note(&p, 102000, 5100, 5099);
	assert_int_equal(p.age_ms, 0);
}

static void
what_is_older_than_the_notes_is_as_old_as_they_are(void **state)
{
	struct pressure p = { 0 };

	(void)state;
	for (int s = 1; s <= PRESSURE_NOTES * 3; s++)
		pressure_note(&p, s * 1000, s * 50, 1);
	assert_int_equal(p.age_ms, (PRESSURE_NOTES - 1) * 1000);
}

static void
webhooks_are_refused_last_and_reads_not_for_the_queue(void **state)
{
	struct pressure p = { .age_ms = 45000 };

	(void)state;
	assert_false(pressure_refuses(&p, PRESSURE_READ, 0, 60000, 1000));
	assert_true(pressure_refuses(&p, PRESSURE_RUN, 0, 60000, 1000));
	assert_false(pressure_refuses(&p, PRESSURE_HOOK, 0, 60000, 1000));
	p.age_ms = 60000;
	assert_true(pressure_refuses(&p, PRESSURE_HOOK, 0, 60000, 1000));
	assert_false(pressure_refuses(&p, PRESSURE_HOOK, 0, 0, 1000));
	p.age_ms = 0;
	assert_false(pressure_refuses(&p, PRESSURE_READ, 499, 60000, 1000));
	assert_true(pressure_refuses(&p, PRESSURE_READ, 500, 60000, 1000));
	assert_false(pressure_refuses(&p, PRESSURE_RUN, 500, 60000, 1000));
	assert_true(pressure_refuses(&p, PRESSURE_HOOK, 1000, 60000, 1000));
	assert_false(pressure_refuses(&p, PRESSURE_HOOK, 5000, 60000, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_in_line_is_as_old_as_the_note_it_came_before),
		cmocka_unit_test(what_is_older_than_the_notes_is_as_old_as_they_are),
		cmocka_unit_test(webhooks_are_refused_last_and_reads_not_for_the_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

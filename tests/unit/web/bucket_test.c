#include "unit.h"

#include "fake_call.h"
#include "web/bucket.h"

/* The shared bucket, as app.rate_lease keeps it. */
struct shared {
	int size;
	double tokens;
	int64_t at_ms;
};

static uint32_t seed;

static uint32_t
rnd(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)(seed >> 8) * below) >> 24);
}

static int
lease(struct shared *s, const struct bucket_ask *ask, int64_t now_ms)
{
	double level = s->tokens + (double)s->size * (double)(now_ms - s->at_ms) / 60000;
	int granted;

	level = (level > s->size ? s->size : level) - ask->debt;
	granted = level < 1 ? 0 : level < ask->want ? (int)level : ask->want;
	s->tokens = level - granted;
	s->at_ms = now_ms;
	return granted;
}

static void
answer(struct bucket_table *t, struct shared *s, int64_t now_ms)
{
	struct bucket_ask asks[BUCKET_ASKS_MAX];
	int n = bucket_asks(t, now_ms, asks);

	for (int i = 0; i < n; i++) {
		int granted = lease(s, &asks[i], now_ms);

		bucket_answered(t, &asks[i], granted, s->tokens, s->size, now_ms);
	}
}

static void
as_many_as_it_holds_are_admitted_and_then_as_many_as_come_in(void **state)
{
	struct bucket_table *t = bucket_table_new(64);
	struct bucket_key key = bucket_key_of(BUCKET_TOKEN, str_of("a"));
	struct shared s = { 60, 60, 1000 };
	struct bucket_state st;
	int admitted = 0;

	(void)state;
	for (int i = 0; i < 200; i++) {
		admitted += bucket_take(t, &key, BUCKET_TOKEN, NULL, 0, 1000, &st);
		answer(t, &s, 1000);
	}
	assert_int_equal(admitted, 60);
	assert_int_equal(st.size, 60);
	assert_int_equal(st.remaining, 0);
	assert_int_equal(st.wait_s, 1);
	assert_int_equal(st.reset_s, 60);
	assert_true(bucket_take(t, &key, BUCKET_TOKEN, NULL, 0, 2001, &st));
	answer(t, &s, 2001);
	assert_false(bucket_take(t, &key, BUCKET_TOKEN, NULL, 0, 2002, &st));
	bucket_table_free(t);
}

static void
what_is_left_goes_down_by_one_a_request(void **state)
{
	struct bucket_table *t = bucket_table_new(64);
	struct bucket_key key = bucket_key_of(BUCKET_ADDRESS, str_of("192.0.2.1"));
	struct shared s = { 600, 600, 1 };
	struct bucket_state st;

	(void)state;
	for (int i = 1; i <= 500; i++) {
		assert_true(bucket_take(t, &key, BUCKET_ADDRESS, NULL, 600, 1, &st));
		assert_int_equal(st.remaining, 600 - i);
		if (i % 7 == 0)
			answer(t, &s, 1);
	}
	bucket_table_free(t);
}

static void
a_refusal_of_another_bucket_gives_the_token_back(void **state)
{
	struct bucket_table *t = bucket_table_new(64);
	struct bucket_key key = bucket_key_of(BUCKET_USER, str_of("a"));
	struct shared s = { 16, 16, 0 };
	struct bucket_state st;

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_true(bucket_take(t, &key, BUCKET_USER, NULL, 0, 1, &st));
		bucket_untake(t, &key);
		answer(t, &s, 1);
	}
	bucket_table_free(t);
}

/* Several processes, answers that take their time, requests at random: the bound of bucket.h. */
static void
all_processes_together_admit_no_more_than_the_bound(void **state)
{
	enum { PROCESSES = 3, SECONDS = 180, ROUNDS = 12 };
	static const int sizes[] = { 10, 60, 600, 6000 };

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		int size = sizes[round % 4], admitted = 0, first = 0,
		    share = size < 16 ? 1 : size / 16;
		struct bucket_table *t[PROCESSES];
		struct bucket_ask asks[PROCESSES][BUCKET_ASKS_MAX];
		int64_t due[PROCESSES] = { 0 };
		int n[PROCESSES] = { 0 };
		struct shared s = { size, size, 1 };
		struct bucket_key key = bucket_key_of(BUCKET_WORKSPACE, str_of("w"));

		seed = (uint32_t)(round + 1) * 2654435761u;
		for (int p = 0; p < PROCESSES; p++)
			t[p] = bucket_table_new(8);
		for (int64_t now = 1; now < SECONDS * 1000; now++) {
			for (int p = 0; p < PROCESSES; p++) {
				struct bucket_state st;

				/* Three times as many as are allowed. */
				if (rnd(60000) < (uint32_t)size * 3) {
					bool ok = bucket_take(
					    t[p], &key, BUCKET_WORKSPACE, NULL, 0, now, &st);

					admitted += ok;
					first += ok && st.size == 0;
				}
				if (n[p] == 0 && bucket_wants(t[p])) {
					n[p] = bucket_asks(t[p], now, asks[p]);
					due[p] = now + 1 + rnd(40);
				} else if (n[p] > 0 && now >= due[p]) {
					for (int i = 0; i < n[p]; i++) {
						int granted = lease(&s, &asks[p][i], now);

						bucket_answered(t[p], &asks[p][i], granted,
						    s.tokens, size, now);
					}
					n[p] = 0;
				}
			}
		}
		for (int p = 0; p < PROCESSES; p++)
			bucket_table_free(t[p]);
		print_message(
		    "size %d: %d admitted, %d before the first answer\n", size, admitted, first);
		assert_true(
		    admitted <= size + size * SECONDS / 60 + PROCESSES * (share + BUCKET_FIRST));
		assert_true(admitted <= size + size * SECONDS / 60 + PROCESSES * share + first);
		assert_true(admitted >= size * SECONDS / 60);
	}
}

static void
what_was_leased_and_not_used_is_given_back(void **state)
{
	struct bucket_table *t = bucket_table_new(64);
	struct bucket_key key = bucket_key_of(BUCKET_TOKEN, str_of("a"));
	struct shared s = { 160, 160, 0 };
	struct bucket_state st;

	(void)state;
	assert_true(bucket_take(t, &key, BUCKET_TOKEN, NULL, 0, 1, &st));
	answer(t, &s, 1);
	assert_true(s.tokens < 159.5);
	bucket_tick(t, 5000);
	assert_false(bucket_wants(t));
	bucket_tick(t, 10001);
	assert_true(bucket_wants(t));
	s.size = 160;
	answer(t, &s, 10001);
	assert_true(s.tokens > 159.5);
	bucket_table_free(t);
}

static void
without_the_database_each_process_counts_by_itself(void **state)
{
	struct bucket_table *t = bucket_table_new(64);
	struct bucket_key key = bucket_key_of(BUCKET_TOKEN, str_of("a"));
	struct bucket_ask asks[BUCKET_ASKS_MAX];
	struct bucket_state st;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		assert_true(bucket_take(t, &key, BUCKET_TOKEN, NULL, 0, i + 1, &st));
		for (int n = bucket_asks(t, i + 1, asks); n > 0; n--)
			bucket_failed(t, &asks[n - 1], i + 1);
	}
	bucket_table_free(t);
}

static void
many_addresses_take_no_more_memory_and_old_ones_make_room(void **state)
{
	struct bucket_table *t = bucket_table_new(64);
	struct bucket_state st;
	char text[32];

	(void)state;
	for (int i = 0; i < 100000; i++) {
		struct bucket_key key;

		snprintf(text, sizeof(text), "10.%d.%d.%d", i >> 16, (i >> 8) & 255, i & 255);
		key = bucket_key_of(BUCKET_ADDRESS, str_of(text));
		assert_true(bucket_take(t, &key, BUCKET_ADDRESS, NULL, 100, i + 1, &st));
		assert_int_equal(st.remaining, 99);
	}
	bucket_table_free(t);
}

static void
kinds_do_not_share_a_bucket(void **state)
{
	struct bucket_key a = bucket_key_of(BUCKET_USER, str_of("x"));
	struct bucket_key b = bucket_key_of(BUCKET_TOKEN, str_of("x"));

	(void)state;
	assert_memory_not_equal(&a, &b, sizeof(a));
}

static void
who_comes_once_is_asked_about_together_with_others_and_who_spends_at_once(void **state)
{
	struct bucket_table *t = bucket_table_new(256);
	struct bucket_ask asks[BUCKET_ASKS_MAX];
	struct bucket_key key = { { 0 } };
	struct bucket_state st;

	(void)state;
	for (int i = 0; i < 20; i++) {
		key.b[0] = (uint8_t)i;
		assert_true(bucket_take(t, &key, BUCKET_ADDRESS, NULL, 600, 1000, &st));
		assert_false(bucket_wants(t));
	}
	bucket_tick(t, 2000);
	assert_true(bucket_wants(t));
	assert_int_equal(bucket_asks(t, 2000, asks), 20);
	assert_false(bucket_wants(t));
	key.b[0] = 100;
	for (int i = 0; i < 20; i++)
		assert_true(bucket_take(t, &key, BUCKET_ADDRESS, NULL, 600, 3000, &st));
	assert_true(bucket_wants(t));
	bucket_table_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_as_it_holds_are_admitted_and_then_as_many_as_come_in),
		cmocka_unit_test(what_is_left_goes_down_by_one_a_request),
		cmocka_unit_test(a_refusal_of_another_bucket_gives_the_token_back),
		cmocka_unit_test(all_processes_together_admit_no_more_than_the_bound),
		cmocka_unit_test(what_was_leased_and_not_used_is_given_back),
		cmocka_unit_test(without_the_database_each_process_counts_by_itself),
		cmocka_unit_test(many_addresses_take_no_more_memory_and_old_ones_make_room),
		cmocka_unit_test(kinds_do_not_share_a_bucket),
		cmocka_unit_test(
		    who_comes_once_is_asked_about_together_with_others_and_who_spends_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "unit.h"

#include "core/arena.h"
#include "core/buf.h"
#include "core/mem.h"

static void
a_buffer_is_written_at_one_end_and_consumed_at_the_other(void **state)
{
	struct buf b = { 0 };
	uint32_t model_in = 0, model_out = 0;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		for (int i = 0; i < round % 7; i++)
			buf_be32(&b, model_in++);
		for (int i = 0; i < round % 5 && b.len >= 4; i++) {
			uint32_t be;

			memcpy(&be, b.data, 4);
			assert_int_equal(__builtin_bswap32(be), model_out++);
			buf_consume(&b, 4);
		}
	}
	assert_int_equal(b.len, (model_in - model_out) * 4);
	buf_free(&b);
}

static void
a_buffer_formats_grows_and_gives_itself_away(void **state)
{
	struct buf b = { 0 };
	char *text;

	(void)state;
	assert_string_equal(buf_cstr(&b), "");
	buf_text(&b, "drop ");
	for (int i = 0; i < 300; i++)
		buf_printf(&b, "%d,", i);
	buf_consume(&b, 5);
	assert_memory_equal(b.data, "0,1,2,", 6);
	buf_truncate(&b, 5);
	text = buf_detach(&b);
	assert_string_equal(text, "0,1,2");
	assert_null(b.data);
	mem_free(text);
	buf_str(&b, str_make(NULL, 0));
	buf_append(&b, "x", 1);
	buf_reset(&b);
	assert_int_equal(b.len, 0);
	buf_free(&b);
}

static void
the_first_write_into_an_empty_buffer_may_be_a_format(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_printf(&b, "%s", "first");
	assert_string_equal(buf_cstr(&b), "first");
	buf_free(&b);
}

static void
count_call(void *p)
{
	++*(int *)p;
}

static void
an_arena_gives_zeroed_aligned_memory_and_is_freed_whole(void **state)
{
	struct arena *a = arena_new();
	int calls = 0;

	(void)state;
	for (size_t n = 0; n < 3000; n += 7) {
		char *p = arena_alloc(a, n);

		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xaa, n);
	}
	memset(arena_array(a, 100000, 8), 1, 800000);
	arena_defer(a, count_call, &calls);
	assert_string_equal(arena_printf(a, "%s-%d", "run", 7), "run-7");
	assert_true(arena_used(a) > 800000);
	arena_reset(a);
	assert_int_equal(calls, 1);
	assert_int_equal(arena_used(a), 0);
	assert_int_equal(*(char *)arena_alloc(a, 1), 0);
	assert_null(arena_strdup(a, NULL));
	arena_free(a);
	assert_int_equal(calls, 1);
	arena_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_is_written_at_one_end_and_consumed_at_the_other),
		cmocka_unit_test(a_buffer_formats_grows_and_gives_itself_away),
		cmocka_unit_test(the_first_write_into_an_empty_buffer_may_be_a_format),
		cmocka_unit_test(an_arena_gives_zeroed_aligned_memory_and_is_freed_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "unit.h"

#include "core/crypto.h"
#include "core/seal.h"

/* Made with Node's crypto from the formats in seal.h: iv 42…, ephemeral private key 24…. */
#define SHARED_VECTOR                                                                              \
	"0100000007424242424242424242424242f5a9dac895e1a347447621f75d67026d45719374be4e51"
#define PUBLIC_VECTOR "468a579648022c1c764c91ae1241cc3ed17f04a4ec0a0fc177fa0c7bd464b856"
#define BOX_VECTOR                                                                                 \
	"020000000904bcd2e0d00f2cce5fe8f1c6c2fbec5c07fa56e3aa5c88a5689975d88b3fce05424242"         \
	"42424242424242424219c12f03dd5e13cb50504a879f9ae67141b3b7dc73ce40"

#define PLACE "ws|connection|secret|1"

static const uint8_t key[SEAL_KEY_SIZE] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
	17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32 };

static void
unhex(struct buf *out, const char *hex)
{
	for (; *hex != '\0'; hex += 2) {
		char pair[3] = { hex[0], hex[1], '\0' };

		buf_byte(out, (int)strtol(pair, NULL, 16));
	}
}

static bool
opens(struct str record, const char *place)
{
	struct buf out = { 0 };
	struct err e;
	bool ok = seal_open(key, record, str_of(place), &out, &e) == 0;

	if (!ok)
		assert_int_equal(out.len, 0);
	buf_free(&out);
	return ok;
}

static void
a_record_of_another_implementation_opens(void **state)
{
	struct buf record = { 0 }, out = { 0 };
	struct err e;

	(void)state;
	unhex(&record, SHARED_VECTOR);
	assert_int_equal(seal_open(key, buf_view(&record), str_of(PLACE), &out, &e), 0);
	assert_string_equal(buf_cstr(&out), "hunter2");
	buf_free(&record);
	buf_free(&out);
}

static void
a_box_of_another_implementation_opens(void **state)
{
	struct buf record = { 0 }, out = { 0 };
	struct seal_pair pair;
	char hex[2 * SEAL_KEY_SIZE + 1];
	struct err e;

	(void)state;
	assert_int_equal(seal_pair_of(key, &pair, &e), 0);
	assert_string_equal(crypto_hex(pair.public_key, SEAL_KEY_SIZE, hex), PUBLIC_VECTOR);
	unhex(&record, BOX_VECTOR);
	assert_int_equal(seal_unbox(&pair, buf_view(&record), str_of(PLACE), &out, &e), 0);
	assert_string_equal(buf_cstr(&out), "hunter2");
	buf_free(&record);
	buf_free(&out);
}

static void
a_record_opens_only_in_its_place_and_whole(void **state)
{
	const char *const elsewhere[] = { "w2|connection|secret|1", "ws|connectioN|secret|1",
		"ws|connection|token|1", "ws|connection|secret|2", "" };
	struct buf record = { 0 };
	struct err e;
	uint32_t id;

	(void)state;
	assert_int_equal(seal_shared(key, 7, str_of("hunter2"), str_of(PLACE), &record, &e), 0);
	assert_int_equal(record.len, 7 + SEAL_OVERHEAD);
	assert_int_equal(seal_read(buf_view(&record), &id), SEAL_SHARED);
	assert_int_equal(id, 7);
	assert_true(opens(buf_view(&record), PLACE));
	for (size_t i = 0; i < countof(elsewhere); i++)
		assert_false(opens(buf_view(&record), elsewhere[i]));
	for (size_t i = 0; i < record.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			record.data[i] = (char)(record.data[i] ^ (1 << bit));
			assert_false(opens(buf_view(&record), PLACE));
			record.data[i] = (char)(record.data[i] ^ (1 << bit));
		}
	}
	for (size_t n = 0; n < record.len; n++)
		assert_false(opens(str_make(record.data, n), PLACE));
	buf_free(&record);
}

static void
a_box_opens_only_in_its_place_and_whole(void **state)
{
	struct buf record = { 0 }, out = { 0 };
	struct seal_pair pair, other;
	struct err e;

	(void)state;
	assert_int_equal(seal_pair_of(key, &pair, &e), 0);
	assert_int_equal(seal_pair_of(pair.public_key, &other, &e), 0);
	assert_int_equal(
	    seal_box(pair.public_key, 9, str_of("hunter2"), str_of(PLACE), &record, &e), 0);
	assert_int_equal(record.len, 7 + SEAL_BOX_OVERHEAD);
	assert_int_equal(seal_unbox(&pair, buf_view(&record), str_of(PLACE), &out, &e), 0);
	assert_int_equal(seal_unbox(&other, buf_view(&record), str_of(PLACE), &out, &e), -1);
	assert_int_equal(seal_unbox(&pair, buf_view(&record), str_of("x"), &out, &e), -1);
	assert_false(opens(buf_view(&record), PLACE));
	for (size_t i = 0; i < record.len; i++) {
		record.data[i] = (char)(record.data[i] ^ 1);
		assert_int_equal(seal_unbox(&pair, buf_view(&record), str_of(PLACE), &out, &e), -1);
		record.data[i] = (char)(record.data[i] ^ 1);
	}
	for (size_t n = 0; n < record.len; n++)
		assert_int_equal(
		    seal_unbox(&pair, str_make(record.data, n), str_of(PLACE), &out, &e), -1);
	buf_free(&record);
	buf_free(&out);
}

static void
no_two_records_of_a_text_are_alike(void **state)
{
	struct buf a = { 0 }, b = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(seal_shared(key, 1, str_of("x"), str_of(PLACE), &a, &e), 0);
	assert_int_equal(seal_shared(key, 1, str_of("x"), str_of(PLACE), &b, &e), 0);
	assert_memory_not_equal(a.data + 5, b.data + 5, 12);
	buf_free(&a);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_of_another_implementation_opens),
		cmocka_unit_test(a_box_of_another_implementation_opens),
		cmocka_unit_test(a_record_opens_only_in_its_place_and_whole),
		cmocka_unit_test(a_box_opens_only_in_its_place_and_whole),
		cmocka_unit_test(no_two_records_of_a_text_are_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

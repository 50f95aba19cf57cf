#include "unit.h"

#include "fake_call.h"
#include "web/forwarded.h"

static struct proxies
trusted(void)
{
	struct proxies p;
	struct err e;

	assert_ok(proxies_parse(str_of("127.0.0.0/8, ::1 10.7.0.0/16"), &p, &e), e);
	assert_int_equal(p.n, 3);
	return p;
}

static void
the_client_is(const char *peer, enum forwarded_form form, const char *value, const char *want)
{
	struct proxies p = trusted();
	char out[NET_TEXT_SIZE];

	assert_string_equal(forwarded_client(&p, peer, form, str_of(value), out), want);
}

static void
who_is_no_trusted_proxy_is_not_believed(void **state)
{
	(void)state;
	the_client_is("192.0.2.1", FORWARDED_LIST, "6.6.6.6", "192.0.2.1");
	the_client_is("192.0.2.1", FORWARDED_LIST, "127.0.0.1", "192.0.2.1");
	the_client_is("192.0.2.1", FORWARDED_RFC, "for=6.6.6.6", "192.0.2.1");
	the_client_is("2001:db8::1", FORWARDED_LIST, "6.6.6.6", "2001:db8::1");
}

static void
the_list_is_read_from_its_end_as_far_as_the_addresses_are_trusted(void **state)
{
	(void)state;
	the_client_is("127.0.0.1", FORWARDED_LIST, "6.6.6.6, 203.0.113.9", "203.0.113.9");
	the_client_is("127.0.0.1", FORWARDED_LIST, "6.6.6.6,203.0.113.9 ,10.7.1.2", "203.0.113.9");
	the_client_is("127.0.0.1", FORWARDED_LIST, "[2001:db8::7]:80, 10.7.1.2:99", "2001:db8::7");
	the_client_is("127.0.0.1", FORWARDED_LIST, "10.7.0.1", "10.7.0.1");
	the_client_is("::1", FORWARDED_LIST, "", "::1");
	the_client_is("::ffff:127.0.0.1", FORWARDED_LIST, "203.0.113.9", "203.0.113.9");
}

static void
what_cannot_be_read_ends_the_walk(void **state)
{
	(void)state;
	the_client_is("127.0.0.1", FORWARDED_LIST, "6.6.6.6, junk", "127.0.0.1");
	the_client_is("127.0.0.1", FORWARDED_LIST, "6.6.6.6,", "127.0.0.1");
	the_client_is("127.0.0.1", FORWARDED_LIST, "6.6.6.6, unknown, 10.7.0.1", "10.7.0.1");
	the_client_is("127.0.0.1", FORWARDED_LIST, "\", 203.0.113.9", "203.0.113.9");
	the_client_is("127.0.0.1", FORWARDED_LIST, "[::1", "127.0.0.1");
}

static void
forwarded_is_read_with_its_parameters_and_quotes(void **state)
{
	(void)state;
	the_client_is("127.0.0.1", FORWARDED_RFC,
	    "for=6.6.6.6, for=203.0.113.9;proto=https;by=10.7.0.1", "203.0.113.9");
	the_client_is(
	    "127.0.0.1", FORWARDED_RFC, "proto=https; For=\"[2001:db8::7]:4711\"", "2001:db8::7");
	the_client_is("127.0.0.1", FORWARDED_RFC, "for=\"6.6.6.6, for=203.0.113.9", "203.0.113.9");
	the_client_is("127.0.0.1", FORWARDED_RFC, "for=_hidden", "127.0.0.1");
	the_client_is("127.0.0.1", FORWARDED_RFC, "for=6.6.6.6;for=7.7.7.7", "127.0.0.1");
	the_client_is("127.0.0.1", FORWARDED_RFC, "by=6.6.6.6", "127.0.0.1");
}

static void
networks_are_read_strictly(void **state)
{
	static const char *const bad[] = { "10.0.0.1/8", "localhost", "10.0.0.0/33", "[::1]",
		"10.0.0.0/8;::1", "::/129" };
	struct proxies p;
	struct err e;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		assert_err(proxies_parse(str_of(bad[i]), &p, &e), e, "MR400", NULL);
		assert_int_equal(p.n, 0);
	}
	assert_ok(proxies_parse(str_of(""), &p, &e), e);
	assert_int_equal(p.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_no_trusted_proxy_is_not_believed),
		cmocka_unit_test(the_list_is_read_from_its_end_as_far_as_the_addresses_are_trusted),
		cmocka_unit_test(what_cannot_be_read_ends_the_walk),
		cmocka_unit_test(forwarded_is_read_with_its_parameters_and_quotes),
		cmocka_unit_test(networks_are_read_strictly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A workspace's list of hosts: what is an entry, and what an entry holds. */
#include "unit.h"

#include "egress/fail.h"
#include "egress/host.h"
#include "egress/proxy.h"

static bool
holds(const char *entry, const char *host, const char *port)
{
	struct host_list list = { 0 };
	struct err e;
	bool held;

	assert_ok(host_list_add(&list, str_of(entry), &e), e);
	held = host_list_holds(&list, host, port);
	host_list_free(&list);
	return held;
}

static void
an_entry_holds_its_own_host_and_port(void **state)
{
	(void)state;
	assert_true(holds("api.example.com", "api.example.com", "443"));
	assert_true(holds("api.example.com", "API.Example.COM.", "80"));
	assert_true(holds("Api.Example.com:8443", "api.example.com", "8443"));
	assert_false(holds("api.example.com:8443", "api.example.com", "443"));
	assert_false(holds("api.example.com", "example.com", "443"));
	assert_false(holds("api.example.com", "api.example.com.evil.test", "443"));
	assert_false(holds("api.example.com", "xapi.example.com", "443"));
	assert_true(holds("[2606:2800::1]:443", "[2606:2800::1]", "443"));
	assert_true(holds("93.184.216.34", "93.184.216.34", "80"));
}

static void
a_star_stands_for_labels_and_never_for_none(void **state)
{
	(void)state;
	assert_true(holds("*.example.com", "a.example.com", "443"));
	assert_true(holds("*.example.com", "a.b.example.com", "443"));
	assert_false(holds("*.example.com", "example.com", "443"));
	assert_false(holds("*.example.com", ".example.com", "443"));
	assert_false(holds("*.example.com", "evilexample.com", "443"));
	assert_false(holds("*.example.com", "example.com.evil.test", "443"));
	assert_false(holds("*.example.com:444", "a.example.com", "443"));
}

static void
a_host_beyond_ascii_or_with_odd_letters_is_on_no_list(void **state)
{
	(void)state;
	assert_false(holds("*.example.com", "b\xc3\xbc.example.com", "443"));
	assert_false(holds("*.example.com", "evil.test/.example.com", "443"));
	assert_false(holds("*.example.com", "evil.test%00.example.com", "443"));
}

static void
an_empty_limited_list_holds_nothing_and_no_list_holds_all(void **state)
{
	const struct host_list none = { .is_limited = true }, all = { 0 };

	(void)state;
	assert_false(host_list_holds(&none, "example.com", "443"));
	assert_true(host_list_holds(&all, "example.com", "443"));
}

static void
what_is_no_host_is_refused(void **state)
{
	static const char *const bad[] = { "", "*", "*.", "*.1", "*.0.0.1", ".a", "a b", "a/b",
		"http://a", "a:0", "a:65536", "a:", "[::1", "[]", "[::1]443", "*.[::1]", "a*.b",
		"b\xc3\xbc.test" };
	struct host_list list = { 0 };
	struct err e;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		if (host_list_add(&list, str_of(bad[i]), &e) == 0)
			fail_msg("was taken: %s", bad[i]);
	}
	assert_int_equal(list.n, 0);
}

static void
a_proxy_is_a_host_and_a_port_by_http(void **state)
{
	static const char *const bad[] = { "", "p", "p:1", "https://p:1", "socks5://p:1",
		"http://u@p:1", "http://u:w@p:1", "http://p:1/", "http://p:1?x", "http://p:1#x",
		"http://" };
	struct fail fail = { 0 };

	(void)state;
	assert_int_equal(proxy_check("http://proxy.test:3128", &fail), 0);
	assert_int_equal(proxy_check("http://[2606:2800::1]:3128", &fail), 0);
	for (size_t i = 0; i < countof(bad); i++) {
		if (proxy_check(bad[i], &fail) == 0)
			fail_msg("was taken: %s", bad[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_holds_its_own_host_and_port),
		cmocka_unit_test(a_star_stands_for_labels_and_never_for_none),
		cmocka_unit_test(a_host_beyond_ascii_or_with_odd_letters_is_on_no_list),
		cmocka_unit_test(an_empty_limited_list_holds_nothing_and_no_list_holds_all),
		cmocka_unit_test(what_is_no_host_is_refused),
		cmocka_unit_test(a_proxy_is_a_host_and_a_port_by_http),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

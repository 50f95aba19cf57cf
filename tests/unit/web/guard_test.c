#include "unit.h"

#include "fake_call.h"
#include "web/guard.h"

static const struct guard_limits limits = { 1024, 200, 23, 1000 };

/* The verdict on a whole text. */
static struct guard_verdict
verdict(const char *text)
{
	return guard_head((const uint8_t *)text, 0, strlen(text), &limits);
}

static void
assert_refused(const char *text, int status)
{
	struct guard_verdict v = verdict(text);

	if (v.state != GUARD_REFUSE || v.status != status)
		fail_msg("%s: state %d status %d, not %d", text, v.state, v.status, status);
}

static void
a_plain_request_passes_with_its_lengths(void **state)
{
	const char *get = "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n";
	const char *post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab";
	struct guard_verdict v = verdict(get);

	(void)state;
	assert_int_equal(v.state, GUARD_PASS);
	assert_int_equal(v.head_len, strlen(get));
	assert_int_equal(v.body_len, 0);
	v = verdict(post);
	assert_int_equal(v.state, GUARD_PASS);
	assert_int_equal(v.body_len, 5);
	assert_int_equal(v.head_len, strlen(post) - 2);
}

static void
a_head_is_judged_alike_however_it_is_cut(void **state)
{
	const char *text = "GET / HTTP/1.1\r\nHost: x\r\nX-A: b\r\n\r\n";
	size_t len = strlen(text), seen = 0;

	(void)state;
	for (size_t n = 1; n < len; n++) {
		struct guard_verdict v = guard_head((const uint8_t *)text, seen, n, &limits);

		assert_int_equal(v.state, GUARD_MORE);
		seen = n;
	}
	assert_int_equal(guard_head((const uint8_t *)text, seen, len, &limits).state, GUARD_PASS);
}

static void
what_two_readers_could_read_differently_is_refused(void **state)
{
	(void)state;
	assert_refused("GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400);
	assert_refused("GET / HTTP/1.1\r\nHostile: x\r\n\r\n", 400);
	assert_refused("GET / HTTP/1.1\r\n\r\n", 400);
	assert_refused("GET / HTTP/1.1\r\nHost: x\r\n y: z\r\n\r\n", 400);
	assert_refused("GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n", 400);
	assert_refused("GET / HTTP/1.1\r\nHost: x\r\nA:\r\n\r\n", 400);
	assert_refused("GET / HTTP/1.1\nHost: x\n\n", 400);
	assert_refused("GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n", 400);
	assert_refused("GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400);
	assert_refused("GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400);
	assert_refused("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 400);
	assert_refused("TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 400);
	assert_refused("get / HTTP/1.1\r\nHost: x\r\n\r\n", 400);
	assert_refused("GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505);
	assert_refused("DELETE / HTTP/1.0\r\nHost: x\r\n\r\n", 405);
	assert_refused("\x16\x03\x01", 400);
}

static void
a_body_needs_one_plain_length(void **state)
{
	(void)state;
	assert_refused("POST / HTTP/1.1\r\nHost: x\r\n\r\n", 411);
	assert_refused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n", 400);
	assert_refused(
	    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551618\r\n\r\n", 400);
	assert_refused(
	    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400);
	assert_refused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", 413);
	assert_refused("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 501);
	assert_refused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nab", 400);
	assert_refused("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na", 400);
	assert_refused("GET / HTTP/1.1\r\nHost: x\r\n\r\na", 400);
}

static void
limits_are_named_by_their_status(void **state)
{
	char text[2000];
	size_t n;

	(void)state;
	n = (size_t)snprintf(text, sizeof(text), "GET /%0*d HTTP/1.1\r\nHost: x\r\n\r\n", 300, 0);
	assert_int_equal(guard_head((uint8_t *)text, 0, n, &limits).status, 414);
	n = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: x\r\nA: %0*d", 1100, 0);
	assert_int_equal(guard_head((uint8_t *)text, 0, n, &limits).status, 431);
	n = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: x\r\n");
	for (int i = 0; i < 23; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "A: %d\r\n", i);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "\r\n");
	assert_int_equal(guard_head((uint8_t *)text, 0, n, &limits).status, 431);
}

static void
a_sender_that_waits_is_told_to_go_on(void **state)
{
	(void)state;
	assert_true(verdict("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
	                    "Content-Length: 2\r\n\r\n")
	                .expects_continue);
	assert_false(verdict("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
	                     "Content-Length: 2\r\n\r\nab")
	                 .expects_continue);
	assert_refused("GET / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n", 400);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_request_passes_with_its_lengths),
		cmocka_unit_test(a_head_is_judged_alike_however_it_is_cut),
		cmocka_unit_test(what_two_readers_could_read_differently_is_refused),
		cmocka_unit_test(a_body_needs_one_plain_length),
		cmocka_unit_test(limits_are_named_by_their_status),
		cmocka_unit_test(a_sender_that_waits_is_told_to_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The verdict, against every row of the shared corpus, and the rules that the corpus can't show. */
#include "unit.h"

#include <arpa/inet.h>
#include <locale.h>
#include <netdb.h>

#include "egress/ceiling.h"
#include "egress/policy.h"
#include "egress/url.h"

#define CORPUS "../shared/egress-deny.tsv"
#define HERE "0197c0de-0000-7000-8000-000000000001"
#define ELSEWHERE "0197c0de-0000-7000-8000-000000000002"

static struct policy_nets own;
static struct policy_grants ceiling;
static struct policy_caller caller;
static const struct policy policy = { &own, &ceiling };

static void
own_add(const char *text)
{
	struct policy_net net;
	struct err e;

	assert_ok(policy_net_parse(str_of(text), &net, &e), e);
	policy_nets_add(&own, &net);
}

static void
allow_add(const char *text)
{
	struct policy_net net;
	struct err e;

	assert_ok(policy_net_parse(str_of(text), &net, &e), e);
	policy_nets_add(&caller.allow, &net);
}

static void
ceiling_add(const char *line)
{
	struct err e;

	assert_ok(policy_grants_add(&ceiling, str_of(line), &e), e);
}

static int
setup(void **state)
{
	(void)state;
	return uuid_parse(str_of(HERE), &caller.workspace, NULL);
}

static int
teardown(void **state)
{
	(void)state;
	policy_nets_free(&own);
	policy_nets_free(&caller.allow);
	policy_grants_free(&ceiling);
	return 0;
}

/* The verdict on an address in digits (any, also circled ones) and a port. */
static struct policy_verdict
judge(const char *host, const char *port)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_IDN,
		.ai_socktype = SOCK_STREAM };
	struct policy_verdict v;
	struct addrinfo *a = NULL;

	if (getaddrinfo(host, port, &hints, &a) != 0)
		fail_msg("not digits: %s", host);
	v = policy_judge(&policy, &caller, a->ai_addr);
	freeaddrinfo(a);
	return v;
}

static bool
allowed(const char *host, const char *port)
{
	return judge(host, port).allowed;
}

/* As the dial would go: the URL's own parser, then each address of the name. All must be allowed.
 */
static bool
url_allowed(const char *target, struct str answers)
{
	char address[INET6_ADDRSTRLEN + 1];
	struct fail fail = { 0 };
	struct url url;
	struct str one;
	bool all = true;

	if (url_read(target, &url, &fail) != 0)
		return false;
	one = str_of(url.host);
	if (one.n > 1 && one.p[0] == '[')
		one = str_sub(one, 1, one.n - 2);
	if (answers.n == 0)
		answers = one;
	while (str_next(&answers, ',', &one)) {
		assert_int_equal(str_copy(address, sizeof(address), str_trim(one)), 0);
		all = all && allowed(address, url.port);
	}
	url_free(&url);
	return all;
}

static void
every_row_of_the_corpus_gets_its_verdict(void **state)
{
	FILE *f = fopen(CORPUS, "r");
	char *line = NULL;
	size_t room = 0;
	int rows = 0;

	(void)state;
	if (f == NULL) {
		printf("SKIPPED: %s is not there; the verdict's rows are untested\n", CORPUS);
		skip();
	}
	own_add("93.184.216.40:5432");
	own_add("93.184.216.41");
	while (getline(&line, &room, f) >= 0) {
		struct str rest = str_of(line), target, verdict, why, answers;
		char url[300];

		(void)str_next(&rest, '\t', &target);
		(void)str_next(&rest, '\t', &verdict);
		(void)str_next(&rest, '\t', &why);
		answers = str_trim(rest);
		if (str_starts(target, "#") ||
		    (!str_is(verdict, "deny") && !str_is(verdict, "allow")))
			continue;
		assert_int_equal(str_copy(url, sizeof(url), target), 0);
		if (url_allowed(url, answers) != str_is(verdict, "allow"))
			fail_msg("%s must be: " STR_FMT " (" STR_FMT ")", url, STR_ARG(verdict),
			    STR_ARG(why));
		rows++;
	}
	assert_true(rows > 80);
	free(line);
	(void)fclose(f);
}

static void
of_two_answers_only_the_public_one_may_be_dialled(void **state)
{
	(void)state;
	assert_false(allowed("10.1.2.3", "80"));
	assert_true(allowed("93.184.216.34", "80"));
}

static void
one_address_is_opened_for_one_workspace_and_one_port(void **state)
{
	(void)state;
	ceiling_add("127.0.0.1:18080 " HERE);
	assert_true(allowed("127.0.0.1", "18080"));
	assert_true(allowed("::ffff:127.0.0.1", "18080"));
	assert_false(allowed("127.0.0.1", "18081"));
	assert_false(allowed("127.0.0.2", "18080"));
	assert_int_equal(uuid_parse(str_of(ELSEWHERE), &caller.workspace, NULL), 0);
	assert_false(allowed("127.0.0.1", "18080"));
}

static void
loopback_for_all_workspaces_opens_nothing(void **state)
{
	(void)state;
	ceiling_add("127.0.0.1:18080 *");
	allow_add("127.0.0.1:18080");
	assert_false(allowed("127.0.0.1", "18080"));
}

static void
our_own_services_stay_closed_whatever_a_list_says(void **state)
{
	(void)state;
	own_add("127.0.0.1:5432");
	own_add("10.0.0.9:5432");
	ceiling_add("127.0.0.1:5432 " HERE);
	ceiling_add("10.0.0.0/8 *");
	allow_add("10.0.0.0/8");
	assert_false(allowed("127.0.0.1", "5432"));
	assert_false(allowed("10.0.0.9", "5432"));
	assert_true(allowed("10.0.0.8", "5432"));
}

static void
a_private_network_needs_the_list_and_the_ceiling(void **state)
{
	(void)state;
	allow_add("10.20.0.0/16:443");
	assert_false(allowed("10.20.1.1", "443"));
	ceiling_add("10.0.0.0/8:443 *");
	assert_true(allowed("10.20.1.1", "443"));
	assert_string_equal(judge("10.20.1.1", "443").rule, "listed by the workspace");
	assert_false(allowed("10.20.1.1", "80"));
	assert_false(allowed("10.21.1.1", "443"));
}

static void
metadata_and_link_local_can_not_be_listed(void **state)
{
	static const char *const never[] = { "169.254.169.254", "169.254.1.1", "100.100.100.200",
		"168.63.129.16", "192.0.0.192", "127.0.0.1", "0.0.0.0", "224.0.0.1", "fe80::1",
		"fd00:ec2::254", "::1", "ff02::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe" };

	(void)state;
	ceiling_add("0.0.0.0/0 *");
	ceiling_add("[::/0] *");
	allow_add("0.0.0.0/0");
	allow_add("[::/0]");
	for (size_t i = 0; i < countof(never); i++) {
		if (allowed(never[i], "80"))
			fail_msg("%s could be listed", never[i]);
	}
	assert_true(allowed("10.0.0.1", "80"));
	assert_true(allowed("fd12::1", "80"));
}

static void
a_network_is_read_strictly(void **state)
{
	static const char *const bad[] = { "", "10.0.0.1/8", "10.0.0.0/33", "10.0.0/8",
		"10.0.0.0/8:0", "10.0.0.0/8:65536", "10.0.0.0/8:", "::1", "[::1", "[::1]80",
		"[::1/64]", "[::/129]", "[10.0.0.1]", "host:80", "1.2.3.4 ", "[fd00::%lo]",
		"127.0.0.1:80:90" };
	struct policy_net net;
	struct err e;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		if (policy_net_parse(str_of(bad[i]), &net, &e) == 0)
			fail_msg("was taken: %s", bad[i]);
	}
	assert_ok(policy_net_parse(str_of("[fd00::/8]:443"), &net, &e), e);
	assert_int_equal(net.net.bits, 8);
	assert_int_equal(net.port, 443);
	assert_ok(policy_net_parse(str_of("0.0.0.0/0"), &net, &e), e);
	assert_int_equal(net.net.bits, 96);
}

static void
a_bad_line_of_the_ceiling_is_refused(void **state)
{
	static const char *const bad[] = { "127.0.0.1:80", "127.0.0.1:80 everyone",
		"localhost:80 *", "127.0.0.1:80 " HERE " *" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++)
		assert_err(policy_grants_add(&ceiling, str_of(bad[i]), &e), e, "MR400", NULL);
	ceiling_add("");
	ceiling_add("# a comment");
	assert_int_equal(ceiling.n, 0);
}

static void
an_own_port_is_own_on_every_address_of_this_machine(void **state)
{
	struct ceiling c;
	struct err e;

	(void)state;
	ceiling_init(&c, "");
	assert_ok(ceiling_add_own(&c, "*:8080", &e), e);
	for (int i = 0; i < c.own.n; i++)
		policy_nets_add(&own, &c.own.v[i]);
	ceiling_free(&c);
	ceiling_add("127.0.0.1:8080 " HERE);
	ceiling_add("127.0.0.1:8081 " HERE);
	assert_false(allowed("127.0.0.1", "8080"));
	assert_true(allowed("127.0.0.1", "8081"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    every_row_of_the_corpus_gets_its_verdict, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    of_two_answers_only_the_public_one_may_be_dialled, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    one_address_is_opened_for_one_workspace_and_one_port, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    loopback_for_all_workspaces_opens_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    our_own_services_stay_closed_whatever_a_list_says, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_private_network_needs_the_list_and_the_ceiling, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    metadata_and_link_local_can_not_be_listed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_network_is_read_strictly, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_bad_line_of_the_ceiling_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    an_own_port_is_own_on_every_address_of_this_machine, setup, teardown),
	};

	/* Names beyond ASCII are read as UTF-8 then, as libcurl reads them. */
	(void)setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

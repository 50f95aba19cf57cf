#include "unit.h"

#include <sys/socket.h>
#include <unistd.h>

#include "core/frame.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/sock.h"
#include "core/time.h"

static const struct frame_limits small = {
	.json_max = 1000, .body_max = 300000, .queue_max = 2000000, .depth_max = 8
};

struct side {
	struct frame_conn *c;
	int got, gone;
	int64_t last;
	size_t body_n;
	bool close_at_first;
};

static struct loop *loop;
static struct side a, b;

static void
on_got(struct frame_conn *c, json_t *json, struct str body, void *arg)
{
	struct side *s = arg;

	assert_int_equal(js_int_or(json, "n", -1), s->got);
	for (size_t i = 0; i < body.n; i += 997)
		assert_int_equal(body.p[i], (char)(s->got & 0x7f));
	s->got++;
	s->body_n += body.n;
	if (s->close_at_first) {
		frame_close(c);
		s->c = NULL;
	}
}

static void
on_gone(struct frame_conn *c, const struct err *e, void *arg)
{
	struct side *s = arg;

	(void)c;
	assert_true(e->code[0] != '\0');
	s->gone++;
	s->c = NULL;
}

static const struct frame_calls calls = { on_got, on_gone };

static int
frame_setup(void **state)
{
	struct err e;
	int fds[2];

	(void)state;
	a = b = (struct side){ 0 };
	if (loop_new(&loop, &e) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		return -1;
	a.c = frame_open(loop, fds[0], &small, &calls, &a);
	b.c = frame_open(loop, fds[1], &small, &calls, &b);
	return 0;
}

static int
frame_teardown(void **state)
{
	(void)state;
	frame_close(a.c);
	frame_close(b.c);
	loop_free(loop);
	return 0;
}

static void
turn_until(const int *counter, int want)
{
	for (int64_t end = mono_ms() + 10000; *counter < want && mono_ms() < end;)
		loop_turn(loop, 100);
	assert_int_equal(*counter, want);
}

static int
send_n(struct side *s, int n, size_t body_n, struct err *e)
{
	char *body = mem_alloc(body_n);
	json_t *json = json_pack("{s:i}", "n", n);
	int rc;

	memset(body, n & 0x7f, body_n);
	rc = frame_send(s->c, json, str_make(body, body_n), e);
	json_decref(json);
	mem_free(body);
	return rc;
}

static void
frames_arrive_whole_and_in_order(void **state)
{
	size_t sent = 0;
	struct err e;

	(void)state;
	for (int i = 0; i < 300; i++) {
		size_t n = (size_t)(i * i) % 50000;

		while (frame_queued(a.c) > 1000000)
			loop_turn(loop, 100);
		assert_ok(send_n(&a, i, n, &e), e);
		sent += n;
	}
	turn_until(&b.got, 300);
	assert_int_equal(b.body_n, sent);
	assert_int_equal(frame_queued(a.c), 0);
}

static void
a_frame_beyond_the_limits_is_not_queued(void **state)
{
	struct err e;
	int sent = 0;

	(void)state;
	assert_err(send_n(&a, 0, small.body_max + 1, &e), e, "MR413", "");
	assert_int_equal(frame_queued(a.c), 0);
	while (send_n(&a, sent, 200000, &e) == 0)
		sent++;
	assert_string_equal(e.code, "MR503");
	assert_true(frame_queued(a.c) <= small.queue_max);
	turn_until(&b.got, sent);
}

static void
a_peer_that_breaks_the_form_is_cut_off(void **state)
{
	const char *const bad[] = { "\xff\xff\xff\xff\0\0\0\0", "\2\0\0\0\0\0\0\0[]",
		"\2\0\0\0\0\0\0\0{x" };
	const size_t sizes[] = { 8, 10, 10 };

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		struct side s = { 0 };
		int fds[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		s.c = frame_open(loop, fds[0], &small, &calls, &s);
		assert_int_equal(write(fds[1], bad[i], sizes[i]), (ssize_t)sizes[i]);
		turn_until(&s.gone, 1);
		assert_int_equal(s.got, 0);
		close(fds[1]);
	}
}

static void
frames_before_the_end_of_a_connection_are_handed_on(void **state)
{
	struct err e;

	(void)state;
	assert_ok(send_n(&a, 0, 10, &e), e);
	assert_ok(send_n(&a, 1, 10, &e), e);
	for (int64_t end = mono_ms() + 5000; frame_queued(a.c) > 0 && mono_ms() < end;)
		loop_turn(loop, 0);
	frame_close(a.c);
	a.c = NULL;
	turn_until(&b.gone, 1);
	assert_int_equal(b.got, 2);
	assert_int_equal(a.gone, 0);
}

static void
a_connection_may_be_closed_from_its_own_call(void **state)
{
	struct err e;

	(void)state;
	b.close_at_first = true;
	assert_ok(send_n(&a, 0, 0, &e), e);
	assert_ok(send_n(&a, 1, 0, &e), e);
	turn_until(&b.got, 1);
	turn_until(&a.gone, 1);
	assert_int_equal(b.got, 1);
	assert_int_equal(b.gone, 0);
}

static void
a_socket_is_listened_at_accepted_and_its_user_known(void **state)
{
	char path[64] = "/tmp/millrace-sock.XXXXXX";
	int listener, client, server, rc;
	struct err e;
	uid_t uid;
	pid_t pid;

	(void)state;
	assert_non_null(mkdtemp(path));
	strncat(path, "/s", 3);
	assert_err(sock_connect(path, &client, &e), e, "MR503", "");
	assert_int_equal(client, -1);
	assert_ok(sock_listen(path, 0600, &listener, &e), e);
	assert_int_equal(sock_accept(listener, &server, &e), 0);
	assert_ok(sock_connect(path, &client, &e), e);
	for (int64_t end = mono_ms() + 5000; (rc = sock_accept(listener, &server, &e)) == 0;)
		assert_true(mono_ms() < end);
	assert_int_equal(rc, 1);
	assert_ok(sock_peer(server, &uid, &pid, &e), e);
	assert_int_equal(uid, getuid());
	assert_int_equal(pid, getpid());
	close(listener);
	assert_ok(sock_listen(path, 0600, &listener, &e), e);
	close(listener);
	close(client);
	close(server);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, frame_setup, frame_teardown)
	const struct CMUnitTest tests[] = {
		T(frames_arrive_whole_and_in_order),
		T(a_frame_beyond_the_limits_is_not_queued),
		T(a_peer_that_breaks_the_form_is_cut_off),
		T(frames_before_the_end_of_a_connection_are_handed_on),
		T(a_connection_may_be_closed_from_its_own_call),
		cmocka_unit_test(a_socket_is_listened_at_accepted_and_its_user_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

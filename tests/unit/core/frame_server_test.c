#include "unit.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/frame_server.h"
#include "core/json.h"
#include "core/sock.h"
#include "core/time.h"

/* What each client asked last, and what became of it: `own` of a client is one of these. */
struct record {
	int asked;
	bool gone, had_reason;
};

static const struct frame_limits small = {
	.json_max = 1000, .body_max = 1000, .queue_max = 3000, .depth_max = 8
};
static char path[64];
static struct loop *loop;
static struct frame_server *server;
static struct record records[4];
static unsigned role, role_seen;
static int record_n, gone_n;
static bool end_at_first;

static unsigned
admit(uid_t uid, void *arg)
{
	assert_ptr_equal(arg, records);
	return uid == geteuid() ? role : 0;
}

static void
on_got(struct frame_client *c, json_t *json, struct str body, void *arg)
{
	struct record *record = c->own != NULL ? c->own : &records[record_n++];

	assert_ptr_equal(arg, records);
	c->own = record;
	role_seen = c->role;
	record->asked++;
	if (end_at_first)
		frame_client_end(c);
	else
		frame_client_answer(c, json, body);
}

static void
on_gone(struct frame_client *c, const struct err *e, void *arg)
{
	struct record *record = c->own;

	(void)arg;
	gone_n++;
	if (record != NULL) {
		record->gone = true;
		record->had_reason = e != NULL;
	}
}

static int
server_setup(void **state)
{
	static const struct frame_server_calls calls = { admit, on_got, on_gone };
	struct err e;
	int listener;

	(void)state;
	memset(records, 0, sizeof(records));
	record_n = gone_n = 0;
	role = 6;
	role_seen = 0;
	end_at_first = false;
	(void)snprintf(path, sizeof(path), "/tmp/frame_server.%d.sock", (int)getpid());
	if (loop_new(&loop, &e) != 0 || sock_listen(path, 0600, &listener, &e) != 0)
		return -1;
	server = frame_server_new(loop, listener, &small, &calls, records);
	return 0;
}

static int
server_teardown(void **state)
{
	(void)state;
	frame_server_free(server);
	loop_free(loop);
	return unlink(path);
}

static int
client_connect(void)
{
	struct err e;
	int fd = -1;

	assert_ok(sock_connect(path, &fd, &e), e);
	return fd;
}

static void
ask(int fd, const char *text, struct str body)
{
	json_t *json = json_pack("{s:s}", "text", text);
	struct buf out = { 0 };
	struct err e;

	assert_ok(frame_encode(&out, json, body, &frame_limits_default, &e), e);
	assert_int_equal(send(fd, out.data, out.len, MSG_NOSIGNAL), out.len);
	buf_free(&out);
	json_decref(json);
}

/* Turns the loop until fd has bytes, which are returned, or its other end is closed: 0 or -1. */
static ssize_t
heard(int fd, char *into, size_t room)
{
	ssize_t n;
	int64_t end = mono_ms() + 10000;

	do {
		loop_turn(loop, 10);
		n = recv(fd, into, room, MSG_DONTWAIT);
	} while (n < 0 && errno == EAGAIN && mono_ms() < end);
	assert_true(mono_ms() < end);
	return n;
}

static void
turn_until(const int *counter, int want)
{
	for (int64_t end = mono_ms() + 10000; *counter < want && mono_ms() < end;)
		loop_turn(loop, 100);
	assert_int_equal(*counter, want);
}

static void
each_client_is_answered_as_what_its_user_is(void **state)
{
	char bytes[1000];
	int a = client_connect(), b = client_connect();

	(void)state;
	ask(a, "a", str_of("body of a"));
	ask(b, "b", str_of("body of b"));
	assert_int_equal(heard(a, bytes, sizeof(bytes)), 8 + 12 + 9);
	assert_memory_equal(bytes + 8, "{\"text\":\"a\"}body of a", 21);
	assert_int_equal(heard(b, bytes, sizeof(bytes)), 8 + 12 + 9);
	assert_memory_equal(bytes + 8, "{\"text\":\"b\"}body of b", 21);
	assert_int_equal(role_seen, 6);
	assert_int_equal(records[0].asked + records[1].asked, 2);
	close(a);
	turn_until(&gone_n, 1);
	assert_true(records[0].gone && records[0].had_reason && !records[1].gone);
	close(b);
}

static void
a_user_without_a_role_is_cut_off_before_a_byte_is_read(void **state)
{
	char byte;
	int fd;

	(void)state;
	role = 0;
	fd = client_connect();
	ask(fd, "hello", (struct str){ 0 });
	/* A reset where bytes were not read, else the end: either way nothing was answered. */
	assert_true(heard(fd, &byte, 1) <= 0);
	assert_int_equal(record_n, 0);
	assert_int_equal(gone_n, 0);
	close(fd);
}

static void
a_client_may_be_ended_while_it_asks(void **state)
{
	char byte;
	int fd = client_connect();

	(void)state;
	end_at_first = true;
	ask(fd, "one", (struct str){ 0 });
	ask(fd, "two", (struct str){ 0 });
	turn_until(&gone_n, 1);
	assert_int_equal(records[0].asked, 1);
	assert_true(records[0].gone && !records[0].had_reason);
	assert_true(recv(fd, &byte, 1, 0) <= 0);
	close(fd);
}

static void
a_client_that_takes_no_answers_is_ended(void **state)
{
	static const char body[900];
	int fd = client_connect();

	(void)state;
	/* All in one turn, so that the answers queue beyond the limit. */
	for (int i = 0; i < 5; i++)
		ask(fd, "again", str_make(body, sizeof(body)));
	turn_until(&gone_n, 1);
	assert_true(records[0].asked > 1 && records[0].asked < 5);
	close(fd);
}

static void
a_paused_server_answers_who_is_there_and_accepts_nobody(void **state)
{
	char bytes[100];
	int a = client_connect(), b;

	(void)state;
	ask(a, "a", (struct str){ 0 });
	assert_true(heard(a, bytes, sizeof(bytes)) > 0);
	frame_server_pause(server);
	b = client_connect();
	ask(b, "b", (struct str){ 0 });
	ask(a, "a", (struct str){ 0 });
	assert_true(heard(a, bytes, sizeof(bytes)) > 0);
	assert_int_equal(record_n, 1);
	close(a);
	close(b);
}

static void
ends_all_clients_with_itself(void **state)
{
	char bytes[100];
	int fd = client_connect();

	(void)state;
	ask(fd, "a", (struct str){ 0 });
	assert_true(heard(fd, bytes, sizeof(bytes)) > 0);
	frame_server_free(server);
	server = NULL;
	assert_true(records[0].gone && !records[0].had_reason);
	assert_int_equal(recv(fd, bytes, 1, 0), 0);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(t) cmocka_unit_test_setup_teardown(t, server_setup, server_teardown)
		T(each_client_is_answered_as_what_its_user_is),
		T(a_user_without_a_role_is_cut_off_before_a_byte_is_read),
		T(a_client_may_be_ended_while_it_asks),
		T(a_client_that_takes_no_answers_is_ended),
		T(a_paused_server_answers_who_is_there_and_accepts_nobody),
		T(ends_all_clients_with_itself),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "unit.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/loop.h"
#include "core/time.h"

static struct loop *loop;
static int order[2000], order_n;

static int
loop_setup(void **state)
{
	struct err e;

	(void)state;
	order_n = 0;
	return loop_new(&loop, &e);
}

static int
loop_teardown(void **state)
{
	(void)state;
	loop_free(loop);
	return 0;
}

static void
note(struct loop_timer *t, void *arg)
{
	(void)t;
	order[order_n++] = *(int *)arg;
}

static void
timers_fire_in_the_order_they_are_due(void **state)
{
	static struct loop_timer timers[500];
	static int spans[500];
	unsigned seed = 4711;

	(void)state;
	for (int i = 0; i < 500; i++) {
		spans[i] = rand_r(&seed) % 40;
		loop_timer(loop, &timers[i], spans[i], 0, note, &spans[i]);
	}
	for (int i = 0; i < 500; i += 3) {
		loop_timer_stop(&timers[i]);
		loop_timer_stop(&timers[i]);
	}
	for (int64_t end = mono_ms() + 5000; order_n < 333 && mono_ms() < end;)
		loop_turn(loop, 100);
	assert_int_equal(order_n, 333);
	for (int i = 1; i < order_n; i++)
		assert_true(order[i - 1] <= order[i]);
}

static void
stop_at_third(struct loop_timer *t, void *arg)
{
	int *n = arg;

	if (++*n == 3) {
		loop_timer_stop(t);
		loop_stop(loop);
	}
}

static void
a_repeating_timer_goes_on_until_it_is_stopped(void **state)
{
	struct loop_timer t = { 0 };
	int n = 0;

	(void)state;
	loop_timer(loop, &t, 1, 1, stop_at_third, &n);
	loop_run(loop);
	assert_int_equal(n, 3);
	assert_null(t.loop);
}

struct pair {
	int fds[2];
	struct loop_watch a, b;
	int calls;
};

static void
end_both(struct loop_watch *w, int events, void *arg)
{
	struct pair *p = arg;

	(void)w;
	(void)events;
	p->calls++;
	loop_unwatch(&p->a);
	loop_unwatch(&p->b);
}

static void
a_watch_that_ended_in_the_same_turn_is_not_called(void **state)
{
	struct pair p = { 0 };

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, p.fds), 0);
	assert_int_equal(write(p.fds[0], "x", 1), 1);
	assert_int_equal(write(p.fds[1], "x", 1), 1);
	loop_watch(loop, &p.a, p.fds[0], LOOP_READ, end_both, &p);
	loop_watch(loop, &p.b, p.fds[1], LOOP_READ, end_both, &p);
	loop_turn(loop, 1000);
	loop_turn(loop, 0);
	assert_int_equal(p.calls, 1);
	close(p.fds[0]);
	close(p.fds[1]);
}

static void
keep_events(struct loop_watch *w, int events, void *arg)
{
	(void)w;
	*(int *)arg |= events;
}

static void
a_new_socket_under_the_old_number_is_watched(void **state)
{
	struct loop_watch w = { 0 };
	int first[2], second[2], events = 0;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, first), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, second), 0);
	loop_watch(loop, &w, first[0], LOOP_READ, keep_events, &events);
	assert_int_equal(
	    dup2(second[0], first[0]), first[0]); /* as libpq does when it dials again */
	loop_watch(loop, &w, first[0], LOOP_READ, keep_events, &events);
	assert_int_equal(write(second[1], "x", 1), 1);
	loop_turn(loop, 1000);
	assert_true(events & LOOP_READ);
	loop_forget(&w);
	for (int i = 0; i < 2; i++) {
		close(first[i]);
		close(second[i]);
	}
}

static void
a_closed_peer_is_reported(void **state)
{
	struct loop_watch w = { 0 };
	int fds[2], events = 0;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	loop_watch(loop, &w, fds[0], LOOP_READ, keep_events, &events);
	close(fds[1]);
	loop_turn(loop, 1000);
	assert_true(events & LOOP_HUP);
	loop_unwatch(&w);
	close(fds[0]);
}

static void
on_signal(int signo, void *arg)
{
	*(int *)arg = signo;
	loop_stop(loop);
}

static void
a_signal_arrives_as_a_call_of_the_loop(void **state)
{
	int got = 0;
	struct err e;

	(void)state;
	assert_ok(loop_signal(loop, SIGUSR1, on_signal, &got, &e), e);
	assert_ok(loop_signal(loop, SIGUSR2, on_signal, &got, &e), e);
	kill(getpid(), SIGUSR2);
	loop_run(loop);
	assert_int_equal(got, SIGUSR2);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, loop_setup, loop_teardown)
	const struct CMUnitTest tests[] = {
		T(timers_fire_in_the_order_they_are_due),
		T(a_repeating_timer_goes_on_until_it_is_stopped),
		T(a_watch_that_ended_in_the_same_turn_is_not_called),
		T(a_new_socket_under_the_old_number_is_watched),
		T(a_closed_peer_is_reported),
		T(a_signal_arrives_as_a_call_of_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

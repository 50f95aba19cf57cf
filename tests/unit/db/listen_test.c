#include "unit_pg.h"

#include "core/time.h"
#include "db/loop.h"

struct heard {
	int notes, resyncs;
	int notes_at_resync;
	char channel[40], payload[100];
};

static struct loop *loop;
static struct listener *listener;
static struct heard heard;

static void
on_notify(const char *channel, const char *payload, void *arg)
{
	struct heard *h = arg;

	h->notes++;
	snprintf(h->channel, sizeof(h->channel), "%.30s", channel);
	snprintf(h->payload, sizeof(h->payload), "%.90s", payload);
}

static void
on_resync(void *arg)
{
	struct heard *h = arg;

	h->resyncs++;
	h->notes_at_resync = h->notes;
}

static int
listen_setup(void **state)
{
	static const char *const channels[] = { "mr_work", "mr_live" };
	const struct listener_calls calls = { on_notify, on_resync, &heard };
	struct err e;

	(void)state;
	heard = (struct heard){ 0 };
	assert_ok(loop_new(&loop, &e), e);
	listener = db_loop_listener(loop, pg_dsn, "listen-test", channels, 2, &calls);
	return 0;
}

static int
listen_teardown(void **state)
{
	(void)state;
	listener_free(listener);
	loop_free(loop);
	return 0;
}

static void
turn_until(const int *counter, int want)
{
	for (int64_t end = mono_ms() + 10000; *counter < want && mono_ms() < end;)
		loop_turn(loop, 50);
	assert_true(*counter >= want);
}

static void
notifications_of_both_channels_arrive_after_a_resync(void **state)
{
	(void)state;
	assert_false(listener_is_up(listener));
	turn_until(&heard.resyncs, 1);
	assert_true(listener_is_up(listener));
	pg_run("select pg_notify('mr_work', '')");
	turn_until(&heard.notes, 1);
	assert_string_equal(heard.channel, "mr_work");
	assert_string_equal(heard.payload, "");
	pg_run("select pg_notify('mr_live', 'w:r w:s'); select pg_notify('other', 'x')");
	turn_until(&heard.notes, 2);
	assert_string_equal(heard.payload, "w:r w:s");
	assert_int_equal(heard.notes_at_resync, 0);
}

static void
a_lost_connection_comes_back_with_a_resync(void **state)
{
	(void)state;
	turn_until(&heard.resyncs, 1);
	pg_run("select pg_terminate_backend(pid, 5000) from pg_stat_activity "
	       "where application_name = 'listen-test'");
	turn_until(&heard.resyncs, 2);
	pg_run("notify mr_live, 'again'");
	turn_until(&heard.notes, 1);
	assert_string_equal(heard.payload, "again");
}

/* The server runs as another user than the test, so the server is asked to do it. */
static void
signal_backends(const char *name)
{
	char sql[400];

	snprintf(sql, sizeof(sql),
	    "do $$ declare v int; begin for v in select pid from pg_stat_activity where "
	    "application_name = 'listen-test' loop execute format('copy (select 1) to program "
	    "''cat >/dev/null; kill -%s %%s''', v); end loop; end $$",
	    name);
	pg_run(sql);
}

/* Stopped, the backend keeps its socket: only the question after a second of silence finds out. */
static void
a_server_that_falls_silent_is_noticed(void **state)
{
	int64_t start;

	(void)state;
	turn_until(&heard.resyncs, 1);
	signal_backends("STOP");
	start = mono_ms();
	turn_until(&heard.resyncs, 2);
	assert_true(mono_ms() - start < 8000);
	signal_backends("CONT");
}

static void
an_idle_listener_stays_connected(void **state)
{
	(void)state;
	turn_until(&heard.resyncs, 1);
	for (int64_t end = mono_ms() + 2600; mono_ms() < end;)
		loop_turn(loop, 50); /* two questions and their answers */
	assert_int_equal(heard.resyncs, 1);
	assert_true(listener_is_up(listener));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, listen_setup, listen_teardown)
	const struct CMUnitTest tests[] = {
		T(notifications_of_both_channels_arrive_after_a_resync),
		T(a_lost_connection_comes_back_with_a_resync),
		T(a_server_that_falls_silent_is_noticed),
		T(an_idle_listener_stays_connected),
	};

	return cmocka_run_group_tests(tests, pg_start, pg_stop);
}

#include "unit.h"

#include <unistd.h>

#include "core/conf.h"
#include "core/json.h"
#include "core/log.h"

static int ends[2];

static int
log_setup(void **state)
{
	(void)state;
	if (pipe(ends) != 0)
		return -1;
	log_init("unit", LOG_LEVEL_INFO, ends[1]);
	return 0;
}

static int
log_teardown(void **state)
{
	(void)state;
	log_init("unit", LOG_LEVEL_INFO, STDERR_FILENO);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

/* The line that was written, which must be one line of JSON. */
static json_t *
line(void)
{
	char text[2 * LOG_LINE_MAX];
	ssize_t n = read(ends[0], text, sizeof(text));
	json_t *v;
	struct err e;

	assert_true(n > 1 && n <= LOG_LINE_MAX);
	assert_ptr_equal(memchr(text, '\n', (size_t)n), text + n - 1);
	assert_ok(js_parse(str_make(text, (size_t)n), sizeof(text), 4, &v, &e), e);
	return v;
}

static void
pairs_become_fields_of_one_json_line(void **state)
{
	json_t *v;

	(void)state;
	log_warn("lease.lost", "run_id=%s fence=%d zip=007 text=it is = \"so\" n=1", "0198-a", 7);
	v = line();
	assert_string_equal(js_text_or(v, "level", ""), "warn");
	assert_string_equal(js_text_or(v, "process", ""), "unit");
	assert_string_equal(js_text_or(v, "event", ""), "lease.lost");
	assert_string_equal(js_text_or(v, "run_id", ""), "0198-a");
	assert_int_equal(js_int_or(v, "fence", 0), 7);
	assert_string_equal(js_text_or(v, "zip", ""), "007");
	assert_string_equal(js_text_or(v, "text", ""), "it is = \"so\" n=1");
	assert_int_equal(json_object_size(v), 8);
	json_decref(v);
}

static void
a_line_stays_one_line_whatever_it_holds(void **state)
{
	char *large = malloc(10000);
	json_t *v;

	(void)state;
	log_error("x", "a=%s b=2", "one two\n\"three\"\\ \x01\xff");
	v = line();
	assert_int_equal(js_int_or(v, "b", 0), 2);
	json_decref(v);
	memset(large, 'y', 9999);
	large[9999] = '\0';
	log_error("x", "a=1 text=%s", large);
	v = line();
	assert_int_equal(js_int_or(v, "a", 0), 1);
	json_decref(v);
	free(large);
}

static void
what_is_below_the_level_is_not_written(void **state)
{
	struct err e = { .code = "MR409", .field = "name", .text = "is taken" };
	enum log_level level;
	json_t *v;

	(void)state;
	log_debug("quiet", "a=1");
	log_err(LOG_LEVEL_INFO, "loud", &e);
	v = line();
	assert_string_equal(js_text_or(v, "event", ""), "loud");
	assert_string_equal(js_text_or(v, "code", ""), "MR409");
	assert_string_equal(js_text_or(v, "field", ""), "name");
	json_decref(v);
	assert_ok(log_level_parse("debug", &level, &e), e);
	assert_int_equal(level, LOG_LEVEL_DEBUG);
	assert_err(log_level_parse("loud", &level, &e), e, "MR400", "");
}

static void
settings_come_from_the_environment_within_their_bounds(void **state)
{
	struct err e;
	char text[20000] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	(void)state;
	assert_int_equal(conf_int(CONF_HEARTBEAT_MS), 2000);
	setenv("MILLRACE_HEARTBEAT_MS", "300", 1);
	setenv("MILLRACE_BIND", "", 1);
	setenv("MILLRACE_DSN", "password=s3cret", 1);
	assert_ok(conf_load(&e), e);
	assert_int_equal(conf_int(CONF_HEARTBEAT_MS), 300);
	assert_string_equal(conf_text(CONF_BIND), "127.0.0.1");
	conf_print(out);
	fclose(out);
	assert_non_null(strstr(text, "MILLRACE_HEARTBEAT_MS=300"));
	assert_non_null(strstr(text, "MILLRACE_DSN=***"));
	assert_null(strstr(text, "s3cret"));
	setenv("MILLRACE_HEARTBEAT_MS", "1", 1);
	assert_err(conf_load(&e), e, "MR400", "MILLRACE_HEARTBEAT_MS");
	setenv("MILLRACE_HEARTBEAT_MS", "2s", 1);
	assert_err(conf_load(&e), e, "MR400", "MILLRACE_HEARTBEAT_MS");
	unsetenv("MILLRACE_HEARTBEAT_MS");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    pairs_become_fields_of_one_json_line, log_setup, log_teardown),
		cmocka_unit_test_setup_teardown(
		    a_line_stays_one_line_whatever_it_holds, log_setup, log_teardown),
		cmocka_unit_test_setup_teardown(
		    what_is_below_the_level_is_not_written, log_setup, log_teardown),
		cmocka_unit_test(settings_come_from_the_environment_within_their_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Holds its items for a time: a row with a due time, no thread (N07). */
#include <inttypes.h>
#include <string.h>

#include "core/json.h"
#include "core/time.h"
#include "node/delay.h"
#include "node/registry.h"

static void start(struct node_call *call, struct node_result *out);
static void resume(struct node_call *call, const struct io_result *io, struct node_result *out);
static bool number(const json_t *v, double *out);
static double unit_ms(const char *unit);

const struct node_type node_delay = {
	.type = "delay",
	.title = "Delay",
	.group = "logic",
	.description = "Waits for a duration or until a time, then passes its items on.",
	.schema =
	    "{\"type\":\"object\",\"anyOf\":[{\"required\":[\"duration_ms\"]},"
	    "{\"required\":[\"duration\"]},{\"required\":[\"until\"]}],\"properties\":{"
	    "\"duration_ms\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":31622400000,"
	    "\"title\":\"Duration (ms)\",\"x-widget\":\"duration\",\"x-order\":1,"
	    "\"examples\":[1000]},"
	    "\"duration\":{\"type\":\"number\",\"minimum\":0,\"title\":\"Duration\","
	    "\"x-widget\":\"hidden\"},"
	    "\"unit\":{\"type\":\"string\",\"enum\":[\"ms\",\"seconds\",\"minutes\",\"hours\","
	    "\"days\"],\"default\":\"seconds\",\"title\":\"Unit\",\"x-widget\":\"hidden\"},"
	    "\"until\":{\"type\":\"string\",\"title\":\"Until\",\"description\":\"An instant such "
	    "as "
	    "2030-01-31T09:00:00Z; a past one is no wait.\",\"x-widget\":\"datetime\","
	    "\"x-order\":2}}}",
	.example = "{\"duration_ms\":1000}",
	.start = start,
	.resume = resume,
};

static void
start(struct node_call *call, struct node_result *out)
{
	json_t *config = node_config(call, 0, out);
	int64_t due_at_ms;

	if (config == NULL)
		return;
	if (delay_due(call, config, &due_at_ms, out) == 0) {
		if (due_at_ms <= node_now_ms(call))
			node_pass(call, out);
		else
			node_wait(out, due_at_ms, NULL);
	}
	json_decref(config);
}

static void
resume(struct node_call *call, const struct io_result *io, struct node_result *out)
{
	(void)io;
	node_pass(call, out);
}

int
delay_due(
    const struct node_call *call, const json_t *config, int64_t *due_at_ms, struct node_result *out)
{
	json_t *until = json_object_get(config, "until");
	json_t *ms = json_object_get(config, "duration_ms");
	json_t *duration = json_object_get(config, "duration");
	struct err e = { 0 };
	double span;

	if (ms == NULL && duration == NULL && json_is_string(until)) {
		if (time_parse(js_str(until), due_at_ms, &e) != 0) {
			node_fail(out, "CONFIG_INVALID", "until", "%s", e.text);
			return -1;
		}
		if (*due_at_ms - node_now_ms(call) <= NODE_WAIT_MAX_MS)
			return 0;
		node_fail(out, "CONFIG_INVALID", "until", "the wait is longer than 366 days");
		return -1;
	}
	if (!number(ms != NULL ? ms : duration, &span)) {
		node_fail(out, "CONFIG_INVALID", ms != NULL ? "duration_ms" : "duration",
		    "the duration is no number");
		return -1;
	}
	if (ms == NULL)
		span *= unit_ms(js_text_or(config, "unit", "seconds"));
	if (!(span >= 0 && span <= (double)NODE_WAIT_MAX_MS)) {
		node_fail(out, "CONFIG_INVALID", ms != NULL ? "duration_ms" : "duration",
		    "the duration must be between 0 and 366 days");
		return -1;
	}
	*due_at_ms = node_now_ms(call) + (int64_t)span;
	return 0;
}

/* An expression may give the text of a number. */
static bool
number(const json_t *v, double *out)
{
	char text[40], *end;
	struct str s = str_trim(js_str(v));

	if (json_is_number(v)) {
		*out = json_number_value(v);
		return true;
	}
	if (s.n == 0 || str_copy(text, sizeof(text), s) != 0)
		return false;
	*out = strtod(text, &end);
	return *end == '\0';
}

static double
unit_ms(const char *unit)
{
	static const struct {
		const char *name;
		double ms;
	} units[] = { { "ms", 1 }, { "seconds", 1e3 }, { "minutes", 6e4 }, { "hours", 3.6e6 },
		{ "days", 8.64e7 } };

	for (size_t i = 0; i < countof(units); i++) {
		if (strcmp(units[i].name, unit) == 0)
			return units[i].ms;
	}
	return 1e3;
}

/* Holds its items until something outside answers at the step's address, or until a time (Z12). */
#include <string.h>

#include "core/json.h"
#include "core/time.h"
#include "node/delay.h"
#include "node/registry.h"

static void start(struct node_call *call, struct node_result *out);
static void resume(struct node_call *call, const struct io_result *io, struct node_result *out);
static void answered(struct node_call *call, const json_t *item, struct node_result *out);
static void expired(struct node_call *call, struct node_result *out);

static const struct node_port outputs[] = { { "main", "Answered" }, { "timeout", "Timed out" },
	{ 0 } };

const struct node_type node_wait_type = {
	.type = "wait",
	.title = "Wait",
	.group = "logic",
	.description = "Waits until somebody answers at an address of its own, or until a time.",
	.flags = NODE_CALLBACK,
	.outputs = outputs,
	.schema =
	    "{\"type\":\"object\",\"properties\":{"
	    "\"resume\":{\"type\":\"string\",\"enum\":[\"callback\",\"time\"],\"default\":"
	    "\"callback\",\"title\":\"Goes on\",\"description\":\"The address is "
	    "{{run.resume_url}}, in this step and those before it.\",\"x-enum-titles\":[\"When "
	    "its address is called\",\"At a time\"],\"x-widget\":\"select\",\"x-literal\":true,"
	    "\"x-order\":1},"
	    "\"expires_ms\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":31622400000,"
	    "\"title\":\"Waits no longer than (ms)\",\"description\":\"366 days unless said.\","
	    "\"x-widget\":\"duration\",\"x-show-if\":{\"resume\":\"callback\"},\"x-order\":2,"
	    "\"examples\":[86400000]},"
	    "\"on_timeout\":{\"type\":\"string\",\"enum\":[\"fail\",\"continue\"],\"default\":"
	    "\"fail\",\"title\":\"When nobody answers\",\"x-enum-titles\":[\"The step fails\","
	    "\"Its items leave by the port Timed out\"],\"x-widget\":\"select\",\"x-show-if\":"
	    "{\"resume\":\"callback\"},\"x-order\":3},"
	    "\"until\":{\"type\":\"string\",\"title\":\"Until\",\"description\":\"An instant such "
	    "as 2030-01-31T09:00:00Z; a past one is no wait.\",\"x-widget\":\"datetime\","
	    "\"x-show-if\":{\"resume\":\"time\"},\"x-order\":4}}}",
	.example = "{\"resume\":\"callback\",\"expires_ms\":86400000,\"on_timeout\":\"continue\"}",
	.start = start,
	.resume = resume,
};

static void
start(struct node_call *call, struct node_result *out)
{
	json_t *config = node_config(call, 0, out);
	int64_t due_at_ms, span_ms;

	if (config == NULL)
		return;
	if (strcmp(js_text_or(config, "resume", "callback"), "time") == 0) {
		if (!json_is_string(json_object_get(config, "until")))
			node_fail(out, "CONFIG_INVALID", "until", "say until when");
		else if (delay_due(call, config, &due_at_ms, out) == 0)
			node_wait(out, due_at_ms, NULL);
		goto out;
	}
	span_ms = js_int_or(config, "expires_ms", NODE_WAIT_MAX_MS);
	if (span_ms < 1 || span_ms > NODE_WAIT_MAX_MS)
		node_fail(
		    out, "CONFIG_INVALID", "expires_ms", "a wait takes between 1 ms and 366 days");
	else
		node_wait_for(
		    out, node_now_ms(call) + span_ms, json_pack("{s:s}", "kind", "callback"));
out:
	json_decref(config);
}

static void
resume(struct node_call *call, const struct io_result *io, struct node_result *out)
{
	const json_t *ended = node_answer(call);

	(void)io;
	if (ended == NULL)
		node_pass(call, out);
	else if (strcmp(js_text_or(ended, "status", ""), "answered") == 0)
		answered(call, json_object_get(ended, "answer"), out);
	else
		expired(call, out);
}

/* What was sent is the one item that it gives, in the form of a webhook's. */
static void
answered(struct node_call *call, const json_t *item, struct node_result *out)
{
	json_t *given = node_item(call, 0, json_incref(json_object_get(item, "json")));
	json_t *binary = json_object_get(item, "binary");

	for (size_t i = 1; i < node_item_count(call); i++)
		node_item_pair(call, given, i);
	if (binary != NULL)
		json_object_set(given, "binary", binary);
	node_done_port(out, "main", json_pack("[o]", given));
}

static void
expired(struct node_call *call, struct node_result *out)
{
	json_t *config = node_config(call, 0, out), *items;

	if (config == NULL)
		return;
	if (strcmp(js_text_or(config, "on_timeout", "fail"), "continue") != 0) {
		node_fail(out, "TIMEOUT", NULL, "nobody answered in time");
		goto out;
	}
	items = json_array();
	for (size_t i = 0; i < node_item_count(call); i++)
		json_array_append_new(items, node_item_keep(call, i));
	node_done_port(out, "timeout", items);
out:
	json_decref(config);
}

#include <string.h>

#include "core/json.h"
#include "node/registry.h"

static void start(struct node_call *call, struct node_result *out);

const struct node_type node_stop = {
	.type = "stop",
	.title = "Stop",
	.group = "logic",
	.description = "Ends the run here: failed, with a message, or well.",
	.schema =
	    "{\"type\":\"object\",\"properties\":{"
	    "\"outcome\":{\"type\":\"string\",\"enum\":[\"failed\",\"succeeded\"],"
	    "\"default\":\"failed\",\"title\":\"Outcome\",\"x-widget\":\"select\",\"x-literal\":"
	    "true,"
	    "\"x-order\":1},"
	    "\"message\":{\"type\":\"string\",\"maxLength\":1000,\"title\":\"Message\","
	    "\"description\":\"The run's error message.\",\"x-widget\":\"textarea\","
	    "\"x-show-if\":{\"outcome\":\"failed\"},\"x-order\":2},"
	    "\"code\":{\"type\":\"string\",\"pattern\":\"^[A-Z][A-Z0-9_]{0,49}$\","
	    "\"default\":\"STOPPED\",\"title\":\"Code\",\"description\":\"The run's error code.\","
	    "\"x-widget\":\"text\",\"x-literal\":true,\"x-show-if\":{\"outcome\":\"failed\"},"
	    "\"x-order\":3}}}",
	.example = "{\"outcome\":\"failed\",\"message\":\"no stock for {{trigger.payload.sku}}\"}",
	.flags = NODE_ENDS_RUN,
	.start = start,
};

static void
start(struct node_call *call, struct node_result *out)
{
	json_t *config = node_config(call, 0, out);

	if (config == NULL)
		return;
	if (strcmp(js_text_or(config, "outcome", "failed"), "succeeded") == 0) {
		node_pass(call, out);
		out->end = NODE_END_SUCCEEDED;
	} else {
		/* x-literal: the text belongs to the plan's config and outlives this call. */
		node_fail(out, js_text_or(config, "code", "STOPPED"), NULL, "%s",
		    js_text_or(config, "message", "the workflow stopped here"));
		out->end = NODE_END_FAILED;
	}
	json_decref(config);
}

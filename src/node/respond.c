/* Gives the answer to the request that waits for this run; the run goes on. */
#include "core/json.h"
#include "core/mem.h"
#include "node/registry.h"

static void start(struct node_call *call, struct node_result *out);

const struct node_type node_respond = {
	.type = "respond",
	.title = "Respond",
	.group = "action",
	.description = "Answers the webhook request that waits for this run; the run goes on.",
	.schema =
	    "{\"type\":\"object\",\"properties\":{"
	    "\"status\":{\"type\":\"integer\",\"minimum\":200,\"maximum\":599,\"default\":200,"
	    "\"title\":\"Status\",\"x-widget\":\"number\",\"x-order\":1},"
	    "\"headers\":{\"type\":\"object\",\"additionalProperties\":{\"type\":[\"string\","
	    "\"number\","
	    "\"boolean\"]},\"title\":\"Headers\",\"x-widget\":\"key-value\",\"x-order\":2},"
	    "\"body\":{\"title\":\"Body\",\"description\":\"Text, or a value sent as JSON; left "
	    "out: "
	    "the first item's fields.\",\"x-widget\":\"json\",\"x-order\":3}}}",
	.example = "{\"status\":200,\"body\":{\"ok\":true,\"id\":\"{{trigger.payload.id}}\"}}",
	.start = start,
};

static void
start(struct node_call *call, struct node_result *out)
{
	json_t *config = node_config(call, 0, out), *headers, *value, *body;
	const char *name;
	int64_t status;

	if (config == NULL)
		return;
	status = js_int_or(config, "status", 200);
	if (status < 200 || status > 599) {
		node_fail(
		    out, "CONFIG_INVALID", "status", "the status must be between 200 and 599");
		goto out;
	}
	headers = json_object();
	json_object_foreach(js_object(config, "headers"), name, value)
	{
		char *text = json_is_string(value) ? NULL : js_text_of(value, JS_COMPACT);

		json_object_set_new(
		    headers, name, text == NULL ? json_incref(value) : json_string(text));
		mem_free(text);
	}
	body = json_object_get(config, "body");
	if (body == NULL)
		body = node_item_json(call, 0);
	out->response = json_pack(
	    "{s:I, s:o, s:O}", "status", (json_int_t)status, "headers", headers, "body", body);
	node_pass(call, out);
out:
	json_decref(config);
}

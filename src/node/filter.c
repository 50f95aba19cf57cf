#include "core/json.h"
#include "node/condition.h"
#include "node/registry.h"

static void start(struct node_call *call, struct node_result *out);

const struct node_type node_filter = {
	.type = "filter",
	.title = "Filter",
	.group = "logic",
	.description =
	    "Lets the items through for which the condition is as wished; the others stop here.",
	.schema =
	    "{\"type\":\"object\",\"properties\":{" CONDITION_PROPERTIES
	    ",\"continue_on\":{\"type\":\"boolean\",\"default\":true,\"title\":\"Continue on\","
	    "\"description\":\"Which answer lets an item through.\",\"x-widget\":\"switch\","
	    "\"x-order\":2}}}",
	.example = "{\"condition\":\"{{action-1.status}} == 200\",\"continue_on\":true}",
	.flags = NODE_ENDS_CYCLE,
	.validate = condition_validate,
	.prepare = condition_prepare,
	.start = start,
};

static void
start(struct node_call *call, struct node_result *out)
{
	json_t *kept = json_array();

	for (size_t i = 0; i < node_item_count(call); i++) {
		json_t *config = node_config(call, i, out);
		bool holds, wished;

		if (config == NULL)
			goto out;
		wished = js_bool_or(config, "continue_on", true);
		json_decref(config);
		if (node_test(call, node_prepared(call), "condition", i, &holds, out) != 0)
			goto out;
		if (holds == wished)
			json_array_append_new(kept, node_item_keep(call, i));
	}
	node_done_port(out, "main", json_incref(kept));
out:
	json_decref(kept);
}

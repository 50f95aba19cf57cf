#include "core/json.h"
#include "node/condition.h"
#include "node/registry.h"

static void start(struct node_call *call, struct node_result *out);

static const struct node_port ports[] = { { "true", "true" }, { "false", "false" },
	{ NULL, NULL } };

const struct node_type node_if = {
	.type = "if",
	.title = "If",
	.group = "logic",
	.description = "Sends each item to true or false, by a condition.",
	.schema = "{\"type\":\"object\",\"properties\":{" CONDITION_PROPERTIES "}}",
	.example = "{\"condition\":\"{{trigger.payload.total}} > 100\"}",
	.flags = NODE_ENDS_CYCLE,
	.outputs = ports,
	.validate = condition_validate,
	.prepare = condition_prepare,
	.start = start,
};

static void
start(struct node_call *call, struct node_result *out)
{
	json_t *yes = json_array(), *no = json_array();

	for (size_t i = 0; i < node_item_count(call); i++) {
		bool holds;

		if (node_test(call, node_prepared(call), "condition", i, &holds, out) != 0)
			goto out;
		json_array_append_new(holds ? yes : no, node_item_keep(call, i));
	}
	node_done(out, json_pack("{s:O, s:O}", "true", yes, "false", no));
out:
	json_decref(yes);
	json_decref(no);
}

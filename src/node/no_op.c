#include "node/registry.h"

const struct node_type node_no_op = {
	.type = "no_op",
	.title = "No operation",
	.group = "logic",
	.description = "Passes its items on, unchanged.",
	.schema = "{\"type\":\"object\",\"properties\":{}}",
	.example = "{}",
	.start = node_pass,
};

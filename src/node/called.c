#include "node/registry.h"

const struct node_type node_called = {
	.type = "called",
	.title = "Called by a workflow",
	.group = "trigger",
	.description =
	    "Starts when a step of another workflow runs this one; the items are those that "
	    "it sends.",
	.schema = "{\"type\":\"object\",\"properties\":{\"example\":{\"type\":\"object\","
	          "\"title\":\"Example input\",\"description\":\"Offered when a run is started by "
	          "hand.\","
	          "\"x-widget\":\"json\",\"x-literal\":true}}}",
	.example = "{\"example\":{\"order\":\"A-7\"}}",
	.flags = NODE_TRIGGER,
};

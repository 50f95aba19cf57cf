#include "node/registry.h"

const struct node_type node_manual = {
	.type = "manual",
	.title = "Manual start",
	.group = "trigger",
	.description = "Starts a run by hand, from the editor or over the API.",
	.schema = "{\"type\":\"object\",\"properties\":{\"example\":{\"type\":\"object\","
	          "\"title\":\"Example input\",\"description\":\"Offered when a run is started by "
	          "hand.\","
	          "\"x-widget\":\"json\",\"x-literal\":true}}}",
	.example = "{\"example\":{\"name\":\"Ada\"}}",
	.flags = NODE_TRIGGER,
};

#include "node/registry.h"

const struct node_type node_error = {
	.type = "error",
	.title = "Error",
	.group = "trigger",
	.description = "Starts when a run of a workflow that names this one has failed.",
	.schema = "{\"type\":\"object\",\"properties\":{\"example\":{\"type\":\"object\","
	          "\"title\":\"Example input\",\"description\":\"Offered when a run is started by "
	          "hand.\","
	          "\"x-widget\":\"json\",\"x-literal\":true}}}",
	.example = "{\"example\":{\"workflow\":{\"name\":\"Orders\"},\"error\":"
	           "{\"code\":\"TIMEOUT\",\"message\":\"there was no answer in "
	           "time\",\"node\":\"call-1\"}}}",
	.flags = NODE_TRIGGER,
};

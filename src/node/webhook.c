#include "node/registry.h"

/* The request becomes the item in flow/trigger.c; signatures come with the schemes of T08. */
const struct node_type node_webhook = {
	.type = "webhook",
	.title = "Webhook",
	.group = "trigger",
	.description =
	    "Starts a run for each HTTP request to its address; the output is the request.",
	.schema =
	    "{\"type\":\"object\",\"properties\":{"
	    "\"method\":{\"title\":\"Method\",\"description\":\"Which requests are accepted.\","
	    "\"default\":\"POST\",\"x-widget\":\"select\",\"x-literal\":true,\"x-order\":1,"
	    "\"anyOf\":["
	    "{\"type\":\"string\",\"enum\":[\"GET\",\"POST\",\"PUT\",\"PATCH\",\"DELETE\",\"HEAD\","
	    "\"ANY\"]},"
	    "{\"type\":\"array\",\"minItems\":1,\"uniqueItems\":true,\"items\":{\"type\":"
	    "\"string\","
	    "\"enum\":[\"GET\",\"POST\",\"PUT\",\"PATCH\",\"DELETE\",\"HEAD\"]}}]},"
	    "\"path\":{\"type\":\"string\",\"title\":\"Path\",\"description\":\"Own path below "
	    "/hooks/<workspace>/; the secret address works without one.\",\"x-widget\":\"path\","
	    "\"x-literal\":true,\"maxLength\":200,\"pattern\":\"^/?[A-Za-z0-9._~/-]*$\","
	    "\"x-placeholder\":\"orders/new\",\"x-order\":2},"
	    "\"authentication\":{\"type\":\"string\",\"enum\":[\"none\"],\"default\":\"none\","
	    "\"title\":\"Authentication\",\"description\":\"none: whoever knows the address.\","
	    "\"x-widget\":\"select\",\"x-literal\":true,\"x-order\":3},"
	    "\"response_mode\":{\"type\":\"string\",\"enum\":[\"immediately\",\"last_node\","
	    "\"respond\"],\"default\":\"immediately\",\"title\":\"Answer\",\"x-widget\":\"select\","
	    "\"x-enum-titles\":[\"At once, with a receipt\",\"With the last node's output\","
	    "\"By a Respond node\"],\"x-literal\":true,\"x-order\":4},"
	    "\"response_timeout_ms\":{\"type\":\"integer\",\"minimum\":100,\"maximum\":60000,"
	    "\"default\":30000,\"title\":\"Answer within (ms)\",\"description\":\"How long a "
	    "request "
	    "is held for the answer.\",\"x-widget\":\"duration\",\"x-literal\":true,"
	    "\"x-show-if\":{\"response_mode\":[\"last_node\",\"respond\"]},\"x-order\":5}}}",
	.example =
	    "{\"method\":\"POST\",\"path\":\"orders/new\",\"response_mode\":\"immediately\"}",
	.flags = NODE_TRIGGER,
};

#include "node/registry.h"

/* The request becomes the item in flow/trigger.c; who sends it is proven in web/hook_auth.c. */
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
	    "\"authentication\":{\"type\":\"string\",\"enum\":[\"none\",\"standard\",\"github\","
	    "\"stripe\",\"slack\",\"hmac\",\"basic\",\"header\",\"jwt\"],\"default\":\"none\","
	    "\"title\":\"Authentication\",\"description\":\"How a sender proves itself. Its "
	    "secret is set here once the workflow is live; until then all are refused.\","
	    "\"x-enum-titles\":[\"None: whoever knows the address\",\"Standard Webhooks\","
	    "\"GitHub\",\"Stripe\",\"Slack\",\"HMAC signature\",\"Basic (user:password)\","
	    "\"Token in a header\",\"JWT\"],"
	    "\"x-widget\":\"select\",\"x-literal\":true,\"x-order\":3},"
	    "\"signature_header\":{\"type\":\"string\",\"title\":\"Header\",\"description\":"
	    "\"Holds the "
	    "signature or token: X-Signature, X-Webhook-Token unless set.\",\"x-literal\":true,"
	    "\"x-widget\":\"text\",\"maxLength\":100,\"pattern\":\"^[A-Za-z0-9-]*$\","
	    "\"x-show-if\":{\"authentication\":[\"hmac\",\"header\"]},\"x-order\":3.1},"
	    "\"algorithm\":{\"type\":\"string\",\"enum\":[\"sha1\",\"sha256\",\"sha384\","
	    "\"sha512\"],"
	    "\"default\":\"sha256\",\"title\":\"Algorithm\",\"x-widget\":\"select\",\"x-literal\":"
	    "true,"
	    "\"x-show-if\":{\"authentication\":[\"hmac\",\"jwt\"]},\"x-order\":3.2},"
	    "\"encoding\":{\"type\":\"string\",\"enum\":[\"hex\",\"base64\",\"base64url\"],"
	    "\"default\":"
	    "\"hex\",\"title\":\"Encoding\",\"x-widget\":\"select\",\"x-literal\":true,"
	    "\"x-show-if\":{\"authentication\":[\"hmac\"]},\"x-order\":3.3},"
	    "\"signature_prefix\":{\"type\":\"string\",\"title\":\"Prefix\",\"description\":"
	    "\"Stands before "
	    "the signature, as "
	    "sha256=.\",\"x-literal\":true,\"x-widget\":\"text\",\"maxLength\":20,"
	    "\"x-show-if\":{\"authentication\":[\"hmac\"]},\"x-order\":3.4},"
	    "\"timestamp_header\":{\"type\":\"string\",\"title\":\"Header of the "
	    "time\",\"description\":"
	    "\"With it, seconds.body is signed, and what is five minutes off is refused.\","
	    "\"x-literal\":true,\"x-widget\":\"text\",\"maxLength\":100,\"pattern\":\"^[A-Za-z0-9-]"
	    "*$\","
	    "\"x-show-if\":{\"authentication\":[\"hmac\"]},\"x-order\":3.5},"
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

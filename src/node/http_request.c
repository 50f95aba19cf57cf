/*
 * An HTTP call for each input item (or one for all), one after the other: start wishes for the
 * first, each resume keeps a response and wishes for the next. A failure fails the step; a retry
 * starts again at the first item with the same idempotency keys.
 *
 * N04: 429, 5xx and lost connections are worth another try (`retry_on_failure`), other statuses
 * from 400 fail at once. With `fail_on_status` off a status is output like any other, after the
 * retries, if these are on.
 */
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "flow/connection.h"
#include "node/http.h"
#include "node/registry.h"

static void start(struct node_call *call, struct node_result *out);
static void resume(struct node_call *call, const struct io_result *io, struct node_result *out);
static void wish(struct node_call *call, size_t i, json_t *made, struct node_result *out);
static void validate(
    json_t *config, const struct expr_names *names, const char *path, struct issue_list *issues);
static size_t calls(struct node_call *call, const json_t *config);
static bool may_repeat(const json_t *config);
static void lost(const struct io_result *io, const json_t *config, struct node_result *out);
static void refused(struct node_call *call, const struct io_result *io, const json_t *config,
    json_t *item, json_t *made, struct node_result *out);

const struct node_type node_http_request = {
	.type = "http_request",
	.title = "HTTP request",
	.group = "action",
	.description = "Calls a URL; the output is status, headers and body.",
	.schema =
	    "{\"type\":\"object\",\"required\":[\"url\"],\"properties\":{"
	    "\"url\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":8000,\"title\":\"URL\","
	    "\"x-widget\":\"text\",\"x-format\":\"url\","
	    "\"x-placeholder\":\"https://api.example.com/orders\",\"x-order\":1},"
	    "\"connection\":{\"type\":\"string\",\"title\":\"Connection\",\"description\":"
	    "\"A stored credential; it is sent to the connection's own hosts alone.\","
	    "\"pattern\":\"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$\",\"x-widget\":"
	    "\"connection\",\"x-connectors\":\"" CONNECTION_HTTP "\",\"x-order\":3},"
	    "\"method\":{\"type\":\"string\",\"enum\":[\"GET\",\"POST\",\"PUT\",\"PATCH\","
	    "\"DELETE\","
	    "\"HEAD\",\"OPTIONS\"],\"default\":\"GET\",\"title\":\"Method\",\"x-widget\":"
	    "\"select\","
	    "\"x-order\":2},"
	    "\"headers\":{\"type\":\"object\",\"title\":\"Headers\",\"x-widget\":\"key-value\","
	    "\"x-order\":4,\"additionalProperties\":{\"type\":[\"string\",\"number\",\"boolean\"]}}"
	    ","
	    "\"query\":{\"type\":\"object\",\"title\":\"Query\",\"description\":\"Added to the "
	    "URL; a "
	    "list repeats the name.\",\"x-widget\":\"key-value\",\"x-order\":5},"
	    "\"body\":{\"title\":\"Body\",\"description\":\"An object or list is sent as JSON, "
	    "text as "
	    "it is.\",\"x-widget\":\"json\",\"x-order\":6},"
	    "\"body_type\":{\"type\":\"string\",\"enum\":[\"auto\",\"json\",\"form\",\"text\"],"
	    "\"default\":\"auto\",\"title\":\"Send as\",\"x-widget\":\"select\",\"x-order\":7},"
	    "\"response\":{\"type\":\"string\",\"enum\":[\"auto\",\"json\",\"text\",\"binary\"],"
	    "\"default\":\"auto\",\"title\":\"Read the answer as\",\"x-widget\":\"select\","
	    "\"x-order\":8},"
	    "\"send\":{\"type\":\"string\",\"enum\":[\"each_item\",\"once\"],"
	    "\"default\":\"each_item\",\"title\":\"Send\",\"x-enum-titles\":[\"For each item\","
	    "\"Once, for the first item\"],\"x-widget\":\"select\",\"x-order\":9},"
	    "\"timeout_ms\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":900000,\"default\":"
	    "30000,"
	    "\"title\":\"Timeout (ms)\",\"x-widget\":\"duration\",\"x-order\":10},"
	    "\"follow_redirects\":{\"type\":\"boolean\",\"default\":true,"
	    "\"title\":\"Follow redirects\",\"x-widget\":\"switch\",\"x-order\":11},"
	    "\"retry_on_failure\":{\"type\":\"boolean\",\"default\":true,"
	    "\"title\":\"Retry on failure\",\"description\":\"429, 5xx and network errors are "
	    "tried "
	    "again, as the node's retry setting says.\",\"x-widget\":\"switch\",\"x-order\":12},"
	    "\"fail_on_status\":{\"type\":\"boolean\",\"default\":true,"
	    "\"title\":\"Fail on status 400 and above\",\"description\":\"Off: the status is plain "
	    "output.\",\"x-widget\":\"switch\",\"x-order\":13},"
	    "\"at_most_once\":{\"type\":\"boolean\",\"default\":false,\"title\":\"At most once\","
	    "\"description\":\"Never repeat the call: after a crash the step is unknown, not tried "
	    "again.\",\"x-widget\":\"switch\",\"x-order\":14},"
	    "\"max_bytes\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":10485760,"
	    "\"default\":1048576,\"title\":\"Largest answer (bytes)\",\"x-widget\":\"number\","
	    "\"x-order\":15}}}",
	.example = "{\"url\":\"https://api.example.com/orders\",\"method\":\"POST\","
	           "\"headers\":{\"X-Source\":\"millrace\"},\"body\":\"{{trigger.payload}}\"}",
	.flags = NODE_RETRY,
	.connections = CONNECTION_HTTP,
	.validate = validate,
	.start = start,
	.resume = resume,
};

static void
start(struct node_call *call, struct node_result *out)
{
	wish(call, 0, NULL, out);
}

static void
resume(struct node_call *call, const struct io_result *io, struct node_result *out)
{
	json_t *made = json_object_get(node_state(call), "made"), *item;
	size_t i = (size_t)js_int_or(node_state(call), "item", 0);
	json_t *config = node_config(call, i, out);

	if (config == NULL)
		return;
	if (io->error != IO_OK) {
		lost(io, config, out);
		goto out;
	}
	item = http_response_item(io, js_text_or(config, "response", "auto"));
	node_item_pair(call, item, i);
	if (io->status >= 400 && (js_bool_or(config, "fail_on_status", true) ||
	                             (may_repeat(config) && http_status_is_passing(io->status)))) {
		refused(call, io, config, item, made, out);
		goto out;
	}
	json_array_append_new(made, item);
	if (i + 1 < calls(call, config))
		wish(call, i + 1, made, out);
	else
		node_done_port(out, "main", json_incref(made));
out:
	json_decref(config);
}

/* Wishes for the call of item i; `made` (borrowed) are the items so far. */
static void
wish(struct node_call *call, size_t i, json_t *made, struct node_result *out)
{
	json_t *config = node_config(call, i, out);
	struct io_wish *w;
	char key[300];

	if (config == NULL)
		return;
	if (i == 0)
		snprintf(key, sizeof(key), "%s", node_idempotency_key(call));
	else
		snprintf(key, sizeof(key), "%s:%zu", node_idempotency_key(call), i);
	w = http_wish(config, key, out);
	if (w != NULL)
		node_io(out, w,
		    json_pack("{s:I, s:o}", "item", (json_int_t)i, "made",
		        made != NULL ? json_incref(made) : json_array()));
	json_decref(config);
}

static void
validate(
    json_t *config, const struct expr_names *names, const char *path, struct issue_list *issues)
{
	json_t *headers = js_object(config, "headers"), *value;
	const char *name;
	char at[300];

	(void)names;
	json_object_foreach(headers, name, value)
	{
		if (http_header_is_valid(name, json_string_value(value)))
			continue;
		snprintf(at, sizeof(at), "%s.headers.%.100s", path, name);
		issue_add(issues, ISSUE_ERROR, at, "this is no header name or value");
	}
}

static size_t
calls(struct node_call *call, const json_t *config)
{
	if (strcmp(js_text_or(config, "send", "each_item"), "once") == 0)
		return 1;
	return node_item_count(call);
}

static bool
may_repeat(const json_t *config)
{
	return js_bool_or(config, "retry_on_failure", true) &&
	       !js_bool_or(config, "at_most_once", false);
}

static void
lost(const struct io_result *io, const json_t *config, struct node_result *out)
{
	const char *text = io->message != NULL && *io->message != '\0' ? io->message
	                   : io->error == IO_TIMEOUT ? "there was no answer in time"
	                                             : "the call failed";

	node_fail(out, io_error_name(io->error),
	    io->error == IO_DENIED       ? "url"
	    : io->error == IO_CONNECTION ? "connection"
	                                 : NULL,
	    "%s", text);
	out->retryable = io_error_retryable(io->error);
	out->never_again = !may_repeat(config);
}

/* Steals item. */
static void
refused(struct node_call *call, const struct io_result *io, const json_t *config, json_t *item,
    json_t *made, struct node_result *out)
{
	json_t *json = json_object_get(item, "json"), *body = json_object_get(json, "body");

	node_fail(out, "HTTP_STATUS", NULL, "the answer has status %d", io->status);
	out->detail = json_pack("{s:i}", "status", io->status);
	if (js_bytes(body, HTTP_ERROR_BODY_MAX) <= HTTP_ERROR_BODY_MAX)
		json_object_set(out->detail, "body", body);
	out->retryable = http_status_is_passing(io->status);
	out->never_again = !may_repeat(config);
	out->retry_after_ms = http_retry_after_ms(io, node_now_ms(call));
	if (!js_bool_or(config, "fail_on_status", true)) {
		/* No retry left: the status is output after all. Later items aren't called then. */
		json_array_append(made, item);
		out->ports = json_pack("{s:O}", "main", made);
	}
	json_decref(item);
}

#include "worker/step_frame.h"

#include <string.h>

#include "core/json.h"
#include "core/redact.h"
#include "egress/egress.h"
#include "worker/run.h"

static void headers_add(json_t *list, json_t *headers);
static enum io_error error_of(const char *code);
static json_t *headers_of(const json_t *list);
static void result_redact(const struct redact *secrets, struct io_result *result, struct buf *kept);

json_t *
step_frame_request(const struct run *run, const struct io_wish *io, int64_t id)
{
	json_t *headers = json_array();

	headers_add(headers, io->headers);
	return json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:i}", "op", "http", "id",
	    (json_int_t)id, "workspace", run->workspace_text, "run", run->id_text, "method",
	    io->method, "url", io->url, "headers", headers, "timeout_ms",
	    (json_int_t)io->timeout_ms, "max_bytes", (json_int_t)io->max_bytes, "follow",
	    io->max_redirects);
}

void
step_frame_read(
    struct step_frame *frame, const json_t *json, struct str body, const struct redact *secrets)
{
	struct io_result *result = &frame->result;
	const json_t *error = js_object(json, "error");

	*frame = (struct step_frame){ 0 };
	if (error != NULL) {
		result->error = error_of(js_text_or(error, "code", ""));
		result->message = js_text_or(error, "message", NULL);
	} else {
		result->status = (int)js_int_or(json, "status", 0);
		result->message = js_text_or(json, "message", NULL);
		result->headers = headers_of(js_array(json, "headers"));
		result->body = body.p;
		result->body_len = body.n;
	}
	if (secrets != NULL)
		result_redact(secrets, result, &frame->kept);
}

void
step_frame_free(struct step_frame *frame)
{
	buf_free(&frame->kept);
	json_decref(frame->result.headers);
}

/* {"Name": "value" or ["value", …]} to [["Name", "value"], …]. */
static void
headers_add(json_t *list, json_t *headers)
{
	const char *name;
	json_t *value, *one;
	size_t i;

	json_object_foreach(headers, name, value)
	{
		if (json_is_array(value)) {
			json_array_foreach(value, i, one)
			    json_array_append_new(list, json_pack("[s, O]", name, one));
		} else {
			json_array_append_new(list, json_pack("[s, O]", name, value));
		}
	}
}

static enum io_error
error_of(const char *code)
{
	if (strcmp(code, EGRESS_REDIRECT) == 0)
		return IO_PROTOCOL;
	if (strcmp(code, EGRESS_CANCELLED) == 0)
		return IO_ABORTED;
	return io_error_from_name(code);
}

/* [["name", "value"], …] to {"name": "value" or ["value", …]}. */
static json_t *
headers_of(const json_t *list)
{
	json_t *headers = json_object();
	json_t *pair;
	size_t i;

	json_array_foreach(list, i, pair)
	{
		const char *name = json_string_value(json_array_get(pair, 0));
		json_t *value = json_array_get(pair, 1);
		json_t *old;

		if (name == NULL || value == NULL)
			continue;
		old = json_object_get(headers, name);
		if (old == NULL)
			json_object_set(headers, name, value);
		else if (json_is_array(old))
			json_array_append(old, value);
		else
			json_object_set_new(headers, name, json_pack("[O, O]", old, value));
	}
	return headers;
}

/* A service may answer with what it was sent: the run never sees its own secrets. */
static void
result_redact(const struct redact *secrets, struct io_result *result, struct buf *kept)
{
	json_t *headers = redact_json(secrets, result->headers);

	json_decref(result->headers);
	result->headers = headers;
	if (redact_text(secrets, str_make(result->body, result->body_len), kept)) {
		result->body = kept->data;
		result->body_len = kept->len;
	}
}

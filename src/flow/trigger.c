#include "flow/trigger.h"

#include <string.h>

#include "core/json.h"
#include "core/time.h"
#include "flow/items.h"
#include "flow/trigger_body.h"

enum body_kind { BODY_NONE, BODY_JSON, BODY_FORM, BODY_MULTIPART, BODY_TEXT, BODY_BINARY };

static enum body_kind kind_of(struct str type, struct str body);
static bool looks_like_json(struct str body);
static json_t *read_json(struct str body, const char **problem);

json_t *
trigger_webhook_item(const struct webhook_request *r)
{
	json_t *json = json_object(), *item, *payload = NULL, *binary = json_object();
	struct str body = str_make(r->body, r->body_len), type = str_of(r->content_type), mime;
	const char *problem = NULL, *ignored = NULL;
	struct str rest = type;

	if (!str_next(&rest, ';', &mime))
		mime = type;
	mime = str_trim(mime);
	switch (kind_of(mime, body)) {
	case BODY_NONE:
		break;
	case BODY_JSON:
		payload = read_json(body, &problem);
		break;
	case BODY_FORM:
		payload = body_form(body, &problem);
		break;
	case BODY_MULTIPART:
		payload = body_multipart(body, type, binary, &problem);
		break;
	case BODY_TEXT:
		payload = body_text(body);
		break;
	case BODY_BINARY:
		json_object_set_new(binary, "data", body_file(body, mime, (struct str){ NULL, 0 }));
		break;
	}
	json_object_set_new(json, "payload", payload != NULL ? payload : json_null());
	json_object_set_new(
	    json, "headers", json_is_object(r->headers) ? json_incref(r->headers) : json_object());
	json_object_set_new(json, "query", body_form(str_of(r->query), &ignored));
	json_object_set_new(json, "method", body_text(str_of(r->method)));
	json_object_set_new(json, "path", body_text(str_of(r->path)));
	if (problem != NULL)
		json_object_set_new(json, "parse_error", json_string(problem));
	item = item_new(json);
	if (json_object_size(binary) > 0)
		json_object_set(item, "binary", binary);
	json_decref(binary);
	return item;
}

json_t *
trigger_manual_item(json_t *input)
{
	json_t *json = json_is_object(input) ? json_copy(input) : json_object();

	json_object_set(json, "payload", input != NULL ? input : json_null());
	return item_new(json);
}

json_t *
trigger_called_items(const json_t *input)
{
	json_t *given = json_object_get(input, TRIGGER_ITEMS), *items, *json;
	size_t i;

	if (!json_is_array(given) || json_object_size(input) != 1)
		return NULL;
	items = json_array();
	json_array_foreach(given, i, json)
	    json_array_append_new(items, item_new(json_incref(json)));
	return items;
}

json_t *
trigger_schedule_item(int64_t due_at_ms, const char *timezone)
{
	char due[TIME_TEXT_SIZE];
	json_t *payload =
	    json_pack("{s:s, s:s}", "due_at", time_format(due_at_ms, due), "timezone", timezone);
	json_t *json = json_copy(payload);

	json_object_set_new(json, "payload", payload);
	return item_new(json);
}

static enum body_kind
kind_of(struct str type, struct str body)
{
	if (body.n == 0)
		return BODY_NONE;
	if (str_is_ignoring_case(type, "application/x-www-form-urlencoded"))
		return BODY_FORM;
	if (str_is_ignoring_case(type, "multipart/form-data"))
		return BODY_MULTIPART;
	if (str_is_ignoring_case(type, "application/json") || str_ends(type, "+json") ||
	    str_is_ignoring_case(type, "text/json"))
		return BODY_JSON;
	/* Senders that say nothing, or "some bytes", often send JSON. */
	if ((type.n == 0 || str_is_ignoring_case(type, "application/octet-stream")) &&
	    looks_like_json(body))
		return BODY_JSON;
	if (str_starts(type, "text/") || str_ends(type, "/xml") || str_ends(type, "+xml"))
		return BODY_TEXT;
	return type.n == 0 && str_is_utf8(body) && memchr(body.p, '\0', body.n) == NULL
	           ? BODY_TEXT
	           : BODY_BINARY;
}

static bool
looks_like_json(struct str body)
{
	struct err ignored = { 0 };
	json_t *v = NULL;
	bool ok;

	body = str_trim(body);
	if (body.n == 0 || (body.p[0] != '{' && body.p[0] != '['))
		return false;
	ok = js_parse(body, body.n, TRIGGER_DEPTH_MAX, &v, &ignored) == 0;
	json_decref(v);
	return ok;
}

/* What is no JSON after all is kept as text: the sender's mistake can then be seen in the run. */
static json_t *
read_json(struct str body, const char **problem)
{
	struct err ignored = { 0 };
	json_t *v = NULL;

	if (js_parse(body, body.n, TRIGGER_DEPTH_MAX, &v, &ignored) == 0)
		return v;
	*problem = "the body says it is JSON, and is not";
	return body_text(body);
}

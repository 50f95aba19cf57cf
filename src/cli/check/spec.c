#include "cli/check/spec.h"

#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"

#define METHODS_LEN 5
#define DEREF_MAX 16

/* Where the example of the contract isn't enough for a request that means no harm to somebody. */
static const struct {
	const char *operation, *field, *json;
} overrides[] = {
	{ "workflow_create", "definition",
	    "{\"nodes\":[{\"id\":\"trigger-1\",\"type\":\"webhook\",\"config\":{\"method\":"
	    "\"POST\"}},"
	    "{\"id\":\"m\",\"type\":\"manual\"},{\"id\":\"end-1\",\"type\":\"no_op\"}],"
	    "\"edges\":[{\"from\":\"trigger-1\",\"to\":\"end-1\"},{\"from\":\"m\",\"to\":\"end-1\"}"
	    "]}" },
	{ "workflow_activate", "version", "1" },
	{ "workspace_create", "slug", NULL }, /* NULL: left out, so that one is made */
	{ "token_create", "scopes", "[\"run:read\"]" },
	{ "trigger_create", "node_id", NULL },
	{ "trigger_create", "config", "{\"method\":\"POST\"}" },
	{ "connection_share", "workspace_ids", "[\"0190c0de-0000-7000-8000-000000000001\"]" },
};

static void op_read(struct spec *spec, const char *method, const char *path, json_t *node);
static void query_fill(
    const struct spec *spec, const struct op *op, const json_t *values, struct buf *out);
static json_t *sample_text(const json_t *schema, const char *name);
static json_t *sample_object(const struct spec *spec, json_t *schema);

void
spec_read(struct spec *spec, struct arena *a, json_t *document)
{
	static const char *const methods[METHODS_LEN] = { "get", "put", "post", "delete", "patch" };
	json_t *paths = js_object(document, "paths"), *item;
	const char *path;

	*spec = (struct spec){ .document = document, .arena = a };
	spec->ops = arena_array(a, METHODS_LEN * json_object_size(paths) + 1, sizeof(*spec->ops));
	json_object_foreach(paths, path, item)
	{
		for (size_t i = 0; i < countof(methods); i++) {
			json_t *node = js_object(item, methods[i]);

			if (node != NULL)
				op_read(spec, methods[i], path, node);
		}
	}
}

void
spec_free(struct spec *spec)
{
	json_decref(spec->document);
	*spec = (struct spec){ 0 };
}

static void
op_read(struct spec *spec, const char *method, const char *path, json_t *node)
{
	struct op *op = &spec->ops[spec->len];
	const char *kind = js_text_or(node, "x-body", "");
	char *upper = arena_strdup(spec->arena, method);
	json_t *parameter;
	size_t i;

	for (char *p = upper; *p != '\0'; p++)
		*p = (char)(*p - ('a' - 'A'));
	*op =
	    (struct op){ .id = js_text_or(node, "operationId", ""), .method = upper, .path = path };
	op->permission = js_text_or(node, "x-permission", "");
	op->parameters = js_array(node, "parameters");
	json_array_foreach(op->parameters, i, parameter)(void)
	    json_array_set(op->parameters, i, spec_deref(spec, parameter));
	op->has_if_match = js_bool_or(node, "x-if-match", false);
	op->is_raw = strcmp(kind, "raw") == 0;
	op->is_any = strcmp(kind, "payload") == 0;
	op->schema = spec_deref(spec,
	    js_object(
	        js_object(js_object(js_object(node, "requestBody"), "content"), "application/json"),
	        "schema"));
	spec->len += op->id[0] != '\0';
}

const struct op *
spec_find(const struct spec *spec, const char *method, const char *path)
{
	for (size_t i = 0; i < spec->len; i++) {
		const struct op *op = &spec->ops[i];

		if (strcmp(op->method, method) == 0 && strcmp(op->path, path) == 0)
			return op;
	}
	return NULL;
}

json_t *
spec_deref(const struct spec *spec, json_t *node)
{
	for (int i = 0; i < DEREF_MAX && json_object_get(node, "$ref") != NULL; i++) {
		struct str rest = js_str(json_object_get(node, "$ref")), part;

		node = spec->document;
		(void)str_next(&rest, '/', &part); /* the # */
		while (str_next(&rest, '/', &part))
			node = json_object_get(node, arena_text(spec->arena, part));
	}
	return node;
}

json_t *
spec_sample(const struct spec *spec, json_t *schema, const char *name)
{
	json_t *node = spec_deref(spec, schema), *type = json_object_get(node, "type"), *list;
	const char *kind;

	if (json_array_size(json_object_get(node, "examples")) > 0)
		return json_deep_copy(json_array_get(json_object_get(node, "examples"), 0));
	if (json_object_get(node, "default") != NULL)
		return json_deep_copy(json_object_get(node, "default"));
	if (json_array_size(json_object_get(node, "enum")) > 0)
		return json_deep_copy(json_array_get(json_object_get(node, "enum"), 0));
	if (json_object_get(node, "const") != NULL)
		return json_deep_copy(json_object_get(node, "const"));
	if ((list = json_object_get(node, "oneOf")) != NULL ||
	    (list = json_object_get(node, "anyOf")) != NULL)
		return spec_sample(spec, json_array_get(list, 0), name);
	kind = json_string_value(json_is_array(type) ? json_array_get(type, 0) : type);
	if (kind == NULL)
		return json_object_get(node, "properties") != NULL ? sample_object(spec, node)
		                                                   : json_null();
	if (strcmp(kind, "string") == 0)
		return sample_text(node, name);
	if (strcmp(kind, "integer") == 0 || strcmp(kind, "number") == 0)
		return json_integer(js_int_or(node, "minimum", 1));
	if (strcmp(kind, "boolean") == 0)
		return json_true();
	if (strcmp(kind, "object") == 0)
		return sample_object(spec, node);
	if (strcmp(kind, "array") != 0)
		return json_null();
	list = json_array();
	for (int64_t i = 0; i < js_int_or(node, "minItems", 0); i++)
		(void)json_array_append_new(
		    list, spec_sample(spec, json_object_get(node, "items"), name));
	return list;
}

static json_t *
sample_object(const struct spec *spec, json_t *schema)
{
	json_t *object = json_object(), *key;
	size_t i;

	json_array_foreach(json_object_get(schema, "required"), i, key)
	{
		const char *name = json_string_value(key);

		(void)json_object_set_new(object, name,
		    spec_sample(spec, js_object(js_object(schema, "properties"), name), name));
	}
	return object;
}

static json_t *
sample_text(const json_t *schema, const char *name)
{
	static const struct {
		const char *format, *text;
	} formats[] = {
		{ "uuid", "0193a2f0-5b7c-7d10-8a44-2f6f0c9d1e01" },
		{ "date-time", "2030-01-01T00:00:00.000Z" },
		{ "date", "2030-01-01" },
		{ "email", "somebody@check.millrace.invalid" },
		{ "uri", "https://example.com/" },
		{ "token", "mrh_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
		{ "status", "failed" },
		{ "scopes", "run:read" },
		{ "domain", "example.com" },
		{ "slug", "abc" },
	};
	const char *format = js_text_or(schema, "format", name);
	char filler[64];
	int64_t n = js_int_or(schema, "minLength", 3);

	for (size_t i = 0; i < countof(formats); i++) {
		if (strcmp(formats[i].format, format) == 0 || strcmp(formats[i].format, name) == 0)
			return json_string(formats[i].text);
	}
	n = n < 3 ? 3 : n > 40 ? 40 : n;
	memset(filler, 'c', sizeof(filler));
	filler[n] = '\0';
	return json_string(filler);
}

json_t *
spec_body(const struct spec *spec, const struct op *op)
{
	json_t *body;

	if (op->is_raw || op->is_any)
		return json_pack("{s:i}", "x", 1);
	if (op->schema == NULL)
		return NULL;
	body = spec_sample(spec, op->schema, "");
	for (size_t i = 0; i < countof(overrides); i++) {
		if (strcmp(overrides[i].operation, op->id) != 0)
			continue;
		if (overrides[i].json == NULL)
			(void)json_object_del(body, overrides[i].field);
		else
			(void)json_object_set_new(body, overrides[i].field,
			    json_loads(overrides[i].json, JSON_DECODE_ANY, NULL));
	}
	return body;
}

const char *
spec_fill(const struct spec *spec, const struct op *op, const json_t *values)
{
	struct str rest = str_of(op->path), part;
	struct buf out = { 0 };
	json_t *parameter;
	const char *text;
	size_t i;

	/* "/runs/{id}/x" is cut at each brace: text, name, text. */
	while (str_next(&rest, '{', &part)) {
		json_t *made = NULL;
		char *name;

		buf_str(&out, part);
		if (rest.p == NULL || !str_next(&rest, '}', &part))
			break;
		name = arena_text(spec->arena, part);
		text = js_text_or(values, name, NULL);
		json_array_foreach(op->parameters, i, parameter)
		{
			if (text == NULL && made == NULL &&
			    strcmp(js_text_or(parameter, "name", ""), name) == 0)
				made =
				    spec_sample(spec, json_object_get(parameter, "schema"), name);
		}
		if (json_is_integer(made))
			buf_printf(&out, "%d", (int)json_integer_value(made));
		else
			buf_text(&out, text != NULL   ? text
			               : made != NULL ? json_string_value(made)
			                              : "x");
		json_decref(made);
	}
	query_fill(spec, op, values, &out);
	text = arena_text(spec->arena, buf_view(&out));
	buf_free(&out);
	return text;
}

/* What is asked for, and what a request must have. */
static void
query_fill(const struct spec *spec, const struct op *op, const json_t *values, struct buf *out)
{
	json_t *parameter;
	char sep = '?';
	size_t i;

	json_array_foreach(op->parameters, i, parameter)
	{
		const char *name = js_text_or(parameter, "name", "");
		const char *text = js_text_or(values, name, NULL);
		json_t *made = NULL;

		if (strcmp(js_text_or(parameter, "in", ""), "query") != 0 ||
		    (text == NULL && !js_bool_or(parameter, "required", false)))
			continue;
		if (text == NULL) {
			made = spec_sample(spec, json_object_get(parameter, "schema"), name);
			text = json_is_string(made) ? json_string_value(made) : "1";
		}
		buf_printf(out, "%c%s=%s", sep, name, text);
		json_decref(made);
		sep = '&';
	}
}

bool
spec_is_id(const struct spec *spec, json_t *schema)
{
	json_t *node = spec_deref(spec, schema), *items = json_object_get(node, "items");

	if (items != NULL)
		return spec_is_id(spec, items);
	return strcmp(js_text_or(node, "format", ""), "uuid") == 0;
}

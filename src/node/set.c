/*
 * Changes fields of each item: renames, removes, then assigns; other fields stay, unless `keep` is
 * false. Names may be paths (address.city); objects on the way are made, and copied rather than
 * changed, since items are shared.
 */
#include <string.h>

#include "core/json.h"
#include "node/registry.h"

#define PATH_DEPTH_MAX 32

static void start(struct node_call *call, struct node_result *out);
static json_t *change(json_t *json, const json_t *config);
static void assign(json_t *json, const char *path, json_t *value);
static void assign_list(json_t *json, const json_t *list);
static json_t *take(json_t *json, const char *path);
static json_t *own_member(json_t *json, const char *key, size_t n, bool make);

const struct node_type node_set = {
	.type = "set",
	.title = "Set fields",
	.group = "data",
	.description = "Adds, renames and removes fields of each item.",
	.schema =
	    "{\"type\":\"object\",\"properties\":{"
	    "\"values\":{\"title\":\"Fields\",\"description\":\"Name and value; the name may be a "
	    "path "
	    "such as address.city.\",\"x-widget\":\"key-value\",\"x-order\":1,\"default\":{},"
	    "\"anyOf\":[{\"type\":\"object\",\"maxProperties\":500},"
	    "{\"type\":\"array\",\"maxItems\":500,\"items\":{\"type\":\"object\","
	    "\"required\":[\"name\"],\"properties\":{\"name\":{\"type\":\"string\",\"minLength\":1}"
	    ","
	    "\"value\":{}}}}]},"
	    "\"rename\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\","
	    "\"minLength\":1},\"title\":\"Rename\",\"description\":\"Old name and new name.\","
	    "\"x-widget\":\"key-value\",\"x-order\":2},"
	    "\"remove\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"minLength\":1},"
	    "\"title\":\"Remove\",\"description\":\"Fields to leave out.\",\"x-widget\":\"list\","
	    "\"x-order\":3},"
	    "\"keep\":{\"type\":\"boolean\",\"default\":true,\"title\":\"Keep other fields\","
	    "\"x-widget\":\"switch\",\"x-order\":4}}}",
	.example =
	    "{\"values\":{\"total\":\"{{trigger.payload.total}}\",\"customer.name\":\"Ada\"},"
	    "\"remove\":[\"payload\"]}",
	.start = start,
};

static void
start(struct node_call *call, struct node_result *out)
{
	json_t *items = json_array();

	for (size_t i = 0; i < node_item_count(call); i++) {
		json_t *config = node_config(call, i, out), *item, *binary;

		if (config == NULL)
			goto out;
		item = node_item(call, i, change(node_item_json(call, i), config));
		json_decref(config);
		binary = json_object_get(node_item_at(call, i), "binary");
		if (binary != NULL)
			json_object_set(item, "binary", binary);
		json_array_append_new(items, item);
	}
	node_done_port(out, "main", json_incref(items));
out:
	json_decref(items);
}

static json_t *
change(json_t *json, const json_t *config)
{
	json_t *values = json_object_get(config, "values"), *value, *name;
	json_t *out = json_object();
	const char *key;
	size_t i;

	if (js_bool_or(config, "keep", true))
		json_object_update(out, json);
	json_object_foreach(json_object_get(config, "rename"), key, name)
	{
		json_t *moved = take(out, key);

		if (moved != NULL && json_is_string(name))
			assign(out, json_string_value(name), moved);
		json_decref(moved);
	}
	json_array_foreach(json_object_get(config, "remove"), i, name)
	{
		if (json_is_string(name))
			json_decref(take(out, json_string_value(name)));
	}
	json_object_foreach(values, key, value) assign(out, key, value);
	assign_list(out, values);
	return out;
}

/* [{"name","value"}…]: the form that keeps an order and may name a field twice. */
static void
assign_list(json_t *json, const json_t *list)
{
	size_t i;
	json_t *entry;

	if (!json_is_array(list))
		return;
	json_array_foreach(list, i, entry)
	{
		json_t *value = json_object_get(entry, "value");

		if (value != NULL)
			assign(json, js_text_or(entry, "name", "value"), value);
	}
}

/* Borrows value. */
static void
assign(json_t *json, const char *path, json_t *value)
{
	const char *dot;
	int depth = 0;

	while ((dot = strchr(path, '.')) != NULL && dot > path && dot[1] != '\0' &&
	       ++depth < PATH_DEPTH_MAX) {
		json = own_member(json, path, (size_t)(dot - path), true);
		path = dot + 1;
	}
	json_object_set(json, path, value);
}

/* Takes the member off: the caller's reference, or NULL. */
static json_t *
take(json_t *json, const char *path)
{
	const char *dot;
	json_t *value;
	int depth = 0;

	/* A name with a dot in it is a name first. */
	while (json_object_get(json, path) == NULL && (dot = strchr(path, '.')) != NULL &&
	       ++depth < PATH_DEPTH_MAX) {
		json = own_member(json, path, (size_t)(dot - path), false);
		if (json == NULL)
			return NULL;
		path = dot + 1;
	}
	value = json_incref(json_object_get(json, path));
	json_object_del(json, path);
	return value;
}

/* The object below `key`, as a copy that only `json` holds. */
static json_t *
own_member(json_t *json, const char *key, size_t n, bool make)
{
	json_t *old = json_object_getn(json, key, n), *own;

	if (!json_is_object(old) && !make)
		return NULL;
	own = json_is_object(old) ? json_copy(old) : json_object();
	json_object_setn_new(json, key, n, own);
	return own;
}

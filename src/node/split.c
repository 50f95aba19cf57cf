/* Makes an item of each member of a list (N09): what loop, filter and the rest then work on. */
#include <string.h>

#include "core/json.h"
#include "node/registry.h"

static void start(struct node_call *call, struct node_result *out);
static bool split(struct node_call *call, size_t i, json_t *items, struct node_result *out);
static json_t *item_of(struct node_call *call, size_t i, json_t *config, json_t *member);

const struct node_type node_split = {
	.type = "split",
	.title = "Split",
	.group = "data",
	.description = "Makes an item of each member of a list.",
	.schema =
	    "{\"type\":\"object\",\"required\":[\"list\"],\"properties\":{"
	    "\"list\":{\"type\":\"array\",\"title\":\"List\",\"x-widget\":\"text\","
	    "\"x-placeholder\":\"{{trigger.payload.orders}}\",\"x-order\":1,"
	    "\"description\":\"Each member becomes an item; one that is no object, its value.\"},"
	    "\"as\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":100,\"title\":\"As field\","
	    "\"x-widget\":\"text\",\"x-placeholder\":\"order\",\"x-order\":2,"
	    "\"description\":\"Puts the member under this name.\"},"
	    "\"keep\":{\"type\":\"boolean\",\"default\":false,\"title\":\"Keep other fields\","
	    "\"description\":\"Each new item begins as a copy of the one with the list.\","
	    "\"x-widget\":\"switch\",\"x-order\":3}}}",
	.example = "{\"list\":\"{{trigger.payload.orders}}\",\"as\":\"order\"}",
	.start = start,
};

static void
start(struct node_call *call, struct node_result *out)
{
	json_t *items = json_array();

	for (size_t i = 0; i < node_item_count(call); i++) {
		if (!split(call, i, items, out))
			goto out;
	}
	node_done_port(out, "main", json_incref(items));
out:
	json_decref(items);
}

/* False: *out is FAIL. */
static bool
split(struct node_call *call, size_t i, json_t *items, struct node_result *out)
{
	json_t *config = node_config(call, i, out), *list, *member;
	bool ok = false;
	size_t k;

	if (config == NULL)
		return false;
	list = json_object_get(config, "list");
	if (!json_is_array(list) && list != NULL && !json_is_null(list)) {
		node_fail(out, "CONFIG_INVALID", "list", "a list is needed, this is %s",
		    js_type_name(list));
		goto out;
	}
	json_array_foreach(list, k, member)
	    json_array_append_new(items, item_of(call, i, config, member));
	ok = true;
out:
	json_decref(config);
	return ok;
}

static json_t *
item_of(struct node_call *call, size_t i, json_t *config, json_t *member)
{
	const char *as = js_text_or(config, "as", json_is_object(member) ? NULL : "value");
	bool keep = js_bool_or(config, "keep", false);
	json_t *json = keep ? json_copy(node_item_json(call, i)) : json_object();

	if (as != NULL)
		json_object_set(json, as, member);
	else
		json_object_update(json, member);
	return node_item(call, i, json);
}

/*
 * Joins branches (N10). The executor starts it when each incoming edge has delivered or been
 * skipped (mode `first`: when one has delivered), so a branch that was not taken is simply absent
 * here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "node/registry.h"

#define JOIN_MAX 100000 /* items that a join by key may make: equal keys multiply */

static void start(struct node_call *call, struct node_result *out);
static void append(struct node_call *call, json_t *out);
static void wait_all(struct node_call *call, json_t *out);
static size_t side_end(const struct node_call *call, size_t k);
static bool has_all_sides(const struct node_call *call, const json_t *config);
static void by_position(struct node_call *call, const json_t *config, json_t *out);
static int all_combinations(
    struct node_call *call, const json_t *config, json_t *out, struct node_result *result);
static int combine_side(
    struct node_call *call, size_t k, size_t end, json_t *out, struct node_result *result);
static void choose(struct node_call *call, const json_t *config, json_t *out);
static int by_key(
    struct node_call *call, const json_t *config, json_t *out, struct node_result *result);

const struct node_type node_merge = {
	.type = "merge",
	.title = "Merge",
	.group = "logic",
	.description = "Brings branches together; branches that were not taken are not waited for.",
	.schema =
	    "{\"type\":\"object\",\"properties\":{"
	    "\"mode\":{\"type\":\"string\",\"enum\":[\"append\",\"wait_all\",\"first\","
	    "\"combine_by_key\",\"combine_by_position\",\"combine_all\",\"choose\"],\"default\":"
	    "\"append\","
	    "\"title\":\"Mode\",\"x-widget\":\"select\",\"x-literal\":true,\"x-order\":1,"
	    "\"x-enum-titles\":[\"All items, one input after another\","
	    "\"Wait for all, then one item with all fields\",\"The first input that arrives\","
	    "\"Join by a key\",\"Join by position\",\"All combinations\",\"One chosen input\"]},"
	    "\"inputs\":{\"type\":\"integer\",\"minimum\":2,\"maximum\":10,\"default\":2,"
	    "\"title\":\"Inputs\",\"x-widget\":\"number\",\"x-literal\":true,\"x-order\":2},"
	    "\"key\":{\"type\":\"string\",\"minLength\":1,\"title\":\"Key\",\"description\":"
	    "\"Field, or "
	    "path, that is equal in items which belong together.\",\"x-widget\":\"path\","
	    "\"x-literal\":true,\"x-show-if\":{\"mode\":\"combine_by_key\"},\"x-order\":3},"
	    "\"right_key\":{\"type\":\"string\",\"minLength\":1,\"title\":\"Key of the other "
	    "inputs\","
	    "\"description\":\"Left out: the same.\",\"x-widget\":\"path\",\"x-literal\":true,"
	    "\"x-show-if\":{\"mode\":\"combine_by_key\"},\"x-order\":4},"
	    "\"join\":{\"type\":\"string\",\"enum\":[\"inner\",\"left\",\"outer\"],"
	    "\"default\":\"inner\",\"title\":\"Items without a partner\",\"x-widget\":\"select\","
	    "\"x-enum-titles\":[\"Leave out\",\"Keep those of input 1\",\"Keep all\"],"
	    "\"x-literal\":true,\"x-show-if\":{\"mode\":\"combine_by_key\"},\"x-order\":5},"
	    "\"unpaired\":{\"type\":\"boolean\",\"default\":true,\"title\":\"Keep items without a "
	    "partner\",\"x-widget\":\"switch\",\"x-literal\":true,"
	    "\"x-show-if\":{\"mode\":\"combine_by_position\"},\"x-order\":6},"
	    "\"choose\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":10,\"default\":1,"
	    "\"title\":\"Input\",\"x-widget\":\"number\",\"x-show-if\":{\"mode\":\"choose\"},"
	    "\"x-order\":7}}}",
	.example = "{\"mode\":\"combine_by_key\",\"key\":\"id\",\"join\":\"left\"}",
	.flags = NODE_INPUTS_NAMED | NODE_STARTS_FIRST,
	.start = start,
};

static void
start(struct node_call *call, struct node_result *out)
{
	json_t *config = node_config(call, 0, out), *items;
	const char *mode;
	int rc = 0;

	if (config == NULL)
		return;
	items = json_array();
	mode = js_text_or(config, "mode", "append");
	if (strcmp(mode, "wait_all") == 0)
		wait_all(call, items);
	else if (strcmp(mode, "combine_by_position") == 0)
		by_position(call, config, items);
	else if (strcmp(mode, "choose") == 0)
		choose(call, config, items);
	else if (strcmp(mode, "combine_all") == 0)
		rc = all_combinations(call, config, items, out);
	else if (strcmp(mode, "combine_by_key") == 0)
		rc = by_key(call, config, items, out);
	else
		append(call, items);
	if (rc != 0)
		goto out;
	node_done_port(out, "main", json_incref(items));
out:
	json_decref(items);
	json_decref(config);
}

static void
append(struct node_call *call, json_t *out)
{
	for (size_t i = 0; i < node_item_count(call); i++)
		json_array_append_new(out, node_item_keep(call, i));
}

/* Fields of later inputs win. */
static void
add_fields(struct node_call *call, json_t *out, size_t at, size_t i)
{
	json_t *item = json_array_get(out, at), *json, *binary;

	if (item == NULL) {
		item = node_item(call, i, json_copy(node_item_json(call, i)));
		json_array_append_new(out, item);
	} else {
		json = json_object_get(item, "json");
		json_object_update(json, node_item_json(call, i));
		node_item_pair(call, item, i);
	}
	binary = json_object_get(node_item_at(call, i), "binary");
	if (json_object_get(item, "binary") == NULL && json_is_object(binary))
		json_object_set_new(item, "binary", json_copy(binary));
	else if (json_is_object(binary))
		json_object_update(json_object_get(item, "binary"), binary);
}

static void
wait_all(struct node_call *call, json_t *out)
{
	for (size_t k = 0; k < node_input_count(call); k++)
		add_fields(call, out, 0, node_input_at(call, k).first);
}

/* Where the inputs of the same port as input k end. */
static size_t
side_end(const struct node_call *call, size_t k)
{
	const char *port = node_input_at(call, k).port;

	while (k < node_input_count(call) && strcmp(node_input_at(call, k).port, port) == 0)
		k++;
	return k;
}

static bool
has_all_sides(const struct node_call *call, const json_t *config)
{
	json_int_t sides = 0;

	for (size_t k = 0; k < node_input_count(call); k = side_end(call, k))
		sides++;
	return sides >= js_int_or(config, "inputs", 2);
}

static void
by_position(struct node_call *call, const json_t *config, json_t *out)
{
	bool unpaired = js_bool_or(config, "unpaired", true);
	size_t pairs = SIZE_MAX;

	if (!unpaired && !has_all_sides(call, config))
		return;
	for (size_t k = 0; !unpaired && k < node_input_count(call); k++) {
		size_t n = json_array_size(node_input_at(call, k).items);

		pairs = n < pairs ? n : pairs;
	}
	for (size_t k = 0; k < node_input_count(call); k++) {
		struct node_input in = node_input_at(call, k);

		for (size_t i = 0; i < json_array_size(in.items) && i < pairs; i++)
			add_fields(call, out, i, in.first + i);
	}
}

static void
choose(struct node_call *call, const json_t *config, json_t *out)
{
	json_t *wish = json_object_get(config, "choose");
	char port[24];

	snprintf(port, sizeof(port), "%" JSON_INTEGER_FORMAT,
	    json_is_string(wish) ? (json_int_t)strtol(json_string_value(wish), NULL, 10)
	                         : js_int_or(config, "choose", 1));
	for (size_t k = 0; k < node_input_count(call); k++) {
		struct node_input in = node_input_at(call, k);

		if (strcmp(in.port, port) != 0)
			continue;
		for (size_t i = 0; i < json_array_size(in.items); i++)
			json_array_append_new(out, node_item_keep(call, in.first + i));
	}
}

/* ---- join by key ---- */

/* Text of a key, so that 7 and "7" meet; NULL: the item has none. */
static char *
key_text(const json_t *json, const char *key)
{
	json_t *v = json_object_get(json, key);

	if (v == NULL)
		v = js_get(json, key);
	if (v == NULL || json_is_null(v))
		return NULL;
	return json_is_string(v) ? mem_strdup(json_string_value(v)) : js_text_of(v, JS_SORTED);
}

/* {"<key>": [places in `out`…]} of the items made so far. */
static json_t *
index_of(const json_t *out, const char *key)
{
	json_t *index = json_object(), *item, *places;
	size_t i;

	json_array_foreach(out, i, item)
	{
		char *text = key_text(json_object_get(item, "json"), key);

		if (text == NULL)
			continue;
		places = json_object_get(index, text);
		if (places == NULL) {
			places = json_array();
			json_object_set_new(index, text, places);
		}
		json_array_append_new(places, json_integer((json_int_t)i));
		mem_free(text);
	}
	return index;
}

/* Item `left` (made here) with the fields of input item i. */
static json_t *
joined(struct node_call *call, json_t *left, size_t i)
{
	json_t *item = json_copy(left), *json = json_copy(json_object_get(left, "json"));
	json_t *paired = json_copy(json_object_get(left, "paired"));

	json_object_update(json, node_item_json(call, i));
	json_object_set_new(item, "json", json);
	if (paired != NULL)
		json_object_set_new(item, "paired", paired);
	node_item_pair(call, item, i);
	return item;
}

/* Joins the items of one more input to `out`. */
static int
join_input(struct node_call *call, const json_t *config, struct node_input in, json_t *out,
    struct node_result *result)
{
	const char *key = js_text_or(config, "key", "id");
	const char *right = js_text_or(config, "right_key", key);
	const char *join = js_text_or(config, "join", "inner");
	json_t *index = index_of(out, key), *made = json_array(), *place;
	size_t n_left = json_array_size(out), p;
	bool *met = mem_array(n_left + 1, sizeof(*met));
	int rc = -1;

	for (size_t i = 0; i < json_array_size(in.items); i++) {
		char *text = key_text(node_item_json(call, in.first + i), right);
		json_t *places = text != NULL ? json_object_get(index, text) : NULL;

		mem_free(text);
		json_array_foreach(places, p, place)
		{
			size_t at = (size_t)json_integer_value(place);

			met[at] = true;
			json_array_append_new(
			    made, joined(call, json_array_get(out, at), in.first + i));
		}
		if (places == NULL && strcmp(join, "outer") == 0)
			json_array_append_new(made, node_item_keep(call, in.first + i));
		if (json_array_size(made) > JOIN_MAX) {
			node_fail(result, "TOO_LARGE", "key", "the join makes more than %d items",
			    JOIN_MAX);
			goto out;
		}
	}
	for (size_t i = 0; i < n_left && strcmp(join, "inner") != 0; i++) {
		if (!met[i])
			json_array_append(made, json_array_get(out, i));
	}
	json_array_clear(out);
	json_array_extend(out, made);
	rc = 0;
out:
	mem_free(met);
	json_decref(index);
	json_decref(made);
	return rc;
}

static int
by_key(struct node_call *call, const json_t *config, json_t *out, struct node_result *result)
{
	const char *first = node_input_at(call, 0).port;
	struct node_input in;
	size_t k = 0;

	/* Several edges at the first port are one left side. */
	for (; k < node_input_count(call); k++) {
		in = node_input_at(call, k);
		if (strcmp(in.port, first) != 0)
			break;
		for (size_t i = 0; i < json_array_size(in.items); i++)
			json_array_append_new(out, node_item_keep(call, in.first + i));
	}
	/* A left side alone has no partners; with `inner` nothing would be left of it. */
	for (; k < node_input_count(call); k++) {
		if (join_input(call, config, node_input_at(call, k), out, result) != 0)
			return -1;
	}
	return 0;
}

/* ---- all combinations ---- */

/* Nothing can be combined with an input that gave nothing. */
static int
all_combinations(
    struct node_call *call, const json_t *config, json_t *out, struct node_result *result)
{
	if (!has_all_sides(call, config))
		return 0;
	for (size_t k = 0; k < node_input_count(call); k = side_end(call, k)) {
		if (combine_side(call, k, side_end(call, k), out, result) != 0)
			return -1;
	}
	return 0;
}

/* Each item made so far with each of the inputs k … end - 1, which are one side. */
static int
combine_side(struct node_call *call, size_t k, size_t end, json_t *out, struct node_result *result)
{
	size_t first = node_input_at(call, k).first, at;
	struct node_input last = node_input_at(call, end - 1);
	size_t behind = last.first + json_array_size(last.items);
	json_t *made = json_array(), *left;
	int rc = -1;

	if (json_array_size(out) * (behind - first) > JOIN_MAX) {
		node_fail(
		    result, "TOO_LARGE", "mode", "there are more than %d combinations", JOIN_MAX);
		goto out;
	}
	for (size_t i = first; k == 0 && i < behind; i++)
		json_array_append_new(made, node_item_keep(call, i));
	json_array_foreach(out, at, left)
	{
		for (size_t i = first; i < behind; i++)
			json_array_append_new(made, joined(call, left, i));
	}
	json_array_clear(out);
	json_array_extend(out, made);
	rc = 0;
out:
	json_decref(made);
	return rc;
}

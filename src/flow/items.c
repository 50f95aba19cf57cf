#include "flow/items.h"

#include <stdint.h>

json_t *
item_new(json_t *json)
{
	json_t *item = json_object();

	if (!json_is_object(json)) {
		json_t *value = json != NULL ? json : json_null();

		json = json_object();
		json_object_set_new_nocheck(json, "value", value);
	}
	json_object_set_new_nocheck(item, "json", json);
	return item;
}

json_t *
item_json(const json_t *item)
{
	json_t *json = json_object_get(item, "json");

	return json_is_object(json) ? json : NULL;
}

void
item_pair(json_t *item, int input, size_t index)
{
	json_t *paired = json_object_get(item, "paired"), *pair = json_array();

	if (paired == NULL) {
		paired = json_array();
		json_object_set_new_nocheck(item, "paired", paired);
	}
	json_array_append_new(pair, json_integer(input));
	json_array_append_new(pair, json_integer((json_int_t)index));
	json_array_append_new(paired, pair);
}

bool
item_pair_at(const json_t *item, size_t n, int *input, size_t *index)
{
	const json_t *pair = json_array_get(json_object_get(item, "paired"), n);
	const json_t *in = json_array_get(pair, 0), *at = json_array_get(pair, 1);
	json_int_t i, k;

	if (!json_is_integer(in) || !json_is_integer(at))
		return false;
	i = json_integer_value(in);
	k = json_integer_value(at);
	if (i < 0 || i > INT32_MAX || k < 0)
		return false;
	*input = (int)i;
	*index = (size_t)k;
	return true;
}

json_t *
item_share(const json_t *item)
{
	json_t *copy = json_object(), *binary = json_object_get(item, "binary");

	json_object_set_nocheck(copy, "json", json_object_get(item, "json"));
	if (binary != NULL)
		json_object_set_nocheck(copy, "binary", binary);
	return copy;
}

bool
items_are_valid(const json_t *items)
{
	size_t i;
	const json_t *item;

	if (!json_is_array(items))
		return false;
	for (i = 0; i < json_array_size(items); i++) {
		item = json_array_get(items, i);
		if (item_json(item) == NULL)
			return false;
	}
	return true;
}

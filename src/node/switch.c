/*
 * Sends each item to the port of the first rule that holds (or of all that hold), else to
 * "default". Rules are conditions; or `value` is compared with each of `cases`, numbers and texts
 * of numbers alike.
 */
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "node/condition.h"
#include "node/registry.h"

static void start(struct node_call *call, struct node_result *out);
static json_t *outputs_of(const json_t *config);
static void validate(
    json_t *config, const struct expr_names *names, const char *path, struct issue_list *issues);
static int prepare(
    json_t *config, const struct expr_names *names, struct arena *a, void **out, struct err *e);
static const json_t *list_of(const json_t *config);
static json_t *port_name(const json_t *config, size_t i);
static int rule_holds(struct node_call *call, const json_t *config, size_t item, size_t rule,
    bool *holds, struct node_result *out);
static bool same(const json_t *a, const json_t *b);
static void put(json_t *ports, const char *port, json_t *item);

/* Compiled rules; n is 0 where `cases` are used. */
struct rules {
	struct cond **v;
	size_t n;
};

static const struct node_port ports_usual[] = { { "default", "default" }, { NULL, NULL } };

const struct node_type node_switch = {
	.type = "switch",
	.title = "Switch",
	.group = "logic",
	.description = "Sends each item to one of several ports, by rules or by a value.",
	.schema =
	    "{\"type\":\"object\",\"anyOf\":[{\"required\":[\"rules\"]},"
	    "{\"required\":[\"value\",\"cases\"]}],\"properties\":{"
	    "\"rules\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":60,\"title\":\"Rules\","
	    "\"description\":\"Each has a port and a condition; the first that holds takes the "
	    "item.\","
	    "\"x-widget\":\"list\",\"x-raw\":true,\"x-order\":1,\"items\":{\"type\":\"object\","
	    "\"required\":[\"condition\"],\"properties\":{"
	    "\"port\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9_-]{1,40}$\",\"title\":"
	    "\"Port\"},"
	    "\"condition\":{\"type\":[\"string\",\"object\",\"array\",\"boolean\"],"
	    "\"title\":\"Condition\",\"x-widget\":\"condition\"}}}},"
	    "\"value\":{\"title\":\"Value\",\"description\":\"Compared with each case.\","
	    "\"x-widget\":\"text\",\"x-placeholder\":\"{{trigger.payload.kind}}\",\"x-order\":2},"
	    "\"cases\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":60,\"title\":\"Cases\","
	    "\"x-widget\":\"list\",\"x-order\":3,\"items\":{\"type\":\"object\","
	    "\"required\":[\"value\"],\"properties\":{"
	    "\"port\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9_-]{1,40}$\",\"title\":"
	    "\"Port\"},"
	    "\"value\":{\"title\":\"Value\"}}}},"
	    "\"all_matches\":{\"type\":\"boolean\",\"default\":false,\"title\":\"All that hold\","
	    "\"description\":\"Send an item to every port whose rule holds.\","
	    "\"x-widget\":\"switch\",\"x-order\":4}}}",
	.example = "{\"rules\":[{\"port\":\"big\",\"condition\":\"{{item.total}} > 1000\"},"
	           "{\"port\":\"small\",\"condition\":\"{{item.total}} <= 1000\"}]}",
	.flags = NODE_ENDS_CYCLE,
	.outputs = ports_usual,
	.outputs_of = outputs_of,
	.validate = validate,
	.prepare = prepare,
	.start = start,
};

static void
start(struct node_call *call, struct node_result *out)
{
	json_t *ports = json_object(), *config = NULL;

	for (size_t i = 0; i < node_item_count(call); i++) {
		bool taken = false;

		config = node_config(call, i, out);
		if (config == NULL)
			goto out;
		for (size_t r = 0; r < json_array_size(list_of(config)); r++) {
			json_t *port;
			bool holds;

			if (rule_holds(call, config, i, r, &holds, out) != 0)
				goto out;
			if (!holds)
				continue;
			port = port_name(config, r);
			put(ports, json_string_value(port), node_item_keep(call, i));
			json_decref(port);
			taken = true;
			if (!js_bool_or(config, "all_matches", false))
				break;
		}
		if (!taken)
			put(ports, "default", node_item_keep(call, i));
		json_decref(config);
		config = NULL;
	}
	node_done(out, json_incref(ports));
out:
	json_decref(config);
	json_decref(ports);
}

static json_t *
outputs_of(const json_t *config)
{
	json_t *names = json_array();
	size_t n = json_array_size(list_of(config));

	for (size_t i = 0; i < n && i < NODE_PORT_MAX - 1; i++)
		json_array_append_new(names, port_name(config, i));
	json_array_append_new(names, json_string("default"));
	return names;
}

static void
validate(
    json_t *config, const struct expr_names *names, const char *path, struct issue_list *issues)
{
	json_t *rules = js_array(config, "rules"), *rule;
	size_t i;

	json_array_foreach(rules, i, rule)
	{
		char at[200];

		snprintf(at, sizeof(at), "%s.rules[%zu].condition", path, i);
		condition_check(json_object_get(rule, "condition"), names, at, issues);
	}
	for (i = 0; i < json_array_size(list_of(config)); i++) {
		const char *port = js_text_or(json_array_get(list_of(config), i), "port", "");
		char at[200];

		if (strcmp(port, "default") != 0 && strcmp(port, "error") != 0)
			continue;
		snprintf(
		    at, sizeof(at), "%s.%s[%zu].port", path, rules != NULL ? "rules" : "cases", i);
		issue_add(issues, ISSUE_ERROR, at, "the port \"%s\" has its own meaning", port);
	}
}

static int
prepare(json_t *config, const struct expr_names *names, struct arena *a, void **out, struct err *e)
{
	struct rules *rules = arena_alloc(a, sizeof(*rules));
	json_t *list = js_array(config, "rules");

	(void)e;
	rules->n = json_array_size(list);
	rules->v = arena_array(a, rules->n + 1, sizeof(struct cond *));
	for (size_t i = 0; i < rules->n; i++) {
		json_t *condition = json_object_get(json_array_get(list, i), "condition");

		if (condition == NULL)
			return err_set_field(e, "MR400", "rules", "rule %zu has no condition", i);
		rules->v[i] = cond_compile(a, condition, names);
	}
	*out = rules;
	return 0;
}

static const json_t *
list_of(const json_t *config)
{
	const json_t *rules = js_array(config, "rules");

	return rules != NULL ? rules : js_array(config, "cases");
}

/* Without a name of its own a rule's port is its number, from 1. */
static json_t *
port_name(const json_t *config, size_t i)
{
	json_t *port = json_object_get(json_array_get(list_of(config), i), "port");

	return json_is_string(port) ? json_incref(port) : json_sprintf("%zu", i + 1);
}

static int
rule_holds(struct node_call *call, const json_t *config, size_t item, size_t rule, bool *holds,
    struct node_result *out)
{
	const struct rules *rules = node_prepared(call);
	const json_t *cases = js_array(config, "cases");
	char field[40];

	if (rules->n == 0) {
		*holds = same(json_object_get(config, "value"),
		    json_object_get(json_array_get(cases, rule), "value"));
		return 0;
	}
	snprintf(field, sizeof(field), "rules[%zu].condition", rule);
	return node_test(call, rules->v[rule], field, item, holds, out);
}

static bool
same(const json_t *a, const json_t *b)
{
	char *text_a, *text_b;
	bool equal;

	if (a == NULL || b == NULL || json_is_string(a) == json_is_string(b))
		return a != NULL && b != NULL && js_equal(a, b);
	text_a = json_is_string(a) ? mem_strdup(json_string_value(a)) : js_text_of(a, JS_COMPACT);
	text_b = json_is_string(b) ? mem_strdup(json_string_value(b)) : js_text_of(b, JS_COMPACT);
	equal = strcmp(text_a, text_b) == 0;
	mem_free(text_a);
	mem_free(text_b);
	return equal;
}

/* Steals item. */
static void
put(json_t *ports, const char *port, json_t *item)
{
	json_t *items = json_object_get(ports, port);

	if (items == NULL) {
		items = json_array();
		json_object_set_new(ports, port, items);
	}
	json_array_append_new(items, item);
}

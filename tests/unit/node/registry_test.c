/* N01, N19: descriptors are whole: what GET /node-types shows is what validation and forms read. */
#include "../flow/kit.h"

#include "core/schema.h"
#include "flow/cond.h"

static void
every_schema_is_understood_and_every_example_meets_it(void **state)
{
	(void)state;
	for (int i = 0; i < node_registry.n; i++) {
		const struct node_type *t = node_registry.v[i];
		json_error_t je;
		json_t *schema = json_loads(t->schema, JSON_REJECT_DUPLICATES, &je), *example;
		struct issue_list issues = { 0 };
		struct schema *compiled;
		struct err e = { 0 };

		if (schema == NULL)
			fail_msg("%s: %s at %d", t->type, je.text, je.position);
		example = json_loads(t->example, JSON_REJECT_DUPLICATES, &je);
		if (example == NULL)
			fail_msg("%s example: %s", t->type, je.text);
		compiled = schema_new(schema);
		if (schema_verify(compiled, NULL, &e) != 0)
			fail_msg("%s: %s %s", t->type, e.field, e.text);
		schema_check(compiled, NULL, example, "", SCHEMA_EXPRESSIONS, &issues);
		if (issues.n > 0)
			fail_msg("%s example: %s %s", t->type, issues.v[0].field, issues.v[0].text);
		issue_list_free(&issues);
		schema_free(compiled);
		json_decref(example);
		json_decref(schema);
	}
}

static void
every_type_has_a_known_group_and_a_sentence(void **state)
{
	static const char *const groups[] = { "trigger", "action", "logic", "data", "human" };

	(void)state;
	for (int i = 0; i < node_registry.n; i++) {
		const struct node_type *t = node_registry.v[i];
		bool found = false;

		for (size_t k = 0; k < countof(groups); k++)
			found = found || strcmp(groups[k], t->group) == 0;
		assert_true(found);
		assert_true(strlen(t->title) > 0 && strlen(t->description) > 10);
		assert_true((t->start != NULL) == ((t->flags & NODE_TRIGGER) == 0));
		assert_ptr_equal(node_registry_find(&node_registry, t->type), t);
	}
	assert_null(node_registry_find(&node_registry, "nope"));
	assert_null(node_registry_find(&node_registry, NULL));
}

/* The form's fields: title, and a widget which the renderer has. */
static void
every_field_has_a_title_a_widget_and_only_known_hints(void **state)
{
	static const char *const widgets[] = { "text", "textarea", "connection", "workflow", "code",
		"json", "number", "switch", "select", "duration", "datetime", "key-value", "list",
		"condition", "cron", "path", "schema", "hidden" };
	static const char *const hints[] = { "x-widget", "x-placeholder", "x-connectors",
		"x-show-if", "x-enum-titles", "x-literal", "x-raw", "x-format", "x-order" };

	(void)state;
	for (int i = 0; i < node_registry.n; i++) {
		json_t *schema = json_loads(node_registry.v[i]->schema, 0, NULL), *field, *value;
		const char *name, *key;

		json_object_foreach(json_object_get(schema, "properties"), name, field)
		{
			bool known = false;

			for (size_t k = 0; k < countof(widgets); k++)
				known = known ||
				        strcmp(js_text_or(field, "x-widget", ""), widgets[k]) == 0;
			if (!known || json_object_get(field, "title") == NULL)
				fail_msg("%s.%s", node_registry.v[i]->type, name);
			json_object_foreach(field, key, value)
			{
				known = strncmp(key, "x-", 2) != 0;
				for (size_t k = 0; k < countof(hints); k++)
					known = known || strcmp(key, hints[k]) == 0;
				if (!known)
					fail_msg("%s.%s: %s", node_registry.v[i]->type, name, key);
			}
		}
		json_decref(schema);
	}
}

static void
the_list_names_ports_schema_and_example(void **state)
{
	json_t *list = node_registry_json(&node_registry), *items = json_object_get(list, "items");

	(void)state;
	assert_int_equal(json_array_size(items), node_registry.n);
	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *t = json_array_get(items, i);

		if (strcmp(js_text_or(t, "type", ""), "if") != 0)
			continue;
		kit_assert_json(js_get(t, "ports"),
		    "{'in':[{'name':'main','title':'main'}],'out':[{'name':'true','title':'true'},"
		    "{'name':'false','title':'false'}],'dynamic_in':false,'dynamic_out':false}");
		assert_true(json_is_object(json_object_get(t, "schema")));
	}
	json_decref(list);
}

/* N19: the example of the guide at the head of flow/node_type.h. */
static void
shout_start(struct node_call *call, struct node_result *out)
{
	json_t *items = json_array();

	for (size_t i = 0; i < node_item_count(call); i++) {
		json_t *config = node_config(call, i, out);

		if (config == NULL)
			goto out;
		json_array_append_new(items,
		    node_item(call, i, json_pack("{s:s}", "text", js_text_or(config, "text", ""))));
		json_decref(config);
	}
	node_done_port(out, "main", json_incref(items));
out:
	json_decref(items);
}

static void
a_new_type_needs_one_descriptor_and_one_line(void **state)
{
	static const struct node_type shout = { .type = "shout",
		.title = "Shout",
		.group = "data",
		.description = "Says it.",
		.schema = "{\"type\":\"object\",\"required\":[\"text\"],"
		          "\"properties\":{\"text\":{\"type\":\"string\"}}}",
		.example = "{\"text\":\"hi\"}",
		.start = shout_start };
	const struct node_type *const types[] = { &node_manual, &shout };
	const struct node_registry registry = { types, 2 };
	struct issue_list issues = { 0 };
	json_t *in =
	    kit_json("{'nodes':[{'id':'t','type':'manual'},{'id':'s','type':'shout',"
	             "'config':{'text':'hi {{t.name}}'}}],'edges':[{'from':'t','to':'s'}]}");
	json_t *stored, *input = kit_json("{'name':'Ada'}");
	struct kit k = { .now_ms = KIT_START_MS };
	struct err e;

	(void)state;
	assert_int_equal(definition_read(in, &registry, "", &stored, &issues), 0);
	assert_ok(plan_compile(stored, &registry, &k.plan, &e), e);
	k.items = json_array();
	json_array_append_new(k.items, trigger_manual_item(input));
	k.rows = calloc(KIT_STEPS_MAX, sizeof(*k.rows));
	kit_new_exec(&k);
	kit_run(&k);
	kit_assert_json(exec_output(k.x), "{'text':'hi Ada'}");
	kit_close(&k);
	json_decref(in);
	json_decref(stored);
	json_decref(input);
	issue_list_free(&issues);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_schema_is_understood_and_every_example_meets_it),
		cmocka_unit_test(every_type_has_a_known_group_and_a_sentence),
		cmocka_unit_test(every_field_has_a_title_a_widget_and_only_known_hints),
		cmocka_unit_test(the_list_names_ports_schema_and_example),
		cmocka_unit_test(a_new_type_needs_one_descriptor_and_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "flow/registry.h"

#include <string.h>

static json_t *type_json(const struct node_type *t);
static json_t *ports_json(const struct node_type *t);

const struct node_type *
node_registry_find(const struct node_registry *r, const char *type)
{
	for (int i = 0; type != NULL && i < r->n; i++) {
		if (strcmp(r->v[i]->type, type) == 0)
			return r->v[i];
	}
	return NULL;
}

json_t *
node_registry_json(const struct node_registry *r)
{
	json_t *items = json_array();

	for (int i = 0; i < r->n; i++) {
		json_t *type = type_json(r->v[i]);

		if (type == NULL) {
			json_decref(items);
			return NULL;
		}
		json_array_append_new(items, type);
	}
	return json_pack("{s:o, s:n}", "items", items, "next_cursor");
}

json_t *
node_type_outputs(const struct node_type *t, const json_t *config, bool error_port)
{
	json_t *ports;

	if (t->outputs_of != NULL && config != NULL) {
		ports = t->outputs_of(config);
	} else {
		ports = json_array();
		for (const struct node_port *p = t->outputs; p != NULL && p->name != NULL; p++)
			json_array_append_new(ports, json_string(p->name));
		if (t->outputs == NULL)
			json_array_append_new(ports, json_string("main"));
	}
	if (error_port)
		json_array_append_new(ports, json_string("error"));
	return ports;
}

json_t *
node_type_inputs(const struct node_type *t, const json_t *config)
{
	json_t *ports = json_array();

	if ((t->flags & NODE_TRIGGER) != 0)
		return ports;
	if ((t->flags & NODE_INPUTS_NAMED) == 0) {
		json_array_append_new(ports, json_string("main"));
		return ports;
	}
	json_int_t n = json_integer_value(json_object_get(config, "inputs"));
	for (int i = 1; i <= (n >= 2 && n <= NODE_INPUTS_MAX ? n : 2); i++)
		json_array_append_new(ports, json_sprintf("%d", i));
	return ports;
}

static json_t *
type_json(const struct node_type *t)
{
	json_t *schema = json_loads(t->schema, 0, NULL), *example = json_loads(t->example, 0, NULL);

	if (schema == NULL || example == NULL) {
		json_decref(schema);
		json_decref(example);
		return NULL;
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:b, s:b, s:b}", "type", t->type,
	    "name", t->title, "group", t->group, "description", t->description, "ports",
	    ports_json(t), "schema", schema, "example", example, "trigger",
	    (t->flags & NODE_TRIGGER) != 0, "retry", (t->flags & NODE_RETRY) != 0, "ends_run",
	    (t->flags & NODE_ENDS_RUN) != 0);
}

/* {"in":[{"name","title"}],"out":[…],"dynamic_in":bool,"dynamic_out":bool} */
static json_t *
ports_json(const struct node_type *t)
{
	json_t *in = json_array(), *out = json_array(), *names = node_type_inputs(t, NULL);
	size_t i;
	json_t *name;

	json_array_foreach(names, i, name)
	    json_array_append_new(in, json_pack("{s:O, s:O}", "name", name, "title", name));
	json_decref(names);
	for (const struct node_port *p = t->outputs; p != NULL && p->name != NULL; p++)
		json_array_append_new(
		    out, json_pack("{s:s, s:s}", "name", p->name, "title", p->title));
	if (t->outputs == NULL)
		json_array_append_new(
		    out, json_pack("{s:s, s:s}", "name", "main", "title", "main"));
	return json_pack("{s:o, s:o, s:b, s:b}", "in", in, "out", out, "dynamic_in",
	    (t->flags & NODE_INPUTS_NAMED) != 0, "dynamic_out", t->outputs_of != NULL);
}

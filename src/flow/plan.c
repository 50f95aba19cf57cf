#include "flow/plan_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "flow/definition.h"
#include "flow/exec.h"

#define RETRIES_DEFAULT 3
#define RETRY_INITIAL_MS 1000
#define RETRY_MAX_MS 60000
#define RETRY_BACKOFF 2.0
#define DAY_MS INT64_C(86400000)

static void find_names(struct plan *p, json_t *nodes);
static void index_nodes(struct plan *p);
static unsigned hash_id(const char *id);
static int read_node(struct plan *p, int i, json_t *node, const struct node_type *t, struct err *e);
static void read_retry(struct plan_node *n, json_t *node);
static void compile_config(struct plan *p, struct plan_node *n);
static const char *const *raw_keys(struct arena *a, const struct node_type *t);
static int read_edges(struct plan *p, json_t *edges, struct err *e);
static void sort_inputs(struct plan *p);
static void read_settings(struct plan *p);
static int64_t within(const json_t *o, const char *key, int64_t usual, int64_t max);

static void
schema_drop(void *schema)
{
	schema_free(schema);
}

static void
json_drop(void *json)
{
	json_decref(json);
}

int
plan_compile(const json_t *definition, const struct node_registry *registry, struct plan **out,
    struct err *e)
{
	struct plan *p = mem_alloc(sizeof(*p));
	json_t *nodes;
	int rc = -1;

	*out = NULL;
	p->refs = 1;
	p->arena = arena_new();
	p->definition = json_deep_copy(definition);
	nodes = js_array(p->definition, "nodes");
	p->n = (int)json_array_size(nodes);
	if (p->n == 0 || p->n > DEFINITION_NODES_MAX) {
		err_set_field(e, "MR400", "nodes",
		    "a definition has 1 to %d nodes, this one has %d", DEFINITION_NODES_MAX, p->n);
		goto out;
	}
	p->nodes = arena_array(p->arena, (size_t)p->n, sizeof(*p->nodes));
	find_names(p, nodes);
	index_nodes(p);
	for (int i = 0; i < p->n; i++) {
		json_t *node = json_array_get(nodes, (size_t)i);
		const char *type = js_text_or(node, "type", "");
		const struct node_type *t = node_registry_find(registry, type);

		if (t == NULL) {
			err_set_field(e, "MR400", "type", "there is no node type \"%.100s\"", type);
			err_at(e, "nodes[%d]", i);
			goto out;
		}
		if (read_node(p, i, node, t, e) != 0)
			goto out;
	}
	if (read_edges(p, js_array(p->definition, "edges"), e) != 0)
		goto out;
	plan_read_cycles(p);
	read_settings(p);
	*out = p;
	rc = 0;
out:
	if (rc != 0)
		plan_unref(p);
	return rc;
}

struct plan *
plan_ref(struct plan *p)
{
	p->refs++;
	return p;
}

void
plan_unref(struct plan *p)
{
	if (p == NULL || --p->refs > 0)
		return;
	arena_free(p->arena);
	json_decref(p->vars);
	json_decref(p->definition);
	mem_free(p);
}

int
plan_node_count(const struct plan *p)
{
	return p->n;
}

const char *
plan_node_id(const struct plan *p, int node)
{
	return p->nodes[node].id;
}

int
plan_node(const struct plan *p, const char *id)
{
	unsigned at = hash_id(id) & (p->n_slots - 1);

	while (p->slots[at] != 0) {
		if (strcmp(p->nodes[p->slots[at] - 1].id, id) == 0)
			return p->slots[at] - 1;
		at = (at + 1) & (p->n_slots - 1);
	}
	return -1;
}

int
plan_trigger(const struct plan *p, const char *type)
{
	for (int i = 0; i < p->n; i++) {
		const struct node_type *t = p->nodes[i].type;

		if ((t->flags & NODE_TRIGGER) != 0 && (type == NULL || strcmp(t->type, type) == 0))
			return i;
	}
	return -1;
}

const json_t *
plan_settings(const struct plan *p)
{
	return js_object(p->definition, "settings");
}

int64_t
plan_timeout_ms(const struct plan *p)
{
	return p->timeout_ms;
}

static void
find_names(struct plan *p, json_t *nodes)
{
	struct str *ids = arena_array(p->arena, (size_t)p->n, sizeof(*ids));
	struct str *titles = arena_array(p->arena, (size_t)p->n, sizeof(*titles));

	for (int i = 0; i < p->n; i++) {
		json_t *node = json_array_get(nodes, (size_t)i);

		p->nodes[i].id = js_text_or(node, "id", "");
		ids[i] = str_of(p->nodes[i].id);
		titles[i] = str_of(js_text_or(node, "name", p->nodes[i].id));
	}
	p->names = (struct expr_names){ ids, titles, p->n };
}

static void
index_nodes(struct plan *p)
{
	p->n_slots = 4;
	while (p->n_slots < 2U * (unsigned)p->n)
		p->n_slots *= 2;
	p->slots = arena_array(p->arena, p->n_slots, sizeof(*p->slots));
	for (int i = 0; i < p->n; i++) {
		unsigned at = hash_id(p->nodes[i].id) & (p->n_slots - 1);

		while (p->slots[at] != 0)
			at = (at + 1) & (p->n_slots - 1);
		p->slots[at] = i + 1;
	}
}

static unsigned
hash_id(const char *id)
{
	unsigned h = 2166136261U;

	while (*id != '\0')
		h = (h ^ (unsigned char)*id++) * 16777619U;
	return h;
}

static int
read_node(struct plan *p, int i, json_t *node, const struct node_type *t, struct err *e)
{
	struct plan_node *n = &p->nodes[i];
	const char *on_error = js_text_or(node, "on_error", "fail");
	json_t *ports, *validation = json_object_get(node, "validation");

	if (plan_node(p, n->id) != i)
		return err_set_field(
		    e, "MR400", "nodes", "two nodes have the id \"%.100s\"", n->id);
	n->type = t;
	n->config = js_object(node, "config");
	if (n->config == NULL) {
		n->config = json_object();
		arena_defer(p->arena, json_drop, n->config);
	}
	n->disabled = js_bool_or(node, "disabled", false);
	n->once = js_bool_or(node, "execute_once", false) && !n->disabled;
	n->always = js_bool_or(node, "always_output", false);
	n->on_error = strcmp(on_error, "continue") == 0 ? ON_ERROR_CONTINUE
	              : strcmp(on_error, "port") == 0   ? ON_ERROR_PORT
	                                                : ON_ERROR_FAIL;
	n->timeout_ms = within(node, "timeout_ms", 0, 366 * DAY_MS);
	n->starts_first = (t->flags & NODE_STARTS_FIRST) != 0 &&
	                  strcmp(js_text_or(n->config, "mode", ""), "first") == 0;
	n->loops =
	    (t->flags & NODE_LOOPS) != 0 && strcmp(js_text_or(n->config, "mode", ""), "while") != 0;
	ports = node_type_outputs(t, n->config, false);
	n->first_port = json_array_size(ports) == 0
	                    ? "main"
	                    : arena_strdup(p->arena, json_string_value(json_array_get(ports, 0)));
	json_decref(ports);
	if (json_is_object(validation)) {
		n->validation = schema_new(validation);
		arena_defer(p->arena, schema_drop, n->validation);
	}
	read_retry(n, node);
	compile_config(p, n);
	return 0;
}

static void
read_retry(struct plan_node *n, json_t *node)
{
	json_t *retry = js_object(node, "retry");
	int64_t max = (n->type->flags & NODE_RETRY) != 0 ? RETRIES_DEFAULT : 0;

	n->max_retries =
	    (int)within(retry, "max_attempts", retry != NULL ? RETRIES_DEFAULT : max, 50);
	n->retry_initial_ms = within(retry, "initial_interval_ms", RETRY_INITIAL_MS, DAY_MS);
	n->retry_max_ms = within(retry, "max_interval_ms", RETRY_MAX_MS, DAY_MS);
	n->retry_backoff = fmin(fmax(js_real_or(retry, "backoff", RETRY_BACKOFF), 1), 100);
	n->retry_jitter = fmin(fmax(js_real_or(retry, "jitter", 0), 0), 1);
	n->retry_on = json_object_get(retry, "retry_on");
	n->give_up_on = json_object_get(retry, "give_up_on");
}

static void
compile_config(struct plan *p, struct plan_node *n)
{
	struct err e = { 0 };

	n->template = template_compile(p->arena, n->config, raw_keys(p->arena, n->type), &p->names);
	if (!template_is_dynamic(n->template))
		n->template = NULL;
	if (n->type->prepare != NULL &&
	    n->type->prepare(n->config, &p->names, p->arena, &n->prepared, &e) != 0) {
		n->prepare_err = arena_alloc(p->arena, sizeof(e));
		*n->prepare_err = e;
	}
}

/* Top-level config keys whose schema says x-raw, or x-literal: their text is not a template. */
static const char *const *
raw_keys(struct arena *a, const struct node_type *t)
{
	json_t *schema = json_loads(t->schema, 0, NULL), *property;
	json_t *properties = json_object_get(schema, "properties");
	const char **keys = arena_array(a, json_object_size(properties) + 1, sizeof(*keys));
	const char *key;
	size_t n = 0;

	json_object_foreach(properties, key, property)
	{
		if (json_is_true(json_object_get(property, "x-raw")) ||
		    json_is_true(json_object_get(property, "x-literal")))
			keys[n++] = arena_strdup(a, key);
	}
	json_decref(schema);
	return keys;
}

static int
read_edges(struct plan *p, json_t *edges, struct err *e)
{
	int *from, *to;
	bool *is_root = arena_array(p->arena, (size_t)p->n, sizeof(*is_root));

	p->m = (int)json_array_size(edges);
	if (p->m > DEFINITION_EDGES_MAX)
		return err_set_field(
		    e, "MR400", "edges", "a definition has at most %d edges", DEFINITION_EDGES_MAX);
	p->edges = arena_array(p->arena, (size_t)p->m + 1, sizeof(*p->edges));
	from = arena_array(p->arena, (size_t)p->m + 1, sizeof(*from));
	to = arena_array(p->arena, (size_t)p->m + 1, sizeof(*to));
	for (int i = 0; i < p->m; i++) {
		json_t *edge = json_array_get(edges, (size_t)i);
		struct plan_edge *pe = &p->edges[i];

		pe->from = from[i] = plan_node(p, js_text_or(edge, "from", ""));
		pe->to = to[i] = plan_node(p, js_text_or(edge, "to", ""));
		if (pe->from < 0 || pe->to < 0 ||
		    (p->nodes[pe->to].type->flags & NODE_TRIGGER) != 0) {
			err_set_field(
			    e, "MR400", "", "the edge joins no two nodes of this definition");
			return err_at(e, "edges[%d]", i);
		}
		pe->from_port = js_text_or(edge, "from_port", p->nodes[pe->from].first_port);
		pe->to_port = js_text_or(edge, "to_port", "main");
		pe->source = json_pack("{s:s, s:s, s:i}", "node", p->nodes[pe->from].id, "port",
		    pe->from_port, "iteration", 0);
		arena_defer(p->arena, json_drop, pe->source);
	}
	for (int i = 0; i < p->n; i++)
		is_root[i] = (p->nodes[i].type->flags & NODE_TRIGGER) != 0;
	if (graph_new(p->arena, p->n, p->m, from, to, is_root, &p->graph, e) != 0)
		return -1;
	sort_inputs(p);
	p->reach = arena_array(p->arena, (size_t)p->n, sizeof(*p->reach));
	for (int i = 0; i < p->n; i++) {
		if (!is_root[i])
			continue;
		p->reach[i] = arena_array(p->arena, (size_t)p->n, sizeof(bool));
		graph_reach(p->graph, i, p->reach[i]);
	}
	return 0;
}

/* Numbered inputs come by their numbers, whatever the order in which the edges were drawn. */
static void
sort_inputs(struct plan *p)
{
	const struct graph *g = p->graph;

	for (int v = 0; v < p->n; v++) {
		int *in = g->in + g->in_at[v], n = g->in_at[v + 1] - g->in_at[v];

		if ((p->nodes[v].type->flags & NODE_INPUTS_NAMED) == 0)
			continue;
		for (int i = 1; i < n; i++) {
			int edge = in[i], at = i;
			long number = strtol(p->edges[edge].to_port, NULL, 10);

			while (at > 0 && strtol(p->edges[in[at - 1]].to_port, NULL, 10) > number) {
				in[at] = in[at - 1];
				at--;
			}
			in[at] = edge;
		}
	}
}

static void
read_settings(struct plan *p)
{
	json_t *settings = js_object(p->definition, "settings");
	struct issue_list ignored = { 0 };

	p->timeout_ms = within(settings, "timeout_ms", 0, 366 * DAY_MS);
	p->concurrency = (int)within(settings, "concurrency", 0, 10000);
	p->step_budget = (int)within(settings, "step_budget", EXEC_STEPS_DEFAULT, EXEC_STEPS_MAX);
	p->item_budget = (int)within(settings, "item_budget", EXEC_ITEMS_DEFAULT, EXEC_ITEMS_MAX);
	p->vars = definition_variables(p->definition, NULL, &ignored);
	issue_list_free(&ignored);
}

/* Older versions may have been saved under other limits: what is beyond ours is cut. */
static int64_t
within(const json_t *o, const char *key, int64_t usual, int64_t max)
{
	int64_t n = js_int_or(o, key, usual);

	return n < 0 ? 0 : n > max ? max : n;
}

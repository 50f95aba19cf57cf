/*
 * Edges, from any spelling: `edges` or `connections`, from/to, source/target (and their handles).
 * Ports that are not named are the usual ones; at a node with several inputs the first that is
 * still free.
 */
#include <string.h>

#include "core/json.h"
#include "flow/definition_inner.h"

static void read_edge(struct reading *r, json_t *in, const char *at, json_t *seen);
static const char *read_end(
    struct reading *r, json_t *in, const char *at, const char *const *spellings, int *node);
static const char *port_of(json_t *in, const char *const *spellings);
static const char *from_port(struct reading *r, int node, const char *wish, const char *at);
static const char *to_port(struct reading *r, int node, const char *wish, const char *at);
static bool names(const json_t *ports, const char *port);
static char *joined(struct reading *r, const json_t *ports);
static bool is_taken(const struct reading *r, const char *to, const char *port);
static void join_triggers(struct reading *r, size_t first_trigger);
static void add(
    struct reading *r, const char *from, const char *to, const char *out, const char *in);

static const char *const from_names[] = { "from", "source", "from_node", "sourceNode", NULL };
static const char *const to_names[] = { "to", "target", "to_node", "targetNode", NULL };
static const char *const out_names[] = { "from_port", "sourceHandle", "source_port", NULL };
static const char *const in_names[] = { "to_port", "targetHandle", "target_port", NULL };

void
definition_read_edges(struct reading *r, json_t *in)
{
	const char *as = json_object_get(in, "edges") != NULL ? "edges" : "connections";
	json_t *edges = json_object_get(in, as), *edge, *seen = json_object();
	json_t *nodes = json_object_get(in, "nodes");
	size_t i;

	if (edges != NULL && !json_is_array(edges) && !json_is_null(edges))
		issue_add(r->issues, ISSUE_ERROR, reading_at(r, "%s", as), "%s are a list", as);
	if (json_array_size(edges) > DEFINITION_EDGES_MAX) {
		issue_add(r->issues, ISSUE_ERROR, reading_at(r, "%s", as), "more than %d %s",
		    DEFINITION_EDGES_MAX, as);
	} else if (json_is_array(edges)) {
		json_array_foreach(edges, i, edge)
		    read_edge(r, edge, reading_at(r, "%s[%zu]", as, i), seen);
	}
	join_triggers(r, json_array_size(nodes) + json_object_size(nodes));
	json_decref(seen);
}

static void
read_edge(struct reading *r, json_t *in, const char *at, json_t *seen)
{
	const char *from, *to, *out, *into, *all;
	int issues = r->issues->errors, from_node = -1, to_node = -1;

	if (!json_is_object(in)) {
		issue_add(r->issues, ISSUE_ERROR, at, "an edge is an object with from and to");
		return;
	}
	from = read_end(r, in, at, from_names, &from_node);
	to = read_end(r, in, at, to_names, &to_node);
	if (from_node < 0 || to_node < 0)
		return;
	out = from_port(r, from_node, port_of(in, out_names), at);
	into = to_port(r, to_node, port_of(in, in_names), at);
	if (r->issues->errors > issues)
		return;
	all = arena_printf(r->arena, "%s %s %s %s", from, out, to, into);
	if (json_object_get(seen, all) != NULL) {
		issue_add(
		    r->issues, ISSUE_WARNING, at, "the same edge is there twice: one is left out");
		return;
	}
	json_object_set_new(seen, all, json_true());
	add(r, from, to, out, into);
}

static const char *
read_end(struct reading *r, json_t *in, const char *at, const char *const *spellings, int *node)
{
	const char *as = spellings[0], *id = NULL;
	json_t *end = NULL, *found;

	for (int i = 0; end == NULL && spellings[i] != NULL; i++) {
		end = json_object_get(in, spellings[i]);
		if (end != NULL)
			as = spellings[i];
	}
	at = arena_printf(r->arena, "%s.%s", at, as);
	if (json_is_integer(end))
		id = arena_printf(r->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(end));
	else if (json_is_string(end))
		id = json_string_value(end);
	if (id == NULL || *id == '\0') {
		issue_add(r->issues, ISSUE_ERROR, at, "the id of a node is needed");
		return NULL;
	}
	found = json_object_get(r->ids, id);
	if (found == NULL)
		issue_add(r->issues, ISSUE_ERROR, at, "there is no node \"%.100s\"", id);
	else
		*node = (int)json_integer_value(found);
	return id;
}

static const char *
port_of(json_t *in, const char *const *spellings)
{
	for (int i = 0; spellings[i] != NULL; i++) {
		const char *port = js_text_or(in, spellings[i], NULL);

		if (port != NULL && *port != '\0')
			return port;
	}
	return NULL;
}

static const char *
from_port(struct reading *r, int node, const char *wish, const char *at)
{
	json_t *n = json_array_get(r->nodes, (size_t)node), *ports;
	const struct node_type *t = reading_type(r, node);
	const char *on_error = js_text_or(n, "on_error", NULL), *port;
	bool error_port;

	if (t == NULL)
		return wish != NULL ? wish : "main";
	/* An edge from the error port says what the node shall do, if nothing else does. */
	if (wish != NULL && strcmp(wish, "error") == 0 && on_error == NULL) {
		json_object_set_new(n, "on_error", json_string("port"));
		on_error = "port";
	}
	error_port = on_error != NULL && strcmp(on_error, "port") == 0;
	ports = node_type_outputs(t, json_object_get(n, "config"), error_port);
	if (wish == NULL)
		port = arena_strdup(r->arena, json_string_value(json_array_get(ports, 0)));
	else
		port = wish;
	at = arena_printf(r->arena, "%s.from_port", at);
	if (!names(ports, port) && strcmp(port, "error") == 0)
		issue_add(r->issues, ISSUE_ERROR, at, "the node's on_error is not \"port\"");
	else if (!names(ports, port))
		issue_add(r->issues, ISSUE_ERROR, at, "there is no port \"%.60s\"; the node has %s",
		    port, joined(r, ports));
	json_decref(ports);
	return port;
}

static const char *
to_port(struct reading *r, int node, const char *wish, const char *at)
{
	json_t *n = json_array_get(r->nodes, (size_t)node), *ports;
	const struct node_type *t = reading_type(r, node);
	const char *id = js_text_or(n, "id", ""), *port = wish;

	if (t == NULL)
		return wish != NULL ? wish : "main";
	ports = node_type_inputs(t, json_object_get(n, "config"));
	if (json_array_size(ports) == 0) {
		issue_add(r->issues, ISSUE_ERROR, arena_printf(r->arena, "%s.to", at),
		    "a trigger has no input");
	} else if (wish == NULL || (strcmp(wish, "main") == 0 && !names(ports, "main"))) {
		size_t i = 0;

		while (i + 1 < json_array_size(ports) &&
		       is_taken(r, id, json_string_value(json_array_get(ports, i))))
			i++;
		port = arena_strdup(r->arena, json_string_value(json_array_get(ports, i)));
	} else if (!names(ports, wish)) {
		issue_add(r->issues, ISSUE_ERROR, arena_printf(r->arena, "%s.to_port", at),
		    "there is no port \"%.60s\"; the node has %s", wish, joined(r, ports));
	}
	json_decref(ports);
	return port;
}

static bool
names(const json_t *ports, const char *port)
{
	size_t i;
	json_t *name;

	json_array_foreach(ports, i, name)
	{
		if (strcmp(json_string_value(name), port) == 0)
			return true;
	}
	return false;
}

static char *
joined(struct reading *r, const json_t *ports)
{
	char *text = NULL;
	size_t i;
	json_t *name;

	json_array_foreach(ports, i, name) text = arena_printf(r->arena, "%s%s%s",
	    text != NULL ? text : "", text != NULL ? ", " : "", json_string_value(name));
	return text != NULL ? text : arena_strdup(r->arena, "none");
}

static bool
is_taken(const struct reading *r, const char *to, const char *port)
{
	size_t i;
	json_t *edge;

	json_array_foreach(r->edges, i, edge)
	{
		if (strcmp(js_text_or(edge, "to", ""), to) == 0 &&
		    strcmp(js_text_or(edge, "to_port", ""), port) == 0)
			return true;
	}
	return false;
}

/*
 * Triggers given beside the nodes have no edges: each leads to the nodes that none leads to. An
 * edge that names such a trigger says that the author joined them.
 */
static void
join_triggers(struct reading *r, size_t first_trigger)
{
	size_t n_edges = json_array_size(r->edges), i;
	bool *has_in = arena_array(r->arena, (size_t)r->n + 1, sizeof(*has_in));
	bool *has_out = arena_array(r->arena, (size_t)r->n + 1, sizeof(*has_out));
	json_t *edge;

	if ((size_t)r->n <= first_trigger)
		return;
	for (i = 0; i < n_edges; i++) {
		edge = json_array_get(r->edges, i);
		has_out[js_int_or(r->ids, js_text_or(edge, "from", ""), r->n)] = true;
		has_in[js_int_or(r->ids, js_text_or(edge, "to", ""), r->n)] = true;
	}
	for (size_t t = first_trigger; t < (size_t)r->n; t++) {
		for (i = 0; i < first_trigger && !has_out[t]; i++) {
			const struct node_type *type = reading_type(r, (int)i);
			const char *from, *to;

			if (type == NULL || (type->flags & NODE_TRIGGER) != 0 || has_in[i])
				continue;
			from = js_text_or(json_array_get(r->nodes, t), "id", NULL);
			to = js_text_or(json_array_get(r->nodes, i), "id", NULL);
			if (from != NULL && to != NULL)
				add(r, from, to, "main", to_port(r, (int)i, NULL, ""));
		}
	}
}

static void
add(struct reading *r, const char *from, const char *to, const char *out, const char *in)
{
	json_array_append_new(r->edges, json_pack("{s:s, s:s, s:s, s:s}", "from", from, "to", to,
	                                    "from_port", out, "to_port", in));
}

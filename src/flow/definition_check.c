/*
 * What is wrong with a definition in its stored form: configs against the schema of their type,
 * formats, expressions, and the graph as a whole (W07).
 */
#include <string.h>
#include <strings.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/schema.h"
#include "flow/cron.h"
#include "flow/definition_inner.h"
#include "flow/graph.h"
#include "flow/template.h"
#include "flow/tz.h"

/* A node under check, and where its faults go. */
struct check {
	struct reading *r;
	const struct node_type *type;
	json_t *config;
	json_t *schema;
	const char *at; /* nodes[0].config */
};

static struct expr_names names_of(struct reading *r);
static void check_node(struct reading *r, int i, const struct expr_names *names);
static void check_members(struct check *c);
static void check_format(struct check *c, const char *key, const char *format, json_t *value);
static void check_url(struct check *c, const char *at, json_t *value);
static void check_expressions(struct check *c, const struct expr_names *names);
static void tell(void *arg, const struct expr_fault *f);
static void check_graph(struct reading *r);
static void check_loops(struct reading *r, const struct graph *g);
static void check_cycles(struct reading *r, const struct graph *g, const bool *is_root);

void
definition_check(struct reading *r)
{
	struct expr_names names = names_of(r);

	for (int i = 0; i < r->n; i++)
		check_node(r, i, &names);
	check_graph(r);
}

static struct expr_names
names_of(struct reading *r)
{
	struct str *ids = arena_array(r->arena, (size_t)r->n + 1, sizeof(*ids));
	struct str *titles = arena_array(r->arena, (size_t)r->n + 1, sizeof(*titles));

	for (int i = 0; i < r->n; i++) {
		const json_t *node = json_array_get(r->nodes, (size_t)i);

		ids[i] = str_of(js_text_or(node, "id", ""));
		titles[i] = str_of(js_text_or(node, "name", ""));
	}
	return (struct expr_names){ ids, titles, r->n };
}

static void
check_node(struct reading *r, int i, const struct expr_names *names)
{
	const struct node_type *type = reading_type(r, i);
	struct check c = { r, type, NULL, NULL, arena_printf(r->arena, "%s.config", r->at[i]) };
	int flags = 0, errors = r->issues->errors;
	struct schema *schema;

	if (type == NULL)
		return;
	c.config = js_object(json_array_get(r->nodes, (size_t)i), "config");
	c.schema = json_loads(type->schema, 0, NULL);
	schema = schema_new(c.schema);
	/* A trigger's config is read before any run exists, so nothing could resolve it. */
	if ((type->flags & NODE_TRIGGER) == 0)
		flags = SCHEMA_EXPRESSIONS;
	schema_check(schema, NULL, c.config, c.at, flags, r->issues);
	check_members(&c);
	check_expressions(&c, names);
	if (r->issues->errors == errors && type->validate != NULL)
		type->validate(c.config, names, c.at, r->issues);
	schema_free(schema);
	json_decref(c.schema);
}

static void
check_members(struct check *c)
{
	json_t *properties = json_object_get(c->schema, "properties"), *value;
	const char *key;

	json_object_foreach(c->config, key, value)
	{
		json_t *property = json_object_get(properties, key);
		const char *format = js_text_or(property, "x-format", NULL);

		if (property == NULL)
			issue_add(c->r->issues, ISSUE_WARNING,
			    arena_printf(c->r->arena, "%s.%s", c->at, key),
			    "a node of type %s has no such field: it has no effect", c->type->type);
		if (format != NULL)
			check_format(c, key, format, value);
		if (json_is_true(json_object_get(property, "x-literal")) && json_is_string(value) &&
		    strstr(json_string_value(value), "{{") != NULL)
			issue_add(c->r->issues, ISSUE_ERROR,
			    arena_printf(c->r->arena, "%s.%s", c->at, key),
			    "an expression can't be used here");
	}
}

static void
check_format(struct check *c, const char *key, const char *format, json_t *value)
{
	const char *at = arena_printf(c->r->arena, "%s.%s", c->at, key);
	const struct tz *zone;
	struct err e = { 0 };
	struct cron cron;

	/* Another type than text, or none, is the schema's finding. */
	if (!json_is_string(value) || js_str(value).n == 0)
		return;
	if (strcmp(format, "url") == 0)
		check_url(c, at, value);
	else if (strcmp(format, "cron") == 0 && cron_parse(js_str(value), &cron, &e) != 0)
		issue_add(c->r->issues, ISSUE_ERROR, at, "%s", e.text);
	else if (strcmp(format, "timezone") == 0 && tz_find(js_str(value), &zone, &e) != 0)
		issue_add(c->r->issues, ISSUE_ERROR, at, "%s", e.text);
}

/* As far as it can be said before expressions have values: scheme and host in front of the first.
 */
static void
check_url(struct check *c, const char *at, json_t *value)
{
	const char *url = json_string_value(value), *host, *dynamic = strstr(url, "{{");

	while (*url == ' ' || *url == '\t' || *url == '\n')
		url++;
	if (dynamic == url || *url == '=')
		return;
	if (strncasecmp(url, "http://", 7) == 0) {
		host = url + 7;
	} else if (strncasecmp(url, "https://", 8) == 0) {
		host = url + 8;
	} else {
		issue_add(c->r->issues, ISSUE_ERROR, at,
		    "a URL begins with http:// or https://, or with an expression");
		return;
	}
	if (dynamic == host)
		return;
	if (strcspn(host, "/?#: ") == 0)
		issue_add(c->r->issues, ISSUE_ERROR, at, "the URL names no host");
	else if (dynamic == NULL && host[strcspn(host, "/?# \t\r\n\"<>\\^`{|}")] != '\0' &&
	         strchr("/?#", host[strcspn(host, "/?# \t\r\n\"<>\\^`{|}")]) == NULL)
		issue_add(c->r->issues, ISSUE_ERROR, at, "the host of the URL is malformed");
}

static void
check_expressions(struct check *c, const struct expr_names *names)
{
	json_t *properties = json_object_get(c->schema, "properties"), *property;
	const char **raw = arena_array(c->r->arena, json_object_size(properties) + 1, sizeof(*raw));
	const char *key;
	size_t n = 0;

	if ((c->type->flags & NODE_TRIGGER) != 0)
		return;
	json_object_foreach(properties, key, property)
	{
		if (json_is_true(json_object_get(property, "x-raw")) ||
		    json_is_true(json_object_get(property, "x-literal")))
			raw[n++] = key;
	}
	template_check(template_compile(c->r->arena, c->config, raw, names), tell, c);
}

/* What needs JavaScript is a warning: the text is right, and an engine may come. */
static void
tell(void *arg, const struct expr_fault *f)
{
	struct check *c = arg;

	issue_add(c->r->issues, f->kind == EXPR_FAULT_JAVASCRIPT ? ISSUE_WARNING : ISSUE_ERROR,
	    arena_printf(c->r->arena, "%s.%s", c->at, f->field), "%s (in %s, line %d, column %d)",
	    f->message, f->expression, f->line, f->column);
}

static void
check_graph(struct reading *r)
{
	int m = (int)json_array_size(r->edges), n_roots = 0;
	int *from = arena_array(r->arena, (size_t)m + 1, sizeof(*from));
	int *to = arena_array(r->arena, (size_t)m + 1, sizeof(*to));
	bool *is_root = arena_array(r->arena, (size_t)r->n + 1, sizeof(*is_root));
	bool *reached = arena_array(r->arena, (size_t)r->n + 1, sizeof(*reached));
	struct graph *g;
	struct err e = { 0 };

	for (int i = 0; i < m; i++) {
		const json_t *edge = json_array_get(r->edges, (size_t)i);

		from[i] = (int)js_int_or(r->ids, js_text_or(edge, "from", ""), 0);
		to[i] = (int)js_int_or(r->ids, js_text_or(edge, "to", ""), 0);
	}
	for (int i = 0; i < r->n; i++) {
		const struct node_type *t = reading_type(r, i);

		is_root[i] = t != NULL && (t->flags & NODE_TRIGGER) != 0;
		n_roots += is_root[i];
	}
	if (r->n == 0)
		issue_add(r->issues, ISSUE_ERROR, reading_at(r, "nodes"), "there are no nodes");
	else if (n_roots == 0)
		issue_add(r->issues, ISSUE_ERROR, reading_at(r, "nodes"),
		    "there is no trigger: a webhook, schedule or manual node");
	if (graph_new(r->arena, r->n, m, from, to, is_root, &g, &e) != 0) {
		issue_add(r->issues, ISSUE_ERROR, reading_at(r, "%s", e.field), "%s", e.text);
		return;
	}
	for (int i = 0; i < r->n; i++) {
		if (is_root[i])
			graph_reach(g, i, reached);
	}
	for (int i = 0; i < r->n && n_roots > 0; i++) {
		if (!reached[i])
			issue_add(r->issues, ISSUE_WARNING, r->at[i],
			    "no trigger leads to this node: it never runs");
	}
	check_loops(r, g);
	if (g->n_cycles > 0)
		check_cycles(r, g, is_root);
}

/* A loop needs a way back, or only its first round runs. */
static void
check_loops(struct reading *r, const struct graph *g)
{
	for (int v = 0; v < r->n; v++) {
		const struct node_type *t = reading_type(r, v);
		bool *reached;

		if (t == NULL || (t->flags & NODE_LOOPS) == 0 || g->out_at[v] == g->out_at[v + 1])
			continue;
		reached = arena_array(r->arena, (size_t)r->n, sizeof(*reached));
		for (int i = g->out_at[v]; i < g->out_at[v + 1]; i++)
			graph_reach(g, g->to[g->out[i]], reached);
		if (!reached[v])
			issue_add(r->issues, ISSUE_WARNING, r->at[v],
			    "nothing leads back to this loop: only its first round runs");
	}
}

/* A cycle that is left when all nodes which can end one are taken away has none. */
static void
check_cycles(struct reading *r, const struct graph *g, const bool *is_root)
{
	int *from = arena_array(r->arena, (size_t)g->m + 1, sizeof(*from));
	int *to = arena_array(r->arena, (size_t)g->m + 1, sizeof(*to));
	struct graph *endless;
	struct err e = { 0 };
	int m = 0;

	for (int i = 0; i < g->m; i++) {
		const struct node_type *a = reading_type(r, g->from[i]);
		const struct node_type *b = reading_type(r, g->to[i]);

		if ((a != NULL && (a->flags & NODE_ENDS_CYCLE) != 0) ||
		    (b != NULL && (b->flags & NODE_ENDS_CYCLE) != 0))
			continue;
		from[m] = g->from[i];
		to[m++] = g->to[i];
	}
	if (graph_new(r->arena, r->n, m, from, to, is_root, &endless, &e) != 0)
		return;
	for (int c = 0; c < endless->n_cycles; c++)
		issue_add(r->issues, ISSUE_ERROR, r->at[endless->cycles[c].header],
		    "this node begins a cycle that no loop, if, switch or filter can end");
}

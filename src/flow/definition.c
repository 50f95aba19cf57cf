#include "flow/definition.h"

#include <stdarg.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "flow/definition_inner.h"

static bool is_too_deep(json_t *v, int depth);
static void warn_unknown(struct reading *r, json_t *in);
static void move(json_t *from, json_t *to, const char *key);

/* Members of a definition, in any spelling; others are left out with a warning. */
static const char *const known[] = { "nodes", "edges", "connections", "triggers", "schedule",
	"variables", "settings", "metadata", NULL };

int
definition_read(json_t *in, const struct node_registry *registry, const char *path, json_t **out,
    struct issue_list *issues)
{
	struct reading r = { .arena = arena_new(), .registry = registry, .issues = issues };
	int errors = issues->errors;
	json_t *metadata = json_object_get(in, "metadata");

	*out = NULL;
	r.path = *path != '\0' ? arena_printf(r.arena, "%s.", path) : "";
	if (!json_is_object(in)) {
		issue_add(
		    issues, ISSUE_ERROR, path, "a definition is an object with nodes and edges");
		goto out;
	}
	if (is_too_deep(in, DEFINITION_DEPTH_MAX)) {
		issue_add(issues, ISSUE_ERROR, path, "nested deeper than %d levels",
		    DEFINITION_DEPTH_MAX);
		goto out;
	}
	if (js_bytes(in, DEFINITION_BYTES_MAX) > DEFINITION_BYTES_MAX) {
		issue_add(issues, ISSUE_ERROR, path, "larger than %zu bytes", DEFINITION_BYTES_MAX);
		goto out;
	}
	warn_unknown(&r, in);
	r.nodes = json_array();
	r.edges = json_array();
	r.ids = json_object();
	r.at = arena_array(r.arena, DEFINITION_NODES_MAX + 1, sizeof(*r.at));
	definition_read_nodes(&r, in);
	definition_read_edges(&r, in);
	*out = json_pack("{s:o, s:o, s:o, s:o}", "nodes", r.nodes, "edges", r.edges, "variables",
	    definition_read_variables(&r, json_object_get(in, "variables")), "settings",
	    definition_read_settings(&r, json_object_get(in, "settings")));
	if (json_is_object(metadata))
		json_object_set(*out, "metadata", metadata);
	definition_check(&r);
	json_decref(r.ids);
out:
	arena_free(r.arena);
	return issues->errors > errors ? -1 : 0;
}

json_t *
definition_validate(json_t *in, const struct node_registry *registry, const char *path)
{
	struct issue_list issues = { 0 };
	json_t *list = json_array(), *stored = NULL;
	bool valid = definition_read(in, registry, path, &stored, &issues) == 0;

	for (int i = 0; i < issues.n; i++)
		json_array_append_new(
		    list, json_pack("{s:s, s:s, s:s}", "field", issues.v[i].field, "issue",
		              issues.v[i].text, "severity",
		              issues.v[i].severity == ISSUE_ERROR ? "error" : "warning"));
	issue_list_free(&issues);
	json_decref(stored);
	return json_pack("{s:b, s:o}", "valid", valid, "issues", list);
}

bool
definition_wrap(json_t *body)
{
	json_t *definition = json_object_get(body, "definition");

	/* The short form stands beside a definition as well as inside it. */
	if (json_is_object(definition) && json_object_get(definition, "schedule") == NULL)
		move(body, definition, "schedule");
	if (!json_is_object(body) || definition != NULL ||
	    (json_object_get(body, "nodes") == NULL && json_object_get(body, "triggers") == NULL))
		return false;
	definition = json_object();
	/* `metadata` at this level is the workflow's own. */
	for (int i = 0; known[i] != NULL; i++) {
		if (strcmp(known[i], "metadata") != 0)
			move(body, definition, known[i]);
	}
	json_object_set_new(body, "definition", definition);
	return true;
}

json_t *
definition_triggers(const json_t *definition, const struct node_registry *registry)
{
	json_t *list = json_array(), *node;
	size_t i;

	json_array_foreach(js_array(definition, "nodes"), i, node)
	{
		const struct node_type *t =
		    node_registry_find(registry, js_text_or(node, "type", NULL));

		if (t == NULL || (t->flags & NODE_TRIGGER) == 0 ||
		    js_bool_or(node, "disabled", false))
			continue;
		json_array_append_new(
		    list, json_pack("{s:s, s:s, s:O}", "node", js_text_or(node, "id", ""), "type",
		              t->type, "config", json_object_get(node, "config")));
	}
	return list;
}

const char *
reading_at(struct reading *r, const char *fmt, ...)
{
	struct buf b = { 0 };
	const char *text;
	va_list ap;

	buf_text(&b, r->path);
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	text = arena_strdup(r->arena, buf_cstr(&b));
	buf_free(&b);
	return text;
}

const struct node_type *
reading_type(const struct reading *r, int i)
{
	const json_t *node = json_array_get(r->nodes, (size_t)i);

	return node_registry_find(r->registry, js_text_or(node, "type", NULL));
}

static bool
is_too_deep(json_t *v, int depth)
{
	const char *key;
	json_t *member;
	size_t i;

	if (depth < 0)
		return true;
	json_object_foreach(v, key, member)
	{
		if (is_too_deep(member, depth - 1))
			return true;
	}
	if (!json_is_array(v))
		return false;
	json_array_foreach(v, i, member)
	{
		if (is_too_deep(member, depth - 1))
			return true;
	}
	return false;
}

static void
warn_unknown(struct reading *r, json_t *in)
{
	const char *key;
	json_t *member;
	int i;

	json_object_foreach(in, key, member)
	{
		for (i = 0; known[i] != NULL && strcmp(known[i], key) != 0; i++)
			;
		if (known[i] == NULL)
			issue_add(r->issues, ISSUE_WARNING, reading_at(r, "%s", key),
			    "no part of a definition: left out");
	}
}

static void
move(json_t *from, json_t *to, const char *key)
{
	json_t *value = json_object_get(from, key);

	if (value == NULL)
		return;
	json_object_set(to, key, value);
	json_object_del(from, key);
}

/*
 * Nodes, from any spelling: a list or an object by id; `data` or `parameters` for config (a canvas
 * library keeps its whole node in `data`, with the config inside); other names of types; `triggers`
 * and `schedule` beside the nodes.
 */
#include <inttypes.h>
#include <string.h>

#include "core/json.h"
#include "core/schema.h"
#include "flow/definition_inner.h"

#define ID_MAX 100
#define NAME_MAX 255
#define STEP_MS_MAX (INT64_C(366) * 24 * 3600 * 1000)
#define GRID_PX 260 /* distance of nodes that came without a place */

static json_t *read_id(struct reading *r, const char *key, json_t *in, const char *at);
static void read_type(struct reading *r, json_t *in, const char *at, json_t *node);
static json_t *read_config(struct reading *r, json_t *in, const char *at);
static void read_delay(json_t *node);
static void read_look(struct reading *r, json_t *in, const char *at, json_t *node);
static void read_policy(struct reading *r, json_t *in, const char *at, json_t *node);
static void read_on_error(struct reading *r, json_t *in, const char *at, json_t *node);
static void read_flag(struct reading *r, json_t *in, const char *at, json_t *node, const char *key,
    const char *other);
static void read_validation(struct reading *r, json_t *in, const char *at, json_t *node);

/* Other names that are read, each on the type that it means. */
static const struct {
	const char *alias, *type;
} aliases[] = {
	{ "stop_with_error", "stop" },
	{ "stop_and_error", "stop" },
	{ "http", "http_request" },
	{ "httpRequest", "http_request" },
	{ "condition", "if" },
	{ "noop", "no_op" },
	{ "webhook_trigger", "webhook" },
	{ "schedule_trigger", "schedule" },
	{ "cron", "schedule" },
	{ "manual_trigger", "manual" },
	{ "error_trigger", "error" },
	{ "execute_workflow", "run_workflow" },
};

/* Members that read_node knows; what else a node has is kept as it is. */
static const char *const known[] = { "id", "type", "name", "config", "data", "parameters",
	"position", "retry", "timeout_ms", "on_error", "disabled", "notes", "validation",
	"execute_once", "executeOnce", "always_output", "alwaysOutputData", NULL };

void
definition_read_nodes(struct reading *r, json_t *in)
{
	json_t *nodes = json_object_get(in, "nodes"), *node;
	const char *key;
	size_t i;

	if (nodes != NULL && !json_is_array(nodes) && !json_is_object(nodes))
		issue_add(r->issues, ISSUE_ERROR, reading_at(r, "nodes"), "nodes are a list");
	if (json_array_size(nodes) + json_object_size(nodes) > DEFINITION_NODES_MAX) {
		issue_add(r->issues, ISSUE_ERROR, reading_at(r, "nodes"), "more than %d nodes",
		    DEFINITION_NODES_MAX);
		return;
	}
	if (json_is_array(nodes)) {
		json_array_foreach(nodes, i, node)
		    definition_read_node(r, NULL, node, reading_at(r, "nodes[%zu]", i));
	}
	json_object_foreach(nodes, key, node)
	    definition_read_node(r, key, node, reading_at(r, "nodes.%s", key));
	definition_read_triggers(r, in);
}

void
definition_read_node(struct reading *r, const char *key, json_t *in, const char *at)
{
	json_t *node = json_object(), *id, *member;
	const char *name;
	int i;

	if (r->n >= DEFINITION_NODES_MAX) {
		json_decref(node);
		return;
	}
	/* A broken node keeps its place, so that later places are true. */
	json_array_append_new(r->nodes, node);
	r->at[r->n++] = at;
	if (!json_is_object(in)) {
		issue_add(r->issues, ISSUE_ERROR, at, "a node is an object");
		return;
	}
	id = read_id(r, key, in, at);
	if (id != NULL)
		json_object_set_new(node, "id", id);
	read_type(r, in, at, node);
	json_object_set(node, "name", json_object_get(node, "id"));
	json_object_set_new(node, "config", read_config(r, in, at));
	read_delay(node);
	read_look(r, in, at, node);
	read_policy(r, in, at, node);
	read_validation(r, in, at, node);
	json_object_foreach(in, name, member)
	{
		for (i = 0; known[i] != NULL && strcmp(known[i], name) != 0; i++)
			;
		if (known[i] == NULL)
			json_object_set(node, name, member);
	}
}

static json_t *
read_id(struct reading *r, const char *key, json_t *in, const char *at)
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	static const char *const reserved[] = { "run", "workflow", "vars", "item", "items" };
	json_t *given = json_object_get(in, "id"), *id;
	const char *text;

	if (json_is_integer(given))
		id = json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(given));
	else if (json_is_string(given))
		id = json_incref(given);
	else
		id = key != NULL && given == NULL ? json_string(key) : NULL;
	text = json_string_value(id);
	at = arena_printf(r->arena, "%s.id", at);
	if (text == NULL || *text == '\0') {
		issue_add(r->issues, ISSUE_ERROR, at, "a node needs an id");
		json_decref(id);
		return NULL;
	}
	if (strlen(text) > ID_MAX || strspn(text, letters) != strlen(text))
		issue_add(r->issues, ISSUE_ERROR, at,
		    "an id has at most %d letters, digits, _ and -", ID_MAX);
	if (json_object_get(r->ids, text) != NULL)
		issue_add(r->issues, ISSUE_ERROR, at, "the id \"%.100s\" is used twice", text);
	else
		json_object_set_new(r->ids, text, json_integer(r->n - 1));
	for (size_t i = 0; i < countof(reserved); i++) {
		if (strcmp(reserved[i], text) == 0)
			issue_add(r->issues, ISSUE_WARNING, at,
			    "expressions read \"%s\" as something else than this node", text);
	}
	return id;
}

static void
read_type(struct reading *r, json_t *in, const char *at, json_t *node)
{
	json_t *given = json_object_get(in, "type");
	const char *type = js_text_or(in, "type", NULL), *inner;

	/* A canvas library's own type says nothing when the real one is in its data. */
	inner = js_text_or(js_object(in, "data"), "type", NULL);
	if (inner != NULL && node_registry_find(r->registry, type) == NULL)
		type = inner;
	for (size_t i = 0; type != NULL && i < countof(aliases); i++) {
		if (strcmp(aliases[i].alias, type) == 0)
			type = aliases[i].type;
	}
	at = arena_printf(r->arena, "%s.type", at);
	if (type == NULL) {
		issue_add(r->issues, ISSUE_ERROR, at,
		    given == NULL ? "a node needs a type" : "a type is text");
		return;
	}
	if (node_registry_find(r->registry, type) == NULL)
		issue_add(r->issues, ISSUE_ERROR, at, "there is no node type \"%.100s\"", type);
	json_object_set_new(node, "type", json_string(type));
}

/* A "wait" for a time that doesn't say how it goes on is another spelling of "delay". */
static void
read_delay(json_t *node)
{
	const json_t *config = json_object_get(node, "config");

	if (strcmp(js_text_or(node, "type", ""), "wait") == 0 &&
	    json_object_get(config, "resume") == NULL &&
	    (json_object_get(config, "duration_ms") != NULL ||
	        json_object_get(config, "duration") != NULL ||
	        json_object_get(config, "until") != NULL))
		json_object_set_new(node, "type", json_string("delay"));
}

static json_t *
read_config(struct reading *r, json_t *in, const char *at)
{
	static const char *const spellings[] = { "config", "parameters", "data" };
	json_t *config = NULL;
	const char *as = "config";

	for (size_t i = 0; config == NULL && i < countof(spellings); i++) {
		as = spellings[i];
		config = json_object_get(in, as);
	}
	if (config == NULL || json_is_null(config))
		return json_object();
	if (!json_is_object(config)) {
		issue_add(r->issues, ISSUE_ERROR, arena_printf(r->arena, "%s.%s", at, as),
		    "a config is an object");
		return json_object();
	}
	if (strcmp(as, "data") == 0 && json_is_object(json_object_get(config, "config")))
		config = json_object_get(config, "config");
	config = json_copy(config);
	if (strcmp(as, "data") == 0)
		json_object_del(config, "label");
	return config;
}

static void
read_look(struct reading *r, json_t *in, const char *at, json_t *node)
{
	json_t *position = json_object_get(in, "position"), *notes = json_object_get(in, "notes");
	json_t *name = json_object_get(in, "name"), *data = js_object(in, "data");
	json_t *x = json_object_get(position, "x"), *y = json_object_get(position, "y");

	if (name == NULL && data != NULL)
		name = json_object_get(data, "label");
	if (json_is_string(name) && str_code_points(js_str(name)) <= NAME_MAX && js_str(name).n > 0)
		json_object_set(node, "name", name);
	else if (name != NULL && !json_is_null(name))
		issue_add(r->issues, ISSUE_ERROR, arena_printf(r->arena, "%s.name", at),
		    "a name is text of 1 to %d characters", NAME_MAX);
	if (json_is_number(x) && json_is_number(y))
		json_object_set_new(node, "position", json_pack("{s:O, s:O}", "x", x, "y", y));
	else
		json_object_set_new(
		    node, "position", json_pack("{s:i, s:i}", "x", (r->n - 1) * GRID_PX, "y", 0));
	if (position != NULL && !json_is_null(position) && !json_is_number(x))
		issue_add(r->issues, ISSUE_ERROR, arena_printf(r->arena, "%s.position", at),
		    "a position has numbers x and y");
	if (json_is_string(notes))
		json_object_set(node, "notes", notes);
	else if (notes != NULL && !json_is_null(notes))
		issue_add(r->issues, ISSUE_ERROR, arena_printf(r->arena, "%s.notes", at),
		    "notes are text");
}

static void
read_policy(struct reading *r, json_t *in, const char *at, json_t *node)
{
	json_t *retry = json_object_get(in, "retry"), *timeout = json_object_get(in, "timeout_ms");

	if (retry != NULL && !json_is_null(retry))
		json_object_set_new(node, "retry",
		    definition_read_retry(r, retry, arena_printf(r->arena, "%s.retry", at)));
	if (timeout != NULL && !json_is_null(timeout)) {
		json_int_t ms = json_integer_value(timeout);

		json_object_set(node, "timeout_ms", timeout);
		if (!json_is_integer(timeout) || ms < 1 || ms > STEP_MS_MAX)
			issue_add(r->issues, ISSUE_ERROR,
			    arena_printf(r->arena, "%s.timeout_ms", at),
			    "an integer from 1 to %" PRId64 " is needed", STEP_MS_MAX);
	}
	read_on_error(r, in, at, node);
	read_flag(r, in, at, node, "disabled", "disabled");
	read_flag(r, in, at, node, "execute_once", "executeOnce");
	read_flag(r, in, at, node, "always_output", "alwaysOutputData");
}

static void
read_flag(
    struct reading *r, json_t *in, const char *at, json_t *node, const char *key, const char *other)
{
	const char *as = json_object_get(in, key) != NULL ? key : other;
	json_t *given = json_object_get(in, as);

	if (json_is_boolean(given))
		json_object_set(node, key, given);
	else if (given != NULL && !json_is_null(given))
		issue_add(r->issues, ISSUE_ERROR, arena_printf(r->arena, "%s.%s", at, as),
		    "true or false is needed");
}

static void
read_on_error(struct reading *r, json_t *in, const char *at, json_t *node)
{
	static const struct {
		const char *spelling, *meaning;
	} ways[] = { { "fail", "fail" }, { "continue", "continue" }, { "port", "port" },
		{ "stop", "fail" }, { "error_port", "port" } };
	json_t *given = json_object_get(in, "on_error");

	if (given == NULL || json_is_null(given))
		return;
	for (size_t i = 0; i < countof(ways); i++) {
		if (json_is_string(given) &&
		    strcmp(ways[i].spelling, json_string_value(given)) == 0) {
			json_object_set_new(node, "on_error", json_string(ways[i].meaning));
			return;
		}
	}
	json_object_set(node, "on_error", given);
	issue_add(r->issues, ISSUE_ERROR, arena_printf(r->arena, "%s.on_error", at),
	    "one of fail, continue, port is needed");
}

static void
read_validation(struct reading *r, json_t *in, const char *at, json_t *node)
{
	json_t *schema = json_object_get(in, "validation");
	struct schema *compiled;
	struct err e = { 0 };

	if (schema == NULL || json_is_null(schema))
		return;
	json_object_set(node, "validation", schema);
	at = arena_printf(r->arena, "%s.validation", at);
	if (!json_is_object(schema)) {
		issue_add(r->issues, ISSUE_ERROR, at, "a JSON Schema is an object");
		return;
	}
	compiled = schema_new(schema);
	if (schema_verify(compiled, NULL, &e) != 0)
		issue_add(r->issues, ISSUE_ERROR, at, "%s%s%s", e.field,
		    e.field[0] != '\0' ? ": " : "", e.text);
	schema_free(compiled);
}

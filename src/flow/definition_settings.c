/* Variables and settings of a definition, and the variables of a run (W11). */
#include <inttypes.h>
#include <string.h>

#include "core/json.h"
#include "core/uuid.h"
#include "flow/definition_inner.h"
#include "flow/exec.h"
#include "flow/tz.h"

#define VARIABLES_MAX 500
#define RUN_MS_MAX (INT64_C(366) * 24 * 3600 * 1000)

static void read_variable(struct reading *r, json_t *out, const char *name, json_t *spec);
static bool is_spec(json_t *v);
static const char *type_of(const json_t *v);
static bool has_type(const json_t *v, const char *type);
static bool is_name(const char *name);
static void check_number(struct reading *r, json_t *settings, const char *key, int64_t max);
static void check_enum(
    struct reading *r, json_t *settings, const char *key, const char *const *names);
static void check_id(struct reading *r, json_t *settings, const char *key);

static const char *const types[] = { "string", "number", "integer", "boolean", "object", "array",
	"any", NULL };

json_t *
definition_read_variables(struct reading *r, json_t *in)
{
	json_t *out = json_object(), *spec;
	const char *name;
	size_t i;

	if (in == NULL || json_is_null(in))
		return out;
	if (json_object_size(in) + json_array_size(in) > VARIABLES_MAX) {
		issue_add(r->issues, ISSUE_ERROR, reading_at(r, "variables"),
		    "more than %d variables", VARIABLES_MAX);
		return out;
	}
	if (!json_is_object(in) && !json_is_array(in))
		issue_add(r->issues, ISSUE_ERROR, reading_at(r, "variables"),
		    "variables are an object: name and declaration");
	json_object_foreach(in, name, spec) read_variable(r, out, name, spec);
	if (!json_is_array(in))
		return out;
	json_array_foreach(in, i, spec)
	{
		name = js_text_or(spec, "name", NULL);
		if (name != NULL)
			read_variable(r, out, name, spec);
		else
			issue_add(r->issues, ISSUE_ERROR, reading_at(r, "variables[%zu].name", i),
			    "a variable needs a name");
	}
	return out;
}

json_t *
definition_read_settings(struct reading *r, json_t *in)
{
	static const char *const known[] = { "timeout_ms", "concurrency", "timezone",
		"error_workflow", "on_complete", "priority", "keep_runs", "step_budget",
		"item_budget", NULL };
	static const char *const keep[] = { "all", "failed", "none", NULL };
	const struct tz *zone;
	struct err e = { 0 };
	json_t *member;
	const char *key;
	int i;

	if (in == NULL || json_is_null(in))
		return json_object();
	if (!json_is_object(in)) {
		issue_add(
		    r->issues, ISSUE_ERROR, reading_at(r, "settings"), "settings are an object");
		return json_object();
	}
	json_object_foreach(in, key, member)
	{
		for (i = 0; known[i] != NULL && strcmp(known[i], key) != 0; i++)
			;
		if (known[i] == NULL)
			issue_add(r->issues, ISSUE_WARNING, reading_at(r, "settings.%s", key),
			    "there is no such setting: it has no effect");
	}
	check_number(r, in, "timeout_ms", RUN_MS_MAX);
	check_number(r, in, "step_budget", EXEC_STEPS_MAX);
	check_number(r, in, "item_budget", EXEC_ITEMS_MAX);
	if (!json_is_object(json_object_get(in, "concurrency")))
		check_number(r, in, "concurrency", 10000);
	check_enum(r, in, "keep_runs", keep);
	check_id(r, in, "error_workflow");
	member = json_object_get(in, "timezone");
	if (member != NULL && !json_is_null(member) && tz_find(js_str(member), &zone, &e) != 0)
		issue_add(r->issues, ISSUE_ERROR, reading_at(r, "settings.timezone"), "%s", e.text);
	return json_copy(in);
}

json_t *
definition_variables(const json_t *definition, json_t *given, struct issue_list *issues)
{
	json_t *declared = js_object(definition, "variables"), *out = json_object();
	json_t *spec, *value;
	const char *name;
	char at[300];

	json_object_foreach(declared, name, spec)
	{
		const char *type = js_text_or(spec, "type", "any");

		value = json_object_get(given, name);
		snprintf(at, sizeof(at), "variables.%.200s", name);
		if (value != NULL && !has_type(value, type))
			issue_add(issues, ISSUE_ERROR, at, "the variable is of type %s", type);
		if (value == NULL)
			value = json_object_get(spec, "default");
		if (value != NULL)
			json_object_set(out, name, value);
		else if (js_bool_or(spec, "required", false))
			issue_add(issues, ISSUE_ERROR, at, "the variable is required");
	}
	json_object_foreach(given, name, value)
	{
		if (json_object_get(declared, name) != NULL)
			continue;
		snprintf(at, sizeof(at), "variables.%.200s", name);
		issue_add(issues, ISSUE_ERROR, at, "the workflow declares no such variable");
	}
	return out;
}

/* A declaration, or just the default value. */
static void
read_variable(struct reading *r, json_t *out, const char *name, json_t *spec)
{
	const char *at = reading_at(r, "variables.%s", name), *type;
	json_t *value, *required, *description, *v = json_object();

	if (!is_name(name))
		issue_add(r->issues, ISSUE_ERROR, at,
		    "a name has at most 100 letters, digits and _, no digit first");
	json_object_set_new(out, name, v);
	if (!is_spec(spec)) {
		json_object_set_new(v, "type", json_string(type_of(spec)));
		if (!json_is_null(spec))
			json_object_set(v, "default", spec);
		json_object_set_new(v, "required", json_false());
		return;
	}
	value = json_object_get(spec, "default");
	required = json_object_get(spec, "required");
	description = json_object_get(spec, "description");
	type = js_text_or(spec, "type", value != NULL ? type_of(value) : "any");
	json_object_set_new(v, "type", json_string(type));
	if (value != NULL && !json_is_null(value))
		json_object_set(v, "default", value);
	json_object_set_new(v, "required", json_boolean(json_is_true(required)));
	if (json_is_string(description))
		json_object_set(v, "description", description);
	for (int i = 0; types[i] == NULL || strcmp(types[i], type) != 0; i++) {
		if (types[i] == NULL) {
			issue_add(r->issues, ISSUE_ERROR, arena_printf(r->arena, "%s.type", at),
			    "there is no type \"%.40s\"", type);
			return;
		}
	}
	if (value != NULL && !json_is_null(value) && !has_type(value, type))
		issue_add(r->issues, ISSUE_ERROR, arena_printf(r->arena, "%s.default", at),
		    "the default is not of type %s", type);
}

static bool
is_spec(json_t *v)
{
	static const char *const members[] = { "name", "type", "default", "required", "description",
		NULL };
	const char *key;
	json_t *member;

	if (json_object_size(v) == 0)
		return false;
	json_object_foreach(v, key, member)
	{
		int i = 0;

		while (members[i] != NULL && strcmp(members[i], key) != 0)
			i++;
		if (members[i] == NULL)
			return false;
	}
	return json_object_get(v, "type") != NULL || json_object_get(v, "default") != NULL ||
	       json_object_get(v, "required") != NULL;
}

static const char *
type_of(const json_t *v)
{
	if (json_is_null(v))
		return "any";
	return json_is_integer(v) ? "number" : js_type_name(v);
}

static bool
has_type(const json_t *v, const char *type)
{
	if (strcmp(type, "any") == 0)
		return true;
	if (strcmp(type, "number") == 0)
		return json_is_number(v);
	return strcmp(js_type_name(v), type) == 0;
}

static bool
is_name(const char *name)
{
	static const char letters[] =
	    "0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return *name != '\0' && strspn(name, letters) == strlen(name) && strlen(name) <= 100 &&
	       strspn(name, "0123456789") == 0;
}

static void
check_number(struct reading *r, json_t *settings, const char *key, int64_t max)
{
	json_t *v = json_object_get(settings, key);

	if (v == NULL || json_is_null(v))
		return;
	if (!json_is_integer(v) || json_integer_value(v) < 1 || json_integer_value(v) > max)
		issue_add(r->issues, ISSUE_ERROR, reading_at(r, "settings.%s", key),
		    "an integer from 1 to %" PRId64 " is needed", max);
}

static void
check_enum(struct reading *r, json_t *settings, const char *key, const char *const *names)
{
	json_t *v = json_object_get(settings, key);

	if (v == NULL || json_is_null(v))
		return;
	for (int i = 0; json_is_string(v) && names[i] != NULL; i++) {
		if (strcmp(names[i], json_string_value(v)) == 0)
			return;
	}
	issue_add(
	    r->issues, ISSUE_ERROR, reading_at(r, "settings.%s", key), "there is no such choice");
}

/* That there is such a thing is known to the database alone. */
static void
check_id(struct reading *r, json_t *settings, const char *key)
{
	json_t *v = json_object_get(settings, key);
	struct err ignored = { 0 };
	struct uuid id;

	if (v == NULL || json_is_null(v))
		return;
	if (!json_is_string(v) || uuid_parse(js_str(v), &id, &ignored) != 0)
		issue_add(r->issues, ISSUE_ERROR, reading_at(r, "settings.%s", key),
		    "the id of a workflow is needed");
}

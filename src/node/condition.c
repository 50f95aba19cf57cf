#include "node/condition.h"

#include <stdio.h>
#include <string.h>

#include "core/json.h"

/* Where the faults of one condition go. */
struct told {
	const char *path;
	struct issue_list *issues;
};

static json_t *condition_of(json_t *config);
static void tell(void *arg, const struct expr_fault *f);
static void json_drop(void *json);

void
condition_validate(
    json_t *config, const struct expr_names *names, const char *path, struct issue_list *issues)
{
	json_t *condition = condition_of(config);
	char at[200];

	if (condition == NULL) {
		snprintf(at, sizeof(at), "%s.condition", path);
		issue_add(issues, ISSUE_ERROR, at, "a condition is needed");
		return;
	}
	snprintf(at, sizeof(at), "%s.%s", path, condition_field(config));
	condition_check(condition, names, at, issues);
	json_decref(condition);
}

int
condition_prepare(
    json_t *config, const struct expr_names *names, struct arena *a, void **out, struct err *e)
{
	json_t *condition = condition_of(config);

	if (condition == NULL)
		return err_set_field(e, "MR400", "condition", "a condition is needed");
	arena_defer(a, json_drop, condition);
	*out = cond_compile(a, condition, names);
	return 0;
}

void
condition_check(
    json_t *condition, const struct expr_names *names, const char *path, struct issue_list *issues)
{
	struct arena *a = arena_new();
	struct told told = { path, issues };

	cond_check(cond_compile(a, condition, names), tell, &told);
	arena_free(a);
}

const char *
condition_field(const json_t *config)
{
	if (json_object_get(config, "condition") != NULL)
		return "condition";
	return json_object_get(config, "conditions") != NULL ? "conditions" : "operator";
}

static json_t *
condition_of(json_t *config)
{
	json_t *condition = json_object_get(config, "condition");
	json_t *list = json_object_get(config, "conditions");
	const char *combine = js_text_or(config, "combine", "and");

	if (condition != NULL)
		return json_incref(condition);
	if (list != NULL)
		return json_pack("{s:O}", strcmp(combine, "or") == 0 ? "or" : "and", list);
	if (json_object_get(config, "operator") == NULL)
		return NULL;
	return json_pack("{s:O*, s:O*, s:O*}", "field", json_object_get(config, "field"),
	    "operator", json_object_get(config, "operator"), "value",
	    json_object_get(config, "value"));
}

static void
tell(void *arg, const struct expr_fault *f)
{
	const struct told *told = arg;
	char at[480];

	snprintf(at, sizeof(at), "%s%s%s", told->path,
	    f->field[0] == '\0' || f->field[0] == '[' ? "" : ".", f->field);
	issue_add(told->issues, f->kind == EXPR_FAULT_JAVASCRIPT ? ISSUE_WARNING : ISSUE_ERROR, at,
	    "%s (in %s, line %d, column %d)", f->message, f->expression, f->line, f->column);
}

static void
json_drop(void *json)
{
	json_decref(json);
}

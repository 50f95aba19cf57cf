/*
 * validate.c: operations whose input or answer needs what only C knows: definitions, cron rules,
 * node types. Who may ask is SQL's to say, as everywhere.
 */
#include "web/handlers.h"

#include <string.h>

#include "core/json.h"
#include "core/schema.h"
#include "core/time.h"
#include "flow/cron.h"
#include "flow/definition.h"
#include "flow/tz.h"
#include "node/registry.h"
#include "web/sql.h"

enum { PREVIEW_MAX = 50, PREVIEW_DEFAULT = 5 };

static enum call_next definition_step(struct call *c, bool required);
static enum call_next issues_answer(struct call *c, const struct issue_list *issues);
static enum call_next validate_answer(struct call *c);
static enum call_next preview_answer(struct call *c);
static enum call_next node_types_answer(struct call *c);
static int preview(const json_t *p, json_t **out, struct err *e);
static int rule_text(const json_t *p, const char **field, struct buf *out, struct err *e);
static void trigger_check(const json_t *p, struct issue_list *issues);

enum call_next
workflow_create(struct call *c)
{
	return definition_step(c, true);
}

/* PUT needs a definition, PATCH may leave it as it is. */
enum call_next
workflow_update(struct call *c)
{
	return definition_step(c, c->method == METHOD_PUT);
}

enum call_next
workflow_validate(struct call *c)
{
	return call_permit(c, validate_answer);
}

enum call_next
trigger_write(struct call *c)
{
	struct issue_list issues = { 0 };
	enum call_next next;

	trigger_check(c->p, &issues);
	next = issues.errors > 0 ? call_fail_issues(c, &issues) : call_operation(c);
	issue_list_free(&issues);
	return next;
}

enum call_next
schedule_preview(struct call *c)
{
	return call_permit(c, preview_answer);
}

enum call_next
node_type_list(struct call *c)
{
	return call_permit(c, node_types_answer);
}

/* Any accepted spelling becomes the stored form; all issues are told at once. */
static enum call_next
definition_step(struct call *c, bool required)
{
	struct issue_list issues = { 0 };
	bool wrapped = definition_wrap(c->p);
	json_t *given = json_object_get(c->p, "definition");
	json_t *stored = NULL;
	enum call_next next;

	if (given != NULL && definition_read(given, &node_registry, wrapped ? "" : "definition",
	                         &stored, &issues) == 0)
		json_object_set(c->p, "definition", stored);
	else if (given == NULL && required)
		issue_add(&issues, ISSUE_ERROR, "definition", "is missing");
	next = issues.errors > 0 ? issues_answer(c, &issues) : call_operation(c);
	json_decref(stored);
	issue_list_free(&issues);
	return next;
}

/* Who may not write learns that first, not what is wrong with the text. */
static enum call_next
issues_answer(struct call *c, const struct issue_list *issues)
{
	return call_refuse_after_permit(c, issues);
}

static enum call_next
validate_answer(struct call *c)
{
	bool wrapped;
	json_t *body;

	if (c->reply.failed)
		return call_fail_reply(c);
	wrapped = definition_wrap(c->p);
	body = definition_validate(
	    json_object_get(c->p, "definition"), &node_registry, wrapped ? "" : "definition");
	call_answer_json(c, 200, body);
	json_decref(body);
	return CALL_DONE;
}

static enum call_next
preview_answer(struct call *c)
{
	json_t *body = NULL;
	struct err e;

	if (c->reply.failed)
		return call_fail_reply(c);
	if (preview(c->p, &body, &e) != 0)
		return call_fail(c, &e, NULL);
	call_answer_json(c, 200, body);
	json_decref(body);
	return CALL_DONE;
}

static enum call_next
node_types_answer(struct call *c)
{
	json_t *body;

	if (c->reply.failed)
		return call_fail_reply(c);
	body = node_registry_json(&node_registry);
	if (body == NULL)
		return call_refuse(c, 500, "the node types can't be shown");
	call_answer_json(c, 200, body);
	json_decref(body);
	return CALL_DONE;
}

static int
preview(const json_t *p, json_t **out, struct err *e)
{
	const char *zone = js_text_or(p, "timezone", "UTC"), *field = "cron";
	int64_t from_ms = now_ms(), at[PREVIEW_MAX];
	char text[TIME_TEXT_SIZE];
	struct buf rule = { 0 };
	const struct tz *tz;
	struct cron cron;
	json_t *next;
	int n, rc = -1;

	if (rule_text(p, &field, &rule, e) != 0)
		goto out;
	if (tz_find(str_of(zone), &tz, e) != 0) {
		err_at(e, "timezone");
		goto out;
	}
	if (cron_parse(buf_view(&rule), &cron, e) != 0) {
		err_at(e, "%s", field);
		goto out;
	}
	if (json_object_get(p, "from") != NULL &&
	    time_parse(js_str(json_object_get(p, "from")), &from_ms, e) != 0) {
		err_at(e, "from");
		goto out;
	}
	n = cron_next_many(
	    &cron, tz, from_ms, from_ms, at, (int)js_int_or(p, "count", PREVIEW_DEFAULT));
	next = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(next, json_string(time_format(at[i], text)));
	*out = json_pack("{s:o, s:s}", "next", next, "timezone", zone);
	rc = 0;
out:
	buf_free(&rule);
	return rc;
}

/* The rule as cron.h reads it, and which field it came from. */
static int
rule_text(const json_t *p, const char **field, struct buf *out, struct err *e)
{
	static const char *const fields[] = { "cron", "every", "at" };
	const json_t *found = NULL;

	for (size_t i = 0; i < countof(fields); i++) {
		const json_t *v = json_object_get(p, fields[i]);

		if (v != NULL && found != NULL)
			return err_set_field(
			    e, "MR400", fields[i], "give only one of cron, every and at");
		if (v != NULL) {
			found = v;
			*field = fields[i];
		}
	}
	if (found == NULL)
		return err_set_field(e, "MR400", "cron", "is missing");
	if (strcmp(*field, "every") == 0 && json_string_value(found)[0] != '@')
		buf_text(out, "@every ");
	buf_text(out, json_string_value(found));
	return 0;
}

/* As in a definition: the config by the schema of its node type. */
static void
trigger_check(const json_t *p, struct issue_list *issues)
{
	const json_t *config = json_object_get(p, "config");
	const struct node_type *type =
	    node_registry_find(&node_registry, js_text_or(p, "type", ""));
	struct schema *schema;
	json_t *text;

	if (config == NULL || type == NULL)
		return;
	text = json_loads(type->schema, 0, NULL);
	schema = schema_new(text);
	schema_check(schema, NULL, config, "config", SCHEMA_EXPRESSIONS, issues);
	schema_free(schema);
	json_decref(text);
}

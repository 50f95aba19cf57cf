#include "web/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/schema.h"
#include "web/form.h"

enum param_place {
	IN_PATH,
	IN_QUERY,
	IN_HEADER,
};

struct param {
	const char *name;
	enum param_place in;
	const json_t *schema; /* all schemas are borrowed from the document */
	const char *type;     /* of the schema, or "" */
	bool required;
};

enum body_kind {
	BODY_NONE,
	BODY_FIELDS,
	BODY_PAYLOAD, /* any JSON, as the field payload */
};

struct operation {
	const struct route *route;
	struct param *params;
	size_t params_len;
	enum body_kind body_kind;
	const json_t *body; /* its schema; NULL: none */
	bool body_required;
	bool body_form; /* a form is read as well */
};

struct input {
	json_t *document;
	struct schema *schema;
	struct operation *operations;
	size_t n;
	const struct route *table;
	struct input_limits limits;
};

static int operation_load(
    struct input *in, const struct route *route, struct operation *op, struct err *e);
static const json_t *operation_find(const json_t *document, const struct route *route);
static const json_t *resolve(const json_t *document, const json_t *v);
static int param_load(struct input *in, const json_t *v, struct param *p, struct err *e);
static int body_load(struct input *in, const json_t *source, struct operation *op, struct err *e);
static void params_check(
    const struct input *in, const struct operation *op, struct call *c, struct issue_list *issues);
static void query_read(
    const struct operation *op, struct call *c, json_t *seen, struct issue_list *issues);
static int body_read(const struct input *in, const struct operation *op, struct call *c,
    struct issue_list *issues, struct err *e);
static json_t *typed(const char *type, struct str text);
static const struct param *param_find(
    const struct operation *op, enum param_place in, const char *name);
static void if_match_read(struct call *c, struct issue_list *issues);
static void json_release(void *v);

int
input_load(json_t *openapi, const struct route *table, size_t n, const struct input_limits *limits,
    struct input **out, struct err *e)
{
	struct input *in = mem_alloc(sizeof(*in));

	in->document = json_incref(openapi);
	in->schema = schema_new(openapi);
	in->operations = mem_array(n, sizeof(*in->operations));
	in->table = table;
	in->limits = *limits;
	for (in->n = 0; in->n < n; in->n++) {
		if (operation_load(in, &table[in->n], &in->operations[in->n], e) != 0) {
			err_at(e, "%s", table[in->n].operation);
			input_free(in);
			return -1;
		}
	}
	*out = in;
	return 0;
}

void
input_free(struct input *in)
{
	if (in == NULL)
		return;
	for (size_t i = 0; i < in->n; i++)
		mem_free(in->operations[i].params);
	mem_free(in->operations);
	schema_free(in->schema);
	json_decref(in->document);
	mem_free(in);
}

int
input_build(const struct input *in, struct call *c, struct issue_list *issues, struct err *e)
{
	const struct operation *op = &in->operations[c->route - in->table];
	json_t *seen = json_object();
	int rc = -1;

	c->p = json_object();
	arena_defer(c->arena, json_release, c->p);
	if (body_read(in, op, c, issues, e) != 0)
		goto out;
	/* seen: what path and query gave; it goes over the body's fields. */
	for (int i = 0; i < c->params_len; i++) {
		const struct route_param *p = &c->params[i];
		const char *name = arena_text(c->arena, str_make(p->name, p->name_len));
		const struct param *known = param_find(op, IN_PATH, name);

		json_object_set_new(seen, name,
		    typed(known != NULL ? known->type : "", str_make(p->value, p->value_len)));
	}
	query_read(op, c, seen, issues);
	json_object_update(c->p, seen);
	params_check(in, op, c, issues);
	if (c->route->flags & ROUTE_IF_MATCH)
		if_match_read(c, issues);
	rc = issues->errors > 0 ? -1 : 0;
out:
	json_decref(seen);
	return rc;
}

static int
operation_load(struct input *in, const struct route *route, struct operation *op, struct err *e)
{
	const json_t *source = operation_find(in->document, route);
	const json_t *params = json_object_get(source, "parameters");

	op->route = route;
	if (source == NULL)
		return err_set(e, "MR500", "not in the OpenAPI document");
	op->params = mem_array(json_array_size(params), sizeof(*op->params));
	for (; op->params_len < json_array_size(params); op->params_len++) {
		if (param_load(in, json_array_get(params, op->params_len),
		        &op->params[op->params_len], e) != 0)
			return -1;
	}
	return body_load(in, source, op, e);
}

/* The document's path is ours without the mark of "all that is left"; x-methods widens a POST. */
static const json_t *
operation_find(const json_t *document, const struct route *route)
{
	char path[160], method[16];
	size_t n = 0;
	const json_t *item, *op;

	for (const char *s = route->path; *s != '\0' && n + 1 < sizeof(path); s++) {
		if (*s != '*')
			path[n++] = *s;
	}
	path[n] = '\0';
	snprintf(method, sizeof(method), "%s", method_name(route->method));
	for (char *s = method; *s != '\0'; s++)
		*s = (char)(*s | 0x20);
	item = json_object_get(json_object_get(document, "paths"), path);
	op = json_object_get(item, method);
	if (op == NULL &&
	    json_is_array(json_object_get(json_object_get(item, "post"), "x-methods")))
		op = json_object_get(item, "post");
	if (op != NULL && strcmp(js_text_or(op, "operationId", ""), route->operation) != 0)
		return NULL;
	return op;
}

/* Follows "#/components/…", which is where all references of the document point. */
static const json_t *
resolve(const json_t *document, const json_t *v)
{
	struct str rest = js_str(json_object_get(v, "$ref")), part;
	const json_t *at = document;
	char key[128];

	if (rest.n < 2 || rest.p[0] != '#')
		return v;
	rest = str_sub(rest, 2, rest.n);
	while (at != NULL && str_next(&rest, '/', &part))
		at = str_copy(key, sizeof(key), part) == 0 ? json_object_get(at, key) : NULL;
	return at;
}

static int
param_load(struct input *in, const json_t *v, struct param *p, struct err *e)
{
	const char *place;

	v = resolve(in->document, v);
	p->name = js_text_or(v, "name", "");
	p->schema = json_object_get(v, "schema");
	p->required = js_bool_or(v, "required", false);
	p->type = js_text_or(resolve(in->document, p->schema), "type", "");
	place = js_text_or(v, "in", "");
	if (strcmp(place, "path") == 0)
		p->in = IN_PATH;
	else if (strcmp(place, "query") == 0)
		p->in = IN_QUERY;
	else if (strcmp(place, "header") == 0)
		p->in = IN_HEADER;
	else
		return err_set(e, "MR500", "parameter %s stands in `%s`", p->name, place);
	return schema_verify(in->schema, p->schema, e);
}

static int
body_load(struct input *in, const json_t *source, struct operation *op, struct err *e)
{
	const json_t *body = resolve(in->document, json_object_get(source, "requestBody"));
	const json_t *content = json_object_get(body, "content");
	const char *kind = js_text_or(source, "x-body", "");

	if (strcmp(kind, "raw") == 0 || body == NULL)
		return 0;
	op->body_kind = strcmp(kind, "payload") == 0 ? BODY_PAYLOAD : BODY_FIELDS;
	op->body_required = js_bool_or(body, "required", false);
	op->body = json_object_get(json_object_get(content, "application/json"), "schema");
	op->body_form = json_object_get(content, "application/x-www-form-urlencoded") != NULL;
	if (op->body == NULL)
		return err_set(e, "MR500", "the body has no JSON form");
	return schema_verify(in->schema, op->body, e);
}

/* Path and query values stand in p; headers are looked up. */
static void
params_check(
    const struct input *in, const struct operation *op, struct call *c, struct issue_list *issues)
{
	for (size_t i = 0; i < op->params_len; i++) {
		const struct param *p = &op->params[i];
		const char *header;
		json_t *v;

		if (p->in == IN_HEADER) {
			header = call_header_in(c, p->name);
			v = header != NULL ? json_string(header) : NULL;
		} else
			v = json_incref(json_object_get(c->p, p->name));
		if (v != NULL)
			schema_check(in->schema, p->schema, v, p->name, 0, issues);
		else if (p->required)
			issue_add(issues, ISSUE_ERROR, p->name, "is missing");
		json_decref(v);
	}
}

static void
query_read(const struct operation *op, struct call *c, json_t *seen, struct issue_list *issues)
{
	struct str rest = c->query, pair;

	while (str_next(&rest, '&', &pair)) {
		const struct param *p;
		char *name;
		json_t *value;

		if (pair.n == 0)
			continue;
		if (form_pair(c->arena, pair, &name, &value) != 0) {
			issue_add(issues, ISSUE_ERROR, "", "the query has a broken escape");
			continue;
		}
		p = param_find(op, IN_QUERY, name);
		if (p == NULL)
			issue_add(
			    issues, ISSUE_ERROR, name, "is not a parameter of this operation");
		else if (json_object_get(seen, name) != NULL)
			issue_add(issues, ISSUE_ERROR, name, "is given twice");
		else
			json_object_set_new(seen, name, typed(p->type, js_str(value)));
		json_decref(value);
	}
}

static int
body_read(const struct input *in, const struct operation *op, struct call *c,
    struct issue_list *issues, struct err *e)
{
	struct str type = str_of(call_header_in(c, "content-type"));
	ptrdiff_t semicolon = str_find(type, ";", 0);
	json_t *body = NULL;

	if (c->body.n == 0) {
		if (op->body_required)
			issue_add(issues, ISSUE_ERROR, "", "a body is needed");
		return 0;
	}
	if (c->body.n > in->limits.body_bytes)
		return err_set(
		    e, "MR413", "the body is larger than %zu bytes", in->limits.body_bytes);
	type = str_trim(semicolon >= 0 ? str_sub(type, 0, (size_t)semicolon) : type);
	if (op->body_form && str_is_ignoring_case(type, "application/x-www-form-urlencoded")) {
		body = json_object();
		if (form_object(c->body, body, e) != 0)
			goto fail;
	} else if (!str_is_ignoring_case(type, "application/json"))
		return err_set(e, "MR415", "the body must be application/json");
	else if (js_parse(c->body, in->limits.body_bytes, in->limits.json_depth, &body, e) != 0)
		return -1;
	if (op->body_kind == BODY_NONE)
		issue_add(issues, ISSUE_ERROR, "", "this operation takes no body");
	else if (op->body_kind == BODY_PAYLOAD)
		json_object_set(c->p, "payload", body);
	else if (schema_check(in->schema, op->body, body, "", 0, issues) == 0 &&
	         json_is_object(body))
		json_object_update(c->p, body);
	json_decref(body);
	return 0;
fail:
	json_decref(body);
	return -1;
}

/* A text that isn't of the type stays a string, which the schema then refuses by name. */
static json_t *
typed(const char *type, struct str text)
{
	int64_t i;
	struct err ignored;

	if (strcmp(type, "integer") == 0 &&
	    str_int64(text, INT64_MIN, INT64_MAX, &i, &ignored) == 0)
		return json_integer(i);
	if (strcmp(type, "boolean") == 0 && str_is(text, "true"))
		return json_true();
	if (strcmp(type, "boolean") == 0 && str_is(text, "false"))
		return json_false();
	return js_string(text);
}

static const struct param *
param_find(const struct operation *op, enum param_place in, const char *name)
{
	for (size_t i = 0; i < op->params_len; i++) {
		if (op->params[i].in == in && strcmp(op->params[i].name, name) == 0)
			return &op->params[i];
	}
	return NULL;
}

/* "12" or W/"12": the header's form was checked by its schema. */
static void
if_match_read(struct call *c, struct issue_list *issues)
{
	struct str text = str_trim(str_of(call_header_in(c, "if-match")));
	struct err ignored;
	int64_t etag;

	if (text.n == 0 || str_is(text, "*") || issues->errors > 0)
		return;
	if (str_starts(text, "W/"))
		text = str_sub(text, 2, text.n);
	if (text.n < 3 ||
	    str_int64(str_sub(text, 1, text.n - 2), 0, INT64_MAX, &etag, &ignored) != 0)
		issue_add(issues, ISSUE_ERROR, "If-Match", "must be an ETag as it was read");
	else
		json_object_set_new(c->p, "if_match", json_integer(etag));
}

static void
json_release(void *v)
{
	json_decref(v);
}

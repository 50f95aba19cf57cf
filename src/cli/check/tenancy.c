/*
 * tenancy.c: each place of the contract that takes an id or a cursor, asked by A with B's in it.
 *
 * The answer must be that to a random id, byte for byte but for the request's own id, and no row of
 * B has changed. The same is asked of the SQL function, as web would call it.
 *
 * A longer file than most: one question in the ways in which it can be put, and what tells answers
 * apart.
 */
#include <string.h>

#include "cli/check/check.h"
#include "core/json.h"
#include "core/uuid.h"

/* One place of one operation. */
struct probe {
	const struct op *op;
	const char *where, *name; /* path, query, body, header */
	json_t *values;           /* of the path: A's own, before the place is filled */
	json_t *body;
};

/* Ids that are kept as they were told: nothing is looked up by them, so they tell nothing. */
static const struct {
	const char *operation, *name, *reason;
} told[] = {
	{ "audit_create", "resource_id", "an entry of one's own may name what it likes" },
};

static int op_probe(struct check *c, const struct op *op, struct err *e);
static int places(struct check *c, struct probe *p, struct err *e);
static bool is_told(const struct probe *p);
static int place_ask(struct check *c, struct probe *p, const char *theirs, struct err *e);
static json_t *id_in(const struct probe *p, const char *id);
static int send_one(struct check *c, const struct probe *p, const char *value,
    struct http_said *said, struct err *e);
static const char *normal(struct check *c, const struct http_said *said, const char *value);
static int place_sql(
    struct check *c, const struct probe *p, const char *theirs, const char *random, struct err *e);
static int place_cursor(struct check *c, const struct op *op, json_t *values, struct err *e);
static int list_probe(struct check *c, const struct op *op, struct err *e);
static bool is_empty(const struct http_said *said);
static const char *random_id(struct check *c);
static bool shows_b(const struct check *c, const char *text, const char **what);
static bool is_stream(const struct op *op);

int
check_tenancy(struct check *c, struct err *e)
{
	for (size_t i = 0; i < c->spec.len; i++) {
		const struct op *op = &c->spec.ops[i];

		/* Administration has no tenant; `check roles` sees who is let in. */
		if (strcmp(op->permission, "none") != 0 &&
		    strcmp(op->permission, "installation:admin") != 0 && op_probe(c, op, e) != 0)
			return -1;
	}
	check_progress(c, "path");
	check_progress(c, "query");
	check_progress(c, "body");
	check_progress(c, "header");
	check_progress(c, "sql");
	check_progress(c, "cursor");
	check_progress(c, "rows");
	for (size_t i = 0; i < c->spec.len; i++) {
		if (list_probe(c, &c->spec.ops[i], e) != 0)
			return -1;
	}
	check_progress(c, "lists");
	check_channels_read(c);
	check_progress(c, "channels");
	return 0;
}

/* All places of an operation, between two looks at B's rows. */
static int
op_probe(struct check *c, const struct op *op, struct err *e)
{
	static const char fingerprint[] = "select pg_temp.fingerprint($1::uuid)";
	const char *const params[] = { c->b.id };
	struct probe p = { .op = op, .body = spec_body(&c->spec, op) };
	const char *before, *after;
	json_t *theirs = NULL;
	int rc = -1;

	/* B's things first: making them changes B's rows. */
	if (world_values(c, &c->b, op, &theirs, e) != 0 ||
	    world_values(c, &c->a, op, &p.values, e) != 0 ||
	    world_body(c, &c->a, op, p.body, e) != 0)
		goto out;
	if (check_value(c, fingerprint, 1, params, &before, e) != 0 || places(c, &p, e) != 0)
		goto out;
	if (place_cursor(c, op, p.values, e) != 0 ||
	    check_value(c, fingerprint, 1, params, &after, e) != 0)
		goto out;
	check_cell(c, strcmp(before, after) == 0, "rows", op->id, "B's rows are as they were",
	    before, after, TEXT(c, "%s %s as A with B's ids", op->method, op->path));
	rc = 0;
out:
	json_decref(p.values);
	json_decref(p.body);
	json_decref(theirs);
	return rc;
}

static int
places(struct check *c, struct probe *p, struct err *e)
{
	json_t *parameter, *properties = js_object(p->op->schema, "properties"), *schema;
	const char *name, *theirs;
	size_t i;

	json_array_foreach(p->op->parameters, i, parameter)
	{
		bool is_id = spec_is_id(&c->spec, json_object_get(parameter, "schema"));

		p->name = js_text_or(parameter, "name", "");
		p->where = js_text_or(parameter, "in", "");
		theirs = NULL;
		if (strcmp(p->name, "X-Workspace") == 0)
			theirs = c->b.id;
		else if ((is_id || strcmp(p->where, "path") == 0) &&
		         world_thing(c, &c->b, p->op, p->name, &theirs, e) != 0)
			return -1;
		/* A path by name or number is a place where a thing of B answers to it. */
		if (theirs == NULL && is_id)
			check_cell(c, false, p->where, p->op->id,
			    TEXT(c, "whose is %s? Nothing of B fits", p->name), "a thing", "none",
			    "world_thing in src/cli/check/world.c");
		if (theirs != NULL && place_ask(c, p, theirs, e) != 0)
			return -1;
	}
	p->where = "body";
	json_object_foreach(properties, name, schema)
	{
		if (!spec_is_id(&c->spec, schema))
			continue;
		p->name = name;
		if (world_thing(c, &c->b, p->op, name, &theirs, e) != 0)
			return -1;
		if (theirs == NULL && is_told(p))
			continue;
		if (theirs == NULL) {
			check_cell(c, false, "body", p->op->id,
			    TEXT(c, "whose is %s? Nothing of B fits", name), "a thing", "none",
			    "world_thing in src/cli/check/world.c");
		} else if (place_ask(c, p, theirs, e) != 0) {
			return -1;
		}
	}
	return 0;
}

static bool
is_told(const struct probe *p)
{
	for (size_t i = 0; i < countof(told); i++) {
		if (strcmp(told[i].operation, p->op->id) == 0 && strcmp(told[i].name, p->name) == 0)
			return true;
	}
	return false;
}

static int
place_ask(struct check *c, struct probe *p, const char *theirs, struct err *e)
{
	const char *random = random_id(c), *got, *unknown;
	struct http_said a = { 0 }, b = { 0 };
	bool is_filter = strcmp(p->where, "query") == 0 && strcmp(p->op->method, "GET") == 0;
	bool fits;
	int rc = -1;

	if (send_one(c, p, theirs, &a, e) != 0 || send_one(c, p, random, &b, e) != 0)
		goto out;
	got = normal(c, &a, theirs);
	unknown = normal(c, &b, random);
	fits = a.status == 404 || (is_filter && a.status == 200 && is_empty(&a));
	check_cell(c, fits && a.status == b.status && strcmp(got, unknown) == 0, p->where,
	    p->op->id, TEXT(c, "B's %s is as unknown as a random one", p->name),
	    TEXT(c, "404, and %d %.200s", b.status, unknown), TEXT(c, "%d %.200s", a.status, got),
	    TEXT(c, "%s %s as A's owner with B's id as %s", p->op->method, p->op->path, p->name));
	rc = strcmp(p->where, "header") == 0 ? 0 : place_sql(c, p, theirs, random, e);
out:
	buf_free(&a.body);
	buf_free(&b.body);
	return rc;
}

static int
send_one(struct check *c, const struct probe *p, const char *value, struct http_said *said,
    struct err *e)
{
	json_t *values = json_copy(p->values), *body = json_deep_copy(p->body);
	const char *target, *workspace = NULL;
	int rc;

	if (strcmp(p->where, "path") == 0 || strcmp(p->where, "query") == 0)
		(void)json_object_set_new(values, p->name, json_string(value));
	target = spec_fill(&c->spec, p->op, values);
	if (strcmp(p->where, "header") == 0)
		workspace = value;
	else if (strcmp(p->where, "body") == 0)
		(void)json_object_set_new(body, p->name, id_in(p, value));
	rc = check_ask(c, p->op, &c->a.cookie[0], target, body, workspace, said, e);
	json_decref(values);
	json_decref(body);
	return rc;
}

/* An id as the body has them: alone, or in a list. */
static json_t *
id_in(const struct probe *p, const char *id)
{
	json_t *schema = json_object_get(js_object(p->op->schema, "properties"), p->name);
	bool is_list = json_is_array(json_object_get(p->body, p->name)) ||
	               strcmp(js_text_or(schema, "type", ""), "array") == 0;

	return is_list ? json_pack("[s]", id) : json_string(id);
}

/* The answer's bytes, without its request's id and with the id that was asked for as <id>. */
static const char *
normal(struct check *c, const struct http_said *said, const char *value)
{
	struct str text = buf_view(&said->body);
	struct buf out = { 0 };
	const char *result;
	ptrdiff_t at = str_find(text, "\"request_id\":\"", 0), end;

	if (at >= 0 && (end = str_find(text, "\"", (size_t)at + 14)) > 0) {
		buf_str(&out, str_sub(text, 0, (size_t)at));
		buf_str(&out, str_sub(text, (size_t)end, text.n));
	} else {
		buf_str(&out, text);
	}
	while ((at = str_find(buf_view(&out), value, 0)) >= 0) {
		struct buf next = { 0 };

		buf_str(&next, str_sub(buf_view(&out), 0, (size_t)at));
		buf_text(&next, "<id>");
		buf_str(&next, str_sub(buf_view(&out), (size_t)at + strlen(value), out.len));
		buf_free(&out);
		out = next;
	}
	result = arena_text(c->arena, buf_view(&out));
	buf_free(&out);
	return result;
}

/* The same of the function itself: what protects is below web. */
static int
place_sql(
    struct check *c, const struct probe *p, const char *theirs, const char *random, struct err *e)
{
	static const char refusal[] =
	    "select pg_temp.refusal($1, $2, $3::jsonb) from pg_proc where pronamespace = "
	    "'api'::regnamespace and proname = $2 limit 1";
	const char *said[2], *asked[] = { theirs, random },
	                     *params[3] = { c->a.cookie[0].cookie, p->op->id };
	struct buf text = { 0 };
	int rc = 0;

	for (int i = 0; rc == 0 && i < 2; i++) {
		json_t *input = json_object();

		if (json_is_object(p->body))
			(void)json_object_update(input, p->body);
		(void)json_object_update(input, p->values);
		(void)json_object_set_new(input, p->name, id_in(p, asked[i]));
		buf_reset(&text);
		js_dump(&text, input, JS_COMPACT);
		params[2] = buf_cstr(&text);
		rc = check_value(c, refusal, 3, params, &said[i], e);
		json_decref(input);
	}
	buf_free(&text);
	if (rc != 0)
		return err_is(e, "MR404") ? 0 : -1; /* web answers this operation itself */
	check_cell(c,
	    strcmp(said[0], said[1]) == 0 && (said[0][0] == 'M' || strcmp(p->where, "query") == 0),
	    "sql", TEXT(c, "api.%s", p->op->id),
	    TEXT(c, "B's %s is as unknown as a random one", p->name), said[1], said[0],
	    TEXT(c, "api.enter as A's owner, then api.%s('%s')", p->op->id,
	        params[2] != NULL ? p->name : ""));
	return 0;
}

/* B's place in B's list means nothing in A's. */
static int
place_cursor(struct check *c, const struct op *op, json_t *values, struct err *e)
{
	struct http_said said = { 0 };
	json_t *theirs = NULL, *own = json_object(), *page = NULL, *parameter;
	const char *cursor, *what = "";
	bool takes_one = false;
	struct err none;
	int rc = -1;
	size_t i;

	json_array_foreach(op->parameters, i, parameter)
	{
		if (strcmp(js_text_or(parameter, "name", ""), "cursor") == 0)
			takes_one = true;
	}
	rc = 0;
	if (!takes_one)
		goto out;
	rc = -1;
	if (world_values(c, &c->b, op, &theirs, e) != 0)
		goto out;
	(void)json_object_set_new(theirs, "limit", json_string("1"));
	if (check_ask(
	        c, op, &c->b.cookie[0], spec_fill(&c->spec, op, theirs), NULL, NULL, &said, e) != 0)
		goto out;
	rc = 0;
	if (js_parse(buf_view(&said.body), said.body.len, JS_DEPTH_MAX * 2, &page, &none) != 0 ||
	    (cursor = js_text_or(page, "next_cursor", NULL)) == NULL)
		goto out; /* one page: there is no cursor to carry over */
	(void)json_object_update(own, values);
	(void)json_object_set_new(own, "cursor", json_string(cursor));
	rc = check_ask(c, op, &c->a.cookie[0], spec_fill(&c->spec, op, own), NULL, NULL, &said, e);
	if (rc == 0)
		check_cell(c, said.status == 400 && !shows_b(c, buf_cstr(&said.body), &what),
		    "cursor", op->id, "a cursor of B is none of A's", "400",
		    TEXT(c, "%d %s", said.status, what),
		    TEXT(c, "%s %s?cursor= as A's owner, with the next_cursor of B", op->method,
		        op->path));
out:
	buf_free(&said.body);
	json_decref(theirs);
	json_decref(own);
	json_decref(page);
	return rc;
}

/* What A reads without naming anything shows nothing of B. */
static int
list_probe(struct check *c, const struct op *op, struct err *e)
{
	struct http_said said = { 0 };
	const char *what = "nothing of B";
	int rc;

	if (strcmp(op->method, "GET") != 0 || strcmp(op->permission, "none") == 0 ||
	    strchr(op->path, '{') != NULL || is_stream(op))
		return 0;
	rc = check_ask(c, op, &c->a.cookie[0], spec_fill(&c->spec, op, NULL), NULL, NULL, &said, e);
	if (rc == 0) {
		bool leaks = shows_b(c, buf_cstr(&said.body), &what);

		check_cell(c, said.status < 500 && !leaks, "lists", op->id, "A reads nothing of B",
		    "nothing of B", TEXT(c, "%d %s", said.status, what),
		    TEXT(c, "GET %s as A's owner", op->path));
	}
	buf_free(&said.body);
	return rc;
}

static bool
shows_b(const struct check *c, const char *text, const char **what)
{
	const char *key;
	json_t *id;

	if (strstr(text, c->b.id) != NULL || strstr(text, c->b.name) != NULL) {
		*what = "shows B's workspace";
		return true;
	}
	for (int i = 0; i < c->roles_len; i++) {
		if (strstr(text, c->b.user[i]) != NULL) {
			*what = "shows a person of B";
			return true;
		}
	}
	json_object_foreach(c->b.things, key, id)
	{
		if (uuid_is_valid(js_str(id)) && strstr(text, json_string_value(id)) != NULL) {
			*what = key;
			return true;
		}
	}
	return false;
}

static const char *
random_id(struct check *c)
{
	struct uuid id = uuid_v7();
	char text[UUID_TEXT_SIZE];

	return TEXT(c, "%s", uuid_format(&id, text));
}

static bool
is_stream(const struct op *op)
{
	return strncmp(op->path, "/api/", 5) != 0;
}

static bool
is_empty(const struct http_said *said)
{
	json_t *page = NULL;
	struct err none;
	bool empty =
	    js_parse(buf_view(&said->body), said->body.len, JS_DEPTH_MAX * 2, &page, &none) == 0 &&
	    json_is_array(json_object_get(page, "items")) &&
	    json_array_size(json_object_get(page, "items")) == 0;

	json_decref(page);
	return empty;
}

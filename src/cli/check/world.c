#include "cli/check/world.h"

#include <poll.h>
#include <string.h>

#include "cli/check/check.h"
#include "core/json.h"
#include "core/time.h"

#define THING_MAX_MS 20000
#define LOOK_MS 20

static int sign_in(struct check *c, const char *user, bool as_program, const char *label,
    struct who *out, struct err *e);
static int first_things(struct check *c, struct world *w, struct err *e);
static int thing_ends(
    struct check *c, struct world *w, const char *collection, const char *id, struct err *e);
static const char *collection_of(struct check *c, const struct op *op, const char *name);
static int thing_make(struct check *c, struct world *w, const struct op *maker, const char *target,
    const char *name, const char **out, struct err *e);
static int thing_list(struct check *c, struct world *w, const struct op *lister, const char *target,
    const char *name, const char **out, struct err *e);
static int ask_json(struct check *c, const struct op *op, const struct who *who, const char *target,
    const json_t *body, int *status, json_t **out, struct err *e);

int
world_make(struct check *c, struct world *w, const char *name, struct err *e)
{
	const char *params[3] = { NULL };

	w->name = arena_strdup(c->arena, name);
	w->slug = TEXT(c, "millrace-check-%s", name);
	w->things = json_object();
	for (int i = 0; i < c->roles_len; i++) {
		params[0] = TEXT(c, "%s-%s", name, c->roles[i]);
		params[1] = w->id;
		params[2] = c->roles[i];
		if (check_value(c, "select pg_temp.check_user($1, $2::uuid, $3)", 3, params,
		        &w->user[i], e) != 0)
			return -1;
		if (i == 0) {
			params[0] = w->user[0];
			params[1] = w->name;
			if (check_value(c, "select pg_temp.check_workspace($1::uuid, $2)", 2,
			        params, &w->id, e) != 0)
				return -1;
		}
	}
	for (int i = 0; i < c->roles_len; i++) {
		if (sign_in(c, w->user[i], false, c->roles[i], &w->cookie[i], e) != 0 ||
		    sign_in(c, w->user[i], true, c->roles[i], &w->jwt[i], e) != 0)
			return -1;
	}
	return first_things(c, w, e);
}

int
world_somebody(struct check *c, const struct world *w, int role, bool as_program, struct who *out,
    struct err *e)
{
	static int n;
	const char *params[] = { TEXT(c, "%s-%d", w->name, n++), w->id, c->roles[role] };
	const char *user;

	if (check_value(c, "select pg_temp.check_user($1, $2::uuid, $3)", 3, params, &user, e) != 0)
		return -1;
	return sign_in(c, user, as_program, c->roles[role], out, e);
}

/* The API tells a browser its CSRF token; a program begins with a refresh. */
static int
sign_in(struct check *c, const char *user, bool as_program, const char *label, struct who *out,
    struct err *e)
{
	const char *params[] = { user, as_program ? "jwt" : "cookie",
		as_program ? "refresh_token" : "secret" };
	const char *secret;
	struct op op = { .id = "user_me", .method = "GET", .path = "/api/v1/users/me" };
	json_t *answer = NULL, *body = NULL;
	int status = 0, rc = -1;

	if (check_value(
	        c, "select pg_temp.check_session($1::uuid, $2)->>$3", 3, params, &secret, e) != 0)
		return -1;
	*out = (struct who){ .label = TEXT(c, "%s by %s", label, as_program ? "JWT" : "cookie") };
	if (as_program) {
		op = (struct op){
			.id = "auth_refresh", .method = "POST", .path = "/api/v1/auth/refresh"
		};
		body = json_pack("{s:s}", "refresh_token", secret);
	} else {
		out->cookie = secret;
	}
	if (ask_json(c, &op, out, op.path, body, &status, &answer, e) != 0)
		goto out;
	if (status != 200) {
		(void)err_set(e, "MR500", "%s %s answered %d to a person of the check", op.method,
		    op.path, status);
		goto out;
	}
	if (as_program)
		out->bearer = TEXT(c, "%s", js_text_or(answer, "access_token", ""));
	else
		out->csrf = TEXT(c, "%s", js_text_or(answer, "csrf_token", ""));
	rc = 0;
out:
	json_decref(answer);
	json_decref(body);
	return rc;
}

int
world_token(struct check *c, const struct world *w, int role, const char *scopes, const char *label,
    struct who *out, struct err *e)
{
	const char *params[] = { w->id, w->user[role], scopes };

	*out = (struct who){ .label = arena_strdup(c->arena, label) };
	return check_value(c, "select pg_temp.check_token($1::uuid, $2::uuid, $3::text[])", 3,
	    params, &out->bearer, e);
}

/* Two workflows that are live and a run that is over: what most lists and ids are about. */
static int
first_things(struct check *c, struct world *w, struct err *e)
{
	const struct op *make = spec_find(&c->spec, "POST", "/api/v1/workflows");
	const struct op *arm = spec_find(&c->spec, "POST", "/api/v1/workflows/{id}/activate");
	const struct op *start = spec_find(&c->spec, "POST", "/api/v1/runs");
	const char *id = NULL;
	json_t *answer = NULL;
	int status = 0;

	if (make == NULL || arm == NULL || start == NULL)
		return err_set(
		    e, "MR500", "the contract has no workflows or runs: is this Millrace?");
	for (int i = 0; i < 2; i++) {
		if (thing_make(c, w, make, make->path, "id", &id, e) != 0)
			return -1;
		if (id == NULL)
			return err_set(e, "MR500", "the check could make no workflow");
		if (ask_json(c, arm, &w->cookie[0], TEXT(c, "/api/v1/workflows/%s/activate", id),
		        NULL, &status, &answer, e) != 0)
			return -1;
		json_decref(answer);
		(void)json_object_set_new(w->things, "/api/v1/workflows", json_string(id));
		if (thing_make(c, w, start, start->path, "id", &id, e) != 0)
			return -1;
		if (status != 200 || id == NULL)
			return err_set(e, "MR500",
			    "the check could start no run (activation answered %d)", status);
		(void)json_object_set_new(w->things, "/api/v1/runs", json_string(id));
	}
	return check_value(c, "select pg_temp.check_dead($1::uuid)", 1, &id, &id, e);
}

/* What is done in the background changes its workspace's rows until then. */
static int
thing_ends(struct check *c, struct world *w, const char *collection, const char *id, struct err *e)
{
	const char *noun = strrchr(collection, '/');
	const struct op *get = spec_find(&c->spec, "GET", TEXT(c, "/api/v1%s/{id}", noun));
	int64_t ends = mono_ms() + THING_MAX_MS;
	bool is_over = get == NULL;

	while (!is_over) {
		json_t *answer = NULL;
		int status;

		if (ask_json(c, get, &w->cookie[0], TEXT(c, "/api/v1%s/%s", noun, id), NULL,
		        &status, &answer, e) != 0)
			return -1;
		is_over = json_is_string(json_object_get(answer, "completed_at"));
		json_decref(answer);
		if (!is_over && mono_ms() > ends)
			return err_set(e, "MR503",
			    "one of the check's %s did not end in %d s: is a worker running?",
			    noun + 1, THING_MAX_MS / 1000);
		if (!is_over)
			(void)poll(NULL, 0, LOOK_MS);
	}
	return 0;
}

int
world_values(struct check *c, struct world *w, const struct op *op, json_t **out, struct err *e)
{
	json_t *parameter;
	size_t i;

	*out = json_object();
	json_array_foreach(op->parameters, i, parameter)
	{
		const char *name = js_text_or(parameter, "name", ""), *id = NULL;

		if (strcmp(js_text_or(parameter, "in", ""), "path") != 0)
			continue;
		if (world_thing(c, w, op, name, &id, e) != 0) {
			json_decref(*out);
			*out = NULL;
			return -1;
		}
		if (id != NULL)
			(void)json_object_set_new(*out, name, json_string(id));
	}
	return 0;
}

int
world_thing(struct check *c, struct world *w, const struct op *op, const char *name,
    const char **out, struct err *e)
{
	const char *collection = collection_of(c, op, name), *key;
	const struct op *maker, *lister;
	const char *target;
	json_t *values = NULL;
	int rc = -1;

	*out = NULL;
	if (collection == NULL)
		return 0;
	/* An offer to join has the id of its workspace. */
	if (strcmp(collection, "/api/v1/workspaces") == 0 ||
	    strcmp(collection, "/api/v1/join-offers") == 0 || strcmp(collection, "user") == 0) {
		*out = collection[0] == 'u' ? w->user[0] : w->id;
		return 0;
	}
	maker = spec_find(&c->spec, "POST", collection);
	lister = spec_find(&c->spec, "GET", collection);
	key = strchr(collection, '{') != NULL ? TEXT(c, "%s %s", collection, name) : collection;
	*out = json_string_value(json_object_get(w->things, key));
	if (*out != NULL || (maker == NULL && lister == NULL))
		return 0;
	if (world_values(c, w, maker != NULL ? maker : lister, &values, e) != 0)
		return -1;
	target = spec_fill(&c->spec, maker != NULL ? maker : lister, values);
	if (maker != NULL && thing_make(c, w, maker, target, name, out, e) != 0)
		goto out;
	if (*out == NULL && lister != NULL && thing_list(c, w, lister, target, name, out, e) != 0)
		goto out;
	if (*out != NULL)
		(void)json_object_set_new(w->things, key, json_string(*out));
	rc = 0;
out:
	json_decref(values);
	return rc;
}

/* The collection whose members `name` means, "user", or NULL when nothing tells. */
static const char *
collection_of(struct check *c, const struct op *op, const char *name)
{
	static const char *const people[] = { "user", "user_id", "user_ids", "created_by",
		"owner_id", "actor_id" };
	const char *at = strstr(op->path, TEXT(c, "/{%s}", name)), *last;
	size_t n = strlen(name);
	char *noun, *path;

	if (at != NULL) {
		path = arena_text(c->arena, str_make(op->path, (size_t)(at - op->path)));
		if (spec_find(&c->spec, "POST", path) != NULL ||
		    spec_find(&c->spec, "GET", path) != NULL)
			return path;
		last = strrchr(path, '/'); /* /stream/runs/{id} means one of /api/v1/runs */
		path = TEXT(c, "/api/v1%s", last != NULL ? last : "");
		if (spec_find(&c->spec, "GET", path) != NULL)
			return path;
		/* /triggers/{id} means one of /api/v1/workflows/{id}/triggers */
		for (size_t i = 0; last != NULL && i < c->spec.len; i++) {
			struct str one = str_of(c->spec.ops[i].path);

			if (strcmp(c->spec.ops[i].method, "GET") == 0 &&
			    str_ends(one, TEXT(c, "}%s", last)))
				return c->spec.ops[i].path;
		}
	}
	for (size_t i = 0; i < countof(people); i++) {
		if (strcmp(name, people[i]) == 0)
			return "user";
	}
	if (n < 4 || (strcmp(name + n - 3, "_id") != 0 && strcmp(name + n - 4, "_ids") != 0))
		return NULL;
	noun = arena_text(c->arena, str_make(name, name[n - 1] == 's' ? n - 4 : n - 3));
	path = TEXT(c, "/api/v1/%ss", noun);
	return spec_find(&c->spec, "POST", path) != NULL || spec_find(&c->spec, "GET", path) != NULL
	           ? path
	           : NULL;
}

int
world_body(struct check *c, struct world *w, const struct op *op, json_t *body, struct err *e)
{
	json_t *properties = js_object(op->schema, "properties"), *value;
	const char *name, *id;

	json_object_foreach(properties, name, value)
	{
		if (!spec_is_id(&c->spec, value) || json_object_get(body, name) == NULL)
			continue;
		if (world_thing(c, w, op, name, &id, e) != 0)
			return -1;
		if (id != NULL)
			(void)json_object_set_new(body, name,
			    json_is_array(json_object_get(body, name)) ? json_pack("[s]", id)
			                                               : json_string(id));
	}
	return 0;
}

/* Makes one as the owner; *out stays NULL where that is refused. */
static int
thing_make(struct check *c, struct world *w, const struct op *maker, const char *target,
    const char *name, const char **out, struct err *e)
{
	json_t *body = spec_body(&c->spec, maker), *answer = NULL;
	const char *id;
	int status = 0, rc = -1;

	*out = NULL;
	if (world_body(c, w, maker, body, e) != 0 ||
	    ask_json(c, maker, &w->cookie[0], target, body, &status, &answer, e) != 0)
		goto out;
	id = js_text_or(answer, name, js_text_or(answer, "id", NULL));
	if (status < 300 && id != NULL)
		*out = TEXT(c, "%s", id);
	if (status == 202 && *out != NULL && json_is_null(json_object_get(answer, "completed_at")))
		rc = thing_ends(c, w, maker->path, *out, e);
	else
		rc = 0;
out:
	json_decref(body);
	json_decref(answer);
	return rc;
}

static int
thing_list(struct check *c, struct world *w, const struct op *lister, const char *target,
    const char *name, const char **out, struct err *e)
{
	json_t *answer = NULL, *first;
	const char *id;
	int status = 0, rc = -1;

	if (ask_json(c, lister, &w->cookie[0], target, NULL, &status, &answer, e) != 0)
		goto out;
	first = json_array_get(js_array(answer, "items"), 0);
	id = js_text_or(first, name, js_text_or(first, "id", NULL));
	if (status == 200 && id != NULL)
		*out = TEXT(c, "%s", id);
	rc = 0;
out:
	json_decref(answer);
	return rc;
}

static int
ask_json(struct check *c, const struct op *op, const struct who *who, const char *target,
    const json_t *body, int *status, json_t **out, struct err *e)
{
	struct http_said said = { 0 };
	struct err none;
	int rc = check_ask(c, op, who, target, body, NULL, &said, e);

	*out = NULL;
	*status = said.status;
	if (rc == 0 &&
	    js_parse(buf_view(&said.body), said.body.len, JS_DEPTH_MAX * 2, out, &none) != 0)
		*out = json_null();
	buf_free(&said.body);
	return rc;
}

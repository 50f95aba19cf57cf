/*
 * seed.c: `millrace seed`: the demo workspace, by the API like anybody: a person, a token, a
 * workflow that is live; and <var>/run.env, which names them for people and scripts.
 *
 * What run.env names and still works is kept. If it is lost nobody knows the demo's password any
 * more (only hashes are stored): then there will be a new demo person beside the old one.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/http.h"
#include "cli/lock.h"
#include "cli/ready.h"
#include "cli/runenv.h"
#include "cli/tree.h"
#include "core/conf.h"
#include "core/crypto.h"
#include "core/json.h"
#include "core/mem.h"

#define NAME "Order intake (demo)"

struct seed {
	const struct place *place;
	struct http http;
	struct buf url, email, password, token, workspace, workflow, pids;
	char echo[64]; /* 127.0.0.1:18080 */
};

static int seed_all(struct seed *s, struct err *e);
static int echo_find(struct seed *s, struct err *e);
static bool is_known(struct seed *s);
static int person_make(struct seed *s, struct err *e);
static int token_make_demo(struct seed *s, struct err *e);
static int workflow_make(struct seed *s, struct err *e);
static json_t *definition(const struct seed *s);
static json_t *node(
    const char *id, const char *type, const char *name, int x, int y, json_t *config);
static int ceiling_open(struct seed *s, struct err *e);
static int keep(struct seed *s, const char *name, const char *value, struct err *e);

int
cmd_seed(const struct place *place, int argc, char **argv, struct err *e)
{
	struct seed s = { .place = place };
	int rc;

	(void)argc;
	(void)argv;
	rc = seed_all(&s, e);
	http_free(&s.http);
	buf_free(&s.url);
	buf_free(&s.email);
	buf_free(&s.password);
	buf_free(&s.token);
	buf_free(&s.workspace);
	buf_free(&s.workflow);
	buf_free(&s.pids);
	return rc;
}

static int
seed_all(struct seed *s, struct err *e)
{
	char port[16];

	conf_public_url(&s->url);
	buf_printf(&s->http.base, "http://localhost:%d", (int)conf_int(CONF_PORT));
	(void)snprintf(port, sizeof(port), "%d", (int)conf_int(CONF_PORT));
	if (echo_find(s, e) != 0)
		return -1;
	if (!is_known(s) && (person_make(s, e) != 0 || token_make_demo(s, e) != 0))
		return -1;
	tree_pids(lock_holder(s->place), &s->pids);
	if (keep(s, "MILLRACE_PIDS", buf_cstr(&s->pids), e) != 0 ||
	    keep(s, "MILLRACE_URL", buf_cstr(&s->url), e) != 0 ||
	    keep(s, "MILLRACE_EMAIL", buf_cstr(&s->email), e) != 0 ||
	    keep(s, "MILLRACE_PASSWORD", buf_cstr(&s->password), e) != 0 ||
	    keep(s, "MILLRACE_TOKEN", buf_cstr(&s->token), e) != 0 ||
	    keep(s, "MILLRACE_WORKSPACE", buf_cstr(&s->workspace), e) != 0 ||
	    keep(s, "MILLRACE_PORT", port, e) != 0 ||
	    keep(s, "MILLRACE_DSN", conf_text(CONF_DSN), e) != 0 || ceiling_open(s, e) != 0 ||
	    workflow_make(s, e) != 0)
		return -1;
	return 0;
}

static int
echo_find(struct seed *s, struct err *e)
{
	char path[PATH_MAX];
	struct buf text = { 0 };
	int rc = file_read(path_of(path, s->place->var, "run/echo.port", NULL), &text, e);

	if (rc == 0)
		(void)snprintf(s->echo, sizeof(s->echo), "127.0.0.1:" STR_FMT,
		    STR_ARG(str_trim(buf_view(&text))));
	else
		(void)err_set(
		    e, "MR503", "the demo needs its echo: start with `millrace up --demo`");
	buf_free(&text);
	return rc;
}

/* Does the token of run.env still open the demo's workspace? */
static bool
is_known(struct seed *s)
{
	struct err none;
	int status = 0;
	bool known;

	if (!runenv_get(s->place, "MILLRACE_EMAIL", &s->email) ||
	    !runenv_get(s->place, "MILLRACE_PASSWORD", &s->password) ||
	    !runenv_get(s->place, "MILLRACE_TOKEN", &s->token) ||
	    !runenv_get(s->place, "MILLRACE_WORKSPACE", &s->workspace))
		return false;
	buf_str(&s->http.token, buf_view(&s->token));
	known = http_call(&s->http, "GET", "/api/v1/workflows?limit=1", NULL, &status, NULL,
	            &none) == 0 &&
	        status == 200;
	if (!known)
		buf_reset(&s->http.token);
	return known;
}

static int
person_make(struct seed *s, struct err *e)
{
	char random[12], hex[2 * sizeof(random) + 1];
	json_t *body, *answer = NULL;
	int status = 0, rc = -1;

	crypto_random(random, sizeof(random));
	(void)crypto_hex((const uint8_t *)random, sizeof(random), hex);
	buf_reset(&s->password);
	buf_printf(&s->password, "%.6s-%.6s-%.6s", hex, hex + 6, hex + 12);
	for (int i = 0; i < 2 && status != 201; i++) {
		buf_reset(&s->email);
		/* The plain address is taken when run.env was lost. */
		buf_printf(
		    &s->email, i == 0 ? "demo@example.com" : "demo-%.6s@example.com", hex + 18);
		body = json_pack("{s:s, s:s, s:s}", "email", buf_cstr(&s->email), "password",
		    buf_cstr(&s->password), "name", "Demo");
		json_decref(answer);
		if (http_call(
		        &s->http, "POST", "/api/v1/auth/register", body, &status, &answer, e) != 0)
			status = -1;
		json_decref(body);
		if (status == -1)
			goto out;
	}
	if (status != 201) {
		(void)err_set(e, "MR500", "the demo's sign-up was answered %d: %s", status,
		    js_text_or(js_object(answer, "error"), "message", ""));
		goto out;
	}
	buf_reset(&s->workspace);
	buf_text(&s->workspace, js_text_or(answer, "workspace_id", ""));
	buf_reset(&s->http.csrf);
	buf_text(&s->http.csrf, js_text_or(answer, "csrf_token", ""));
	rc = 0;
out:
	json_decref(answer);
	return rc;
}

static int
token_make_demo(struct seed *s, struct err *e)
{
	json_t *body = json_pack("{s:s, s:[s,s,s,s,s]}", "name", "Demo", "scopes", "workflow:read",
	    "workflow:write", "run:read", "run:write", "run:data", "token:read", "workspace:read");
	json_t *answer = NULL;
	int rc = http_need(&s->http, 201, "POST", "/api/v1/tokens", body, &answer, e);

	if (rc == 0) {
		buf_reset(&s->token);
		buf_text(&s->token, js_text_or(answer, "token", ""));
		buf_reset(&s->http.csrf);
		buf_str(&s->http.token, buf_view(&s->token));
	}
	json_decref(body);
	json_decref(answer);
	return rc;
}

/*
 * The same workflow as before where there is one; with a new version if this release draws another,
 * or the echo has moved (MILLRACE_DEMO is the checksum of what was drawn).
 */
static int
workflow_make(struct seed *s, struct err *e)
{
	json_t *plan = definition(s), *body = NULL, *got = NULL;
	struct buf path = { 0 }, hook = { 0 }, text = { 0 }, old = { 0 };
	char sum[SHA256_HEX_SIZE];
	uint8_t digest[SHA256_SIZE];
	int status = 0, rc = -1;
	bool there = false;

	js_dump(&text, plan, JS_SORTED);
	crypto_sha256(buf_view(&text), digest);
	(void)crypto_hex(digest, sizeof(digest), sum);
	if (runenv_get(s->place, "MILLRACE_WORKFLOW", &s->workflow)) {
		buf_printf(&path, "/api/v1/workflows/%s", buf_cstr(&s->workflow));
		if (http_call(&s->http, "GET", buf_cstr(&path), NULL, &status, &got, e) != 0)
			goto out;
		there = status == 200 && js_bool_or(got, "is_active", false) &&
		        json_is_string(json_object_get(got, "webhook_url"));
	}
	if (!there) {
		body = json_pack("{s:s, s:s, s:O, s:[s]}", "name", NAME, "description",
		    "A webhook brings an order; large ones are sent on to an outside service.",
		    "definition", plan, "tags", "demo");
		json_decref(got);
		if (http_need(&s->http, 201, "POST", "/api/v1/workflows", body, &got, e) != 0)
			goto out;
		buf_reset(&s->workflow);
		buf_text(&s->workflow, js_text_or(got, "id", ""));
	} else if (!runenv_get(s->place, "MILLRACE_DEMO", &old) ||
	           strcmp(buf_cstr(&old), sum) != 0) {
		body = json_pack("{s:O}", "definition", plan);
		if (http_need(&s->http, 200, "PATCH", buf_cstr(&path), body, NULL, e) != 0)
			goto out;
	}
	if (body != NULL) {
		buf_reset(&path);
		buf_printf(&path, "/api/v1/workflows/%s/activate", buf_cstr(&s->workflow));
		json_decref(got);
		json_decref(body);
		body = json_object();
		if (http_need(&s->http, 200, "POST", buf_cstr(&path), body, &got, e) != 0)
			goto out;
	}
	/* The server answers its address from its own root. */
	if (str_starts(js_str(json_object_get(got, "webhook_url")), "/"))
		buf_str(&hook, buf_view(&s->url));
	buf_text(&hook, js_text_or(got, "webhook_url", ""));
	if (keep(s, "MILLRACE_HOOK_URL", buf_cstr(&hook), e) == 0 &&
	    keep(s, "MILLRACE_WORKFLOW", buf_cstr(&s->workflow), e) == 0 &&
	    keep(s, "MILLRACE_DEMO", sum, e) == 0)
		rc = 0;
out:
	json_decref(plan);
	json_decref(body);
	json_decref(got);
	buf_free(&path);
	buf_free(&hook);
	buf_free(&text);
	buf_free(&old);
	return rc;
}

static json_t *
definition(const struct seed *s)
{
	char url[128];
	json_t *nodes, *edges;

	(void)snprintf(url, sizeof(url), "http://%s/orders", s->echo);
	nodes = json_pack("[o*, o*, o*, o*, o*, o*]",
	    node("order", "webhook", "Order placed", 0, 0, json_pack("{s:s}", "method", "POST")),
	    node("prepare", "set", "Prepare", 260, 0,
	        json_pack("{s:b, s:{s:s, s:s, s:s}}", "keep", 0, "values", "order",
	            "{{trigger.payload.order.id}}", "total", "{{trigger.payload.order.total}}",
	            "note",
	            "{{trigger.payload.order.customer}} ordered for "
	            "{{trigger.payload.order.total}} "
	            "EUR")),
	    node("large", "if", "A large order?", 520, 0,
	        json_pack("{s:s}", "condition", "{{prepare.total}} >= 100")),
	    node("announce", "http_request", "Announce it", 780, -90,
	        json_pack("{s:s, s:s, s:{s:s, s:s}}", "method", "POST", "url", url, "body", "order",
	            "{{prepare.order}}", "note", "{{prepare.note}}")),
	    node("accepted", "set", "Accepted", 1040, -90,
	        json_pack("{s:b, s:{s:s, s:s}}", "keep", 0, "values", "order", "{{prepare.order}}",
	            "answered", "{{announce.status}}")),
	    node("small", "no_op", "Small: nothing to do", 780, 90, json_object()));
	edges = json_pack("[{s:s,s:s}, {s:s,s:s}, {s:s,s:s,s:s}, {s:s,s:s}, {s:s,s:s,s:s}]", "from",
	    "order", "to", "prepare", "from", "prepare", "to", "large", "from", "large", "to",
	    "announce", "from_port", "true", "from", "announce", "to", "accepted", "from", "large",
	    "to", "small", "from_port", "false");
	return json_pack("{s:o, s:o}", "nodes", nodes, "edges", edges);
}

static json_t *
node(const char *id, const char *type, const char *name, int x, int y, json_t *config)
{
	return json_pack("{s:s, s:s, s:s, s:{s:i, s:i}, s:o}", "id", id, "type", type, "name", name,
	    "position", "x", x, "y", y, "config", config);
}

/* One line of the file: this echo, for this workspace. Lines of others stay; old ones of ours go.
 */
static int
ceiling_open(struct seed *s, struct err *e)
{
	struct buf path = { 0 }, old = { 0 }, text = { 0 };
	struct str rest, line;
	struct err none;
	int rc;

	if (conf_text(CONF_EGRESS_CEILING)[0] != '\0')
		buf_text(&path, conf_text(CONF_EGRESS_CEILING));
	else
		buf_printf(&path, "%s/egress.ceiling", s->place->var);
	if (file_read(buf_cstr(&path), &old, &none) != 0)
		buf_text(&old,
		    "# What may be called beyond the public internet, a line each:\n"
		    "#   <address>:<port> <workspace>        opened for this workspace\n"
		    "#   <network>/<bits>[:<port>] <workspace, or *>   what its admins may list\n");
	rest = buf_view(&old);
	while (str_next(&rest, '\n', &line)) {
		bool ours = str_starts(line, "127.0.0.1:") &&
		            (str_ends(line, buf_cstr(&s->workspace)) || str_starts(line, s->echo));

		if (line.n > 0 && !ours)
			buf_printf(&text, STR_FMT "\n", STR_ARG(line));
	}
	buf_printf(&text, "%s %s\n", s->echo, buf_cstr(&s->workspace));
	rc = old.len == text.len && memcmp(old.data, text.data, old.len) == 0
	         ? 0
	         : file_write(buf_cstr(&path), 0644, buf_view(&text), e);
	buf_free(&path);
	buf_free(&old);
	buf_free(&text);
	return rc;
}

static int
keep(struct seed *s, const char *name, const char *value, struct err *e)
{
	return runenv_set(s->place, name, value, e);
}

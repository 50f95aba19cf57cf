/*
 * demo.c: `millrace demo`: posts one payload to the demo's webhook, waits for its run, and prints
 * how to get in and what happened.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/http.h"
#include "cli/runenv.h"
#include "core/conf.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/time.h"

#define RUN_MAX_MS 30000
#define LOOK_MS 25
#define OUTPUT_WIDTH 66 /* of a step's output in the trace */

struct demo {
	const struct place *place;
	struct http http;
	struct buf run_path;
	json_t *run, *steps;
	const char *bold, *dim, *plain; /* empty where the output is no terminal */
};

static int demo_send(struct demo *d, struct err *e);
static int demo_wait(struct demo *d, struct err *e);
static void demo_print(struct demo *d);
static void print_step(const struct demo *d, const json_t *step, int64_t began_ms);
static void output_text(json_t *output, struct buf *out);
static void print_env(const struct demo *d, const char *label, const char *name);
static bool is_final(const char *status);
static int64_t ms_of(const json_t *o, const char *key);
static const char *mark_of(const char *status);

int
cmd_demo(const struct place *place, int argc, char **argv, struct err *e)
{
	struct demo d = { .place = place, .bold = "", .dim = "", .plain = "" };
	int rc;

	(void)argc;
	(void)argv;
	if (isatty(STDOUT_FILENO)) {
		d.bold = "\033[1m";
		d.dim = "\033[2m";
		d.plain = "\033[0m";
	}
	buf_printf(&d.http.base, "http://localhost:%d", (int)conf_int(CONF_PORT));
	rc = demo_send(&d, e);
	if (rc == 0)
		rc = demo_wait(&d, e);
	if (rc == 0)
		demo_print(&d);
	http_free(&d.http);
	buf_free(&d.run_path);
	json_decref(d.run);
	json_decref(d.steps);
	return rc;
}

static int
demo_send(struct demo *d, struct err *e)
{
	json_t *body = json_pack(
	    "{s:{s:s, s:i, s:s}}", "order", "id", "A-1001", "total", 120, "customer", "Ines");
	struct buf hook = { 0 };
	json_t *receipt = NULL;
	const char *path;
	int rc = -1;

	if (!runenv_get(d->place, "MILLRACE_HOOK_URL", &hook) ||
	    !runenv_get(d->place, "MILLRACE_TOKEN", &d->http.token) ||
	    (path = strstr(buf_cstr(&hook), "/hooks/")) == NULL) {
		(void)err_set(e, "MR404", "there is no demo yet: `millrace seed` makes it");
		goto out;
	}
	if (http_need(&d->http, 202, "POST", path, body, &receipt, e) != 0)
		goto out;
	buf_printf(&d->run_path, "/api/v1/runs/%s", js_text_or(receipt, "run_id", ""));
	rc = 0;
out:
	json_decref(body);
	json_decref(receipt);
	buf_free(&hook);
	return rc;
}

static int
demo_wait(struct demo *d, struct err *e)
{
	int64_t ends = mono_ms() + RUN_MAX_MS;
	struct buf path = { 0 };
	int rc = -1;

	for (;;) {
		json_decref(d->run);
		if (http_need(&d->http, 200, "GET", buf_cstr(&d->run_path), NULL, &d->run, e) != 0)
			goto out;
		if (is_final(js_text_or(d->run, "status", "")))
			break;
		if (mono_ms() > ends) {
			(void)err_set(e, "MR503",
			    "the demo's run is `%s` after %d s: see %s/log/worker.log",
			    js_text_or(d->run, "status", "?"), RUN_MAX_MS / 1000, d->place->var);
			goto out;
		}
		(void)poll(NULL, 0, LOOK_MS);
	}
	buf_printf(&path, "%s/steps?limit=100", buf_cstr(&d->run_path));
	rc = http_need(&d->http, 200, "GET", buf_cstr(&path), NULL, &d->steps, e);
	if (rc == 0 && strcmp(js_text_or(d->run, "status", ""), "succeeded") != 0) {
		demo_print(d);
		rc = err_set(e, "MR500", "the demo's run is `%s`: %s",
		    js_text_or(d->run, "status", "?"),
		    js_text_or(js_object(d->run, "error"), "message", ""));
	}
out:
	buf_free(&path);
	return rc;
}

static void
demo_print(struct demo *d)
{
	const json_t *items = json_object_get(d->steps, "items");
	int64_t began_ms = ms_of(d->run, "created_at");

	printf("\n  %sMillrace is running.%s\n\n", d->bold, d->plain);
	print_env(d, "open", "MILLRACE_URL");
	print_env(d, "email", "MILLRACE_EMAIL");
	print_env(d, "password", "MILLRACE_PASSWORD");
	print_env(d, "API token", "MILLRACE_TOKEN");
	print_env(d, "webhook", "MILLRACE_HOOK_URL");
	printf("  %-12s%s/run.env\n\n", "for scripts", d->place->var);
	printf("  %sThe demo webhook was posted and ran:%s %s v%d, %s in %d ms\n\n", d->bold,
	    d->plain, js_text_or(d->run, "workflow_name", ""), (int)js_int_or(d->run, "version", 0),
	    js_text_or(d->run, "status", ""), (int)js_int_or(d->run, "duration_ms", 0));
	for (size_t i = 0; i < json_array_size(items); i++)
		print_step(d, json_array_get(items, i), began_ms);
	printf("\n  %srun %s%s\n\n", d->dim, js_text_or(d->run, "id", ""), d->plain);
}

static void
print_step(const struct demo *d, const json_t *step, int64_t began_ms)
{
	const char *status = js_text_or(step, "status", "");
	const json_t *error = js_object(step, "error");
	struct buf text = { 0 };
	int64_t at_ms = ms_of(step, "started_at");

	if (error != NULL)
		buf_printf(&text, "%s: %s", js_text_or(error, "code", ""),
		    js_text_or(error, "message", ""));
	else
		output_text(json_object_get(step, "output"), &text);
	/* Cut between characters. */
	if (text.len > OUTPUT_WIDTH) {
		size_t n = OUTPUT_WIDTH;

		while (n > 0 && ((unsigned char)text.data[n] & 0xc0) == 0x80)
			n--;
		buf_truncate(&text, n);
		buf_text(&text, "…");
	}
	printf("  %s %-10s %-13s %-10s", mark_of(status), js_text_or(step, "node_id", ""),
	    js_text_or(step, "node_type", ""), status);
	if (at_ms > 0 && began_ms > 0)
		printf(" +%4d ms %4d ms", (int)(at_ms - began_ms),
		    (int)js_int_or(step, "duration_ms", 0));
	else
		printf(" %16s", "");
	printf("  %s%s%s\n", d->dim, buf_cstr(&text), d->plain);
	buf_free(&text);
}

/* {"main":[{"json":…}]} as `main {…}`: each port that got items, with the first of them. */
static void
output_text(json_t *output, struct buf *out)
{
	const char *port;
	json_t *items;

	json_object_foreach(output, port, items)
	{
		size_t n = json_array_size(items);

		if (n == 0)
			continue;
		buf_printf(out, "%s%s ", out->len > 0 ? ", " : "", port);
		if (n > 1)
			buf_printf(out, "(%zu items) ", n);
		js_dump(out, json_object_get(json_array_get(items, 0), "json"), JS_COMPACT);
	}
}

static void
print_env(const struct demo *d, const char *label, const char *name)
{
	struct buf value = { 0 };

	(void)runenv_get(d->place, name, &value);
	printf("  %-12s%s\n", label, buf_cstr(&value));
	buf_free(&value);
}

static bool
is_final(const char *status)
{
	return strcmp(status, "succeeded") == 0 || strcmp(status, "failed") == 0 ||
	       strcmp(status, "cancelled") == 0;
}

static int64_t
ms_of(const json_t *o, const char *key)
{
	int64_t ms = 0;

	return time_parse(js_str(json_object_get(o, key)), &ms, NULL) == 0 ? ms : 0;
}

static const char *
mark_of(const char *status)
{
	if (strcmp(status, "succeeded") == 0)
		return "✓";
	if (strcmp(status, "skipped") == 0)
		return "·";
	return "✗";
}

#include "web/sync_answer.h"

#include <stdio.h>
#include <string.h>
#include <sys/queue.h>

#include "core/json.h"
#include "core/time.h"
#include "db/value.h"
#include "web/pg.h"

enum {
	LOOK_AGAIN_MS = 1000,
	RECENT = 512, /* changes that were told before their delivery's verdict was read */
	SLOTS = 256,
};

static const struct statement sql_answer = { "delivery_answer",
	"select api.delivery_answer($1, $2)" };

struct waiter {
	LIST_ENTRY(waiter) link;
	struct call *call;
	struct uuid workspace, run;
	int64_t due_ms;
	int64_t looked_ms;
	struct job *job; /* reading the answer */
	bool again;      /* changed while it was read */
};
LIST_HEAD(waiter_list, waiter);

static struct waiter_list slots[SLOTS];
static struct uuid recent[RECENT];
static unsigned recent_n;

static struct waiter_list *slot_of(const struct uuid *run);
static void look(struct waiter *w);
static void looked(struct job *job, const struct job_result *result, void *arg);
static void finish(struct waiter *w);
static void waiter_leave(struct call *c);
static bool answer_set(struct call *c, struct str text);
static void response_set(struct call *c, const json_t *response);
static void headers_set(struct call *c, const json_t *headers);
static bool is_header_text(const char *name, const char *value);

void
sync_answer_wait(
    struct call *c, const struct uuid *workspace, const struct uuid *run, int timeout_ms)
{
	struct waiter *w = arena_alloc(c->arena, sizeof(*w));

	*w = (struct waiter){ .call = c, .workspace = *workspace, .run = *run };
	w->looked_ms = mono_ms();
	w->due_ms = w->looked_ms + timeout_ms;
	c->own = w;
	c->leave = waiter_leave;
	LIST_INSERT_HEAD(slot_of(run), w, link);
	for (unsigned i = 0; i < RECENT; i++) {
		if (uuid_eq(&recent[i], run)) {
			look(w);
			break;
		}
	}
}

void
sync_answer_changed(const struct uuid *run)
{
	struct waiter *w, *next;

	recent[recent_n++ % RECENT] = *run;
	for (w = LIST_FIRST(slot_of(run)); w != NULL; w = next) {
		next = LIST_NEXT(w, link);
		if (uuid_eq(&w->run, run))
			look(w);
	}
}

void
sync_answer_resync(void)
{
	struct waiter *w, *next;

	for (int i = 0; i < SLOTS; i++) {
		for (w = LIST_FIRST(&slots[i]); w != NULL; w = next) {
			next = LIST_NEXT(w, link);
			look(w);
		}
	}
}

void
sync_answer_tick(void)
{
	struct waiter *w, *next;
	int64_t now = mono_ms();

	for (int i = 0; i < SLOTS; i++) {
		for (w = LIST_FIRST(&slots[i]); w != NULL; w = next) {
			next = LIST_NEXT(w, link);
			if (now >= w->due_ms) {
				call_header_out(w->call, "millrace-timeout", "true");
				finish(w);
			} else if (now >= w->looked_ms + LOOK_AGAIN_MS)
				look(w);
		}
	}
}

static struct waiter_list *
slot_of(const struct uuid *run)
{
	return &slots[run->b[15] % SLOTS];
}

static void
look(struct waiter *w)
{
	struct job *job;
	struct err e;

	if (w->job != NULL) {
		w->again = true;
		return;
	}
	w->looked_ms = mono_ms();
	w->again = false;
	job = job_new(pg_pool(), looked, w);
	job_statement(job, &sql_answer, false);
	job_uuid(job, &w->workspace);
	job_uuid(job, &w->run);
	if (job_submit(job, 0, &e) == 0)
		w->job = job;
}

static void
looked(struct job *job, const struct job_result *result, void *arg)
{
	struct waiter *w = arg;

	(void)job;
	w->job = NULL;
	if (result->err == NULL && PQntuples(result->v[0]) == 1 &&
	    !value_is_null(result->v[0], 0, 0) &&
	    answer_set(w->call, value_str(result->v[0], 0, 0)))
		finish(w);
	else if (w->again)
		look(w);
}

static void
finish(struct waiter *w)
{
	LIST_REMOVE(w, link);
	if (w->job != NULL)
		job_abandon(w->job);
	w->call->leave = NULL;
	call_wake(w->call);
}

static void
waiter_leave(struct call *c)
{
	struct waiter *w = c->own;

	LIST_REMOVE(w, link);
	if (w->job != NULL)
		job_abandon(w->job);
}

/* {status, response?, output, error}: what the respond node said, else the output of the run. */
static bool
answer_set(struct call *c, struct str text)
{
	json_t *run = json_loadb(text.p, text.n, 0, NULL), *output;
	const json_t *response = json_object_get(run, "response");
	bool known = json_is_object(run);

	if (!known)
		return false;
	if (json_is_object(response))
		response_set(c, response);
	else if (strcmp(js_text_or(run, "status", ""), "succeeded") == 0) {
		output = json_object_get(run, "output");
		call_answer_json(c, 200, output != NULL ? output : json_null());
	} else
		call_refuse(c, 500, "the workflow did not succeed");
	json_decref(run);
	return true;
}

static void
response_set(struct call *c, const json_t *response)
{
	const json_t *body = json_object_get(response, "body");
	int status = (int)js_int_or(response, "status", 200);

	if (status < 200 || status > 599)
		status = 200;
	if (json_is_string(body))
		call_answer(
		    c, status, "text/plain; charset=utf-8", arena_str(c->arena, js_str(body)));
	else if (body == NULL || json_is_null(body))
		call_answer(c, status, NULL, str_make("", 0));
	else
		call_answer_json(c, status, body);
	headers_set(c, json_object_get(response, "headers"));
}

/* A workflow's headers can't touch the connection, our cookies, or what protects our pages. */
static void
headers_set(struct call *c, const json_t *headers)
{
	static const char *const ours[] = { "connection", "content-length", "transfer-encoding",
		"keep-alive", "upgrade", "set-cookie", "content-security-policy", "server",
		"x-request-id", "date", "trailer", "te" };
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)headers, name, value)
	{
		const char *text = json_string_value(value);
		bool taken = text == NULL || !is_header_text(name, text);

		for (size_t i = 0; i < countof(ours); i++)
			taken = taken || strcasecmp(name, ours[i]) == 0;
		if (taken)
			continue;
		if (strcasecmp(name, "content-type") == 0)
			c->type = arena_strdup(c->arena, text);
		else
			call_header_out(
			    c, arena_strdup(c->arena, name), arena_strdup(c->arena, text));
	}
}

static bool
is_header_text(const char *name, const char *value)
{
	for (const char *s = name; *s != '\0'; s++) {
		if (strchr("!#$%&'*+-.^_`|~", *s) == NULL && (*s < '0' || *s > '9') &&
		    (*s < 'A' || *s > 'Z') && (*s < 'a' || *s > 'z'))
			return false;
	}
	for (const char *s = value; *s != '\0'; s++) {
		if (*s < ' ' || *s > '~')
			return false;
	}
	return name[0] != '\0';
}

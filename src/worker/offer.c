#include "worker/offer.h"

#include "core/conf.h"
#include "core/frame_server.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/time.h"
#include "flow/trigger.h"
#include "worker/feed.h"
#include "worker/run.h"
#include "worker/tick.h"

enum { ROLE_WEB = 1 };

struct offers {
	struct worker *w;
	uid_t web;
	struct frame_server *server;
};

static unsigned admit(uid_t uid, void *arg);
static void on_frame(struct frame_client *c, json_t *json, struct str body, void *arg);
static int offer_take(struct worker *w, const json_t *json, struct str body, struct err *e);
static int start_read(const json_t *json, struct run_start *out, struct err *e);
static json_t *items_of(const json_t *json, struct str body, struct err *e);

struct offers *
offers_new(struct worker *w, int listener, uid_t web)
{
	static const struct frame_server_calls calls = { .admit = admit, .got = on_frame };
	struct offers *o;

	if (listener < 0)
		return NULL;
	o = mem_alloc(sizeof(*o));
	o->w = w;
	o->web = web;
	o->server = frame_server_new(w->loop, listener, &frame_limits_default, &calls, o);
	return o;
}

void
offers_free(struct offers *o)
{
	if (o == NULL)
		return;
	frame_server_free(o->server);
	mem_free(o);
}

static unsigned
admit(uid_t uid, void *arg)
{
	const struct offers *o = arg;

	return uid == o->web ? ROLE_WEB : 0;
}

static void
on_frame(struct frame_client *c, json_t *json, struct str body, void *arg)
{
	struct offers *o = arg;
	json_t *answer = json_pack("{s:O?}", "id", json_object_get(json, "id"));
	struct err e = { 0 };

	if (offer_take(o->w, json, body, &e) != 0)
		json_object_set_new(
		    answer, "error", json_pack("{s:s, s:s}", "code", e.code, "message", e.text));
	frame_client_answer(c, answer, (struct str){ 0 });
	json_decref(answer);
}

/* Who has something to do already takes the row alone: it waits its turn with all the others. */
static int
offer_take(struct worker *w, const json_t *json, struct str body, struct err *e)
{
	struct run_start start = { 0 };

	if (w->id == 0 || w->draining)
		return err_set(e, "MR503", "this worker takes no runs now");
	if (start_read(json, &start, e) != 0)
		return -1;
	if (w->run_count > 0 || ready_count(w->ready) > 0 || !tick_is_free(w)) {
		feed_hint(w->feed, start.offered);
		return 0;
	}
	start.items = items_of(json, body, e);
	if (start.items == NULL)
		return -1;
	run_begin(w, &start);
	return 0;
}

static int
start_read(const json_t *json, struct run_start *out, struct err *e)
{
	const struct {
		const char *name;
		struct uuid *to;
	} ids[] = {
		{ "workspace", &out->workspace_id },
		{ "run", &out->id },
		{ "workflow", &out->workflow_id },
		{ "version_id", &out->version_id },
	};

	for (size_t i = 0; i < countof(ids); i++) {
		if (uuid_parse(js_str(json_object_get(json, ids[i].name)), ids[i].to, e) != 0)
			return -1;
	}
	out->version = (int)js_int_or(json, "version", 0);
	out->trigger_type = str_of("webhook");
	out->node = js_str(json_object_get(json, "node"));
	out->is_sync = json_is_true(json_object_get(json, "is_sync"));
	out->started_at_ms = now_ms();
	out->offered = js_text_or(json, "row", "");
	return out->node.n > 0 ? 0 : err_set(e, "MR400", "`node` is missing");
}

/* As claim_trigger_items makes them of the stored delivery. */
static json_t *
items_of(const json_t *json, struct str body, struct err *e)
{
	json_t *headers = NULL, *item;
	struct webhook_request request = {
		.method = js_text_or(json, "method", ""),
		.query = js_text_or(json, "query", ""),
		.content_type = js_text_or(json, "content_type", ""),
		.body = body.p != NULL ? body.p : "",
		.body_len = body.n,
	};

	if (js_parse(js_str(json_object_get(json, "headers")), 1048576, 4, &headers, e) != 0)
		return NULL;
	request.headers = headers;
	item = trigger_webhook_item(&request);
	json_decref(headers);
	return json_pack("[o]", item);
}

/*
 * resume.c: the addresses that waiting steps are answered at. What is sent becomes the step's item,
 * in the form of a webhook's. Looking at an address changes nothing, since mail and chat programs
 * look at what they show: a person gets a page with a button.
 */
#include "core/buf.h"
#include "core/conf.h"
#include "core/json.h"
#include "flow/trigger.h"
#include "web/handlers.h"
#include "web/hooks.h"

static const char page[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width\">"
    "<meta name=\"robots\" content=\"noindex\"><title>A workflow waits</title></head>"
    "<body><main><h1>A workflow waits for an answer</h1>"
    "<p>It goes on once you say so. That can be done once.</p>"
    "<form method=\"post\"><button>Go on</button></form></main></body></html>\n";

enum call_next
wait_page(struct call *c)
{
	return call_answer(c, 200, "text/html; charset=utf-8", str_of(page));
}

enum call_next
wait_answer(struct call *c)
{
	struct webhook_request request = { .method = method_name(c->method),
		.query = c->query.n > 0 ? arena_text(c->arena, c->query) : NULL,
		.content_type = call_header_in(c, "content-type"),
		.body = c->body.p,
		.body_len = c->body.n };
	struct buf text = { 0 };
	enum call_next next;
	json_t *item;

	if (c->body.n > (size_t)conf_int(CONF_HOOK_BYTES))
		return call_refuse(c, 413, "the body is too large for a callback");
	request.headers = hook_headers(c);
	/* Not what a caller signs in with elsewhere. */
	json_object_del(request.headers, "cookie");
	json_object_del(request.headers, "authorization");
	item = trigger_webhook_item(&request);
	js_dump(&text, item, JS_COMPACT);
	/* As text: a value may hold what jsonb can't. */
	c->p = json_pack("{s:o, s:o}", "token",
	    js_string(str_make(c->params[0].value, c->params[0].value_len)), "item",
	    js_string(buf_view(&text)));
	next = call_operation(c);
	json_decref(c->p);
	c->p = NULL;
	json_decref(item);
	json_decref(request.headers);
	buf_free(&text);
	return next;
}

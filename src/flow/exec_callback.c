/* The root `run` as a node sees it: with the addresses that steps which wait are answered at. */
#include <string.h>

#include "core/json.h"
#include "flow/exec_inner.h"

static bool has_address(const struct plan_node *pn);

/*
 * Of a node in a cycle the address of its current or next round. resume_url is that of the node
 * itself, else of the next one in order; resumeUrl is its name in expressions from elsewhere.
 */
json_t *
exec_run_seen(struct node_call *call)
{
	struct exec *x = call->x;
	const struct graph *g = x->plan->graph;
	json_t *urls = NULL, *next = NULL;
	bool is_behind = false;

	if (call->run != NULL || x->callbacks == NULL)
		return call->run != NULL ? call->run : x->run;
	for (int r = 0; r < g->n; r++) {
		int v = g->order[r];
		const struct plan_node *pn = &x->plan->nodes[v];
		struct buf url = { 0 };
		json_t *text;

		is_behind = is_behind || v == call->node;
		if (!has_address(pn))
			continue;
		callback_url(&url, x->callbacks, pn->id, x->nodes[v].iteration);
		text = json_string(buf_cstr(&url));
		buf_free(&url);
		if (urls == NULL)
			urls = json_object();
		json_object_set_new(urls, pn->id, text);
		if (is_behind && next == NULL)
			next = text;
	}
	if (urls == NULL)
		return x->run;
	call->run = x->run != NULL ? json_copy(x->run) : json_object();
	json_object_set_new(call->run, "resume_urls", urls);
	if (next != NULL) {
		json_object_set(call->run, "resume_url", next);
		json_object_set(call->run, "resumeUrl", next);
	}
	return call->run;
}

static bool
has_address(const struct plan_node *pn)
{
	return (pn->type->flags & NODE_CALLBACK) != 0 && !pn->disabled &&
	       strcmp(js_text_or(pn->config, "resume", "callback"), "callback") == 0;
}

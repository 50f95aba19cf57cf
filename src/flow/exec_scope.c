/*
 * What expressions see. A node's name stands for the json of the item that the current one came
 * from (found by following `paired` back through the inputs), else of its first item.
 */
#include <string.h>

#include "core/buf.h"
#include "flow/exec_inner.h"
#include "flow/items.h"

#define TRACE_MAX 10000 /* items looked at for one name: pairs may branch at each merge */

/* For the item of `node` that an item came from. */
struct search {
	int node;
	int budget;   /* items that may still be looked at */
	bool is_sole; /* the item must be the only one: all ways are followed */
	bool differs; /* and was not */
};

static int root(void *arg, const struct expr_root *r, json_t **out, struct expr_fault *f);
static void warn(void *arg, const struct expr_fault *f);
static int fixed_root(struct node_call *call, const struct expr_root *r, json_t **out);
static int node_root(
    struct node_call *call, const struct expr_root *r, json_t **out, struct expr_fault *f);
static json_t *trigger_json(struct node_call *call);
static json_t *current(struct node_call *call);
static json_t *all_items(struct node_call *call);
static json_t *number(struct node_call *call, json_int_t n);
static json_t *paired_item(struct node_call *call, struct search *s);
static json_t *trace(struct exec *x, const struct input *in, size_t k, struct search *s);
static const struct visit *visit_at(const struct node_run *nr, int iteration);
static json_t *same_index_item(const struct visit *visit, size_t i);

void
exec_scope_begin(struct node_call *call, struct exec *x, int v)
{
	*call = (struct node_call){ .x = x, .node = v };
	call->scope =
	    (struct expr_scope){ .root = root, .warn = warn, .arg = call, .strict = true };
}

void
exec_scope_end(struct node_call *call)
{
	json_decref(call->items_json);
	json_decref(call->number);
	json_decref(call->run);
}

/* N16: a value that was not there never becomes empty text unnoticed. */
static void
warn(void *arg, const struct expr_fault *f)
{
	struct node_call *call = arg;
	struct exec *x = call->x;
	struct buf message = { 0 };

	if (x->replaying || json_array_size(x->notes) >= EXEC_NOTES_MAX)
		return;
	if (x->notes == NULL)
		x->notes = json_array();
	buf_printf(&message, "{{%s}}%s%s: %s", f->expression, f->field[0] != '\0' ? " in " : "",
	    f->field, f->message);
	json_array_append_new(
	    x->notes, json_pack("{s:s, s:s}", "node", plan_node_id(x->plan, call->node), "message",
	                  buf_cstr(&message)));
	buf_free(&message);
}

/* R14: trigger.body and trigger.json are trigger.payload. Made here, so that it is stored once. */
json_t *
exec_json_seen(struct exec *x, json_t *json)
{
	json_t *payload;

	if (json == NULL || json != item_json(json_array_get(x->trigger_items, 0)))
		return json;
	if (x->trigger_alias == NULL) {
		payload = json_object_get(json, "payload");
		if (payload == NULL)
			return json;
		x->trigger_alias = json_copy(json);
		if (json_object_get(json, "body") == NULL)
			json_object_set_nocheck(x->trigger_alias, "body", payload);
		if (json_object_get(json, "json") == NULL)
			json_object_set_nocheck(x->trigger_alias, "json", payload);
	}
	return x->trigger_alias;
}

static int
root(void *arg, const struct expr_root *r, json_t **out, struct expr_fault *f)
{
	struct node_call *call = arg;

	*out = NULL;
	switch (r->kind) {
	case EXPR_ROOT_JSON:
		*out = current(call);
		return 1;
	case EXPR_ROOT_DOLLAR:
		return fixed_root(call, r, out);
	case EXPR_ROOT_NAME:
		if (r->index < 0)
			return fixed_root(call, r, out);
		return node_root(call, r, out, f);
	case EXPR_ROOT_PAIRED:
	case EXPR_ROOT_NODE:
		if (r->index < 0)
			return 0;
		return node_root(call, r, out, f);
	}
	return 0;
}

static int
fixed_root(struct node_call *call, const struct expr_root *r, json_t **out)
{
	struct exec *x = call->x;

	if (str_is(r->name, "vars"))
		*out = x->vars;
	else if (str_is(r->name, "workflow"))
		*out = x->workflow;
	else if (str_is(r->name, r->kind == EXPR_ROOT_DOLLAR ? "execution" : "run"))
		*out = exec_run_seen(call);
	else if (r->kind == EXPR_ROOT_DOLLAR && str_is(r->name, "itemIndex"))
		*out = number(call, (json_int_t)call->item);
	else if (r->kind == EXPR_ROOT_DOLLAR && str_is(r->name, "runIndex"))
		*out = number(call, x->nodes[call->node].iteration);
	else if (r->kind == EXPR_ROOT_NAME && str_is(r->name, "trigger"))
		*out = trigger_json(call);
	else if (r->kind == EXPR_ROOT_NAME && str_is(r->name, "item"))
		*out = current(call);
	else if (r->kind == EXPR_ROOT_NAME && str_is(r->name, "items"))
		*out = all_items(call);
	else
		return 0;
	return 1;
}

static int
node_root(struct node_call *call, const struct expr_root *r, json_t **out, struct expr_fault *f)
{
	const struct visit *visit = call->x->nodes[r->index].visit;
	struct search search = { .node = r->index, .is_sole = r->kind == EXPR_ROOT_PAIRED };
	json_t *item;

	/* A node that has not run, or not yet given anything, is undefined. */
	if (visit != NULL && visit->ports == NULL)
		visit = visit->before;
	if (visit == NULL || visit->ports == NULL)
		return 1;
	if (r->kind == EXPR_ROOT_NODE) {
		item = same_index_item(visit, call->item);
	} else {
		item = paired_item(call, &search);
		if (search.differs)
			return expr_fault_set(f, EXPR_FAULT_PLATFORM,
			    "several items of \"%.*s\" are paired with this one", (int)r->name.n,
			    r->name.p);
		if (item == NULL && r->kind == EXPR_ROOT_PAIRED)
			return expr_fault_set(f, EXPR_FAULT_PLATFORM,
			    "no item of \"%.*s\" is paired with this one", (int)r->name.n,
			    r->name.p);
		if (item == NULL)
			item = same_index_item(visit, 0);
	}
	*out = exec_json_seen(call->x, item_json(item));
	return 1;
}

static json_t *
trigger_json(struct node_call *call)
{
	struct exec *x = call->x;
	struct search search = { .node = x->trigger };
	json_t *item = NULL;

	if (json_array_size(x->trigger_items) > 1)
		item = paired_item(call, &search);
	if (item == NULL)
		item = json_array_get(x->trigger_items, 0);
	return exec_json_seen(x, item_json(item));
}

static json_t *
current(struct node_call *call)
{
	const struct visit *visit = call->x->nodes[call->node].visit;

	return exec_json_seen(call->x, item_json(json_array_get(visit->items, call->item)));
}

static json_t *
all_items(struct node_call *call)
{
	const struct visit *visit = call->x->nodes[call->node].visit;
	size_t i;
	json_t *item;

	if (call->items_json == NULL) {
		call->items_json = json_array();
		json_array_foreach(visit->items, i, item)
		    json_array_append(call->items_json, exec_json_seen(call->x, item_json(item)));
	}
	return call->items_json;
}

static json_t *
number(struct node_call *call, json_int_t n)
{
	/* Two names may be read in one expression: each keeps its value until the call ends. */
	if (call->number == NULL)
		call->number = json_array();
	json_array_append_new(call->number, json_integer(n));
	return json_array_get(call->number, json_array_size(call->number) - 1);
}

static json_t *
paired_item(struct node_call *call, struct search *search)
{
	const struct visit *visit = call->x->nodes[call->node].visit;
	int s = exec_input_of(visit, call->item);

	search->budget = TRACE_MAX;
	if (s < 0)
		return NULL;
	return trace(call->x, &visit->in[s], call->item - visit->in[s].first, search);
}

static json_t *
trace(struct exec *x, const struct input *in, size_t k, struct search *search)
{
	json_t *item = json_array_get(in->items, k), *first = NULL;

	while (item != NULL && --search->budget > 0) {
		const struct visit *visit;
		json_t *found;
		size_t at;
		int s;

		if (in->from == search->node)
			return item;
		visit = visit_at(&x->nodes[in->from], in->iteration);
		if (visit == NULL)
			return NULL;
		if (!item_pair_at(item, 1, &s, &at)) {
			/* No recursion for the one pair that most items have: runs are long. */
			if (!item_pair_at(item, 0, &s, &at) || s >= visit->n_in + visit->n_kept)
				return NULL;
			in = &visit->in[s];
			item = json_array_get(in->items, at);
			continue;
		}
		for (size_t n = 0; item_pair_at(item, n, &s, &at); n++) {
			if (s >= visit->n_in + visit->n_kept)
				continue;
			found = trace(x, &visit->in[s], at, search);
			if (found != NULL && !search->is_sole)
				return found;
			search->differs |= found != NULL && first != NULL && found != first;
			first = first != NULL ? first : found;
		}
		return first;
	}
	return NULL;
}

static const struct visit *
visit_at(const struct node_run *nr, int iteration)
{
	int low = 0, high = nr->n_visits - 1;

	while (low <= high) {
		int middle = low + (high - low) / 2;

		if (nr->visits[middle]->iteration == iteration)
			return nr->visits[middle];
		if (nr->visits[middle]->iteration < iteration)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return NULL;
}

static json_t *
same_index_item(const struct visit *visit, size_t i)
{
	const char *port;
	json_t *items;

	json_object_foreach(visit->ports, port, items)
	{
		if (json_array_size(items) > 0)
			return json_array_get(items, i < json_array_size(items) ? i : 0);
	}
	return NULL;
}

/*
 * Goes round (N09): over its items, a batch a round, or while a condition holds. What the branch
 * behind `loop` sends back to the node ends the round; `done` gives what came back.
 */
#include <string.h>

#include "core/json.h"
#include "node/condition.h"
#include "node/registry.h"

static void start(struct node_call *call, struct node_result *out);
static void while_holds(struct node_call *call, struct node_result *out);
static bool begin(struct node_call *call, struct node_result *out);
static bool has_condition(const json_t *config);
static void validate(
    json_t *config, const struct expr_names *names, const char *path, struct issue_list *issues);
static int prepare(
    json_t *config, const struct expr_names *names, struct arena *a, void **out, struct err *e);

/* A disabled loop passes its items on to the first. */
static const struct node_port ports[] = { { "done", "done" }, { "loop", "loop" }, { NULL, NULL } };

const struct node_type node_loop = {
	.type = "loop",
	.title = "Loop",
	.group = "logic",
	.description = "Sends its items round in batches, or while a condition holds; then goes on "
	               "behind done.",
	.schema =
	    "{\"type\":\"object\",\"properties\":{"
	    "\"mode\":{\"type\":\"string\",\"enum\":[\"items\",\"while\"],\"default\":\"items\","
	    "\"title\":\"Goes round\",\"x-widget\":\"select\",\"x-literal\":true,\"x-order\":1,"
	    "\"x-enum-titles\":[\"For each batch of items\",\"While a condition holds\"],"
	    "\"description\":\"Lead the last step behind loop back to this one.\"},"
	    "\"batch_size\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100000,\"default\":1,"
	    "\"title\":\"Items a "
	    "round\",\"x-widget\":\"number\",\"x-show-if\":{\"mode\":\"items\"},"
	    "\"x-order\":2},"
	    "\"condition\":{\"title\":\"While\",\"x-widget\":\"condition\",\"x-raw\":true,"
	    "\"x-format\":\"condition\",\"type\":[\"string\",\"object\",\"array\",\"boolean\"],"
	    "\"minLength\":1,\"x-placeholder\":\"{{item.next_page}} > 0\","
	    "\"description\":\"Asked for each item: while it holds, the item goes round.\","
	    "\"examples\":[\"{{item.next_page}} > 0\"],\"x-show-if\":{\"mode\":\"while\"},"
	    "\"x-order\":3}}}",
	.example = "{\"mode\":\"items\",\"batch_size\":10}",
	.flags = NODE_ENDS_CYCLE | NODE_LOOPS,
	.outputs = ports,
	.validate = validate,
	.prepare = prepare,
	.start = start,
};

static void
start(struct node_call *call, struct node_result *out)
{
	json_t *items;
	bool is_done;

	if (node_prepared(call) != NULL) {
		while_holds(call, out);
		return;
	}
	if (node_loop_is_new(call) && !begin(call, out))
		return;
	items = node_loop_next(call, &is_done);
	node_done_port(out, is_done ? "done" : "loop", items);
}

static void
while_holds(struct node_call *call, struct node_result *out)
{
	json_t *round = json_array(), *done = json_array();

	for (size_t i = 0; i < node_item_count(call); i++) {
		bool holds;

		if (node_test(call, node_prepared(call), "condition", i, &holds, out) != 0)
			goto out;
		json_array_append_new(holds ? round : done, node_item_keep(call, i));
	}
	node_done(out, json_pack("{s:O, s:O}", "loop", round, "done", done));
out:
	json_decref(round);
	json_decref(done);
}

/* The batch size holds for all rounds. False: *out is FAIL. */
static bool
begin(struct node_call *call, struct node_result *out)
{
	json_t *config = node_config(call, 0, out);
	json_int_t size;

	if (config == NULL)
		return false;
	size = js_int_or(config, "batch_size", json_object_get(config, "batch_size") == NULL);
	json_decref(config);
	if (size < 1) {
		node_fail(out, "CONFIG_INVALID", "batch_size",
		    "the number of items a round must be a whole number, 1 or more");
		return false;
	}
	node_loop_fill(call, (size_t)size);
	return true;
}

static bool
has_condition(const json_t *config)
{
	return strcmp(js_text_or(config, "mode", "items"), "while") == 0;
}

static void
validate(
    json_t *config, const struct expr_names *names, const char *path, struct issue_list *issues)
{
	if (has_condition(config))
		condition_validate(config, names, path, issues);
}

static int
prepare(json_t *config, const struct expr_names *names, struct arena *a, void **out, struct err *e)
{
	return has_condition(config) ? condition_prepare(config, names, a, out, e) : 0;
}

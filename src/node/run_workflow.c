/*
 * Runs another workflow with its items: all at once, or a run for each (Z10). The runs are started
 * with the record of this step (sql/work/child.sql), which waits for their end, or not.
 */
#include <string.h>

#include "core/json.h"
#include "node/registry.h"

#define RUNS_MAX 1000 /* started by one step */

static void start(struct node_call *call, struct node_result *out);
static void resume(struct node_call *call, const struct io_result *io, struct node_result *out);
static json_t *inputs(struct node_call *call, bool each);
static void started(struct node_call *call, json_t *runs, struct node_result *out);
static void ended(struct node_call *call, json_t *runs, struct node_result *out);
static void give(struct node_call *call, json_t *items, json_t *json, size_t run, size_t runs);
static void failed(const json_t *run, struct node_result *out);

const struct node_type node_run_workflow = {
	.type = "run_workflow",
	.title = "Run a workflow",
	.group = "action",
	.description =
	    "Runs another workflow of the workspace with the items, and gives what it gives.",
	.schema =
	    "{\"type\":\"object\",\"required\":[\"workflow_id\"],\"properties\":{"
	    "\"workflow_id\":{\"type\":\"string\",\"pattern\":"
	    "\"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$\",\"title\":\"Workflow\","
	    "\"description\":\"It must be active and begin with Called by a workflow.\","
	    "\"x-widget\":\"workflow\",\"x-literal\":true,\"x-order\":1},"
	    "\"mode\":{\"type\":\"string\",\"enum\":[\"once\",\"each_item\"],\"default\":\"once\","
	    "\"title\":\"Run\",\"x-enum-titles\":[\"Once, with all items\",\"For each item\"],"
	    "\"x-widget\":\"select\",\"x-literal\":true,\"x-order\":2},"
	    "\"wait\":{\"type\":\"boolean\",\"default\":true,\"title\":\"Wait for its end\","
	    "\"description\":\"Off: the output is the ids of the runs.\",\"x-widget\":\"switch\","
	    "\"x-literal\":true,\"x-order\":3}}}",
	.example = "{\"workflow_id\":\"0198c0de-0000-7000-8000-000000000001\",\"mode\":\"once\","
	           "\"wait\":true}",
	.start = start,
	.resume = resume,
};

static void
start(struct node_call *call, struct node_result *out)
{
	json_t *config = node_config(call, 0, out);
	bool each;

	if (config == NULL)
		return;
	each = strcmp(js_text_or(config, "mode", "once"), "each_item") == 0;
	if (node_item_count(call) == 0)
		node_done_port(out, "main", json_array());
	else if (each && node_item_count(call) > RUNS_MAX)
		node_fail(out, "TOO_LARGE", NULL, "a step starts at most %d runs", RUNS_MAX);
	else
		node_wait_for(out, node_now_ms(call) + NODE_WAIT_MAX_MS,
		    json_pack("{s:s, s:O, s:b, s:o}", "kind", "run", "workflow_id",
		        json_object_get(config, "workflow_id"), "waits",
		        js_bool_or(config, "wait", true), "inputs", inputs(call, each)));
	json_decref(config);
}

/* A list for each run: the fields of its items. */
static json_t *
inputs(struct node_call *call, bool each)
{
	json_t *all = json_array(), *of_run = NULL;

	for (size_t i = 0; i < node_item_count(call); i++) {
		if (each || i == 0) {
			of_run = json_array();
			json_array_append_new(all, of_run);
		}
		json_array_append(of_run, node_item_json(call, i));
	}
	return all;
}

static void
resume(struct node_call *call, const struct io_result *io, struct node_result *out)
{
	json_t *answer = json_object_get(node_answer(call), "answer");
	json_t *error = json_object_get(answer, "error");

	(void)io;
	if (json_is_object(error))
		node_fail(out, "RUN_REFUSED", NULL, "%s", js_text_or(error, "message", ""));
	else if (json_object_get(answer, "runs") != NULL)
		started(call, json_object_get(answer, "runs"), out);
	else if (json_object_get(answer, "ended") != NULL)
		ended(call, json_object_get(answer, "ended"), out);
	else
		node_fail(out, "TIMEOUT", NULL, "the runs have not ended in time");
}

/* Nobody waits: an item for each run, with its id. */
static void
started(struct node_call *call, json_t *runs, struct node_result *out)
{
	json_t *items = json_array(), *id;
	size_t i;

	json_array_foreach(runs, i, id)
	    give(call, items, json_pack("{s:O}", "run_id", id), i, json_array_size(runs));
	node_done_port(out, "main", items);
}

/* What the runs gave, run after run; the first that didn't succeed fails the step. */
static void
ended(struct node_call *call, json_t *runs, struct node_result *out)
{
	json_t *items = json_array(), *run, *output, *one;
	size_t i, k, n = json_array_size(runs);

	json_array_foreach(runs, i, run)
	{
		if (strcmp(js_text_or(run, "status", ""), "succeeded") != 0) {
			failed(run, out);
			json_decref(items);
			return;
		}
		output = json_object_get(run, "output");
		if (json_is_object(output))
			give(call, items, json_incref(output), i, n);
		json_array_foreach(output, k, one)
		{
			if (json_is_object(one))
				give(call, items, json_incref(one), i, n);
		}
	}
	node_done_port(out, "main", items);
}

/* An item of run number `run`: paired with its own item where each has one, else with all. Steals
 * json. */
static void
give(struct node_call *call, json_t *items, json_t *json, size_t run, size_t runs)
{
	bool each = runs == node_item_count(call);
	json_t *item = node_item(call, each ? run : 0, json);

	for (size_t i = 1; !each && i < node_item_count(call); i++)
		node_item_pair(call, item, i);
	json_array_append_new(items, item);
}

static void
failed(const json_t *run, struct node_result *out)
{
	json_t *error = json_object_get(run, "error");

	node_fail(out, "RUN_FAILED", NULL, "the workflow that was run %s: %s",
	    js_text_or(run, "status", ""), js_text_or(error, "message", "it has no message"));
	out->detail = json_pack("{s:O}", "run_id", json_object_get(run, "run_id"));
	if (json_is_object(error))
		json_object_set(out->detail, "cause", error);
}

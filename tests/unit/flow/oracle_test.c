/*
 * Joins, cycles, loops, merges, pairing and order against what n8n recorded for its order v1
 * (../shared/n8n/oracle). A case is converted to a definition: merge, loop, no_op and disabled
 * nodes are ours; any other node is a `given` one that gives what was recorded of it, so what is
 * compared is what the executor does between them: how often each node ran, with which items, from
 * where.
 *
 * This file is longer than most: it holds a small converter, which no other test needs.
 */
#include "kit.h"

#include <dirent.h>

#include "flow/exec_inner.h"

#define PLACE "../shared/n8n/oracle"
#define CASES_LEAST 189 /* that come out equal; fewer is a step back, more raises the number */

/* What we do otherwise on purpose: docs/decisions/0016. */
static const char *const wanted[] = {
	"196", /* order v0: a side of a merge that is never reached runs all the same */
	"408", /* a node with two lines into it runs once */
	"440", /* a line out of a loop's body delivers when the loop is over */
	"528", /* as 408 */
};

struct oracle {
	char id[8];
	json_t *workflow, *expected, *numbers; /* node name -> its number */
	json_t *definition;
	char why[400]; /* it differs */
	bool in_order; /* the nodes ran in the recorded order */
};

static void given_start(struct node_call *call, struct node_result *out);

static const struct node_port given_ports[] = { { "0", "0" }, { NULL, NULL } };
static const struct node_type given = {
	.type = "given",
	.title = "Given",
	.group = "data",
	.description = "Gives what was recorded.",
	.schema = "{\"type\":\"object\"}",
	.example = "{}",
	.flags = NODE_INPUTS_NAMED,
	.outputs = given_ports,
	.start = given_start,
};

/* Pairs as recorded: number of the in-port, place in what that brought. */
static void
pair_as_recorded(struct node_call *call, json_t *item, const json_t *pair)
{
	json_int_t port = json_integer_value(json_array_get(pair, 0)) + 1;
	size_t i = (size_t)json_integer_value(json_array_get(pair, 1));

	for (size_t k = 0; k < node_input_count(call); k++) {
		struct node_input in = node_input_at(call, k);

		if (strtol(in.port, NULL, 10) == port && i < json_array_size(in.items))
			node_item_pair(call, item, in.first + i);
	}
}

static void
given_start(struct node_call *call, struct node_result *out)
{
	const struct node_run *nr = &call->x->nodes[call->node];
	json_t *config = node_config(call, 0, out);
	const json_t *run =
	    json_array_get(json_object_get(config, "runs"), (size_t)nr->n_visits - 1);
	json_t *ports = json_object(), *items, *item, *pair;
	size_t p, i, n;

	json_array_foreach(json_object_get(run, "ports"), p, items)
	{
		json_t *made = json_array();
		char port[24];

		json_array_foreach(items, i, item)
		{
			json_t *one = item_new(json_incref(json_object_get(item, "json")));

			json_array_foreach(json_object_get(item, "paired"), n, pair)
			    pair_as_recorded(call, one, pair);
			json_array_append_new(made, one);
		}
		snprintf(port, sizeof(port), "%zu", p);
		json_object_set_new(ports, port, made);
	}
	if (strcmp(js_text_or(run, "status", ""), "error") == 0)
		node_fail(out, "GIVEN", NULL, "it failed when it was recorded");
	else
		node_done(out, json_incref(ports));
	json_decref(ports);
	json_decref(config);
}

static bool
type_ends(const json_t *node, const char *end)
{
	const char *type = js_text_or(node, "type", "");
	size_t n = strlen(type), m = strlen(end);

	return n >= m && strcmp(type + n - m, end) == 0;
}

/* Our merge's config for this one; NULL: it is given. */
static json_t *
merge_config(const json_t *node)
{
	const json_t *p = json_object_get(node, "parameters");
	const char *mode = js_text_or(p, "mode", "append");
	const char *by = js_text_or(p, "combineBy", "combineByFields");

	if (!type_ends(node, ".merge") ||
	    json_number_value(json_object_get(node, "typeVersion")) < 3)
		return NULL;
	if (strcmp(mode, "append") == 0)
		return json_pack("{s:s}", "mode", "append");
	if (strcmp(mode, "chooseBranch") == 0)
		return json_pack("{s:s, s:i}", "mode", "choose", "choose", 1);
	if (strcmp(mode, "combine") == 0 && strcmp(by, "combineAll") == 0)
		return json_pack("{s:s}", "mode", "combine_all");
	if (strcmp(mode, "combine") == 0 && strcmp(by, "combineByPosition") == 0)
		return json_pack("{s:s, s:b}", "mode", "combine_by_position", "unpaired", 0);
	return NULL;
}

static json_t *
node_of(const struct oracle *o, const json_t *node, size_t i, bool is_start)
{
	const json_t *p = json_object_get(node, "parameters");
	const char *name = js_text_or(node, "name", ""), *type = "given";
	json_t *config = NULL, *out, *size = json_object_get(p, "batchSize");
	json_t *runs = json_object_get(json_object_get(o->expected, "nodes"), name);

	if (json_object_get(json_object_get(o->workflow, "pinData"), name) != NULL && !is_start) {
		type = "given";
	} else if (is_start || type_ends(node, "rigger") || type_ends(node, ".webhook")) {
		type = "manual";
	} else if (type_ends(node, ".noOp")) {
		type = "no_op";
	} else if (type_ends(node, ".splitInBatches") && (size == NULL || json_is_integer(size)) &&
	           js_int_or(node, "typeVersion", 0) >= 3) {
		type = "loop";
		config = json_pack("{s:i}", "batch_size", (int)js_int_or(p, "batchSize", 1));
	} else if (type_ends(node, ".merge")) {
		config = merge_config(node);
		type = config != NULL ? "merge" : "given";
	}
	if (config == NULL)
		config = json_pack("{s:O*, s:i}", "runs", runs, "inputs", 10);
	out = json_pack("{s:o, s:s, s:s, s:o}", "id", json_sprintf("n%zu", i), "name", name, "type",
	    type, "config", config);
	if (json_is_true(json_object_get(node, "disabled")) && strcmp(type, "manual") != 0)
		json_object_set_new(out, "disabled", json_true());
	if (json_is_true(json_object_get(node, "executeOnce")))
		json_object_set_new(out, "execute_once", json_true());
	if (json_is_true(json_object_get(node, "alwaysOutputData")) && strcmp(type, "given") != 0)
		json_object_set_new(out, "always_output", json_true());
	return out;
}

static const char *
type_of(const struct oracle *o, const char *name)
{
	size_t i = (size_t)js_int_or(o->numbers, name, -1);

	return js_text_or(json_array_get(json_object_get(o->definition, "nodes"), i), "type", "");
}

/* The name of a node's output k, and of its input. */
static json_t *
port_name(const struct oracle *o, const char *node, size_t k, bool out)
{
	const char *type = type_of(o, node);

	if (strcmp(type, "loop") == 0 && out)
		return json_string(k == 0 ? "done" : "loop");
	if (strcmp(type, "given") == 0)
		return json_sprintf("%zu", k + (out ? 0 : 1));
	if (strcmp(type, "merge") == 0 && !out)
		return json_sprintf("%zu", k + 1);
	return json_string("main");
}

static void
add_edges(struct oracle *o, const char *from, const json_t *outputs)
{
	json_t *edges = json_object_get(o->definition, "edges"), *targets, *target;
	size_t k, i;

	json_array_foreach(outputs, k, targets)
	{
		json_array_foreach(targets, i, target)
		{
			const char *to = js_text_or(target, "node", "");

			if (json_object_get(o->numbers, to) == NULL)
				continue;
			json_array_append_new(edges,
			    json_pack("{s:o, s:o, s:o, s:o}", "from",
			        json_sprintf("n%d", (int)js_int_or(o->numbers, from, 0)), "to",
			        json_sprintf("n%d", (int)js_int_or(o->numbers, to, 0)), "from_port",
			        port_name(o, from, k, true), "to_port",
			        port_name(o, to, (size_t)js_int_or(target, "index", 0), false)));
		}
	}
}

static void
convert(struct oracle *o)
{
	const char *start = js_text_or(o->expected, "start", ""), *from;
	json_t *node, *nodes = json_array(), *connections;
	size_t i;

	json_array_foreach(json_object_get(o->workflow, "nodes"), i, node) json_object_set_new(
	    o->numbers, js_text_or(node, "name", ""), json_integer((json_int_t)i));
	json_array_foreach(json_object_get(o->workflow, "nodes"), i, node) json_array_append_new(
	    nodes, node_of(o, node, i, strcmp(js_text_or(node, "name", ""), start) == 0));
	o->definition = json_pack("{s:o, s:[]}", "nodes", nodes, "edges");
	json_object_foreach(json_object_get(o->workflow, "connections"), from, connections)
	{
		if (json_object_get(o->numbers, from) != NULL)
			add_edges(o, from, json_object_get(connections, "main"));
	}
}

/* "node/run/item" of one pair, ours: the step's source says which. */
static json_t *
place_of(const struct step_record *row, const json_t *pair, bool only_item)
{
	const json_t *source =
	    json_array_get(row->source, (size_t)json_integer_value(json_array_get(pair, 0)));
	int item = (int)json_integer_value(json_array_get(pair, 1));

	if (only_item)
		return json_sprintf("%d", item);
	return json_sprintf("%s/%d/%d", js_text_or(source, "node", ""),
	    (int)js_int_or(source, "iteration", 0), item);
}

static json_t *
place_recorded(const struct oracle *o, const json_t *run, const json_t *pair, bool only_item)
{
	const json_t *from = json_array_get(
	    json_object_get(run, "from"), (size_t)json_integer_value(json_array_get(pair, 0)));
	int item = (int)json_integer_value(json_array_get(pair, 1));

	if (only_item)
		return json_sprintf("%d", item);
	return json_sprintf("n%d/%d/%d",
	    (int)js_int_or(o->numbers, json_string_value(json_array_get(from, 0)), -1),
	    (int)json_integer_value(json_array_get(from, 2)), item);
}

static bool
same_item(const struct oracle *o, const struct step_record *row, const json_t *ours,
    const json_t *run, const json_t *theirs, bool is_loop)
{
	json_t *a = json_object(), *b = json_object(), *pair, *place;
	bool same = js_equal(json_object_get(ours, "json"), json_object_get(theirs, "json"));
	size_t i;

	json_array_foreach(json_object_get(ours, "paired"), i, pair)
	{
		place = place_of(row, pair, is_loop);
		json_object_set_new(a, json_string_value(place), json_true());
		json_decref(place);
	}
	json_array_foreach(json_object_get(theirs, "paired"), i, pair)
	{
		place = place_recorded(o, run, pair, is_loop);
		json_object_set_new(b, json_string_value(place), json_true());
		json_decref(place);
	}
	if (json_object_get(run, "from") != NULL)
		same = same && js_equal(a, b);
	json_decref(a);
	json_decref(b);
	return same;
}

static bool
same_run(struct oracle *o, const char *name, const struct step_record *row, const json_t *run)
{
	const json_t *ports = json_object_get(run, "ports");
	bool is_loop = strcmp(type_of(o, name), "loop") == 0;

	if (strcmp(js_text_or(run, "status", ""), "error") == 0)
		return row->status == STEP_FAILED;
	for (size_t k = 0; k < 10; k++) {
		json_t *port = port_name(o, name, k, true);
		const json_t *ours = json_object_get(row->output, json_string_value(port));
		const json_t *theirs = json_array_get(ports, k);
		size_t n = json_array_size(theirs);

		json_decref(port);
		if (k > 0 && !is_loop && strcmp(type_of(o, name), "given") != 0)
			continue;
		/* A disabled node gives on its first port, whatever that is called. */
		if (row->status == STEP_SKIPPED && k == 0)
			ours = json_object_iter_value(json_object_iter(row->output));
		if (is_loop && k > 1)
			break;
		if (json_array_size(ours) != n)
			return false;
		for (size_t i = 0; i < n; i++) {
			if (!same_item(o, row, json_array_get(ours, i), run,
			        json_array_get(theirs, i), is_loop))
				return false;
		}
	}
	return true;
}

/* The runs of one node: those recorded against our rows that are no skips. */
static bool
same_node(struct oracle *o, const struct step_record *rows, size_t n, const char *name)
{
	const json_t *runs = json_object_get(json_object_get(o->expected, "nodes"), name);
	size_t at = 0;
	char id[24];

	snprintf(id, sizeof(id), "n%d", (int)js_int_or(o->numbers, name, -1));
	for (size_t i = 0; i < n; i++) {
		if (strcmp(rows[i].node_id, id) != 0 ||
		    (rows[i].status == STEP_SKIPPED && rows[i].output == NULL))
			continue;
		if (at >= json_array_size(runs)) {
			snprintf(o->why, sizeof(o->why), "%s ran more than %zu times", name, at);
			return false;
		}
		if (!same_run(o, name, &rows[i], json_array_get(runs, at))) {
			snprintf(
			    o->why, sizeof(o->why), "%s gave something else in run %zu", name, at);
			return false;
		}
		at++;
	}
	if (at < json_array_size(runs))
		snprintf(o->why, sizeof(o->why), "%s ran %zu times of %zu", name, at,
		    json_array_size(runs));
	return at == json_array_size(runs);
}

static bool
same_order(const struct oracle *o, const struct step_record *rows, size_t n)
{
	json_t *ours = json_array(), *theirs = json_array(), *ran;
	size_t i;
	bool same;

	for (i = 0; i < n; i++) {
		if (rows[i].status != STEP_SKIPPED || rows[i].output != NULL)
			json_array_append_new(ours, json_string(rows[i].node_id));
	}
	json_array_foreach(json_object_get(o->expected, "order"), i, ran) json_array_append_new(
	    theirs, json_sprintf("n%d",
	                (int)js_int_or(o->numbers, json_string_value(json_array_get(ran, 0)), -1)));
	same = js_equal(ours, theirs);
	json_decref(ours);
	json_decref(theirs);
	return same;
}

static bool
run_case(struct oracle *o)
{
	const struct node_type *types[20];
	struct node_registry registry = { types, 0 };
	const char *start = js_text_or(o->expected, "start", "");
	json_t *items = json_deep_copy(json_array_get(
	           json_object_get(
	               json_array_get(
	                   json_object_get(json_object_get(o->expected, "nodes"), start), 0),
	               "ports"),
	           0)),
	       *item;
	char id[24];
	struct plan *plan = NULL;
	struct exec *x = NULL;
	struct err e = { 0 };
	const struct step_record *rows;
	size_t n, i;
	bool same = true, failed = strcmp(js_text_or(o->expected, "status", ""), "error") == 0;

	for (; registry.n < node_registry.n; registry.n++)
		types[registry.n] = node_registry.v[registry.n];
	types[registry.n++] = &given;
	json_array_foreach(items, i, item) json_object_del(item, "paired");
	snprintf(id, sizeof(id), "n%d", (int)js_int_or(o->numbers, start, 0));
	if (plan_compile(o->definition, &registry, &plan, &e) != 0)
		fail_msg("%s: %s: %s", o->id, e.field, e.text);
	struct exec_start begin = { .plan = plan,
		.run_id = "run-1",
		.trigger_node = id,
		.trigger_items = items,
		.started_at_ms = KIT_START_MS };
	if (exec_new(&begin, &x, &e) != 0)
		fail_msg("%s: %s", o->id, e.text);
	exec_advance(x, KIT_START_MS);
	rows = exec_steps(x, &n);
	json_array_foreach(json_object_get(o->workflow, "nodes"), i, item) same =
	    same && same_node(o, rows, n, js_text_or(item, "name", ""));
	if (same && failed != (exec_outcome(x) == RUN_FAILED)) {
		snprintf(o->why, sizeof(o->why), "the run ended otherwise");
		same = false;
	}
	o->in_order = same_order(o, rows, n);
	exec_free(x);
	plan_unref(plan);
	json_decref(items);
	return same;
}

/* Items whose json is no object have no place in ours. */
static bool
has_odd_json(json_t *v)
{
	const char *key;
	json_t *member;
	size_t i;

	json_array_foreach(v, i, member)
	{
		if (has_odd_json(member))
			return true;
	}
	json_object_foreach(v, key, member)
	{
		if (strcmp(key, "json") == 0 && !json_is_object(member))
			return true;
		if (strcmp(key, "json") != 0 && has_odd_json(member))
			return true;
	}
	return false;
}

static json_t *
read_part(const char *id, const char *part)
{
	char path[200];
	json_t *v = NULL;
	struct err e;

	snprintf(path, sizeof(path), "%s/%s.%s.json", PLACE, id, part);
	/* One holds a NUL in a text, which we refuse. */
	return js_parse_file(path, 1 << 22, &v, &e) == 0 ? v : NULL;
}

/* 1 equal, 0 different, -1 not for us. */
static int
try_case(const char *id, int *in_order)
{
	struct oracle o = { .numbers = json_object() };
	bool is_wanted = false;
	int answer = -1;

	snprintf(o.id, sizeof(o.id), "%s", id);
	o.workflow = read_part(id, "workflow");
	o.expected = read_part(id, "expected");
	for (size_t i = 0; i < countof(wanted); i++)
		is_wanted = is_wanted || strcmp(wanted[i], id) == 0;
	if (o.workflow != NULL && o.expected != NULL &&
	    !has_odd_json(json_object_get(o.expected, "nodes"))) {
		convert(&o);
		answer = run_case(&o);
		if (answer == 0 && !is_wanted)
			print_message("%s differs: %s (%s)\n", id, o.why,
			    js_text_or(o.expected, "title", ""));
		*in_order += answer == 1 && o.in_order;
		if (answer == 1 && !o.in_order)
			print_message("%s runs in another order (%s)\n", id,
			    js_text_or(o.expected, "title", ""));
		if (answer == 1 && is_wanted)
			fail_msg("%s is said to differ and doesn't", id);
		if (answer == 0 && is_wanted)
			answer = -1;
	}
	json_decref(o.workflow);
	json_decref(o.expected);
	json_decref(o.numbers);
	json_decref(o.definition);
	return answer;
}

static void
what_was_recorded_for_order_v1_comes_out_equal(void **state)
{
	DIR *d = opendir(PLACE);
	struct dirent *entry;
	int equal = 0, different = 0, other = 0, in_order = 0;

	(void)state;
	if (d == NULL) {
		print_message("SKIPPED: " PLACE " is not there\n");
		skip();
	}
	while ((entry = readdir(d)) != NULL) {
		char id[4] = { 0 };
		int answer;

		if (strstr(entry->d_name, ".workflow.json") == NULL)
			continue;
		memcpy(id, entry->d_name, 3);
		answer = try_case(id, &in_order);
		equal += answer == 1;
		different += answer == 0;
		other += answer < 0;
	}
	closedir(d);
	print_message(
	    "%d cases equal (%d in the same order), %d different, %d not ours or wanted\n", equal,
	    in_order, different, other);
	assert_int_equal(different, 0);
	assert_true(equal >= CASES_LEAST);
	assert_int_equal(in_order, equal);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_recorded_for_order_v1_comes_out_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

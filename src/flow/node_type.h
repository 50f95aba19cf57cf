/*
 * node_type.h: what a node type is. This header is the whole guide to adding one.
 *
 * A node describes I/O and never performs it. It is two functions of data: `start` gets the input
 *items and the config, `resume` gets the outcome of the I/O that `start` (or an earlier `resume`)
 *wished for. Each answers through struct node_result with exactly one of node_done, node_io,
 *node_wait, node_fail. The executor (flow/exec.h) does the rest: resolves expressions, retries,
 *times out, records the step, delivers the items, writes the log line.
 *
 * To add a node type:
 *
 *   1. Write src/node/<type>.c with one `const struct node_type node_<type>` and its functions:
 *
 *	static void
 *	shout_start(struct node_call *call, struct node_result *out)
 *	{
 *		json_t *items = json_array();
 *
 *		for (size_t i = 0; i < node_item_count(call); i++) {
 *			json_t *config = node_config(call, i, out);
 *
 *			if (config == NULL)
 *				goto out;
 *			...append an item made with node_item(call, i, json)...
 *		}
 *		node_done_port(out, "main", json_incref(items));
 *	out:
 *		json_decref(items);
 *	}
 *
 *   2. Add one line to src/node/registry.h and one to src/node/registry.c. Nothing else: the
 *palette, the form, the validation of definitions and GET /node-types are made from the descriptor.
 *
 *   3. Add tests/unit/node/<type>_test.c; `example` is checked against `schema` by the registry's
 *own test.
 *
 * The schema is JSON Schema text (the subset of core/schema.h) of the config object. A string with
 *`{{ }}` is accepted wherever a value is, since its type is known at run time only. The form
 *renderer reads title, description, default, examples, enum and these hints, and no others:
 *
 *	x-widget	text | textarea | code | json | number | switch | select | duration | datetime
 *| key-value | list | condition | cron | path | schema x-placeholder	text shown while empty
 *	x-show-if	{"<other field>": value or [values]}: shown only then
 *	x-enum-titles	titles in the order of `enum`
 *	x-literal	true: no expression allowed here (a trigger's field, read before any run
 *exists) x-raw		true: the node reads the text itself (a condition): `{{ }}` in it is left
 *alone x-format	url | cron | timezone | condition: checked when a definition is saved (W07)
 *	x-order		number: place in the form
 */
#ifndef MR_FLOW_NODE_TYPE_H
#define MR_FLOW_NODE_TYPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "flow/io.h"

struct node_call; /* one execution of one node, flow/call.h; read it through the functions below */

enum node_verdict {
	NODE_NONE, /* the node forgot to answer: the step fails with INTERNAL */
	NODE_DONE,
	NODE_IO,
	NODE_WAIT,
	NODE_FAIL
};

enum node_end {
	NODE_GO_ON,         /* the run goes on behind this node */
	NODE_END_SUCCEEDED, /* the run ends here, well */
	NODE_END_FAILED     /* the run ends here, failed, whatever on_error says */
};

/* Zeroed by the executor before each call of start or resume. The executor frees what is set. */
struct node_result {
	enum node_verdict verdict;
	enum node_end end;
	json_t *ports; /* DONE: {"<port>": [item…]}. FAIL: the output to take when no retry is left,
	                  or NULL */
	json_t *response;   /* respond: {"status","headers","body"}, the answer to a waiting caller;
	                       any verdict */
	json_t *state;      /* IO, WAIT: given to resume by node_state(); lost when the worker dies
	                       (start runs again) */
	struct io_wish *io; /* IO */
	int64_t due_at_ms;  /* WAIT: instant, ms since 1970 */
	bool retryable;     /* FAIL: another try may succeed */
	int64_t
	    retry_after_ms; /* FAIL: the other side asked to wait at least this long; 0 = did not */
	struct err
	    err; /* FAIL: err.code as in CONTRACT (HTTP_STATUS, TIMEOUT…), err.field, err.text */
	json_t *detail; /* FAIL: more members for the step's error, e.g. {"status":503}; or NULL */
};

enum node_flag {
	NODE_TRIGGER = 1,      /* starts runs; has no input */
	NODE_RETRY = 2,        /* retried 3 times unless the definition says otherwise */
	NODE_END_OF_CYCLE = 4, /* may end a cycle: if, switch, filter */
	NODE_INPUTS_NAMED = 8, /* in-ports are "1".."n" (config `inputs`), as merge has */
	NODE_START_ON_FIRST =
	    16 /* with config mode "first": starts with the first input that delivers */
};

struct node_port {
	const char *name;
	const char *title;
};

#define NODE_PORT_MAX 64

struct node_type {
	const char *type;        /* CONTRACT's spelling: http_request */
	const char *title;       /* for people: HTTP request */
	const char *group;       /* trigger, action, logic, data or human */
	const char *description; /* one sentence */
	const char *schema;      /* JSON Schema text of the config */
	const char *example;     /* JSON text of a config that passes the schema */
	unsigned flags;          /* enum node_flag, or-ed */

	/* Output ports, ended by {NULL}. NULL: the single port "main". Port "error" comes with
	 * on_error "port". */
	const struct node_port *outputs;

	/*
	 * Ports that depend on the config (switch): a new array of names, "main" style. NULL:
	 * `outputs` holds. Must accept any config that passes the schema and answer at most
	 * NODE_PORT_MAX names.
	 */
	json_t *(*outputs_of)(const json_t *config);

	/*
	 * Checks what the schema can't. Adds to `issues` with issue_add(issues, …, "<field below
	 * config>", …). Config may hold expressions. NULL: the schema is enough.
	 */
	void (*validate)(const json_t *config, const char *path, json_t *issues);

	/*
	 * Compiles the config once a plan: *out lives in the arena as long as the plan, is shared
	 * by all runs and is never written after. node_prepared() returns it. NULL: nothing to
	 * compile. -1: *e is set, the step will fail with it.
	 */
	int (*prepare)(const json_t *config, struct arena *a, void **out, struct err *e);
	void (*unprepare)(void *prepared); /* frees what the arena does not; may be NULL */

	void (*start)(struct node_call *call, struct node_result *out);

	/* Called with the outcome of an I/O wish, or with NULL when the time of NODE_WAIT has come.
	 */
	void (*resume)(struct node_call *call, const struct io_result *io, struct node_result *out);
};

/* ---- what a node may read (all borrowed unless said) ---- */

/* Input items of all inputs, appended in edge order. At least one item, but for a trigger started
 * with none. */
size_t node_item_count(const struct node_call *call);
json_t *node_item_at(const struct node_call *call, size_t i);
json_t *node_items(const struct node_call *call); /* array */

/* Inputs one by one (merge): edges that delivered, in edge order. `port` is the in-port, `items` an
 * array. */
size_t node_input_count(const struct node_call *call);
json_t *node_input_items(const struct node_call *call, size_t input, const char **port);

/*
 * The config with every expression resolved for item `i`: a new reference; free it. Without
 * expressions this is the config itself, so never change it. NULL: `out` is set to FAIL
 * EXPRESSION_ERROR, return at once.
 */
json_t *node_config(struct node_call *call, size_t i, struct node_result *out) mr_must_check;
const json_t *node_config_raw(const struct node_call *call); /* as stored, unresolved */

const void *node_prepared(const struct node_call *call);
const struct expr_scope *node_scope(
    struct node_call *call, size_t i);            /* for conditions, valid until the next call */
json_t *node_state(const struct node_call *call); /* what the last result left in `state` */
int64_t node_now_ms(const struct node_call *call);
int64_t node_timeout_ms(const struct node_call *call); /* of this node; 0 = none was set */
const char *node_id(const struct node_call *call);

/* "<run>:<node>:<iteration>", the same on each try: what an outside service may deduplicate by. */
const char *node_idempotency_key(const struct node_call *call);

/* ---- what a node answers with ---- */

/*
 * A new item that carries `json` (reference stolen) and is paired with input item `i`. Keeps no
 * binary; copy it with node_item_keep(), which passes input item `i` on as it is, newly paired.
 */
json_t *node_item(struct node_call *call, size_t i, json_t *json);
json_t *node_item_keep(struct node_call *call, size_t i);

void node_done(struct node_result *out, json_t *ports);                        /* steals ports */
void node_done_port(struct node_result *out, const char *port, json_t *items); /* steals items */
void node_io(struct node_result *out, struct io_wish *wish, json_t *state);    /* steals both */
void node_wait(struct node_result *out, int64_t due_at_ms, json_t *state);     /* steals state */
void node_fail(struct node_result *out, const char *code, const char *field, const char *format,
    ...) __attribute__((format(printf, 4, 5)));

#endif

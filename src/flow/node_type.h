/*
 * node_type.h: what a node type is. This header is the whole guide to adding one.
 *
 * A node describes I/O and never performs it. It is two functions of data: `start` gets the input
 * items and the config, `resume` gets the outcome of the I/O that `start` (or an earlier `resume`)
 * wished for. Each answers through struct node_result with exactly one of node_done, node_io,
 * node_wait, node_wait_for, node_fail. The executor (flow/exec.h) does the rest: resolves
 * expressions, retries, times out, records the step, delivers the items, writes the log line.
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
 *      palette, the form, the validation of definitions and GET /node-types are made from the
 *      descriptor.
 *
 *   3. Add tests/unit/node/<type>_test.c; `example` is checked against `schema` by the registry's
 *      own test.
 *
 * The schema is JSON Schema text (the subset of core/schema.h) of the config object. A string with
 * `{{ }}` is accepted wherever a value is, since its type is known at run time only. The form
 * renderer reads title, description, default, examples, enum and these hints, and no others:
 *
 *	x-widget	text | textarea | code | json | number | switch | select | duration |
 *			datetime | key-value | list | condition | cron | path | schema
 *	x-placeholder	text shown while empty
 *	x-show-if	{"<other field>": value or [values]}: shown only then
 *	x-enum-titles	titles in the order of `enum`
 *	x-literal	true: no expression allowed here (a trigger's field, read before any run
 *			exists)
 *	x-raw		true: the node reads the text itself (a condition): `{{ }}` in it is left
 *			alone
 *	x-format	url | cron | timezone | condition: checked when a definition is saved (W07)
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
#include "flow/cond.h"
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

/*
 * Zeroed by the executor before each call of start or resume, and freed by it afterwards.
 */
struct node_result {
	enum node_verdict verdict;
	enum node_end end;

	/* DONE: {"<port>": [item…]}. FAIL: the output to take when no retry is left, or NULL. */
	json_t *ports;

	/* respond only: {"status","headers","body"}, the answer to a waiting caller. */
	json_t *response;

	/* IO, WAIT: node_state() gives it back to resume. Lost with the worker: start runs again.
	 */
	json_t *state;

	struct io_wish *io; /* IO */
	int64_t due_at_ms;  /* WAIT: instant, ms since 1970 */
	json_t *wait_for;   /* WAIT for something outside: {"kind", …}; else NULL */

	/* FAIL */
	const char *code;       /* HTTP_STATUS, TIMEOUT, …; a literal */
	struct err err;         /* err.field and err.text only */
	json_t *detail;         /* more members of the step's error, as {"status":503}; or NULL */
	bool retryable;         /* another try may succeed; the definition's retry_on wins */
	bool never_again;       /* no other try, whatever the definition says: at_most_once */
	int64_t retry_after_ms; /* the other side asked to wait at least this long; 0 = did not */
};

enum node_flag {
	NODE_TRIGGER = 1,       /* starts runs; has no input */
	NODE_RETRY = 2,         /* retried 3 times unless the definition says otherwise */
	NODE_ENDS_CYCLE = 4,    /* may end a cycle: if, switch, filter, loop */
	NODE_INPUTS_NAMED = 8,  /* in-ports are "1".."n", n = config `inputs` (2): merge */
	NODE_STARTS_FIRST = 16, /* with config mode "first" it starts with the first input */
	NODE_ENDS_RUN = 32,     /* nothing needs to stand behind it: stop */
	NODE_LOOPS = 64, /* goes round over items of its own, unless its mode is "while": loop */
	NODE_CALLBACK = 128, /* has an address that its answer is sent to: wait */
};

struct node_port {
	const char *name;
	const char *title;
};

#define NODE_PORT_MAX 64
#define NODE_INPUTS_MAX 10

struct node_type {
	const char *type;        /* CONTRACT's spelling: http_request */
	const char *title;       /* for people: HTTP request */
	const char *group;       /* trigger, action, logic, data or human */
	const char *description; /* one sentence */
	const char *schema;      /* JSON Schema text of the config */
	const char *example;     /* JSON text of a config that passes the schema */
	unsigned flags;          /* enum node_flag, or-ed */
	const char
	    *connections; /* kinds that its config's `connection` may be of, with blanks between;
	                            NULL: it has none */

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
	 * Checks what the schema can't, for definitions as they are saved. The config passes the
	 * schema and may hold expressions. `path` is the config's place, nodes[0].config; names are
	 * the node ids for conditions. NULL: the schema is enough.
	 */
	void (*validate)(json_t *config, const struct expr_names *names, const char *path,
	    struct issue_list *issues);

	/*
	 * Compiles the config once a plan: *out lives in the arena as long as the plan, is shared
	 * by all runs and never written again; node_prepared() gives it. NULL: nothing to compile.
	 * -1: *e is set, each step of this node fails with CONFIG_INVALID.
	 */
	int (*prepare)(json_t *config, const struct expr_names *names, struct arena *a, void **out,
	    struct err *e);

	/* NULL for a trigger: its output is what started the run. */
	void (*start)(struct node_call *call, struct node_result *out);

	/* The outcome of an I/O wish, or NULL when a wait is over; node_answer tells how. */
	void (*resume)(struct node_call *call, const struct io_result *io, struct node_result *out);
};

/* ---- what a node may read: all borrowed, unless said ---- */

/* Input items of all inputs, appended in edge order. One at least, but for a trigger. */
size_t node_item_count(const struct node_call *call);
json_t *node_item_at(const struct node_call *call, size_t i);
json_t *node_item_json(const struct node_call *call, size_t i); /* its `json`, an object */

/* Inputs one by one (merge): what each edge delivered, in edge order. */
struct node_input {
	const char *port; /* the in-port */
	json_t *items;    /* array */
	size_t first;     /* items[0] is node_item_at(call, first) */
};
size_t node_input_count(const struct node_call *call);
struct node_input node_input_at(const struct node_call *call, size_t input);

/*
 * The config with every expression resolved for item `i`: a new reference. Without expressions it
 * is the config itself, so never change it. NULL: *out is FAIL EXPRESSION_ERROR, return at once.
 */
mr_must_check json_t *node_config(struct node_call *call, size_t i, struct node_result *out);

/*
 * A condition compiled by `prepare`, asked for item `i`. -1: *out is FAIL EXPRESSION_ERROR with
 * `field` before the place inside the condition, return at once.
 */
mr_must_check int node_test(struct node_call *call, const struct cond *c, const char *field,
    size_t i, bool *holds, struct node_result *out);

const void *node_prepared(const struct node_call *call);
json_t *node_state(const struct node_call *call); /* the `state` of the last result, or NULL */
int64_t node_now_ms(const struct node_call *call);

/*
 * In resume, after node_wait_for: {"status":"answered","answer":…} or {"status":"expired"|
 * "cancelled"}, as sql/work/wait.sql decided it. NULL after node_wait.
 */
const json_t *node_answer(const struct node_call *call);
int64_t node_timeout_ms(const struct node_call *call); /* of this node; 0 = none is set */
const char *node_id(const struct node_call *call);
const char *node_run_id(const struct node_call *call);

/* "<run>:<node>:<iteration>", the same on each try: what a service may recognise repeats by. */
const char *node_idempotency_key(struct node_call *call);

/*
 * For NODE_LOOPS. An execution that finds the loop new fills it with its input; _next then gives
 * the next batch, to be sent to port "loop", or when none is left (*is_done) all that came back,
 * for port "done". A new reference each.
 */
bool node_loop_is_new(const struct node_call *call);
void node_loop_fill(struct node_call *call, size_t size);
json_t *node_loop_next(struct node_call *call, bool *is_done);

/* ---- what a node answers with: exactly one of done, done_port, io, wait, wait_for, fail ---- */

/*
 * A new item with `json` (stolen), paired with input item `i`. node_item_keep passes input item `i`
 * on as it is, binary included, newly paired. node_item_pair pairs with one more input item.
 */
json_t *node_item(struct node_call *call, size_t i, json_t *json);
json_t *node_item_keep(struct node_call *call, size_t i);
void node_item_pair(struct node_call *call, json_t *item, size_t i);

void node_done(struct node_result *out, json_t *ports);                        /* steals ports */
void node_done_port(struct node_result *out, const char *port, json_t *items); /* steals items */
void node_pass(struct node_call *call, struct node_result *out); /* all items on, to port main */
void node_io(struct node_result *out, struct io_wish *wish, json_t *state); /* steals both */
void node_wait(struct node_result *out, int64_t due_at_ms, json_t *state);  /* steals state */

#define NODE_WAIT_MAX_MS (INT64_C(366) * 24 * 3600 * 1000) /* the longest wait there is */

/*
 * Waits for something outside, until expires_at_ms at the latest: a row of app.wait, and the run
 * leaves memory. `wait` (stolen) is {"kind": one of app.wait's kinds, …} and becomes its `detail`.
 * Whoever brings it calls work.wait_end (sql/work/wait.sql); resume is called then, or once it has
 * expired, with node_answer. State isn't kept: the run is rebuilt from its rows meanwhile.
 */
void node_wait_for(struct node_result *out, int64_t expires_at_ms, json_t *wait);
void node_fail(struct node_result *out, const char *code, const char *field, const char *fmt, ...)
    mr_printf(4, 5);

#endif

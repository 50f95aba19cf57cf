/*
 * expr.h: what a config string means: text, a value from the run, or both mixed.
 *
 * A string without `{{` and without a leading `=` is itself. Exactly one `{{ }}` and nothing else
 * gives the value with its type; otherwise all chunks and the text between become one string, where
 * undefined, null and NaN give nothing. A leading `=` marks the n8n form and is removed.
 *
 *	own form	{{action-1.status}}  {{trigger.payload.items[0].sku}}  {{vars["a b"]}}
 *	n8n form	={{ $json.a }}  ={{ $("Fetch").item.json.b }}  ={{ $node["Fetch"].json.b }}
 *
 * Inside `{{ }}` this file answers bare paths, and expressions of literals, paths, ( ) and
 * == != === !== < <= > >= && || ! + - * / % ?: (plus `contains` in our own form), each with
 * JavaScript's meaning. Whatever else stands there is JavaScript: it compiles, to a chunk of kind
 * EXPR_JS, and its evaluation is a fault of kind EXPR_FAULT_JAVASCRIPT.
 *
 * A path takes own properties only, and `length` of lists and texts. In a bare path of our own form
 * a key may hold hyphens (`.first-name`) or be a number (`.0`), and what is missing is undefined.
 * Its root is all that stands there, hyphens included: `{{a-1}}` is never a minus 1.
 *
 * Compiled forms live in the arena, are never written again, and may be read by many threads.
 */
#ifndef MR_FLOW_EXPR_H
#define MR_FLOW_EXPR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/str.h"

enum {
	EXPR_TEXT_MAX = 1 << 20,   /* bytes of one config string with expressions */
	EXPR_CHUNK_MAX = 1 << 16,  /* bytes of one `{{ }}` */
	EXPR_CHUNKS_MAX = 1000,    /* in one config string */
	EXPR_DEPTH_MAX = 200,      /* operators and brackets in one another */
	EXPR_RESULT_MAX = 1 << 25, /* bytes of a text that is put together */
};

struct expr; /* one compiled config string */

enum expr_kind {
	EXPR_LITERAL, /* no chunk: the value is the text */
	EXPR_PATH,    /* a lone bare path: no memory is taken to evaluate it */
	EXPR_SIMPLE,  /* something else that C answers alone */
	EXPR_JS,      /* at least one chunk is JavaScript */
	EXPR_BROKEN,  /* cannot be evaluated by anything: syntax, limits */
};

/* Who a path starts from. */
enum expr_root_kind {
	EXPR_ROOT_NAME,   /* trigger run workflow vars item items, or a node id */
	EXPR_ROOT_DOLLAR, /* $vars $workflow $execution $itemIndex $runIndex; name is without the $
	                   */
	EXPR_ROOT_JSON,   /* $json, $input.item.json: the current item's json */
	EXPR_ROOT_PAIRED, /* $("X").item.json: the json of X's item that the current one came from
	                   */
	EXPR_ROOT_NODE,   /* $node["X"].json: X's item of the same index, else its first one */
};

struct expr_root {
	enum expr_root_kind kind;
	struct str name;  /* empty for EXPR_ROOT_JSON */
	int index;        /* in expr_names, else -1 (a fixed root, or names were not given) */
	int line, column; /* 1-based, in the whole config string */
};

/*
 * The nodes that expressions may name. Ids are matched longest first, so `action-1-retry` is never
 * read as `action-1` minus something. Without names (NULL) each identifier may be a root.
 */
struct expr_names {
	const struct str *ids;
	const struct str *titles; /* the nodes' names, for $("X"); NULL: ids serve */
	int n;
};

enum expr_fault_kind {
	EXPR_FAULT_SYNTAX,     /* wrong in any language */
	EXPR_FAULT_JAVASCRIPT, /* more than C answers; the JavaScript engine could */
	EXPR_FAULT_ROOT,       /* names no node and no fixed root (a bare word, `{{nope.x}}`) */
	EXPR_FAULT_RUNTIME,    /* a member of undefined or null */
	EXPR_FAULT_PLATFORM,   /* the scope refused: node not run, no paired item */
	EXPR_FAULT_LIMIT,      /* too long, too deep */
	EXPR_FAULT_UNDEFINED,  /* warning only: a chunk inside text had no value */
};

/* Everything that N16 asks for. The texts are cut for display, at whole characters. */
struct expr_fault {
	enum expr_fault_kind kind;
	int line, column; /* 1-based, in the whole config string; columns count characters */
	char field[256];  /* `headers.X-Id`, `rules[0].value`; empty when a lone string was asked */
	char expression[200]; /* the chunk, without its braces */
	char message[256];    /* one sentence for a person */
};

/*
 * Where values come from. All that is handed out is borrowed and must live until the call returns.
 */
struct expr_scope {
	/*
	 * 1: *out is the root's value, NULL for undefined (a node that has not run).
	 * 0: no such root. -1: *f has kind and message (expr_fault_set), EXPR_FAULT_PLATFORM.
	 */
	int (*root)(void *arg, const struct expr_root *root, json_t **out, struct expr_fault *f);
	/* Told of each problem that only makes a value empty. May be NULL. */
	void (*warn)(void *arg, const struct expr_fault *f);
	/*
	 * Evaluates a chunk of JavaScript: 0, *out is a new reference (NULL: undefined), or -1 and
	 * *f. NULL: there is no engine, such a chunk is a fault.
	 */
	int (*javascript)(void *arg, struct str code, json_t **out, struct expr_fault *f);
	void *arg;
	bool strict; /* unknown roots and members of undefined are faults, not warnings. For runs:
	                true */
};

/*
 * Compiles a config string. Never fails: a string that is wrong becomes EXPR_BROKEN or has chunks
 * that do, and tells so in expr_check and expr_eval. `text` is copied.
 */
struct expr *expr_compile(struct arena *a, struct str text, const struct expr_names *names);

enum expr_kind expr_kind(const struct expr *x);

/*
 * Tells each fault that is known without a run, in the order of the text: syntax, JavaScript, and,
 * where names were given, unknown roots. Returns their number. `told` may be NULL.
 */
typedef void expr_told(void *arg, const struct expr_fault *f);
int expr_check(const struct expr *x, expr_told *told, void *arg);

/* Calls `each` for every root that the text names, repeats included. EXPR_JS chunks name none. */
void expr_roots(
    const struct expr *x, void (*each)(void *arg, const struct expr_root *root), void *arg);

/*
 * 0: *out is a new reference, or NULL when the value is undefined. -1: *f is set, *out is NULL.
 * NaN and infinities, alone, are JSON null; so is, unless strict, a chunk that ended in a run-time
 * error.
 */
mr_must_check int expr_eval(
    const struct expr *x, const struct expr_scope *s, json_t **out, struct expr_fault *f);

/* JavaScript's truth: undefined, null, false, 0, NaN and "" are false. NULL is undefined. */
bool expr_is_true(const json_t *v);

/* Sets kind and message, leaves the rest. Returns -1. */
int expr_fault_set(struct expr_fault *f, enum expr_fault_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * The fault as an error of the table, code MR400: field, and one sentence which holds the
 * expression and its position. Returns -1.
 */
int expr_fault_err(const struct expr_fault *f, struct err *e);

/* {"code":"EXPRESSION_ERROR","message","field","expression","line","column"}: a new reference. */
json_t *expr_fault_json(const struct expr_fault *f);

#endif

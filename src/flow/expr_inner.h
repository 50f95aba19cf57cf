/*
 * expr_inner.h: what expr_*.c and cond*.c share: the tree of an expression, its reader, its
 * evaluation. Others include flow/expr.h only.
 */
#ifndef MR_FLOW_EXPR_INNER_H
#define MR_FLOW_EXPR_INNER_H

#include "flow/expr.h"
#include "flow/expr_value.h"

struct expr_segment {
	struct str key; /* NUL behind it */
	int64_t index;  /* -1: the key is no index of a list */
	int line, column;
};

struct expr_path {
	struct expr_root root;
	bool is_known; /* a fixed root, or one of the names given; true without names */
	bool is_bare;  /* of our own form: what is missing is undefined */
	int n;
	struct expr_segment *v;
};

enum expr_op {
	EXPR_OP_VALUE,
	EXPR_OP_PATH,
	EXPR_OP_TEXT, /* a quoted text that holds chunks, in conditions */
	EXPR_OP_NOT,
	EXPR_OP_MINUS,
	EXPR_OP_PLUS,
	EXPR_OP_OR,
	EXPR_OP_AND,
	EXPR_OP_EQ,
	EXPR_OP_NE,
	EXPR_OP_SAME,
	EXPR_OP_NOT_SAME,
	EXPR_OP_LT,
	EXPR_OP_LE,
	EXPR_OP_GT,
	EXPR_OP_GE,
	EXPR_OP_CONTAINS,
	EXPR_OP_ADD,
	EXPR_OP_SUB,
	EXPR_OP_MUL,
	EXPR_OP_DIV,
	EXPR_OP_MOD,
	EXPR_OP_IF, /* a ? b : c */
};

struct expr_node {
	enum expr_op op;
	int depth;          /* of the tree below, at least 1 */
	struct value value; /* VALUE; a text is freed with the arena */
	struct expr_path *path;
	struct expr *text; /* TEXT */
	struct expr_node *a, *b, *c;
};

struct expr_part {
	struct str text; /* of a text; of a chunk what stands in the braces */
	bool is_chunk;
	struct expr_node *node;   /* NULL: JavaScript, or broken */
	struct expr_fault *fault; /* of a chunk without node */
};

struct expr {
	enum expr_kind kind;
	bool is_n8n;
	bool is_lone; /* one chunk and nothing else */
	int n;
	struct expr_part *v;
};

/* A place in a text, counted from 0; columns are characters. */
struct expr_mark {
	size_t at;
	int line, column;
};

/*
 * Reads one expression from a text. The fault of a reader that stopped says where and why; its kind
 * is EXPR_FAULT_SYNTAX only when no language could read the text.
 */
struct expr_reader {
	struct arena *arena;
	const struct expr_names *names;
	struct str whole; /* the config string, for positions */
	size_t from;      /* the expression begins here … */
	size_t at;        /* … and was read up to here */
	size_t end;       /* nothing is read from here on */
	bool is_n8n;
	bool is_cond; /* `{{ }}` are values, and or not are words */
	bool failed;
	int nesting;
	struct expr_fault fault;
	struct expr_mark base, mark; /* where counting began, and has come to */
};

/* NULL: r->failed, r->fault is set. Blanks behind the expression are read as well. */
struct expr_node *expr_read(struct expr_reader *r);

/* The path in the current item's json that a text without braces is (cond.h's `field`). */
struct expr *expr_of_item(struct arena *a, struct str path);

/* A bare path of our own form that is all of `text`, below a root. NULL: it is none. */
struct expr_path *expr_path_of(struct arena *a, struct str text, const struct expr_root *root);

/* One value in `{{ }}` at r->at, which is behind the first braces; read past the last ones. */
struct expr_node *expr_read_chunk(struct expr_reader *r);

/* A reader that has stopped at `at`. Returns NULL. */
struct expr_node *expr_stop(struct expr_reader *r, size_t at, enum expr_fault_kind kind,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* A reader that stands where it can't go on: its text is over, or JavaScript follows. NULL. */
struct expr_node *expr_ended(struct expr_reader *r);

/*
 * 1-based. Counts on from the last place that was asked for: texts are long, and places are asked
 * for mostly in order.
 */
void expr_position(struct expr_reader *r, size_t at, int *line, int *column);

/* The reserved words and globals of JavaScript, which are never roots of ours. */
bool expr_is_javascript_name(struct str name);

/* Members that each value of this type inherits in JavaScript; `length` is own, not one of them. */
bool expr_is_inherited(enum value_type type, struct str key);

/* 0 and *out (the caller frees it), or -1 and *f. */
mr_must_check int expr_node_eval(
    const struct expr_node *x, const struct expr_scope *s, struct value *out, struct expr_fault *f);
mr_must_check int expr_path_eval(
    const struct expr_path *p, const struct expr_scope *s, struct value *out, struct expr_fault *f);

void expr_node_roots(
    const struct expr_node *x, void (*each)(void *arg, const struct expr_root *root), void *arg);

/* Tells unknown roots and broken texts. Returns their number. */
int expr_node_check(const struct expr_node *x, struct str code, expr_told *told, void *arg);

/* The fault of a root that the scope, or the names given, don't have. Returns -1. */
int expr_root_unknown(struct expr_fault *f, const struct expr_root *root);

/* Copies for display, cut at a whole character. */
void expr_show(char *out, size_t size, struct str s);

#endif

/*
 * expr_value.h: the values of expressions, and JavaScript's rules for them.
 *
 * Numbers are doubles, as there; an integer that was only passed on keeps all its 64 bits.
 */
#ifndef MR_FLOW_EXPR_VALUE_H
#define MR_FLOW_EXPR_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/str.h"

enum value_type {
	VALUE_UNDEFINED,
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_NUMBER,
	VALUE_TEXT,
	VALUE_LIST,
	VALUE_OBJECT,
};

struct value {
	enum value_type type;
	bool truth;    /* BOOL */
	bool is_whole; /* NUMBER: `whole` is exact */
	double number;
	int64_t whole;
	json_t *json; /* TEXT, LIST, OBJECT: one reference, owned */
};

/* Takes one more reference where the value has one. NULL: undefined. */
struct value expr_value_of(json_t *v);
struct value expr_value_bool(bool v);
struct value expr_value_number(double v);
struct value expr_value_whole(int64_t v);
struct value expr_value_text(struct str s); /* valid UTF-8; copied */

/* Makes it undefined. */
void expr_value_free(struct value *v);

/* A new reference; NULL: undefined. NaN and infinities: null. */
json_t *expr_value_json(const struct value *v);

bool expr_value_is_true(const struct value *v);
bool expr_value_is_strictly_equal(const struct value *a, const struct value *b); /* === */
bool expr_value_is_equal(const struct value *a, const struct value *b);          /* == */
bool expr_value_contains(const struct value *a, const struct value *b); /* ours, see cond.h */
double expr_value_to_number(const struct value *v);

enum expr_value_order {
	VALUE_LESS,
	VALUE_SAME,
	VALUE_MORE,
	VALUE_UNORDERED, /* a NaN */
};
enum expr_value_order expr_value_order(const struct value *a, const struct value *b);

/* The + of JavaScript. Texts beyond `max` bytes: false, *out is undefined. */
bool expr_value_add(const struct value *a, const struct value *b, size_t max, struct value *out);

/* String(v). */
void expr_value_to_text(const struct value *v, struct buf *out);
struct str expr_value_str(const struct value *v); /* of a TEXT, borrowed */

#endif

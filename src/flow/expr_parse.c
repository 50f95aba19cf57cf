/*
 * The grammar, weakest first; what JavaScript would read on from here (a call, `=>`, `?.`, …) stops
 * the reader, so that nothing is ever read with another meaning than there.
 *
 *	words	not, and, or			conditions only
 *	if	or ? if : if
 *	binary	|| && (== != === !==) (< <= > >= contains) (+ -) (* / %)
 *	unary	! - +
 *	primary	number  'text'  true false null undefined  path  ( words )
 *		{{ chunk }}			in conditions
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/expr_inner.h"
#include "flow/expr_text.h"

struct operator
{
	const char *sign;
	const char *not_before; /* the sign is another one when one of these follows */
	enum expr_op op;
	int strength;
};

/* Longer signs first. */
static const struct operator operators[] = {
	{ "===", "", EXPR_OP_SAME, 3 },
	{ "!==", "", EXPR_OP_NOT_SAME, 3 },
	{ "==", "=", EXPR_OP_EQ, 3 },
	{ "!=", "=", EXPR_OP_NE, 3 },
	{ "<=", "", EXPR_OP_LE, 4 },
	{ ">=", "", EXPR_OP_GE, 4 },
	{ "||", "=", EXPR_OP_OR, 1 },
	{ "&&", "=", EXPR_OP_AND, 2 },
	{ "<", "<", EXPR_OP_LT, 4 },
	{ ">", ">", EXPR_OP_GT, 4 },
	{ "+", "+=", EXPR_OP_ADD, 5 },
	{ "-", "-=", EXPR_OP_SUB, 5 },
	{ "*", "*=", EXPR_OP_MUL, 6 },
	{ "/", "/*=", EXPR_OP_DIV, 6 },
	{ "%", "=", EXPR_OP_MOD, 6 },
	{ "contains", NULL, EXPR_OP_CONTAINS, 4 },
};

static struct expr_node *words_read(struct expr_reader *r, int strength);
static struct expr_node *if_read(struct expr_reader *r);
static struct expr_node *binary_read(struct expr_reader *r, int strength);
static const struct operator* operator_at(const struct expr_reader *r);
static struct expr_node *unary_read(struct expr_reader *r);
static struct expr_node *primary_read(struct expr_reader *r);
static struct expr_node *group_read(struct expr_reader *r);
static struct expr_node *text_read(struct expr_reader *r);
static struct expr_node *number_read(struct expr_reader *r);
static struct expr_node *word_read(struct expr_reader *r);
static struct expr_node *node_new(struct expr_reader *r, enum expr_op op, struct expr_node *a,
    struct expr_node *b, struct expr_node *c);
static struct expr_node *value_node(struct expr_reader *r, struct value v);
static bool goes_on(const struct expr_reader *r);
static bool take(struct expr_reader *r, const char *sign);
static bool take_word(struct expr_reader *r, const char *word);
static void json_release(void *json);

struct expr_node *
expr_read(struct expr_reader *r)
{
	struct expr_node *x = words_read(r, 0);

	r->at = expr_blanks_end(r, r->at);
	return x;
}

struct expr_node *
expr_stop(struct expr_reader *r, size_t at, enum expr_fault_kind kind, const char *fmt, ...)
{
	va_list ap;

	if (r->failed)
		return NULL;
	r->failed = true;
	r->fault.kind = kind;
	va_start(ap, fmt);
	(void)vsnprintf(r->fault.message, sizeof(r->fault.message), fmt, ap);
	va_end(ap);
	expr_position(r, at, &r->fault.line, &r->fault.column);
	return NULL;
}

struct expr_node *
expr_ended(struct expr_reader *r)
{
	struct str rest = str_sub(r->whole, r->at, r->end - r->at);
	ptrdiff_t close = str_find(rest, "}}", 0);
	char shown[24];

	if (r->failed)
		return NULL;
	if (rest.n == 0 || close == 0)
		return expr_stop(r, r->at, EXPR_FAULT_SYNTAX, "the expression ends too early");
	rest = str_trim(close > 0 ? str_sub(rest, 0, (size_t)close) : rest);
	expr_show(shown, sizeof(shown), rest);
	return expr_stop(r, r->at, EXPR_FAULT_JAVASCRIPT,
	    "from `%s` on this is JavaScript, which is not available on this installation yet; "
	    "paths, literals and the operators == != < <= > >= && || ! + - * / %% ?: are",
	    shown);
}

/* strength 0: or, 1: and, 2: not. */
static struct expr_node *
words_read(struct expr_reader *r, int strength)
{
	static const char *const words[] = { "or", "and" };
	static const enum expr_op ops[] = { EXPR_OP_OR, EXPR_OP_AND };
	struct expr_node *a, *b;

	if (!r->is_cond)
		return if_read(r);
	if (strength == 2) {
		if (!take_word(r, "not"))
			return if_read(r);
		if (++r->nesting > EXPR_DEPTH_MAX)
			return expr_stop(r, r->at, EXPR_FAULT_LIMIT, "too many brackets and signs");
		a = words_read(r, 2);
		r->nesting--;
		return a == NULL ? NULL : node_new(r, EXPR_OP_NOT, a, NULL, NULL);
	}
	a = words_read(r, strength + 1);
	while (a != NULL && take_word(r, words[strength])) {
		b = words_read(r, strength + 1);
		a = b == NULL ? NULL : node_new(r, ops[strength], a, b, NULL);
	}
	return a;
}

static struct expr_node *
if_read(struct expr_reader *r)
{
	struct expr_node *a, *b, *c = NULL;

	if (++r->nesting > EXPR_DEPTH_MAX)
		return expr_stop(r, r->at, EXPR_FAULT_LIMIT, "too many brackets and signs");
	a = binary_read(r, 1);
	r->at = expr_blanks_end(r, r->at);
	/* `?.` and `??` are other signs. */
	if (a != NULL && expr_byte_at(r, r->at) == '?' && expr_byte_at(r, r->at + 1) != '.' &&
	    expr_byte_at(r, r->at + 1) != '?') {
		r->at++;
		b = if_read(r);
		r->at = expr_blanks_end(r, r->at);
		if (b != NULL && !take(r, ":"))
			return expr_ended(r);
		c = b == NULL ? NULL : if_read(r);
		a = c == NULL ? NULL : node_new(r, EXPR_OP_IF, a, b, c);
	}
	r->nesting--;
	return a;
}

static struct expr_node *
binary_read(struct expr_reader *r, int strength)
{
	struct expr_node *a = unary_read(r), *b;
	const struct operator* o;

	while (a != NULL) {
		r->at = expr_blanks_end(r, r->at);
		o = operator_at(r);
		if (o == NULL || o->strength < strength)
			break;
		r->at += strlen(o->sign);
		b = binary_read(r, o->strength + 1);
		a = b == NULL ? NULL : node_new(r, o->op, a, b, NULL);
	}
	return a;
}

static const struct operator* operator_at(const struct expr_reader *r)
{
	struct str rest = str_sub(r->whole, r->at, r->end - r->at);

	for (size_t i = 0; i < countof(operators); i++) {
		const struct operator* o = & operators[i];
		size_t behind = r->at + strlen(o->sign);
		int next = expr_byte_at(r, behind);

		if (!str_starts(rest, o->sign))
			continue;
		if (o->not_before != NULL)
			return next > 0 && strchr(o->not_before, next) != NULL ? NULL : o;
		if ((!r->is_n8n || r->is_cond) && expr_ident_at(r, behind, false) == 0)
			return o;
	}
	return NULL;
}

static struct expr_node *
unary_read(struct expr_reader *r)
{
	static const struct {
		char sign;
		enum expr_op op;
	} signs[] = { { '!', EXPR_OP_NOT }, { '-', EXPR_OP_MINUS }, { '+', EXPR_OP_PLUS } };
	struct expr_node *a;

	r->at = expr_blanks_end(r, r->at);
	for (size_t i = 0; i < countof(signs); i++) {
		if (expr_byte_at(r, r->at) != signs[i].sign)
			continue;
		if (signs[i].sign != '!' && expr_byte_at(r, r->at + 1) == signs[i].sign)
			return expr_ended(r); /* -- and ++ */
		if (++r->nesting > EXPR_DEPTH_MAX)
			return expr_stop(r, r->at, EXPR_FAULT_LIMIT, "too many brackets and signs");
		r->at++;
		a = unary_read(r);
		r->nesting--;
		return a == NULL ? NULL : node_new(r, signs[i].op, a, NULL, NULL);
	}
	return primary_read(r);
}

static struct expr_node *
primary_read(struct expr_reader *r)
{
	struct expr_node *x;
	int c = expr_byte_at(r, r->at), next = expr_byte_at(r, r->at + 1);

	if (c == '(')
		x = group_read(r);
	else if (c == '\'' || c == '"')
		x = text_read(r);
	else if ((c >= '0' && c <= '9') || (c == '.' && next >= '0' && next <= '9'))
		x = number_read(r);
	else if (c == '{' && next == '{' && r->is_cond) {
		r->at += 2;
		return expr_read_chunk(r);
	} else
		x = word_read(r);
	/* A member or a call of what is no path. */
	if (x != NULL && goes_on(r))
		return expr_ended(r);
	return x;
}

static struct expr_node *
group_read(struct expr_reader *r)
{
	struct expr_node *x;

	r->at++;
	x = words_read(r, 0);
	r->at = expr_blanks_end(r, r->at);
	if (x != NULL && !take(r, ")"))
		return expr_ended(r);
	return x;
}

static struct expr_node *
text_read(struct expr_reader *r)
{
	struct buf text = { 0 };
	struct expr_node *x = NULL;

	if (expr_text_read(r, &text) != 0)
		goto out;
	if (r->is_cond && str_find(buf_view(&text), "{{", 0) >= 0) {
		x = node_new(r, EXPR_OP_TEXT, NULL, NULL, NULL);
		if (x != NULL)
			x->text = expr_compile(r->arena, buf_view(&text), r->names);
	} else {
		x = value_node(r, expr_value_text(buf_view(&text)));
	}
out:
	buf_free(&text);
	return x;
}

static struct expr_node *
number_read(struct expr_reader *r)
{
	double v;

	if (expr_number_read(r, &v) != 0)
		return NULL;
	return value_node(r, expr_value_number(v));
}

/* true false null undefined, or a path. */
static struct expr_node *
word_read(struct expr_reader *r)
{
	struct expr_path p = { .is_known = true };
	struct expr_node *x;

	if (take_word(r, "true"))
		return value_node(r, expr_value_bool(true));
	if (take_word(r, "false"))
		return value_node(r, expr_value_bool(false));
	if (take_word(r, "null"))
		return value_node(r, (struct value){ .type = VALUE_NULL });
	if (take_word(r, "undefined"))
		return value_node(r, (struct value){ .type = VALUE_UNDEFINED });
	if (expr_path_read(r, &p) != 0)
		return r->failed ? NULL : expr_ended(r);
	x = node_new(r, EXPR_OP_PATH, NULL, NULL, NULL);
	if (x != NULL) {
		x->path = arena_alloc(r->arena, sizeof(p));
		*x->path = p;
	}
	return x;
}

static struct expr_node *
node_new(struct expr_reader *r, enum expr_op op, struct expr_node *a, struct expr_node *b,
    struct expr_node *c)
{
	struct expr_node *x = arena_alloc(r->arena, sizeof(*x));
	struct expr_node *const below[] = { a, b, c };

	x->op = op;
	x->a = a;
	x->b = b;
	x->c = c;
	x->depth = 1;
	for (size_t i = 0; i < countof(below); i++) {
		if (below[i] != NULL && below[i]->depth >= x->depth)
			x->depth = below[i]->depth + 1;
	}
	if (x->depth > EXPR_DEPTH_MAX)
		return expr_stop(r, r->at, EXPR_FAULT_LIMIT,
		    "more than %d operators in one another", EXPR_DEPTH_MAX);
	return x;
}

static struct expr_node *
value_node(struct expr_reader *r, struct value v)
{
	struct expr_node *x = node_new(r, EXPR_OP_VALUE, NULL, NULL, NULL);

	if (v.json != NULL)
		arena_defer(r->arena, json_release, v.json);
	if (x != NULL)
		x->value = v;
	return x;
}

static bool
goes_on(const struct expr_reader *r)
{
	size_t at = expr_blanks_end(r, r->at);
	int c = expr_byte_at(r, at);

	return c == '.' || c == '[' || c == '(' || c == '`' ||
	       (c == '?' && expr_byte_at(r, at + 1) == '.');
}

static bool
take(struct expr_reader *r, const char *sign)
{
	if (!str_starts(str_sub(r->whole, r->at, r->end - r->at), sign))
		return false;
	r->at += strlen(sign);
	return true;
}

/* A whole word. Those of conditions are read in any case, those of JavaScript as they are. */
static bool
take_word(struct expr_reader *r, const char *word)
{
	size_t n = strlen(word);
	struct str s;

	r->at = expr_blanks_end(r, r->at);
	s = str_sub(r->whole, r->at, n < r->end - r->at ? n : r->end - r->at);
	if (!(n <= 3 ? str_is_ignoring_case(s, word) : str_is(s, word)) ||
	    (r->at + n < r->end && expr_ident_at(r, r->at + n, false) > 0))
		return false;
	r->at += n;
	return true;
}

static void
json_release(void *json)
{
	json_decref(json);
}

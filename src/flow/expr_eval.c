#include <math.h>
#include <string.h>

#include "flow/expr_inner.h"

static int binary_eval(
    const struct expr_node *x, const struct expr_scope *s, struct value *out, struct expr_fault *f);
static int unary_eval(
    const struct expr_node *x, const struct expr_scope *s, struct value *out, struct expr_fault *f);
static int logic_eval(
    const struct expr_node *x, const struct expr_scope *s, struct value *out, struct expr_fault *f);
static int binary_value(enum expr_op op, const struct value *a, const struct value *b,
    struct value *out, struct expr_fault *f);
static struct value arithmetic(enum expr_op op, double a, double b);
static bool compare(enum expr_op op, enum expr_value_order order);

int
expr_node_eval(
    const struct expr_node *x, const struct expr_scope *s, struct value *out, struct expr_fault *f)
{
	json_t *text = NULL;
	int rc = -1;

	*out = (struct value){ .type = VALUE_UNDEFINED };
	switch (x->op) {
	case EXPR_OP_VALUE:
		*out = x->value;
		json_incref(out->json);
		rc = 0;
		break;
	case EXPR_OP_PATH:
		rc = expr_path_eval(x->path, s, out, f);
		break;
	case EXPR_OP_TEXT:
		rc = expr_eval(x->text, s, &text, f);
		*out = expr_value_of(text);
		json_decref(text);
		break;
	case EXPR_OP_NOT:
	case EXPR_OP_MINUS:
	case EXPR_OP_PLUS:
		rc = unary_eval(x, s, out, f);
		break;
	case EXPR_OP_OR:
	case EXPR_OP_AND:
	case EXPR_OP_IF:
		rc = logic_eval(x, s, out, f);
		break;
	case EXPR_OP_EQ:
	case EXPR_OP_NE:
	case EXPR_OP_SAME:
	case EXPR_OP_NOT_SAME:
	case EXPR_OP_LT:
	case EXPR_OP_LE:
	case EXPR_OP_GT:
	case EXPR_OP_GE:
	case EXPR_OP_CONTAINS:
	case EXPR_OP_ADD:
	case EXPR_OP_SUB:
	case EXPR_OP_MUL:
	case EXPR_OP_DIV:
	case EXPR_OP_MOD:
		rc = binary_eval(x, s, out, f);
		break;
	}
	return rc;
}

void
expr_node_roots(
    const struct expr_node *x, void (*each)(void *arg, const struct expr_root *root), void *arg)
{
	if (x == NULL)
		return;
	if (x->op == EXPR_OP_PATH)
		each(arg, &x->path->root);
	if (x->op == EXPR_OP_TEXT)
		expr_roots(x->text, each, arg);
	expr_node_roots(x->a, each, arg);
	expr_node_roots(x->b, each, arg);
	expr_node_roots(x->c, each, arg);
}

int
expr_node_check(const struct expr_node *x, struct str code, expr_told *told, void *arg)
{
	struct expr_fault f = { 0 };
	int n = 0;

	if (x == NULL)
		return 0;
	if (x->op == EXPR_OP_PATH && !x->path->is_known) {
		expr_root_unknown(&f, &x->path->root);
		f.line = x->path->root.line;
		f.column = x->path->root.column;
		expr_show(f.expression, sizeof(f.expression), code);
		if (told != NULL)
			told(arg, &f);
		n++;
	}
	if (x->op == EXPR_OP_TEXT)
		n += expr_check(x->text, told, arg);
	n += expr_node_check(x->a, code, told, arg);
	n += expr_node_check(x->b, code, told, arg);
	n += expr_node_check(x->c, code, told, arg);
	return n;
}

int
expr_root_unknown(struct expr_fault *f, const struct expr_root *root)
{
	char name[64];

	expr_show(name, sizeof(name), root->name);
	return expr_fault_set(f, EXPR_FAULT_ROOT,
	    "`%s` is no node of this workflow, and none of trigger, run, workflow, vars, item, "
	    "items (a text stands in quotes)",
	    name);
}

static int
binary_eval(
    const struct expr_node *x, const struct expr_scope *s, struct value *out, struct expr_fault *f)
{
	struct value a = { 0 }, b = { 0 };
	int rc = -1;

	if (expr_node_eval(x->a, s, &a, f) == 0 && expr_node_eval(x->b, s, &b, f) == 0)
		rc = binary_value(x->op, &a, &b, out, f);
	expr_value_free(&a);
	expr_value_free(&b);
	return rc;
}

static int
unary_eval(
    const struct expr_node *x, const struct expr_scope *s, struct value *out, struct expr_fault *f)
{
	struct value a;

	if (expr_node_eval(x->a, s, &a, f) != 0)
		return -1;
	if (x->op == EXPR_OP_NOT)
		*out = expr_value_bool(!expr_value_is_true(&a));
	else
		*out = expr_value_number(
		    x->op == EXPR_OP_MINUS ? -expr_value_to_number(&a) : expr_value_to_number(&a));
	expr_value_free(&a);
	return 0;
}

/* The right side is evaluated only when it is the answer. */
static int
logic_eval(
    const struct expr_node *x, const struct expr_scope *s, struct value *out, struct expr_fault *f)
{
	struct value a;
	bool truth;

	if (expr_node_eval(x->a, s, &a, f) != 0)
		return -1;
	truth = expr_value_is_true(&a);
	if (x->op != EXPR_OP_IF && truth == (x->op == EXPR_OP_OR)) {
		*out = a;
		return 0;
	}
	expr_value_free(&a);
	return expr_node_eval(x->op == EXPR_OP_IF && !truth ? x->c : x->b, s, out, f);
}

static int
binary_value(enum expr_op op, const struct value *a, const struct value *b, struct value *out,
    struct expr_fault *f)
{
	switch (op) {
	case EXPR_OP_EQ:
	case EXPR_OP_NE:
		*out = expr_value_bool(expr_value_is_equal(a, b) == (op == EXPR_OP_EQ));
		break;
	case EXPR_OP_SAME:
	case EXPR_OP_NOT_SAME:
		*out = expr_value_bool(expr_value_is_strictly_equal(a, b) == (op == EXPR_OP_SAME));
		break;
	case EXPR_OP_LT:
	case EXPR_OP_LE:
	case EXPR_OP_GT:
	case EXPR_OP_GE:
		*out = expr_value_bool(compare(op, expr_value_order(a, b)));
		break;
	case EXPR_OP_CONTAINS:
		*out = expr_value_bool(expr_value_contains(a, b));
		break;
	case EXPR_OP_ADD:
		if (!expr_value_add(a, b, EXPR_RESULT_MAX, out))
			return expr_fault_set(
			    f, EXPR_FAULT_LIMIT, "a text of more than %d bytes", EXPR_RESULT_MAX);
		break;
	case EXPR_OP_SUB:
	case EXPR_OP_MUL:
	case EXPR_OP_DIV:
	case EXPR_OP_MOD:
		*out = arithmetic(op, expr_value_to_number(a), expr_value_to_number(b));
		break;
	case EXPR_OP_VALUE:
	case EXPR_OP_PATH:
	case EXPR_OP_TEXT:
	case EXPR_OP_NOT:
	case EXPR_OP_MINUS:
	case EXPR_OP_PLUS:
	case EXPR_OP_OR:
	case EXPR_OP_AND:
	case EXPR_OP_IF:
		break;
	}
	return 0;
}

static struct value
arithmetic(enum expr_op op, double a, double b)
{
	double n = NAN;

	if (op == EXPR_OP_SUB)
		n = a - b;
	else if (op == EXPR_OP_MUL)
		n = a * b;
	else if (op == EXPR_OP_DIV)
		n = a / b;
	else if (op == EXPR_OP_MOD)
		n = fmod(a, b);
	return expr_value_number(n);
}

/* Every comparison with NaN is false. */
static bool
compare(enum expr_op op, enum expr_value_order order)
{
	if (op == EXPR_OP_LT)
		return order == VALUE_LESS;
	if (op == EXPR_OP_LE)
		return order == VALUE_LESS || order == VALUE_SAME;
	if (op == EXPR_OP_GT)
		return order == VALUE_MORE;
	return order == VALUE_MORE || order == VALUE_SAME;
}

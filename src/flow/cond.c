/*
 * A condition is a tree: text leaves (one expression each), form leaves (field, operator, value),
 * and the joints and, or, not.
 */
#include "flow/cond.h"

#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "flow/cond_form.h"
#include "flow/expr_inner.h"

enum { DEPTH_MAX = 64 };

enum cond_kind {
	COND_CONST,
	COND_TEXT, /* node; its truth */
	COND_FORM,
	COND_AND,
	COND_OR,
	COND_NOT,
	COND_BROKEN,
};

struct cond {
	enum cond_kind kind;
	bool truth; /* CONST */
	struct str code;
	struct expr_node *node;
	struct cond_form *form;
	struct expr_fault *fault; /* BROKEN */
	const char *field;        /* inside the whole condition */
	int n;
	struct cond **v;
};

struct compiler {
	struct arena *arena;
	const struct expr_names *names;
};

struct teller {
	expr_told *told;
	void *arg;
	const char *field;
	const char *member; /* of the form, or NULL */
};

static struct cond *compile(struct compiler *c, json_t *v, const char *field, int depth);
static struct cond *object_compile(struct compiler *c, json_t *v, const char *field, int depth);
static struct cond *join(
    struct compiler *c, enum cond_kind kind, json_t *list, const char *field, int depth);
static struct cond *text_compile(struct compiler *c, struct str text, const char *field);
static struct cond *form_compile(struct compiler *c, json_t *v, const char *field);
static struct cond *cond_new(struct compiler *c, enum cond_kind kind, const char *field);
static struct cond *broken(struct compiler *c, const char *field, const char *message);
static int text_eval(
    const struct cond *c, const struct expr_scope *s, bool *out, struct expr_fault *f);
static void tell(void *arg, const struct expr_fault *f);
static const char *below(struct compiler *c, const char *field, const char *key);

struct cond *
cond_compile(struct arena *a, json_t *condition, const struct expr_names *names)
{
	struct compiler c = { a, names };

	return compile(&c, condition, "", 0);
}

int
cond_check(const struct cond *c, expr_told *told, void *arg)
{
	struct teller teller = { told, arg, c->field, NULL };
	int n = 0;

	if (c->fault != NULL) {
		tell(&teller, c->fault);
		n++;
	}
	if (c->kind == COND_TEXT)
		n += expr_node_check(c->node, c->code, tell, &teller);
	if (c->kind == COND_FORM) {
		teller.member = "field";
		n += expr_check(c->form->field, tell, &teller);
		teller.member = "value";
		n += template_check(c->form->value, tell, &teller);
	}
	for (int i = 0; i < c->n; i++)
		n += cond_check(c->v[i], told, arg);
	return n;
}

void
cond_roots(const struct cond *c, void (*each)(void *arg, const struct expr_root *root), void *arg)
{
	if (c->kind == COND_TEXT)
		expr_node_roots(c->node, each, arg);
	if (c->kind == COND_FORM) {
		expr_roots(c->form->field, each, arg);
		template_roots(c->form->value, each, arg);
	}
	for (int i = 0; i < c->n; i++)
		cond_roots(c->v[i], each, arg);
}

int
cond_eval(const struct cond *c, const struct expr_scope *s, bool *out, struct expr_fault *f)
{
	int rc = 0;

	*out = c->kind == COND_AND || (c->kind == COND_CONST && c->truth);
	switch (c->kind) {
	case COND_CONST:
		break;
	case COND_TEXT:
		rc = text_eval(c, s, out, f);
		break;
	case COND_FORM:
		rc = cond_form_eval(c->form, s, out, f);
		break;
	case COND_AND:
	case COND_OR:
		/* The first that decides ends it. */
		for (int i = 0; i < c->n && rc == 0 && *out == (c->kind == COND_AND); i++)
			rc = cond_eval(c->v[i], s, out, f);
		return rc;
	case COND_NOT:
		rc = cond_eval(c->v[0], s, out, f);
		*out = !*out;
		return rc;
	case COND_BROKEN:
		*f = *c->fault;
		rc = -1;
		break;
	}
	if (rc != 0 && c->field[0] != '\0') {
		char inner[sizeof(f->field)];

		(void)snprintf(inner, sizeof(inner), "%s", f->field);
		(void)snprintf(f->field, sizeof(f->field), "%.120s%s%.120s", c->field,
		    inner[0] != '\0' && inner[0] != '[' ? "." : "", inner);
	}
	return rc;
}

static struct cond *
compile(struct compiler *c, json_t *v, const char *field, int depth)
{
	struct cond *x;

	if (v == NULL)
		return broken(c, field, "a condition is missing");
	if (depth > DEPTH_MAX)
		return broken(c, field, "more than 64 conditions in one another");
	if (json_is_string(v))
		return text_compile(c, js_str(v), field);
	if (json_is_array(v))
		return join(c, COND_AND, v, field, depth);
	if (json_is_object(v))
		return object_compile(c, v, field, depth);
	x = cond_new(c, COND_CONST, field);
	x->truth = expr_is_true(v);
	return x;
}

static struct cond *
object_compile(struct compiler *c, json_t *v, const char *field, int depth)
{
	json_t *and = json_object_get(v, "and"), * or = json_object_get(v, "or");
	json_t *not = json_object_get(v, "not");
	struct cond *x;

	if (and == NULL && or == NULL && not == NULL)
		return form_compile(c, v, field);
	if (json_object_size(v) != 1)
		return broken(c, field, "beside and, or, not nothing else can stand");
	if (not != NULL) {
		x = cond_new(c, COND_NOT, field);
		x->n = 1;
		x->v = arena_array(c->arena, 1, sizeof(*x->v));
		x->v[0] = compile(c, not, below(c, field, "not"), depth + 1);
		return x;
	}
	return join(c, and != NULL ? COND_AND : COND_OR, and != NULL ? and : or,
	    below(c, field, and != NULL ? "and" : "or"), depth);
}

static struct cond *
join(struct compiler *c, enum cond_kind kind, json_t *list, const char *field, int depth)
{
	struct cond *x = cond_new(c, kind, field);
	json_t *v;
	size_t i;

	if (!json_is_array(list))
		return broken(c, field, "this must be a list of conditions");
	x->n = (int)json_array_size(list);
	x->v = arena_array(c->arena, (size_t)x->n, sizeof(*x->v));
	json_array_foreach(list, i, v) x->v[i] =
	    compile(c, v, arena_printf(c->arena, "%s[%zu]", field, i), depth + 1);
	return x;
}

static struct cond *
text_compile(struct compiler *c, struct str text, const char *field)
{
	struct expr_reader r = { .arena = c->arena, .names = c->names, .is_cond = true };
	struct cond *x;

	r.whole = arena_str(c->arena, text);
	r.end = r.whole.n;
	r.is_n8n = str_starts(r.whole, "=");
	r.at = r.is_n8n;
	if (str_trim(text).n == 0)
		return broken(c, field, "the condition is empty");
	if (text.n > EXPR_CHUNK_MAX)
		return broken(c, field, "a condition has at most 65536 bytes");
	x = cond_new(c, COND_TEXT, field);
	x->code = str_trim(r.whole);
	x->node = expr_read(&r);
	if (x->node != NULL && r.at < r.end)
		x->node = expr_ended(&r);
	if (x->node == NULL) {
		x->kind = COND_BROKEN;
		x->fault = arena_alloc(c->arena, sizeof(*x->fault));
		*x->fault = r.fault;
		expr_show(x->fault->expression, sizeof(x->fault->expression), x->code);
	}
	return x;
}

static struct cond *
form_compile(struct compiler *c, json_t *v, const char *field)
{
	struct expr_fault f = { 0 };
	struct cond_form *form = cond_form_compile(c->arena, v, c->names, &f);
	struct cond *x = form == NULL ? broken(c, field, f.message) : cond_new(c, COND_FORM, field);

	if (form == NULL)
		(void)snprintf(x->fault->field, sizeof(x->fault->field), "%s", f.field);
	x->form = form;
	return x;
}

static struct cond *
cond_new(struct compiler *c, enum cond_kind kind, const char *field)
{
	struct cond *x = arena_alloc(c->arena, sizeof(*x));

	x->kind = kind;
	x->field = field;
	return x;
}

static struct cond *
broken(struct compiler *c, const char *field, const char *message)
{
	struct cond *x = cond_new(c, COND_BROKEN, field);

	x->fault = arena_alloc(c->arena, sizeof(*x->fault));
	x->fault->line = x->fault->column = 1;
	expr_fault_set(x->fault, EXPR_FAULT_SYNTAX, "%s", message);
	return x;
}

static int
text_eval(const struct cond *c, const struct expr_scope *s, bool *out, struct expr_fault *f)
{
	struct value v;

	f->field[0] = '\0';
	*out = false;
	if (expr_node_eval(c->node, s, &v, f) == 0) {
		*out = expr_value_is_true(&v);
		expr_value_free(&v);
		return 0;
	}
	expr_show(f->expression, sizeof(f->expression), c->code);
	if (f->kind != EXPR_FAULT_RUNTIME || s->strict)
		return -1;
	if (s->warn != NULL)
		s->warn(s->arg, f);
	return 0;
}

static void
tell(void *arg, const struct expr_fault *f)
{
	struct teller *teller = arg;
	struct expr_fault copy = *f;
	const char *inner = teller->member != NULL ? teller->member : "";

	(void)snprintf(copy.field, sizeof(copy.field), "%.100s%s%s%s%.100s", teller->field,
	    teller->field[0] != '\0' && inner[0] != '\0' ? "." : "", inner,
	    f->field[0] == '\0' || f->field[0] == '[' ||
	            (teller->field[0] == '\0' && inner[0] == '\0')
	        ? ""
	        : ".",
	    f->field);
	if (teller->told != NULL)
		teller->told(teller->arg, &copy);
}

static const char *
below(struct compiler *c, const char *field, const char *key)
{
	return arena_printf(c->arena, "%s%s%s", field, field[0] != '\0' ? "." : "", key);
}

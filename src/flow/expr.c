#include "flow/expr.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "flow/expr_inner.h"
#include "flow/expr_text.h"

static int chunk_eval(
    const struct expr_part *p, const struct expr_scope *s, struct value *out, struct expr_fault *f);
static int parts_join(
    const struct expr *x, const struct expr_scope *s, json_t **out, struct expr_fault *f);
static void value_append(const struct value *v, bool is_n8n, struct buf *out);

enum expr_kind
expr_kind(const struct expr *x)
{
	return x->kind;
}

int
expr_check(const struct expr *x, expr_told *told, void *arg)
{
	int n = 0;

	for (int i = 0; i < x->n; i++) {
		const struct expr_part *p = &x->v[i];

		if (p->fault != NULL) {
			if (told != NULL)
				told(arg, p->fault);
			n++;
		}
		n += expr_node_check(p->node, str_trim(p->text), told, arg);
	}
	return n;
}

void
expr_roots(const struct expr *x, void (*each)(void *arg, const struct expr_root *root), void *arg)
{
	for (int i = 0; i < x->n; i++)
		expr_node_roots(x->v[i].node, each, arg);
}

int
expr_eval(const struct expr *x, const struct expr_scope *s, json_t **out, struct expr_fault *f)
{
	struct value v;

	*out = NULL;
	if (!x->is_lone)
		return parts_join(x, s, out, f);
	if (chunk_eval(&x->v[0], s, &v, f) != 0)
		return -1;
	*out = expr_value_json(&v);
	expr_value_free(&v);
	return 0;
}

bool
expr_is_true(const json_t *v)
{
	bool yes = v != NULL;

	if (v == NULL || json_is_null(v) || json_is_false(v))
		yes = false;
	else if (json_is_string(v))
		yes = json_string_length(v) > 0;
	else if (json_is_number(v))
		yes = json_number_value(v) < 0 || json_number_value(v) > 0;
	return yes;
}

int
expr_fault_set(struct expr_fault *f, enum expr_fault_kind kind, const char *fmt, ...)
{
	va_list ap;

	f->kind = kind;
	va_start(ap, fmt);
	(void)vsnprintf(f->message, sizeof(f->message), fmt, ap);
	va_end(ap);
	return -1;
}

int
expr_fault_err(const struct expr_fault *f, struct err *e)
{
	char field[sizeof(e->field)];

	expr_show(field, sizeof(field), str_of(f->field));
	return err_set_field(e, "MR400", field, "{{ %.80s }}, line %d, column %d: %.250s",
	    f->expression, f->line, f->column, f->message);
}

json_t *
expr_fault_json(const struct expr_fault *f)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}", "code", "EXPRESSION_ERROR", "message",
	    f->message, "field", f->field, "expression", f->expression, "line", f->line, "column",
	    f->column);
}

/* A chunk's value; a run-time error of one that isn't strict is a warning, and null. */
static int
chunk_eval(
    const struct expr_part *p, const struct expr_scope *s, struct value *out, struct expr_fault *f)
{
	json_t *v = NULL;

	f->field[0] = '\0';
	*out = (struct value){ .type = VALUE_UNDEFINED };
	if (p->fault != NULL)
		*f = *p->fault;
	else if (expr_node_eval(p->node, s, out, f) == 0)
		return 0;
	if (f->kind == EXPR_FAULT_JAVASCRIPT && s->javascript != NULL) {
		if (s->javascript(s->arg, p->text, &v, f) != 0)
			return -1;
		*out = expr_value_of(v);
		json_decref(v);
		return 0;
	}
	expr_show(f->expression, sizeof(f->expression), str_trim(p->text));
	if (f->kind != EXPR_FAULT_RUNTIME || s->strict)
		return -1;
	if (s->warn != NULL)
		s->warn(s->arg, f);
	out->type = VALUE_NULL;
	return 0;
}

static int
parts_join(const struct expr *x, const struct expr_scope *s, json_t **out, struct expr_fault *f)
{
	struct buf text = { 0 };
	struct value v;
	int rc = -1;

	for (int i = 0; i < x->n; i++) {
		const struct expr_part *p = &x->v[i];

		if (!p->is_chunk) {
			buf_str(&text, p->text);
			continue;
		}
		if (chunk_eval(p, s, &v, f) != 0)
			goto out;
		if (v.type == VALUE_UNDEFINED && s->warn != NULL) {
			expr_fault_set(f, EXPR_FAULT_UNDEFINED, "the expression has no value here");
			expr_show(f->expression, sizeof(f->expression), str_trim(p->text));
			s->warn(s->arg, f);
		}
		value_append(&v, x->is_n8n, &text);
		expr_value_free(&v);
		if (text.len > EXPR_RESULT_MAX) {
			expr_fault_set(
			    f, EXPR_FAULT_LIMIT, "a text of more than %d bytes", EXPR_RESULT_MAX);
			goto out;
		}
	}
	*out = json_stringn_nocheck(text.len ? text.data : "", text.len);
	rc = 0;
out:
	buf_free(&text);
	return rc;
}

static void
value_append(const struct value *v, bool is_n8n, struct buf *out)
{
	bool is_nan = v->type == VALUE_NUMBER && isnan(v->number);

	if (v->type == VALUE_UNDEFINED || v->type == VALUE_NULL || is_nan)
		return;
	if ((v->type == VALUE_LIST || v->type == VALUE_OBJECT) && !is_n8n)
		js_dump(out, v->json, JS_COMPACT);
	else
		expr_value_to_text(v, out);
}

/*
 * What paths lead to.
 */
#include "core/json.h"
#include "flow/expr_inner.h"
#include "flow/expr_number.h"

static int member_get(
    const struct expr_path *p, const struct expr_segment *s, struct value *v, struct expr_fault *f);
static json_t *own_member(const struct value *v, const struct expr_segment *s);
static bool unit_get(struct str s, int64_t index, struct value *out);
static int fault_at(struct expr_fault *f, const struct expr_segment *s, enum expr_fault_kind kind,
    const char *what);

int
expr_path_eval(
    const struct expr_path *p, const struct expr_scope *s, struct value *out, struct expr_fault *f)
{
	json_t *root = NULL;
	int found = s->root(s->arg, &p->root, &root, f);

	*out = (struct value){ .type = VALUE_UNDEFINED };
	if (found <= 0) {
		f->line = p->root.line;
		f->column = p->root.column;
		if (found == 0)
			expr_root_unknown(f, &p->root);
		if (found < 0 || s->strict)
			return -1;
		if (s->warn != NULL)
			s->warn(s->arg, f);
	}
	*out = expr_value_of(root);
	for (int i = 0; i < p->n; i++) {
		if (member_get(p, &p->v[i], out, f) != 0) {
			expr_value_free(out);
			return -1;
		}
	}
	return 0;
}

/* *v becomes its member. */
static int
member_get(
    const struct expr_path *p, const struct expr_segment *s, struct value *v, struct expr_fault *f)
{
	struct value out = { .type = VALUE_UNDEFINED };
	bool none = v->type == VALUE_UNDEFINED || v->type == VALUE_NULL;
	json_t *own = own_member(v, s);

	if (own != NULL)
		out = expr_value_of(own);
	else if (v->type == VALUE_LIST && str_is(s->key, "length"))
		out = expr_value_whole((int64_t)json_array_size(v->json));
	else if (v->type == VALUE_TEXT && str_is(s->key, "length"))
		out = expr_value_whole((int64_t)expr_units(expr_value_str(v)));
	else if (v->type == VALUE_TEXT && s->index >= 0) {
		if (!unit_get(expr_value_str(v), s->index, &out))
			return fault_at(f, s, EXPR_FAULT_JAVASCRIPT, "half a character");
	} else if (!p->is_bare && none) {
		return fault_at(f, s, EXPR_FAULT_RUNTIME,
		    v->type == VALUE_NULL ? "a member of null" : "a member of undefined");
	} else if (!p->is_bare && expr_is_inherited(v->type, s->key)) {
		return fault_at(f, s, EXPR_FAULT_JAVASCRIPT, "a member of JavaScript's own");
	}
	expr_value_free(v);
	*v = out;
	return 0;
}

static json_t *
own_member(const struct value *v, const struct expr_segment *s)
{
	if (v->type == VALUE_OBJECT)
		return json_object_getn(v->json, s->key.p, s->key.n);
	if (v->type == VALUE_LIST && s->index >= 0)
		return json_array_get(v->json, (size_t)s->index);
	return NULL;
}

/* One UTF-16 unit as a text; false when it is half of a character. Past the end: undefined. */
static bool
unit_get(struct str s, int64_t index, struct value *out)
{
	for (size_t i = 0; i < s.n;) {
		unsigned char c = (unsigned char)s.p[i];
		size_t n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;

		if (n == 4 && index <= 1)
			return false;
		if (index == 0) {
			*out = expr_value_text(str_sub(s, i, n));
			return true;
		}
		index -= n == 4 ? 2 : 1;
		i += n;
	}
	return true;
}

static int
fault_at(
    struct expr_fault *f, const struct expr_segment *s, enum expr_fault_kind kind, const char *what)
{
	char key[64];

	expr_show(key, sizeof(key), s->key);
	f->line = s->line;
	f->column = s->column;
	return expr_fault_set(f, kind,
	    kind == EXPR_FAULT_RUNTIME
	        ? "`%s` is %s"
	        : "`%s` is %s: JavaScript, which is not available on this installation yet",
	    key, what);
}

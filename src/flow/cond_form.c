#include "flow/cond_form.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "flow/expr_inner.h"
#include "flow/expr_number.h"

struct spelling {
	const char *name; /* without _ and in lower case */
	enum cond_operator op;
	bool opposite;
	bool is_unary;
};

static const struct spelling spellings[] = {
	{ "eq", COND_EQ, false, false },
	{ "equals", COND_EQ, false, false },
	{ "equal", COND_EQ, false, false },
	{ "is", COND_EQ, false, false },
	{ "=", COND_EQ, false, false },
	{ "==", COND_EQ, false, false },
	{ "===", COND_EQ, false, false },
	{ "ne", COND_EQ, true, false },
	{ "neq", COND_EQ, true, false },
	{ "notequals", COND_EQ, true, false },
	{ "notequal", COND_EQ, true, false },
	{ "isnot", COND_EQ, true, false },
	{ "!=", COND_EQ, true, false },
	{ "!==", COND_EQ, true, false },
	{ "lt", COND_LT, false, false },
	{ "lessthan", COND_LT, false, false },
	{ "smaller", COND_LT, false, false },
	{ "<", COND_LT, false, false },
	{ "lte", COND_LTE, false, false },
	{ "lessthanorequal", COND_LTE, false, false },
	{ "<=", COND_LTE, false, false },
	{ "gt", COND_GT, false, false },
	{ "greaterthan", COND_GT, false, false },
	{ "larger", COND_GT, false, false },
	{ ">", COND_GT, false, false },
	{ "gte", COND_GTE, false, false },
	{ "greaterthanorequal", COND_GTE, false, false },
	{ ">=", COND_GTE, false, false },
	{ "contains", COND_CONTAINS, false, false },
	{ "includes", COND_CONTAINS, false, false },
	{ "notcontains", COND_CONTAINS, true, false },
	{ "startswith", COND_STARTS_WITH, false, false },
	{ "notstartswith", COND_STARTS_WITH, true, false },
	{ "endswith", COND_ENDS_WITH, false, false },
	{ "notendswith", COND_ENDS_WITH, true, false },
	{ "in", COND_IN, false, false },
	{ "notin", COND_IN, true, false },
	{ "exists", COND_EXISTS, false, true },
	{ "notexists", COND_EXISTS, true, true },
	{ "empty", COND_IS_EMPTY, false, true },
	{ "isempty", COND_IS_EMPTY, false, true },
	{ "notempty", COND_IS_EMPTY, true, true },
	{ "isnotempty", COND_IS_EMPTY, true, true },
	{ "true", COND_IS_TRUE, false, true },
	{ "istrue", COND_IS_TRUE, false, true },
	{ "false", COND_IS_FALSE, false, true },
	{ "isfalse", COND_IS_FALSE, false, true },
};

static const struct spelling *spelling_find(const char *text);
static struct expr *field_compile(struct arena *a, struct str text, const struct expr_names *names);
static bool names_root(struct arena *a, struct str text, const struct expr_names *names);
static bool holds(enum cond_operator op, json_t *a, json_t *b);
static bool is_alike(json_t *a, json_t *b);
static int order(json_t *a, json_t *b, bool *ordered);
static bool is_numeric(json_t *v, double *out);
static bool is_boolean(json_t *v, bool *out);
static bool is_none(const json_t *v);
static bool is_empty(const json_t *v);
static bool list_has(json_t *list, json_t *v);
static bool text_has(enum cond_operator op, json_t *a, json_t *b);

struct cond_form *
cond_form_compile(struct arena *a, json_t *v, const struct expr_names *names, struct expr_fault *f)
{
	static const char *const members[] = { "field", "operator", "value" };
	const char *field = js_text_or(v, "field", NULL), *op = js_text_or(v, "operator", NULL);
	const struct spelling *s = op == NULL ? NULL : spelling_find(op);
	json_t *value = json_object_get(v, "value"), *member;
	struct cond_form *form;
	const char *key;
	int n = 0;

	json_object_foreach(v, key, member) n += strcmp(key, members[0]) != 0 &&
	                                         strcmp(key, members[1]) != 0 &&
	                                         strcmp(key, members[2]) != 0;
	if (n > 0 || field == NULL || str_trim(str_of(field)).n == 0) {
		(void)snprintf(f->field, sizeof(f->field), "%s", n > 0 ? "" : members[0]);
		expr_fault_set(f, EXPR_FAULT_SYNTAX,
		    "a condition is a text, or has field, operator and value, or one of and, or, "
		    "not");
		return NULL;
	}
	if (s == NULL || (!s->is_unary && value == NULL)) {
		(void)snprintf(f->field, sizeof(f->field), "%s", members[s == NULL ? 1 : 2]);
		expr_fault_set(f, EXPR_FAULT_SYNTAX, "%s",
		    s == NULL ? "the operator is one of eq ne lt lte gt gte contains not_contains "
		                "starts_with ends_with in not_in exists not_exists is_empty "
		                "not_empty is_true is_false"
		              : "this operator compares with a value, which is missing");
		return NULL;
	}
	form = arena_alloc(a, sizeof(*form));
	form->op = s->op;
	form->opposite = s->opposite;
	form->field = field_compile(a, str_trim(str_of(field)), names);
	form->value = template_compile(a, value == NULL ? json_null() : value, NULL, names);
	return form;
}

int
cond_form_eval(
    const struct cond_form *form, const struct expr_scope *s, bool *out, struct expr_fault *f)
{
	json_t *a = NULL, *b = NULL;
	char place[sizeof(f->field)];
	int rc = -1;

	*out = false;
	if (expr_eval(form->field, s, &a, f) != 0) {
		(void)snprintf(f->field, sizeof(f->field), "field");
		goto out;
	}
	if (template_resolve(form->value, s, &b, f) != 0) {
		(void)snprintf(place, sizeof(place), "%s", f->field);
		(void)snprintf(f->field, sizeof(f->field), "value%s%.240s",
		    place[0] == '\0' || place[0] == '[' ? "" : ".", place);
		goto out;
	}
	*out = holds(form->op, a, b) != form->opposite;
	rc = 0;
out:
	json_decref(a);
	json_decref(b);
	return rc;
}

/* startsWith, starts_with, starts-with and STARTS WITH are one. */
static const struct spelling *
spelling_find(const char *text)
{
	char name[32];
	size_t n = 0;

	for (; *text != '\0' && n < sizeof(name) - 1; text++) {
		if (*text != '_' && *text != '-' && *text != ' ')
			name[n++] = (char)tolower((unsigned char)*text);
	}
	name[n] = '\0';
	for (size_t i = 0; *text == '\0' && i < countof(spellings); i++) {
		if (strcmp(name, spellings[i].name) == 0)
			return &spellings[i];
	}
	return NULL;
}

static struct expr *
field_compile(struct arena *a, struct str text, const struct expr_names *names)
{
	if (str_find(text, "{{", 0) >= 0 || str_starts(text, "="))
		return expr_compile(a, text, names);
	if (names_root(a, text, names))
		return expr_compile(
		    a, str_of(arena_printf(a, "{{" STR_FMT "}}", STR_ARG(text))), names);
	return expr_of_item(a, text);
}

/* A path whose first name is a node's or a fixed root's, and which has more names behind it. */
static bool
names_root(struct arena *a, struct str text, const struct expr_names *names)
{
	static const struct expr_names none = { 0 };
	struct expr *x = expr_compile(
	    a, str_of(arena_printf(a, "{{" STR_FMT "}}", STR_ARG(text))), names ? names : &none);

	return expr_kind(x) == EXPR_PATH && expr_check(x, NULL, NULL) == 0 &&
	       (str_find(text, ".", 0) > 0 || str_find(text, "[", 0) > 0);
}

static bool
holds(enum cond_operator op, json_t *a, json_t *b)
{
	bool ordered = true, truth = false, yes = false;
	int n = 0;

	if (op >= COND_LT && op <= COND_GTE)
		n = order(a, b, &ordered);
	switch (op) {
	case COND_EQ:
		yes = is_alike(a, b);
		break;
	case COND_LT:
		yes = ordered && n < 0;
		break;
	case COND_LTE:
		yes = ordered && n <= 0;
		break;
	case COND_GT:
		yes = ordered && n > 0;
		break;
	case COND_GTE:
		yes = ordered && n >= 0;
		break;
	case COND_CONTAINS:
		yes = json_is_array(a) ? list_has(a, b) : text_has(op, a, b);
		break;
	case COND_STARTS_WITH:
	case COND_ENDS_WITH:
		yes = text_has(op, a, b);
		break;
	case COND_IN:
		yes = json_is_array(b) && list_has(b, a);
		break;
	case COND_EXISTS:
		yes = !is_none(a);
		break;
	case COND_IS_EMPTY:
		yes = is_empty(a);
		break;
	case COND_IS_TRUE:
		yes = is_boolean(a, &truth) && truth;
		break;
	case COND_IS_FALSE:
		yes = is_boolean(a, &truth) && !truth;
		break;
	}
	return yes;
}

static bool
is_alike(json_t *a, json_t *b)
{
	double x, y;
	bool p, q;

	if (is_none(a) || is_none(b))
		return is_none(a) && is_none(b);
	/* Two texts are compared as they are: "01" is not "1". */
	if ((json_is_number(a) || json_is_number(b)) && is_numeric(a, &x) && is_numeric(b, &y))
		return x <= y && x >= y;
	if ((json_is_boolean(a) || json_is_boolean(b)) && is_boolean(a, &p) && is_boolean(b, &q))
		return p == q;
	return js_equal(a, b);
}

static int
order(json_t *a, json_t *b, bool *ordered)
{
	double x, y;

	if (is_numeric(a, &x) && is_numeric(b, &y))
		return (x > y) - (x < y);
	*ordered = json_is_string(a) && json_is_string(b);
	return *ordered ? expr_text_order(js_str(a), js_str(b)) : 0;
}

static bool
is_numeric(json_t *v, double *out)
{
	*out = NAN;
	if (json_is_number(v))
		*out = json_number_value(v);
	else if (json_is_string(v) && str_trim(js_str(v)).n > 0)
		*out = expr_number_of_text(js_str(v));
	return !isnan(*out);
}

static bool
is_boolean(json_t *v, bool *out)
{
	*out = json_is_true(v) || (json_is_string(v) && str_is_ignoring_case(js_str(v), "true"));
	return json_is_boolean(v) || *out ||
	       (json_is_string(v) && str_is_ignoring_case(js_str(v), "false"));
}

static bool
is_none(const json_t *v)
{
	return v == NULL || json_is_null(v);
}

static bool
is_empty(const json_t *v)
{
	return is_none(v) || (json_is_string(v) && json_string_length(v) == 0) ||
	       (json_is_array(v) && json_array_size(v) == 0) ||
	       (json_is_object(v) && json_object_size(v) == 0);
}

static bool
list_has(json_t *list, json_t *v)
{
	size_t i;
	json_t *element;
	bool yes = false;

	json_array_foreach(list, i, element) yes = yes || is_alike(element, v);
	return yes;
}

/* Numbers and booleans count as their text; an object contains its keys. */
static bool
text_has(enum cond_operator op, json_t *a, json_t *b)
{
	struct value whole = expr_value_of(a), part = expr_value_of(b);
	struct buf p = { 0 }, w = { 0 };
	bool yes = false;

	if (is_none(b) || json_is_array(b) || json_is_object(b))
		goto out;
	expr_value_to_text(&part, &p);
	if (json_is_object(a)) {
		yes = op == COND_CONTAINS && json_object_get(a, buf_cstr(&p)) != NULL;
		goto out;
	}
	if (is_none(a) || json_is_array(a))
		goto out;
	expr_value_to_text(&whole, &w);
	if (op == COND_CONTAINS)
		yes = str_find(buf_view(&w), buf_cstr(&p), 0) >= 0;
	else if (op == COND_STARTS_WITH)
		yes = str_starts(buf_view(&w), buf_cstr(&p));
	else
		yes = str_ends(buf_view(&w), buf_cstr(&p));
out:
	buf_free(&p);
	buf_free(&w);
	expr_value_free(&whole);
	expr_value_free(&part);
	return yes;
}

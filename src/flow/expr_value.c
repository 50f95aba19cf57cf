#include "flow/expr_value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "flow/expr_number.h"

/* From here on a double no longer holds every integer. */
#define WHOLE_MAX 9007199254740992.0

static bool is_primitive(const struct value *v);
static struct value primitive_of(const struct value *v);
static bool is_one_json(const struct value *a, const struct value *b);
static void list_to_text(const json_t *list, struct buf *out);

struct value
expr_value_of(json_t *v)
{
	struct value out = { .type = VALUE_UNDEFINED };

	if (v == NULL)
		return out;
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		out.type = VALUE_OBJECT;
		out.json = json_incref(v);
		break;
	case JSON_ARRAY:
		out.type = VALUE_LIST;
		out.json = json_incref(v);
		break;
	case JSON_STRING:
		out.type = VALUE_TEXT;
		out.json = json_incref(v);
		break;
	case JSON_INTEGER:
		out = expr_value_whole(json_integer_value(v));
		break;
	case JSON_REAL:
		out = expr_value_number(json_real_value(v));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		out = expr_value_bool(json_is_true(v));
		break;
	case JSON_NULL:
		out.type = VALUE_NULL;
		break;
	}
	return out;
}

struct value
expr_value_bool(bool v)
{
	return (struct value){ .type = VALUE_BOOL, .truth = v };
}

struct value
expr_value_number(double v)
{
	struct value out = { .type = VALUE_NUMBER, .number = v };

	if (v > -WHOLE_MAX && v < WHOLE_MAX && trunc(v) >= v && trunc(v) <= v) {
		out.is_whole = true;
		out.whole = (int64_t)v;
	}
	return out;
}

struct value
expr_value_whole(int64_t v)
{
	return (struct value){
		.type = VALUE_NUMBER, .number = (double)v, .is_whole = true, .whole = v
	};
}

struct value
expr_value_text(struct str s)
{
	return (
	    struct value){ .type = VALUE_TEXT, .json = json_stringn_nocheck(s.n ? s.p : "", s.n) };
}

void
expr_value_free(struct value *v)
{
	json_decref(v->json);
	*v = (struct value){ .type = VALUE_UNDEFINED };
}

json_t *
expr_value_json(const struct value *v)
{
	json_t *out = NULL;

	switch (v->type) {
	case VALUE_UNDEFINED:
		break;
	case VALUE_NULL:
		out = json_null();
		break;
	case VALUE_BOOL:
		out = json_boolean(v->truth);
		break;
	case VALUE_NUMBER:
		if (v->is_whole)
			out = json_integer(v->whole);
		else
			out = isfinite(v->number) ? json_real(v->number) : json_null();
		break;
	case VALUE_TEXT:
	case VALUE_LIST:
	case VALUE_OBJECT:
		out = json_incref(v->json);
		break;
	}
	return out;
}

bool
expr_value_is_true(const struct value *v)
{
	bool yes = false;

	switch (v->type) {
	case VALUE_UNDEFINED:
	case VALUE_NULL:
		break;
	case VALUE_BOOL:
		yes = v->truth;
		break;
	case VALUE_NUMBER:
		yes = v->number < 0 || v->number > 0;
		break;
	case VALUE_TEXT:
		yes = json_string_length(v->json) > 0;
		break;
	case VALUE_LIST:
	case VALUE_OBJECT:
		yes = true;
		break;
	}
	return yes;
}

bool
expr_value_is_strictly_equal(const struct value *a, const struct value *b)
{
	bool yes = false;

	if (a->type != b->type)
		return false;
	switch (a->type) {
	case VALUE_UNDEFINED:
	case VALUE_NULL:
		yes = true;
		break;
	case VALUE_BOOL:
		yes = a->truth == b->truth;
		break;
	case VALUE_NUMBER:
		yes = a->number <= b->number && a->number >= b->number;
		break;
	case VALUE_TEXT:
		yes = str_eq(expr_value_str(a), expr_value_str(b));
		break;
	case VALUE_LIST:
	case VALUE_OBJECT:
		yes = is_one_json(a, b);
		break;
	}
	return yes;
}

bool
expr_value_is_equal(const struct value *a, const struct value *b)
{
	bool a_none = a->type == VALUE_UNDEFINED || a->type == VALUE_NULL;
	bool b_none = b->type == VALUE_UNDEFINED || b->type == VALUE_NULL;
	struct value pa, pb;
	bool yes;

	if (a_none || b_none)
		return a_none && b_none;
	if (a->type == b->type || (!is_primitive(a) && !is_primitive(b)))
		return expr_value_is_strictly_equal(a, b);
	pa = primitive_of(a);
	pb = primitive_of(b);
	if (pa.type == VALUE_TEXT && pb.type == VALUE_TEXT) {
		yes = expr_value_is_strictly_equal(&pa, &pb);
	} else {
		double x = expr_value_to_number(&pa), y = expr_value_to_number(&pb);

		yes = x <= y && x >= y;
	}
	expr_value_free(&pa);
	expr_value_free(&pb);
	return yes;
}

bool
expr_value_contains(const struct value *a, const struct value *b)
{
	struct buf part = { 0 };
	json_t *v;
	size_t i;
	bool yes = false;

	if (a->type == VALUE_LIST) {
		json_array_foreach(a->json, i, v)
		{
			struct value element = expr_value_of(v);

			yes = yes || expr_value_is_strictly_equal(&element, b) ||
			      (!is_primitive(b) && json_equal(v, b->json));
			expr_value_free(&element);
		}
	} else if ((a->type == VALUE_TEXT || a->type == VALUE_OBJECT) && is_primitive(b) &&
	           b->type != VALUE_UNDEFINED && b->type != VALUE_NULL) {
		struct str whole = expr_value_str(a);

		expr_value_to_text(b, &part);
		yes = a->type == VALUE_OBJECT
		          ? json_object_getn(a->json, buf_cstr(&part), part.len) != NULL
		          : part.len == 0 || memmem(whole.p, whole.n, part.data, part.len) != NULL;
	}
	buf_free(&part);
	return yes;
}

double
expr_value_to_number(const struct value *v)
{
	struct value p;
	double n = NAN;

	switch (v->type) {
	case VALUE_UNDEFINED:
		break;
	case VALUE_NULL:
		n = 0;
		break;
	case VALUE_BOOL:
		n = v->truth;
		break;
	case VALUE_NUMBER:
		n = v->number;
		break;
	case VALUE_TEXT:
		n = expr_number_of_text(expr_value_str(v));
		break;
	case VALUE_LIST:
	case VALUE_OBJECT:
		p = primitive_of(v);
		n = expr_number_of_text(expr_value_str(&p));
		expr_value_free(&p);
		break;
	}
	return n;
}

enum expr_value_order
expr_value_order(const struct value *a, const struct value *b)
{
	struct value pa = primitive_of(a), pb = primitive_of(b);
	enum expr_value_order order = VALUE_UNORDERED;

	if (pa.type == VALUE_TEXT && pb.type == VALUE_TEXT) {
		int n = expr_text_order(expr_value_str(&pa), expr_value_str(&pb));

		order = n < 0 ? VALUE_LESS : n > 0 ? VALUE_MORE : VALUE_SAME;
	} else {
		double x = expr_value_to_number(&pa), y = expr_value_to_number(&pb);

		if (!isnan(x) && !isnan(y))
			order = x < y ? VALUE_LESS : x > y ? VALUE_MORE : VALUE_SAME;
	}
	expr_value_free(&pa);
	expr_value_free(&pb);
	return order;
}

bool
expr_value_add(const struct value *a, const struct value *b, size_t max, struct value *out)
{
	struct value pa = primitive_of(a), pb = primitive_of(b);
	struct buf text = { 0 };
	bool fits = true;

	*out = (struct value){ .type = VALUE_UNDEFINED };
	if (pa.type == VALUE_TEXT || pb.type == VALUE_TEXT) {
		expr_value_to_text(&pa, &text);
		expr_value_to_text(&pb, &text);
		fits = text.len <= max;
		if (fits)
			*out = expr_value_text(buf_view(&text));
	} else {
		*out = expr_value_number(expr_value_to_number(&pa) + expr_value_to_number(&pb));
	}
	buf_free(&text);
	expr_value_free(&pa);
	expr_value_free(&pb);
	return fits;
}

void
expr_value_to_text(const struct value *v, struct buf *out)
{
	switch (v->type) {
	case VALUE_UNDEFINED:
		buf_text(out, "undefined");
		break;
	case VALUE_NULL:
		buf_text(out, "null");
		break;
	case VALUE_BOOL:
		buf_text(out, v->truth ? "true" : "false");
		break;
	case VALUE_NUMBER:
		if (v->is_whole)
			buf_printf(out, "%lld", (long long)v->whole);
		else
			expr_number_to_text(v->number, out);
		break;
	case VALUE_TEXT:
		buf_str(out, expr_value_str(v));
		break;
	case VALUE_LIST:
		list_to_text(v->json, out);
		break;
	case VALUE_OBJECT:
		buf_text(out, "[object Object]");
		break;
	}
}

struct str
expr_value_str(const struct value *v)
{
	if (v->type != VALUE_TEXT)
		return (struct str){ 0 };
	return str_make(json_string_value(v->json), json_string_length(v->json));
}

static bool
is_primitive(const struct value *v)
{
	return v->type != VALUE_LIST && v->type != VALUE_OBJECT;
}

/* ToPrimitive; the caller frees the result. */
static struct value
primitive_of(const struct value *v)
{
	struct value out = *v;
	struct buf text = { 0 };

	if (is_primitive(v)) {
		json_incref(out.json);
		return out;
	}
	expr_value_to_text(v, &text);
	out = expr_value_text(buf_view(&text));
	buf_free(&text);
	return out;
}

/*
 * Objects are equal when they are the same one. A path that leads twice to one place gives the
 * same pointer; values that were put together by C are primitives.
 */
static bool
is_one_json(const struct value *a, const struct value *b)
{
	return a->json == b->json;
}

/* [1,[2,null]].join(): null and undefined are empty. */
static void
list_to_text(const json_t *list, struct buf *out)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct value v = expr_value_of(json_array_get(list, i));

		if (i > 0)
			buf_byte(out, ',');
		if (v.type != VALUE_NULL)
			expr_value_to_text(&v, out);
		expr_value_free(&v);
	}
}

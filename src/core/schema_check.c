/*
 * The walk of the validator. Each check_* looks at one kind of keyword; all of them run, so that
 * all issues are found. A schema may come from a tenant: depth and work are bounded.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/schema_parts.h"

#define DEPTH_MAX 300
#define WORK_MAX 2000000

struct check {
	const struct schema *s;
	int flags;
	struct issue_list *issues; /* the caller's, or that of the branch being tried */
	struct issue_list *outer;
	struct buf field;
	int depth;
	int64_t work;
	bool quit; /* a bound was met: said once */
};

static void check(struct check *c, const json_t *at, const json_t *v);
static void check_all(struct check *c, const json_t *at, const json_t *v);
static void check_type(struct check *c, const json_t *at, const json_t *v);
static void check_enum(struct check *c, const json_t *at, const json_t *v);
static void check_number(struct check *c, const json_t *at, const json_t *v);
static void check_text(struct check *c, const json_t *at, const json_t *v);
static void check_array(struct check *c, const json_t *at, const json_t *v);
static void check_unique(struct check *c, const json_t *v);
static void check_object(struct check *c, const json_t *at, const json_t *v);
static void check_member(struct check *c, const json_t *at, const char *key, const json_t *v);
static void check_branches(struct check *c, const json_t *at, const json_t *v);
static int branch_errors(
    struct check *c, const json_t *at, const json_t *v, struct issue_list *out);
static bool branch_fits_type(const struct check *c, const json_t *at, const json_t *v);
static void add(struct check *c, const char *fmt, ...) mr_printf(2, 3);
static void field_push(struct check *c, const char *key);

int
schema_check(const struct schema *s, const json_t *at, const json_t *value, const char *field,
    int flags, struct issue_list *issues)
{
	struct check c = { .s = s, .flags = flags, .issues = issues, .outer = issues };
	int before = issues->errors;

	if (field != NULL)
		buf_text(&c.field, field);
	check(&c, at != NULL ? at : s->document, value);
	buf_free(&c.field);
	return issues->errors - before;
}

static void
check(struct check *c, const json_t *at, const json_t *v)
{
	const json_t *ref = json_object_get(at, "$ref");

	if (c->quit || json_is_true(at))
		return;
	if (c->depth >= DEPTH_MAX || ++c->work > WORK_MAX) {
		c->quit = true;
		c->issues = c->outer;
		add(c, "the value or its schema is too large to be checked");
		return;
	}
	if ((c->flags & SCHEMA_EXPRESSIONS) && str_find(js_str(v), "{{", 0) >= 0)
		return;
	if (json_is_false(at)) {
		add(c, "is not allowed");
		return;
	}
	c->depth++;
	if (json_is_string(ref)) {
		const json_t *place = schema_ref(c->s, json_string_value(ref));

		if (place != NULL)
			check(c, place, v);
		else
			add(c, "can't be checked: %s points to nothing", json_string_value(ref));
	}
	check_all(c, at, v);
	c->depth--;
}

static void
check_all(struct check *c, const json_t *at, const json_t *v)
{
	const json_t *types = json_object_get(at, "type");

	/* of another type altogether: one issue, not one for each keyword */
	if (types != NULL && !schema_type_fits(types, v)) {
		check_type(c, at, v);
		return;
	}
	check_enum(c, at, v);
	if (json_is_number(v))
		check_number(c, at, v);
	else if (json_is_string(v))
		check_text(c, at, v);
	else if (json_is_array(v))
		check_array(c, at, v);
	else if (json_is_object(v))
		check_object(c, at, v);
	check_branches(c, at, v);
}

static void
check_type(struct check *c, const json_t *at, const json_t *v)
{
	const json_t *types = json_object_get(at, "type");
	struct buf names = { 0 };

	if (json_is_string(types)) {
		add(c, "must be of type %s, not %s", json_string_value(types), js_type_name(v));
		return;
	}
	for (size_t i = 0; i < json_array_size(types); i++)
		buf_printf(&names, "%s%s", i > 0 ? " or " : "",
		    json_string_value(json_array_get(types, i)));
	add(c, "must be of type %s, not %s", buf_cstr(&names), js_type_name(v));
	buf_free(&names);
}

static void
check_enum(struct check *c, const json_t *at, const json_t *v)
{
	const json_t *allowed = json_object_get(at, "enum");
	const json_t *constant = json_object_get(at, "const");
	struct buf text = { 0 };
	bool found = false;

	for (size_t i = 0; i < json_array_size(allowed) && !found; i++)
		found = js_equal(json_array_get(allowed, i), v);
	if (allowed != NULL && !found) {
		for (size_t i = 0; i < json_array_size(allowed) && text.len < 300; i++) {
			buf_text(&text, i > 0 ? ", " : "");
			js_dump(&text, json_array_get(allowed, i), JS_COMPACT);
		}
		add(c, "must be one of %s", buf_cstr(&text));
	}
	buf_reset(&text);
	if (constant != NULL && !js_equal(constant, v)) {
		js_dump(&text, constant, JS_COMPACT);
		add(c, "must be %s", buf_cstr(&text));
	}
	buf_free(&text);
}

static void
check_number(struct check *c, const json_t *at, const json_t *v)
{
	double x = json_number_value(v), factor = js_real_or(at, "multipleOf", 0);
	const json_t *bound;

	bound = json_object_get(at, "minimum");
	if (json_is_number(bound) && x < json_number_value(bound))
		add(c, "must be at least %.15g", json_number_value(bound));
	bound = json_object_get(at, "maximum");
	if (json_is_number(bound) && x > json_number_value(bound))
		add(c, "must be at most %.15g", json_number_value(bound));
	bound = json_object_get(at, "exclusiveMinimum");
	if (json_is_number(bound) && x <= json_number_value(bound))
		add(c, "must be greater than %.15g", json_number_value(bound));
	bound = json_object_get(at, "exclusiveMaximum");
	if (json_is_number(bound) && x >= json_number_value(bound))
		add(c, "must be less than %.15g", json_number_value(bound));
	if (factor > 0 && fabs(x / factor - nearbyint(x / factor)) > 1e-9)
		add(c, "must be a multiple of %.15g", factor);
}

static void
check_text(struct check *c, const json_t *at, const json_t *v)
{
	struct str s = js_str(v);
	int64_t n = (int64_t)str_code_points(s);
	int64_t least = js_int_or(at, "minLength", 0), most = js_int_or(at, "maxLength", INT64_MAX);
	const char *pattern = js_text_or(at, "pattern", NULL);
	const char *format = js_text_or(at, "format", NULL);

	if (n < least)
		add(c,
		    n == 0 && least == 1 ? "must not be empty"
		                         : "must have at least %lld characters",
		    (long long)least);
	if (n > most)
		add(c, "must have at most %lld characters", (long long)most);
	if (pattern != NULL) {
		const struct pattern *p = schema_pattern(c->s, pattern);

		if (p == NULL)
			add(c, "can't be checked: its pattern is not supported");
		else if (regexec(&p->regex, s.p, 0, NULL, 0) != 0)
			add(c, "must match the pattern %s", pattern);
	}
	if (format != NULL && !format_is_met(format, s))
		add(c, "must be %s", format_wording(format));
}

static void
check_array(struct check *c, const json_t *at, const json_t *v)
{
	size_t n = json_array_size(v), fixed;
	const json_t *first = json_object_get(at, "prefixItems");
	const json_t *items = json_object_get(at, "items");
	int64_t least = js_int_or(at, "minItems", 0), most = js_int_or(at, "maxItems", INT64_MAX);

	if ((int64_t)n < least)
		add(c, "must have at least %lld items", (long long)least);
	if ((int64_t)n > most) {
		add(c, "must have at most %lld items", (long long)most);
		return;
	}
	if (js_bool_or(at, "uniqueItems", false))
		check_unique(c, v);
	fixed = json_array_size(first);
	for (size_t i = 0; i < n && !c->quit; i++) {
		const json_t *schema = i < fixed ? json_array_get(first, i) : items;
		size_t before = c->field.len;

		if (schema == NULL)
			break;
		buf_printf(&c->field, "[%zu]", i);
		check(c, schema, json_array_get(v, i));
		buf_truncate(&c->field, before);
	}
}

static int
text_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Equal values have equal sorted texts (1.0 is written as 1). */
static void
check_unique(struct check *c, const json_t *v)
{
	size_t n = json_array_size(v);
	char **texts = mem_array(n, sizeof(*texts));
	bool repeated = false;

	for (size_t i = 0; i < n; i++)
		texts[i] = js_text_of(json_array_get(v, i), JS_SORTED);
	qsort(texts, n, sizeof(*texts), text_order);
	for (size_t i = 1; i < n && !repeated; i++)
		repeated = strcmp(texts[i - 1], texts[i]) == 0;
	if (repeated)
		add(c, "must not have the same item twice");
	for (size_t i = 0; i < n; i++)
		mem_free(texts[i]);
	mem_free(texts);
}

static void
check_object(struct check *c, const json_t *at, const json_t *v)
{
	json_t *o = (json_t *)(uintptr_t)v;
	const json_t *required = json_object_get(at, "required");
	int64_t n = (int64_t)json_object_size(v);
	int64_t least = js_int_or(at, "minProperties", 0);
	int64_t most = js_int_or(at, "maxProperties", INT64_MAX);

	for (size_t i = 0; i < json_array_size(required); i++) {
		const char *key = json_string_value(json_array_get(required, i));

		if (key != NULL && json_object_get(v, key) == NULL) {
			size_t before = c->field.len;

			field_push(c, key);
			add(c, "is required");
			buf_truncate(&c->field, before);
		}
	}
	if (n < least)
		add(c, "must have at least %lld fields", (long long)least);
	if (n > most)
		add(c, "must have at most %lld fields", (long long)most);
	for (void *it = json_object_iter(o); it != NULL && !c->quit;
	     it = json_object_iter_next(o, it))
		check_member(c, at, json_object_iter_key(it), json_object_iter_value(it));
}

static void
check_member(struct check *c, const json_t *at, const char *key, const json_t *v)
{
	const json_t *schema = json_object_get(json_object_get(at, "properties"), key);
	const json_t *others = json_object_get(at, "additionalProperties");
	size_t before = c->field.len;

	field_push(c, key);
	if (schema != NULL)
		check(c, schema, v);
	else if (json_is_false(others))
		add(c, "is not a known field");
	else if (others != NULL)
		check(c, others, v);
	buf_truncate(&c->field, before);
}

static void
check_branches(struct check *c, const json_t *at, const json_t *v)
{
	static const char *const names[] = { "oneOf", "anyOf" };
	const json_t *all = json_object_get(at, "allOf"), *none = json_object_get(at, "not");
	struct issue_list tried = { 0 };

	for (size_t i = 0; i < json_array_size(all); i++)
		check(c, json_array_get(all, i), v);
	if (none != NULL && branch_errors(c, none, v, &tried) == 0 && !c->quit)
		add(c, "has a form that is not allowed");
	issue_list_free(&tried);
	for (size_t k = 0; k < countof(names); k++) {
		const json_t *list = json_object_get(at, names[k]), *nearest = NULL;
		int matches = 0, fewest = INT32_MAX;

		for (size_t i = 0; i < json_array_size(list) && !c->quit; i++) {
			const json_t *branch = json_array_get(list, i);
			int errors = branch_errors(c, branch, v, &tried);

			issue_list_free(&tried);
			matches += errors == 0;
			if (errors < fewest && branch_fits_type(c, branch, v)) {
				fewest = errors;
				nearest = branch;
			}
		}
		if (list == NULL || c->quit || matches == 1 || (matches > 1 && k == 1))
			continue;
		if (matches > 1)
			add(c, "has more than one of the allowed forms");
		else if (nearest != NULL)
			check(c, nearest, v);
		else
			add(c, "has none of the allowed forms");
	}
}

/* How many errors the branch has; they go to `out` instead of the caller's list. */
static int
branch_errors(struct check *c, const json_t *at, const json_t *v, struct issue_list *out)
{
	struct issue_list *kept = c->issues;

	c->issues = out;
	check(c, at, v);
	c->issues = kept;
	return c->quit ? 1 : out->errors;
}

static bool
branch_fits_type(const struct check *c, const json_t *at, const json_t *v)
{
	const json_t *ref = json_object_get(at, "$ref"), *types;

	if (json_is_string(ref))
		at = schema_ref(c->s, json_string_value(ref));
	types = json_object_get(at, "type");
	return types == NULL || schema_type_fits(types, v);
}

static void
add(struct check *c, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	issue_add(c->issues, ISSUE_ERROR, buf_cstr(&c->field), "%s", text);
}

static void
field_push(struct check *c, const char *key)
{
	if (c->field.len > 0)
		buf_byte(&c->field, '.');
	buf_text(&c->field, key);
}

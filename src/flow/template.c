/*
 * The tree of a template has a node only where an expression is below: a list of the members (or
 * elements) that change, each with what it holds. All others are shared with the config.
 */
#include "flow/template.h"

#include <stdio.h>
#include <string.h>

#include "core/json.h"

enum { DEPTH_MAX = 128 };

struct branch {
	const char *key; /* NULL: the element `index` of a list */
	size_t index;
	struct template *below;
};

/* A string (expr), else an object or a list. */
struct template
{
	json_t *config;
	struct expr *expr;
	int n; /* 0 without expr: nothing changes */
	struct branch *v;
};

/* Where a walk is, from the inside to the outside. */
struct place {
	const struct place *outer;
	const struct branch *branch;
};

struct teller {
	expr_told *told;
	void *arg;
	const struct place *place;
};

static struct template *compile(
    struct arena *a, json_t *v, const struct expr_names *names, int depth);
static bool is_raw(const char *const *raw, const char *key);
static void branch_add(
    struct arena *a, struct template *t, const char *key, size_t index, struct template *below);
static struct template *compile_below(
    struct arena *a, json_t *v, const char *const *raw, const struct expr_names *names, int depth);
static int check(const struct template *t, const struct place *place, expr_told *told, void *arg);
static void tell(void *arg, const struct expr_fault *f);
static int resolve(const struct template *t, const struct place *place, const struct expr_scope *s,
    json_t **out, struct expr_fault *f);
static void place_show(const struct place *p, char *out, size_t size);

struct template *
template_compile(
    struct arena *a, json_t *config, const char *const *raw, const struct expr_names *names)
{
	struct template *t = NULL;

	if (json_is_object(config) || json_is_array(config))
		t = compile_below(a, config, raw, names, 0);
	else
		t = compile(a, config, names, 0);
	if (t == NULL) {
		t = arena_alloc(a, sizeof(*t));
		t->config = config;
	}
	return t;
}

bool
template_is_dynamic(const struct template *t)
{
	return t->expr != NULL || t->n > 0;
}

int
template_check(const struct template *t, expr_told *told, void *arg)
{
	return check(t, NULL, told, arg);
}

void
template_roots(
    const struct template *t, void (*each)(void *arg, const struct expr_root *root), void *arg)
{
	if (t->expr != NULL)
		expr_roots(t->expr, each, arg);
	for (int i = 0; i < t->n; i++)
		template_roots(t->v[i].below, each, arg);
}

int
template_resolve(
    const struct template *t, const struct expr_scope *s, json_t **out, struct expr_fault *f)
{
	return resolve(t, NULL, s, out, f);
}

/* NULL: nothing below changes. */
static struct template *
compile(struct arena *a, json_t *v, const struct expr_names *names, int depth)
{
	struct template *t = NULL;
	struct expr *x;

	if (depth > DEPTH_MAX)
		return NULL;
	if (json_is_object(v) || json_is_array(v))
		return compile_below(a, v, NULL, names, depth);
	if (!json_is_string(v) || (str_find(js_str(v), "{{", 0) < 0 && !str_starts(js_str(v), "=")))
		return NULL;
	x = expr_compile(a, js_str(v), names);
	t = arena_alloc(a, sizeof(*t));
	t->config = v;
	t->expr = x;
	return t;
}

static struct template *
compile_below(
    struct arena *a, json_t *v, const char *const *raw, const struct expr_names *names, int depth)
{
	struct template *t = arena_alloc(a, sizeof(*t));
	const char *key;
	json_t *member;
	size_t i;

	t->config = v;
	json_object_foreach(v, key, member)
	{
		if (!is_raw(raw, key))
			branch_add(a, t, key, 0, compile(a, member, names, depth + 1));
	}
	json_array_foreach(v, i, member)
	    branch_add(a, t, NULL, i, compile(a, member, names, depth + 1));
	return t->n > 0 ? t : NULL;
}

static bool
is_raw(const char *const *raw, const char *key)
{
	for (; raw != NULL && *raw != NULL; raw++) {
		if (strcmp(*raw, key) == 0)
			return true;
	}
	return false;
}

/* The list grows to powers of two. */
static void
branch_add(
    struct arena *a, struct template *t, const char *key, size_t index, struct template *below)
{
	if (below == NULL)
		return;
	if ((t->n & (t->n - 1)) == 0) {
		struct branch *v = arena_array(a, t->n == 0 ? 1 : (size_t)t->n * 2, sizeof(*v));

		if (t->n > 0)
			memcpy(v, t->v, (size_t)t->n * sizeof(*v));
		t->v = v;
	}
	t->v[t->n++] = (struct branch){ arena_strdup(a, key), index, below };
}

static int
check(const struct template *t, const struct place *place, expr_told *told, void *arg)
{
	struct teller teller = { told, arg, place };
	int n = 0;

	if (t->expr != NULL)
		n += expr_check(t->expr, tell, &teller);
	for (int i = 0; i < t->n; i++) {
		struct place here = { place, &t->v[i] };

		n += check(t->v[i].below, &here, told, arg);
	}
	return n;
}

static void
tell(void *arg, const struct expr_fault *f)
{
	struct teller *teller = arg;
	struct expr_fault copy = *f;

	place_show(teller->place, copy.field, sizeof(copy.field));
	if (teller->told != NULL)
		teller->told(teller->arg, &copy);
}

static int
resolve(const struct template *t, const struct place *place, const struct expr_scope *s,
    json_t **out, struct expr_fault *f)
{
	json_t *v = NULL, *whole = NULL;
	int rc = -1;

	*out = NULL;
	if (t->expr != NULL) {
		rc = expr_eval(t->expr, s, out, f);
		if (rc != 0)
			place_show(place, f->field, sizeof(f->field));
		else if (*out == NULL)
			*out = json_null();
		return rc;
	}
	whole = t->n > 0 ? json_copy(t->config) : json_incref(t->config);
	for (int i = 0; i < t->n; i++) {
		const struct branch *b = &t->v[i];
		struct place here = { place, b };

		if (resolve(b->below, &here, s, &v, f) != 0)
			goto out;
		if (b->key != NULL)
			json_object_set_new_nocheck(whole, b->key, v);
		else
			json_array_set_new(whole, b->index, v);
	}
	*out = whole;
	whole = NULL;
	rc = 0;
out:
	json_decref(whole);
	return rc;
}

static void
place_show(const struct place *p, char *out, size_t size)
{
	const struct place *chain[DEPTH_MAX + 2];
	size_t at = 0;
	int n = 0, wrote;

	out[0] = '\0';
	for (; p != NULL && n < (int)countof(chain); p = p->outer)
		chain[n++] = p;
	while (n-- > 0 && at < size) {
		const struct branch *b = chain[n]->branch;

		if (b->key == NULL)
			wrote = snprintf(out + at, size - at, "[%zu]", b->index);
		else
			wrote = snprintf(out + at, size - at, "%s%s", at > 0 ? "." : "", b->key);
		at += (size_t)wrote;
	}
}

/*
 * Any UTF-8 text as expression, as condition and as path of a form: it is answered, or refused with
 * a message and a position inside the text.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "flow/cond.h"
#include "flow/expr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
root(void *arg, const struct expr_root *r, json_t **out, struct expr_fault *f)
{
	(void)f;
	*out = r->kind == EXPR_ROOT_JSON ? arg : json_object_getn(arg, r->name.p, r->name.n);
	return *out != NULL;
}

static void
fault_is_sound(const struct expr_fault *f, void *unused)
{
	(void)unused;
	assert(f->message[0] != '\0' && f->line >= 1 && f->column >= 1);
}

static void
told(void *arg, const struct expr_fault *f)
{
	fault_is_sound(f, arg);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str ids[] = { { "a", 1 }, { "a-b", 3 }, { "1", 1 }, { "x y", 3 } };
	static const struct expr_names names = { ids, NULL, 4 };
	struct str text = str_make((const char *)data, size);
	struct expr_fault f = { 0 };
	struct arena *a;
	json_t *world, *v = NULL, *condition;
	bool yes;

	if (size > 4096 || memchr(data, '\0', size) != NULL || !str_is_utf8(text))
		return 0;
	world = json_pack("{s:{s:i, s:[i, s, n], s:s}, s:{s:b}, s:f}", "a", "n", 5, "l", 1, "é😀",
	    "s", "text", "a-b", "t", 1, "vars", 0.5);
	a = arena_new();
	for (int strict = 0; strict < 2; strict++) {
		struct expr_scope s = { .root = root, .arg = world, .strict = strict };
		struct expr *x = expr_compile(a, text, strict ? &names : NULL);

		(void)expr_check(x, told, NULL);
		if (expr_eval(x, &s, &v, &f) != 0)
			fault_is_sound(&f, NULL);
		json_decref(v);
		condition = json_stringn(size > 0 ? text.p : "", size);
		if (cond_eval(cond_compile(a, condition, &names), &s, &yes, &f) != 0)
			fault_is_sound(&f, NULL);
		json_decref(condition);
		condition = json_pack("{s:s%, s:s, s:s%}", "field", size > 0 ? text.p : "", size,
		    "operator", "eq", "value", size > 0 ? text.p : "", size);
		if (cond_eval(cond_compile(a, condition, &names), &s, &yes, &f) != 0)
			fault_is_sound(&f, NULL);
		json_decref(condition);
	}
	arena_free(a);
	json_decref(world);
	return 0;
}

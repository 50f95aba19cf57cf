/*
 * cond.h: conditions of if, filter, switch and loops (N05, N06).
 *
 * As text, one expression in which each `{{ }}` is a value:
 *
 *	{{action-1.status}} == 200 and not ({{trigger.payload.tags}} contains 'vip' || {{x}} > 3)
 *
 * The operators are those of expr.h with JavaScript's meaning; `and or not` (any case) bind weaker
 * than the signs: `not` over comparisons, `and` over `or`. A quoted text may hold `{{ }}` itself.
 * The result counts by JavaScript's truth (expr_is_true).
 *
 * As a form, possibly nested:
 *
 *	{"field":"status","operator":"gte","value":200}
 *	{"and":[…]}  {"or":[…]}  {"not":…}  […] is "and"
 *
 * `field` is a path in the current item's json; with a node id or trigger, run, workflow, vars,
 * item, items as its first name, and more behind it, that root; with `{{` or a leading `=`, a
 * template, as `value` may be. Empty "and" holds, empty "or" doesn't.
 *
 *	eq, ne                  numbers, and texts that are one, by value; true and false and
 *	                        their texts alike; null and missing alike; texts exactly; lists
 *	                        and objects member by member
 *	lt, lte, gt, gte        as numbers if both are (or are texts of one), as texts if both are
 *	                        texts (instants in RFC 3339, both UTC, order well so), else false
 *	contains                part of a text; an element (as eq) of a list; a key of an object
 *	starts_with, ends_with  texts; a number counts as its text
 *	in                      `value` is a list with an element as eq
 *	not_in, not_contains    the opposite
 *	exists, not_exists      the field is there and not null; the opposite
 *	is_empty, not_empty     missing, null, "", [] or {}; the opposite
 *	is_true, is_false       true or "true"; false or "false"
 *
 * `= == equals`, `!= not_equals`, `< <= > >=`, `is_not_empty`, `starts_with`/`startsWith` and the
 * like are read as these. true, false, null and numbers are conditions too.
 */
#ifndef MR_FLOW_COND_H
#define MR_FLOW_COND_H

#include "flow/expr.h"

struct cond;

/* Never fails; cond_check tells what is wrong. `condition` must outlive the result. */
struct cond *cond_compile(struct arena *a, json_t *condition, const struct expr_names *names);

/* As expr_check; `field` is the place inside the condition: `and[1].operator`, empty for a text. */
int cond_check(const struct cond *c, expr_told *told, void *arg);

/* As expr_roots. */
void cond_roots(
    const struct cond *c, void (*each)(void *arg, const struct expr_root *root), void *arg);

/* 0: *out is the answer. -1: *f is set. */
mr_must_check int cond_eval(
    const struct cond *c, const struct expr_scope *s, bool *out, struct expr_fault *f);

#endif

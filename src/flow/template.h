/*
 * template.h: a config whose strings, at any depth, may be expressions (N15).
 *
 * Compiled once a version; resolved once a step, or once an item. Keys are never expressions. What
 * holds no expression costs nothing: the resolved value shares every such part with the config, so
 * a resolved value is read, never changed.
 */
#ifndef MR_FLOW_TEMPLATE_H
#define MR_FLOW_TEMPLATE_H

#include "flow/expr.h"

struct template;

/*
 * `config` is kept (a reference is borrowed: it must outlive the template). `raw` names top-level
 * keys that are taken as they are (conditions, code, schemas), ended by NULL; it may be NULL.
 * Never fails; template_check tells what is wrong.
 */
struct template *template_compile(
    struct arena *a, json_t *config, const char *const *raw, const struct expr_names *names);

/* True when at least one string is an expression. */
bool template_is_dynamic(const struct template *t);

/* As expr_check, for all strings, with `field` set: `headers.X-Id`, `rules[0].value`. */
int template_check(const struct template *t, expr_told *told, void *arg);

/* As expr_roots, for all strings. */
void template_roots(
    const struct template *t, void (*each)(void *arg, const struct expr_root *root), void *arg);

/*
 * 0: *out is a new reference; undefined is null. -1: *f is set, field included, *out is NULL.
 */
mr_must_check int template_resolve(
    const struct template *t, const struct expr_scope *s, json_t **out, struct expr_fault *f);

#endif

/*
 * cond_form.h: a condition as field, operator and value; the rules are in cond.h.
 */
#ifndef MR_FLOW_COND_FORM_H
#define MR_FLOW_COND_FORM_H

#include "flow/expr.h"
#include "flow/template.h"

enum cond_operator {
	COND_EQ,
	COND_LT,
	COND_LTE,
	COND_GT,
	COND_GTE,
	COND_CONTAINS,
	COND_STARTS_WITH,
	COND_ENDS_WITH,
	COND_IN,
	COND_EXISTS,
	COND_IS_EMPTY,
	COND_IS_TRUE,
	COND_IS_FALSE,
};

struct cond_form {
	struct expr *field;
	enum cond_operator op;
	bool opposite; /* ne, not_in, … */
	struct template *value;
};

/* NULL: *f has kind, message and the member's name as field. `v` must outlive the result. */
struct cond_form *cond_form_compile(
    struct arena *a, json_t *v, const struct expr_names *names, struct expr_fault *f);

/* 0: *out. -1: *f, with `field` or a place in `value` as its field. */
mr_must_check int cond_form_eval(
    const struct cond_form *form, const struct expr_scope *s, bool *out, struct expr_fault *f);

#endif

/*
 * rehearse_diff.h: what two runs differ in, as rehearse.h lists it.
 */
#ifndef MR_FLOW_REHEARSE_DIFF_H
#define MR_FLOW_REHEARSE_DIFF_H

#include "flow/exec.h"

/* Adds one, unless the list is full. Before and after are borrowed; NULL: there is none. */
void diff_add(json_t *list, const struct step_record *at, const char *what, const json_t *before,
    const json_t *after);

/* A step that both runs have. */
void diff_steps(json_t *list, const struct step_record *was, const struct step_record *is);

/* A step that only one run has: what is "new" or "missing". */
void diff_lone(json_t *list, const struct step_record *step, const char *what);

/* How the runs ended. */
struct diff_ending {
	enum run_outcome outcome;
	const json_t *output, *error;
};
void diff_endings(json_t *list, const struct diff_ending *was, const struct diff_ending *is);

#endif

/*
 * rehearse.h: a version of a workflow over a recorded run, to see what it would have done. Pure, as
 * the executor that it drives: no I/O leaves, nothing is recorded, and the clock is the recorded
 * run's.
 *
 * What a node wishes for is answered by the recorded step of the same node, iteration and attempt,
 * in the order in which those steps ended; a node begins when that one began. What nobody recorded
 * an answer to stays open, and the run ends there: what would follow is not known.
 */
#ifndef MR_FLOW_REHEARSE_H
#define MR_FLOW_REHEARSE_H

#include "flow/exec.h"

#define REHEARSE_DIFFERENCES_MAX 100 /* of one run; further ones are left out */
#define REHEARSE_VALUE_MAX 4096      /* bytes of a value before or after; a longer one is cut */

struct rehearsal {
	struct plan *plan;              /* what is tried */
	const struct exec_start *start; /* of the recorded run; its plan made the rows */
	json_t *vars;                   /* root `vars` of what is tried, as start->vars */
	const struct err *refused;      /* why what is tried would not start; NULL: it would */
	const struct step_record *rows; /* in the order of step_no */
	size_t n;
	enum run_outcome outcome; /* of the recorded run */
	json_t *output;           /* may be NULL */
	json_t *error;            /* may be NULL */
};

/*
 * *differences: a new array, empty when there are none, of {"node_id", "iteration", "attempt",
 * "what", "before"?, "after"?}; without a node it is the run itself that differs. `what` is
 *
 *	status output port error   of a step that both have: port when it left by others
 *	new missing                a step that only one has
 *	request                    a call that differs; it was given the recorded answer
 *	unknown                    a call that nothing recorded answers
 *
 * A plain skip is no step. A value that is cut is {"cut": text}. -1: *e is set, the recorded run
 * can't be tried at all.
 */
mr_must_check int rehearse(const struct rehearsal *r, json_t **differences, struct err *e);

#endif

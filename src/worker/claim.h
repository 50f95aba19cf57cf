/*
 * claim.h: reads what a claim brought, from a row of work.tick or work.claim.
 */
#ifndef MR_WORKER_CLAIM_H
#define MR_WORKER_CLAIM_H

#include <jansson.h>
#include <libpq-fe.h>

#include "worker/run.h"

/* The columns of work.tick's answer, and their types for value_shape. */
enum claim_column {
	CLAIM_IS_STALE,
	CLAIM_WORKSPACE,
	CLAIM_RUN,
	CLAIM_FENCE,
	CLAIM_LOST,
	CLAIM_WORKFLOW,
	CLAIM_VERSION_ID,
	CLAIM_VERSION,
	CLAIM_TRIGGER_TYPE,
	CLAIM_NODE,
	CLAIM_IS_SYNC,
	CLAIM_SEQ,
	CLAIM_CREATED,
	CLAIM_STARTED,
	CLAIM_DUE,
	CLAIM_INPUT,
	CLAIM_VARIABLES,
	CLAIM_DELIVERY,
	CLAIM_METHOD,
	CLAIM_QUERY,
	CLAIM_HEADERS,
	CLAIM_CONTENT_TYPE,
	CLAIM_BODY,
};
#define CLAIM_SHAPE "buulsuuittbizzzttutttty"

/* The trigger's items, from the delivery, the schedule's due time or the input given: new array. */
json_t *claim_trigger_items(const PGresult *res, int row);

/* The columns of work.run_load's answer. */
#define CLAIM_STEP_SHAPE "tisitzlttt"

/* A recorded step, for claim_step_free whatever was answered. -1: *e is set (MR409), it has a
 * status that is none. */
mr_must_check int claim_step(const PGresult *res, int row, struct step_record *out, struct err *e);
void claim_step_free(struct step_record *step);

/* A json column that we wrote ourselves: a new reference; NULL for null. */
json_t *claim_json(const PGresult *res, int row, int col);

#endif

/*
 * claim.h: reads what a claim brought, from a row of work.tick (columns as RUN_CLAIM_SHAPE).
 */
#ifndef MR_WORKER_CLAIM_H
#define MR_WORKER_CLAIM_H

#include <jansson.h>
#include <libpq-fe.h>

#include "worker/run.h"

/* The trigger's items, from the delivery, the schedule's due time or the input given: new array. */
json_t *claim_trigger_items(const PGresult *res, int row);

/* What expressions know as `run`; id and start are read from `run`: new object. */
json_t *claim_root_run(const struct run *run, const PGresult *res, int row);

/* A json column that we wrote ourselves: a new reference; NULL for null. */
json_t *claim_json(const PGresult *res, int row, int col);

#endif

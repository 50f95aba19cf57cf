/*
 * domain.h: looks for the TXT records that prove domains (sql/work/domain.sql): takes those that
 * are due, has millrace-egress ask for them, records what was found.
 */
#ifndef MR_WORKER_DOMAIN_H
#define MR_WORKER_DOMAIN_H

#include "worker/worker.h"

struct prover *prover_new(struct worker *w);

/* What is under way is taken again by another worker, when its lease is over. NULL is fine. */
void prover_free(struct prover *p);

/* Somebody may have asked for a look. */
void prover_soon(struct prover *p);

#endif

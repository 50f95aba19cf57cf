/*
 * sink.h: posts audit entries to the workspaces' own addresses (sql/app/audit_sink.sql). The
 * database makes, orders and signs the messages; here they are handed to millrace-egress, and how
 * it went is recorded. A message is taken when the answer is a 2xx, else it is sent again later.
 */
#ifndef MR_WORKER_SINK_H
#define MR_WORKER_SINK_H

#include "worker/worker.h"

struct sinks *sinks_new(struct worker *w);

/* What is under way is sent again by another worker, when its lease is over. NULL is fine. */
void sinks_free(struct sinks *s);

#endif

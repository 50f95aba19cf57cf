/*
 * delay.h: when a wait for a time is over.
 */
#ifndef MR_NODE_DELAY_H
#define MR_NODE_DELAY_H

#include "flow/node_type.h"

/* By `until`, `duration_ms` or `duration` and `unit` of a resolved config. -1: *out is FAIL. */
mr_must_check int delay_due(const struct node_call *call, const json_t *config, int64_t *due_at_ms,
    struct node_result *out);

#endif

#ifndef MR_WEB_METRICS_H
#define MR_WEB_METRICS_H

/*
 * metrics.h: counters of this web process, as Prometheus text.
 */

#include <stdint.h>

#include "core/buf.h"
#include "web/routes.h"

/* One answered request; route NULL: none matched. */
void metrics_request(const struct route *route, int status, int64_t us);

/* One statement of accepted deliveries. */
void metrics_deliveries(int accepted, int duplicate, int refused);

/* A webhook refused since its sender proved nothing; counted among the refused as well. */
void metrics_proof_refused(void);

/* Open sockets and streams. */
void metrics_live(int change);

/* Appends all of it. */
void metrics_print(struct buf *out);

#endif

/*
 * cron_fields.h: the part of cron_parse that reads fields.
 */
#ifndef MR_FLOW_CRON_FIELDS_H
#define MR_FLOW_CRON_FIELDS_H

#include "flow/cron.h"

/* Five, six or seven fields. 0: *out, which was zeroed, is set. -1: MR400 names the field. */
mr_must_check int cron_fields_parse(struct str text, struct cron *out, struct err *e);

#endif

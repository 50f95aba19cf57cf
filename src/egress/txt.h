/*
 * txt.h: looks up the TXT records of one name. libcurl resolves addresses only, so c-ares asks.
 *
 * Asked are the name servers of MILLRACE_DNS (`address[:port]`, by commas, IPv6 in brackets), else
 * the system's, read anew for each look-up. A request chooses the name and nothing else: no address
 * that it could name is dialled, so no verdict is asked.
 */
#ifndef MR_EGRESS_TXT_H
#define MR_EGRESS_TXT_H

#include <jansson.h>

#include "core/def.h"
#include "core/err.h"
#include "egress/exchange.h"

struct txt;

/* At start: are these name servers? "" is: the system's. -1: MR400. */
mr_must_check int txt_check(const char *servers, struct err *e);

/* As exchange_start, _cancel and _drop. */
struct txt *txt_start(
    struct exchange_world *world, const json_t *frame, answer_fn answer, void *arg);
void txt_cancel(struct txt *t);
void txt_drop(struct txt *t);

#endif

/*
 * mail.h: hands one message to the installation's mail server (MILLRACE_SMTP_URL).
 *
 *   smtp://user:password@host:587   TLS by STARTTLS: required when there is a password and the host
 *                                   isn't this machine, else taken when it is offered
 *   smtps://host                    TLS from the first byte
 *
 * The one place that is dialled is the one that the setting names; a request chooses nothing but
 * the message, so no verdict is asked and nobody else can reach that address this way.
 */
#ifndef MR_EGRESS_MAIL_H
#define MR_EGRESS_MAIL_H

#include <jansson.h>

#include "core/def.h"
#include "core/err.h"
#include "core/str.h"
#include "egress/exchange.h"

struct mail;

/* Is the setting one that can be dialled? "" is: no mail then. -1: MR400. */
mr_must_check int mail_check(const char *smtp_url, struct err *e);

/* As exchange_start, _cancel and _drop. */
struct mail *mail_start(struct exchange_world *world, const json_t *frame, struct str body,
    answer_fn answer, void *arg);
void mail_cancel(struct mail *m);
void mail_drop(struct mail *m);

#endif

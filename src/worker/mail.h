/*
 * mail.h: sends the outbox (sql/work/mail.sql): claims a few mails, hands each to millrace-egress,
 * records how it went. A worker without MILLRACE_MAIL_FROM sends none, and says so in the database.
 *
 * A reply of 5xx is final, but for those that speak of our own sign-in there; all else is tried
 * again after MILLRACE_MAIL_RETRY_MS, then three times as long, MILLRACE_MAIL_TRIES times.
 */
#ifndef MR_WORKER_MAIL_H
#define MR_WORKER_MAIL_H

#include "core/def.h"
#include "core/err.h"
#include "worker/worker.h"

/* -1: MR400 MILLRACE_MAIL_FROM is no mailbox. */
mr_must_check int mailer_new(struct worker *w, struct mailer **out, struct err *e);

/* What is under way is claimed again by another worker, when the lease is over. NULL is fine. */
void mailer_free(struct mailer *m);

#endif

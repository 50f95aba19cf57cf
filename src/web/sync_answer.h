#ifndef MR_WEB_SYNC_ANSWER_H
#define MR_WEB_SYNC_ANSWER_H

/*
 * sync_answer.h: senders of webhooks that wait for what the workflow answers.
 *
 * Nothing is polled: a notification names the run, then the answer is read. Since notifications
 * may be lost, who waits looks again once a second.
 */

#include "core/uuid.h"
#include "web/call.h"

/*
 * c has its receipt as answer already and goes on waiting, now for the run: the answer becomes the
 * workflow's, or stays the receipt when timeout_ms passes first.
 */
void sync_answer_wait(
    struct call *c, const struct uuid *workspace, const struct uuid *run, int timeout_ms);

/* The run has changed. */
void sync_answer_changed(const struct uuid *run);

/* Changes may have been missed. */
void sync_answer_resync(void);

/* Ends waits whose time is over; call several times a second. */
void sync_answer_tick(void);

#endif

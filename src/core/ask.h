/*
 * ask.h: one question to another of our processes, over its unix socket, by a thread that may wait.
 * Event loops use frame_open instead.
 */
#ifndef MR_CORE_ASK_H
#define MR_CORE_ASK_H

#include <jansson.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/def.h"
#include "core/err.h"
#include "core/str.h"

/*
 * Sends one frame to the process at `path` and waits for its answer. While nobody listens there, or
 * the connection is lost on the way, it asks again, until timeout_ms are over: so the question must
 * be one that may be asked twice. 0: *answer is the caller's (json_decref), body (may be NULL) has
 * the answer's body appended. -1: MR503 no answer in time, MR413 the question is too large, or the
 * code and text of the answer's `error`.
 */
mr_must_check int ask(const char *path, const json_t *question, struct str question_body,
    int64_t timeout_ms, json_t **answer, struct buf *body, struct err *e);

#endif

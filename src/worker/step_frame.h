/*
 * step_frame.h: an I/O in the words of egress (egress/egress.h), there and back.
 */
#ifndef MR_WORKER_STEP_FRAME_H
#define MR_WORKER_STEP_FRAME_H

#include <jansson.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/redact.h"
#include "core/str.h"
#include "flow/io.h"

struct run;

/* What egress answered. */
struct step_frame {
	struct io_result result; /* borrows from the json and the body that were read */
	struct buf kept;         /* the body, if something was redacted in it */
};

/* The request without its body; a new reference. */
json_t *step_frame_request(const struct run *run, const struct io_wish *io, int64_t id);

/* Reads an answer, without the `secrets` (NULL: there are none) of the run that asked. */
void step_frame_read(
    struct step_frame *frame, const json_t *json, struct str body, const struct redact *secrets);
void step_frame_free(struct step_frame *frame);

#endif

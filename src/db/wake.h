/*
 * wake.h: the payload of NOTIFY mr_work: which queue rows became ready, so that an idle worker
 * claims them without asking its feed first. One round trip less between acceptance and claim.
 *
 *   '<workspace>:<run>:<prio>:<block>:<item> …'    '' = look for yourself
 *
 * A hint like any other: who may send it proves nothing, a claim believes only what it returns.
 */
#ifndef MR_DB_WAKE_H
#define MR_DB_WAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/str.h"
#include "core/uuid.h"
#include "db/array.h"

#define WAKE_BYTES_MAX 7000 /* a payload has less than 8000 */

struct wake_row {
	struct uuid workspace_id;
	struct uuid run_id;
	int16_t prio;
	struct tid tid;
};

/* Appends a row. False: the payload would be too long, nothing is appended. */
bool wake_add(struct buf *payload, const struct wake_row *row);

/* Takes the first row off *rest. False: there is none, or what is there is not a row. */
bool wake_next(struct str *rest, struct wake_row *row);

#endif

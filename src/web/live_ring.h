#ifndef MR_WEB_LIVE_RING_H
#define MR_WEB_LIVE_RING_H

/*
 * live_ring.h: the last changes that this process heard of, numbered. Pure.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/uuid.h"

#define RING_SIZE 4096
#define RING_SEQ_SIZE 40 /* "<process>-<n>" with the NUL */

/* Adds a change; returns its number (from 1). */
int64_t ring_add(const struct uuid *workspace, const struct uuid *run);

/* The last number given out. */
int64_t ring_head(void);

/* Is all that came after number n still held? */
bool ring_reaches(int64_t n);

/*
 * Runs of a workspace that changed after number n, each once with its last number, oldest first,
 * at most max (-1: there are more).
 */
struct ring_change {
	int64_t n;
	struct uuid run;
};
int ring_after(int64_t n, const struct uuid *workspace, struct ring_change *out, int max);

/* "<process>-<n>", and back: -1 another process's, or no number of ours. */
const char *ring_seq_format(int64_t n, char out[RING_SEQ_SIZE]);
int64_t ring_seq_parse(const char *text);

#endif

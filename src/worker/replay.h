/*
 * replay.h: tries versions over recorded runs (flow/rehearse.h), one run after the other.
 *
 * A row of app.replay is under this worker's lease; each answer to work.replay_next brings the next
 * run and takes what came of the last, so a worker that dies costs one run tried twice. A run takes
 * as long as executing it in one go; then live ones have the worker for three times as long.
 */
#ifndef MR_WORKER_REPLAY_H
#define MR_WORKER_REPLAY_H

#include "worker/worker.h"

#define REPLAY_LOOK_MS 5000   /* how often replays are looked for that no notification told of */
#define REPLAY_LEASE_MS 10000 /* well above what one run takes */
#define REPLAY_REST 3         /* rests for so many times what a run took */

struct replayer *replayer_new(struct worker *w);
void replayer_free(struct replayer *r);

/* Somebody may have asked for a replay. */
void replayer_soon(struct replayer *r);

#endif

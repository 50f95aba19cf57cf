/*
 * prepare.h: what a claimed run needs before it can advance, and its first advance.
 *
 *   plan -> (nothing recorded yet) its connections can be used -> begins at the trigger
 *        -> (some steps recorded)  these are read              -> goes on where they end
 *
 * A run that can't begin ends as failed; if it was the database that was away, it is given back.
 */
#ifndef MR_WORKER_PREPARE_H
#define MR_WORKER_PREPARE_H

struct run;

/* Takes the run's reference to its plan, and begins it now or when all that it needs is read. */
void prepare_run(struct run *run);

#endif

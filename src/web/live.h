#ifndef MR_WEB_LIVE_H
#define MR_WEB_LIVE_H

/*
 * live.h: rooms of live updates, fed by NOTIFY and read with the credential of who listens.
 */

#include "db/listen.h"

/* Fills in what pg_start needs. */
void live_start(struct listener_calls *calls);

void live_tick(void);

/* Ends all sockets and streams with a hint to come back. */
void live_close(void);

#endif

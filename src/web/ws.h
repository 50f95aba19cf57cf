#ifndef MR_WEB_WS_H
#define MR_WEB_WS_H

/*
 * ws.h: WebSockets; the handler is `ws` (handlers.h).
 */

/* Pings, and ends who doesn't read; call several times a second. */
void ws_tick(void);

#endif

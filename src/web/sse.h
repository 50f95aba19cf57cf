#ifndef MR_WEB_SSE_H
#define MR_WEB_SSE_H

/*
 * sse.h: server-sent events; the handlers are run_stream, workspace_stream and run_logs.
 */

/* Heartbeats, ends who doesn't read, log lines that came since; call several times a second. */
void sse_tick(void);

#endif

/*
 * send.h: how an answer leaves: status, headers, body, and a line in log and metrics.
 */
#ifndef MR_WEB_SEND_H
#define MR_WEB_SEND_H

struct call;
struct connection;

/* Once, before the first request. */
void send_setup(void);

/* Sends what the call holds, unless the client has left. */
void send_answer(struct call *c);

/*
 * Begins a stream of c->type as the answer to the call: status and headers are sent, the connection
 * is the caller's from now on, who also frames the body. NULL: the client has left.
 */
struct connection *send_stream(struct call *c);

/* Says in log and metrics how a call was answered, where send_answer does not. */
void send_log(struct call *c, int status);

#endif

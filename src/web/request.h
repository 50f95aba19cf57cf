#ifndef MR_WEB_REQUEST_H
#define MR_WEB_REQUEST_H

/*
 * request.h: the one HTTP state machine, between Kore's requests and the calls of call.h.
 */

#include <stdbool.h>

#include "web/credential.h"
#include "web/forwarded.h"
#include "web/input.h"

struct http_request;

struct request_setup {
	const struct input *input;
	const struct credential_site *site;
	bool is_loopback;       /* the main listener is for this machine only */
	int inner_port;         /* of the listener that always is */
	struct proxies proxies; /* whose word on the client's address is taken */
	enum forwarded_form forwarded;
};

/* Once, before the first request; kept by address. */
void request_setup(const struct request_setup *setup);
const struct credential_site *request_site(void);

/* Kore's handler of every route; named in the configuration. */
int request_dispatch(struct http_request *req);

/* Calls fn in ms; 0: in the next turn of the event loop. */
void request_after(int ms, void (*fn)(void));

/* At most this many threads hash passwords; more calls wait, up to a limit. */
void request_tasks(int threads);

#endif

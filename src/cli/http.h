/*
 * http.h: calls of our own API, blocking, for the commands.
 */
#ifndef MR_CLI_HTTP_H
#define MR_CLI_HTTP_H

#include <jansson.h>

#include "core/buf.h"
#include "core/def.h"
#include "core/err.h"

/* One session with the server: cookies are kept between calls. { 0 } has none yet. */
struct http {
	void *curl;
	struct buf base;  /* http://localhost:8080 */
	struct buf token; /* Bearer; empty = none */
	struct buf csrf;  /* X-CSRF-Token; empty = none */
};

void http_free(struct http *http);

/*
 * One call; `body` may be NULL, so may `answer` (new; JSON null when the body is no JSON). *status
 * is the HTTP status. -1: MR503 nobody answers. A status from 400 is no error here.
 */
mr_must_check int http_call(struct http *http, const char *method, const char *path,
    const json_t *body, int *status, json_t **answer, struct err *e);

/* The same, but any status other than `expected` is an error with the server's own message. */
mr_must_check int http_need(struct http *http, int expected, const char *method, const char *path,
    const json_t *body, json_t **answer, struct err *e);

#endif

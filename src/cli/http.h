/*
 * http.h: calls of our own API, blocking, for the commands.
 */
#ifndef MR_CLI_HTTP_H
#define MR_CLI_HTTP_H

#include <jansson.h>
#include <stdbool.h>

#include "core/buf.h"
#include "core/def.h"
#include "core/err.h"
#include "core/str.h"

/* One session with the server: cookies are kept between calls. { 0 } has none yet. */
struct http {
	void *curl;
	struct buf base;  /* http://localhost:8080 */
	struct buf token; /* Bearer; empty = none */
	struct buf csrf;  /* X-CSRF-Token; empty = none */
};

/* What a request is made of, and what came back, where http_call doesn't do. */
struct http_ask {
	const char *method, *path;
	const char *const *headers; /* `Name: value`, NULL behind the last; may be NULL */
	struct str body;            /* p NULL: none */
};

struct http_said {
	int status;
	int retry_after_s; /* 0 = not said */
	bool is_stream;    /* an event stream or another protocol: left after its head */
	struct buf body;   /* of the caller, who frees it */
};

void http_free(struct http *http);

/*
 * One request with exactly these headers: no credential of `http`, no cookies. said->body is
 * emptied first. -1: MR503 nobody answers.
 */
mr_must_check int http_send(
    struct http *http, const struct http_ask *ask, struct http_said *said, struct err *e);

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

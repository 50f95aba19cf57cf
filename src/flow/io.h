/*
 * io.h: the I/O that a node wishes for, and its outcome. Described here, performed by the worker
 * (worker/step.c).
 */
#ifndef MR_FLOW_IO_H
#define MR_FLOW_IO_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum io_kind { IO_HTTP };

/* All owned; freed by io_wish_free. */
struct io_wish {
	enum io_kind kind;
	char *method;     /* upper case */
	char *connection; /* id of the connection whose secret is put in, or NULL */
	char *url;        /* whole, query included, percent-encoded */
	json_t *headers;  /* {"Name": "value" or ["value", …]}, never NULL */
	char *body;       /* NULL when there is none; any bytes */
	size_t body_len;
	int64_t timeout_ms; /* of the whole exchange, > 0 */
	size_t max_bytes;   /* of the decoded response body; more is IO_TOO_LARGE */
	int max_redirects;  /* 0 = a redirect is the response */
	bool at_most_once;  /* start only after the `running` step record has been committed */
};

enum io_error {
	IO_OK, /* a response arrived, whatever its status */
	IO_TIMEOUT,
	IO_DNS,
	IO_CONNECT,
	IO_TLS,
	IO_DENIED,     /* the egress rules forbid this address */
	IO_TOO_LARGE,  /* the response, or a header of it */
	IO_PROTOCOL,   /* not HTTP, bad URL, too many redirects, connection lost half-way */
	IO_ABORTED,    /* the worker gave it up (egress process lost, shutdown) */
	IO_CONNECTION, /* the connection can't be used, or not for this host */
	IO_UNKNOWN     /* an at_most_once call may or may not have happened */
};

/* Borrowed by exec_io_done for the call; the worker keeps ownership. */
struct io_result {
	enum io_error error;
	const char *message; /* one sentence when error != IO_OK, may be NULL */
	int status;
	json_t *headers;  /* {"lower-case-name": "value" or ["value", …]}; may be NULL */
	const char *body; /* may be NULL when body_len is 0; any bytes */
	size_t body_len;
	json_t *recorded; /* the item that this answer became when it came (rehearse.h): taken as
	                     it is, without a body; else NULL */
};

/* Copies both; headers are {}, all else is zero. */
struct io_wish *io_wish_new(const char *method, const char *url);
void io_wish_free(struct io_wish *wish); /* NULL is fine */

/* "TIMEOUT", "DNS", "CONNECT", "TLS", "DENIED", "TOO_LARGE", "PROTOCOL", "ABORTED",
 * "CONNECTION_INVALID", "UNKNOWN_OUTCOME", "OK". */
const char *io_error_name(enum io_error error);

/* The error a name stands for; IO_PROTOCOL for an unknown name. */
enum io_error io_error_from_name(const char *name);

/* True when another try may succeed: all but OK, DENIED, TOO_LARGE, CONNECTION and UNKNOWN. */
bool io_error_retryable(enum io_error error);

#endif

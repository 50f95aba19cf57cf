#ifndef MR_WEB_GUARD_H
#define MR_WEB_GUARD_H

/*
 * guard.h: judges the raw head of an HTTP/1 request before Kore's parser sees it.
 *
 * Kore reads leniently (first of two lengths wins, chunked bodies are ignored, "Hostile: a" counts
 * as Host). Requests that two readers could take differently are refused here, so that neither an
 * edge nor Kore can be led to see another request than we do. Pure: bytes in, verdict out.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct guard_limits {
	size_t head_max;    /* bytes up to and including the empty line */
	size_t uri_max;     /* bytes of the request target */
	size_t headers_max; /* header lines */
	uint64_t body_max;  /* bytes of a body */
};

enum guard_state {
	GUARD_MORE,   /* no verdict yet: read on */
	GUARD_PASS,   /* head_len and body_len are set */
	GUARD_REFUSE, /* status and message are set: answer, then close */
};

struct guard_verdict {
	enum guard_state state;
	int status;          /* HTTP status of the refusal */
	const char *message; /* a sentence for the client, static */
	size_t head_len;
	uint64_t body_len;
	bool expects_continue; /* the client waits for "100 Continue" before it sends the body */
};

/*
 * Judges buf[0..len), of which buf[0..seen) was judged before with the verdict GUARD_MORE.
 * Bytes behind a complete head may belong to the body; more than its length is refused.
 */
struct guard_verdict guard_head(
    const uint8_t *buf, size_t seen, size_t len, const struct guard_limits *limits);

#endif

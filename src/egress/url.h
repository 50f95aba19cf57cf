/*
 * url.h: reads and checks a URL, with the parser of the library that will dial it, so that no two
 * parsers can disagree about which host it names.
 */
#ifndef MR_EGRESS_URL_H
#define MR_EGRESS_URL_H

#include <curl/curl.h>
#include <stdbool.h>

#include "core/def.h"
#include "egress/fail.h"

struct url {
	CURLU *handle; /* what is dialled */
	char *text;    /* the whole, without its fragment */
	char *scheme;  /* "http" or "https" */
	char *host;
	char *port; /* always there: the scheme's own when the URL names none */
};

/*
 * 0: *out is the caller's (url_free). -1: *out is empty and *fail says why: DENIED another scheme
 * than http and https, or user information; PROTOCOL not a URL.
 */
mr_must_check int url_read(const char *text, struct url *out, struct fail *fail);

/* Takes { 0 }. */
void url_free(struct url *url);

/* Same scheme, host and port: what one sends to one, the other may see. */
bool url_same_origin(const struct url *a, const struct url *b);

#endif

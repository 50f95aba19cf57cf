/*
 * fail.h: why a request ended without a response: a code of egress.h and a sentence. The text
 * never holds a header, a body or the query of a URL.
 */
#ifndef MR_EGRESS_FAIL_H
#define MR_EGRESS_FAIL_H

#include <curl/curl.h>

#include "core/def.h"

struct fail {
	const char *code; /* NULL = none; one of egress.h's */
	char text[320];
};

/* Sets it unless one is set already: the first cause is the one to tell. Returns -1. */
int fail_set(struct fail *fail, const char *code, const char *fmt, ...) mr_printf(3, 4);

/* Why curl ended a transfer, unless a callback of ours has said so already. */
void fail_of_curl(struct fail *fail, CURLcode result);

#endif

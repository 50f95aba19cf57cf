/*
 * fake_call.h: a call without a server behind it: request headers are a list of the test's.
 */
#ifndef TESTS_UNIT_WEB_FAKE_CALL_H
#define TESTS_UNIT_WEB_FAKE_CALL_H

#include <strings.h>

#include "web/call.h"

static struct call_header fake_headers[8];

const char *
call_header_in(const struct call *c, const char *name)
{
	(void)c;
	for (size_t i = 0; i < countof(fake_headers) && fake_headers[i].name != NULL; i++) {
		if (strcasecmp(fake_headers[i].name, name) == 0)
			return fake_headers[i].value;
	}
	return NULL;
}

#endif

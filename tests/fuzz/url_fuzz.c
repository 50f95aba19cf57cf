/*
 * Any text as the URL of an outgoing call, as an entry of an allow-list and as a line of the
 * ceiling file: what is taken is http or https, has a host, and is of one origin with itself.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "egress/policy.h"
#include "egress/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	char *copy = calloc(1, size + 1);
	struct policy_grants grants = { 0 };
	struct policy_net net;
	struct fail fail = { 0 };
	struct url url;
	struct err e;

	memcpy(copy, data, size);
	if (url_read(copy, &url, &fail) == 0) {
		assert(strcmp(url.scheme, "http") == 0 || strcmp(url.scheme, "https") == 0);
		assert(url.host[0] != '\0' && url.port[0] != '\0');
		assert(url_same_origin(&url, &url));
		url_free(&url);
	} else
		assert(fail.code != NULL && fail.text[0] != '\0');
	if (policy_net_parse(text, &net, &e) == 0)
		assert(
		    net.net.bits >= 0 && net.net.bits <= 128 && net.port >= 0 && net.port <= 65535);
	(void)!policy_grants_add(&grants, text, &e);
	policy_grants_free(&grants);
	free(copy);
	return 0;
}

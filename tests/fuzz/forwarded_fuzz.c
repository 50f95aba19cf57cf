/*
 * Any text as X-Forwarded-For and as Forwarded: the answer is an address, and the peer's own unless
 * the peer is a trusted proxy.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "web/forwarded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	struct proxies trusted, read;
	struct net_address address;
	char out[NET_TEXT_SIZE];
	struct err e;

	(void)!proxies_parse(text, &read, &e);
	assert(read.n >= 0 && read.n <= PROXIES_MAX);
	assert(proxies_parse(str_of("127.0.0.0/8 ::1"), &trusted, &e) == 0);
	for (int form = FORWARDED_LIST; form <= FORWARDED_RFC; form++) {
		forwarded_client(&trusted, "127.0.0.1", (enum forwarded_form)form, text, out);
		assert(net_address_parse(str_of(out), &address, &e) == 0);
		forwarded_client(&trusted, "192.0.2.7", (enum forwarded_form)form, text, out);
		assert(strcmp(out, "192.0.2.7") == 0);
	}
	return 0;
}

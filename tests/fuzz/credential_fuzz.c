/*
 * Any text as cookies, as Authorization and as Origin: nothing but a token with a right check is a
 * credential, and nothing but an own origin is own.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/crypto.h"
#include "web/credential.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct credential_site site = { .jwt_audience = "millrace",
		.origins = { "http://localhost:8080", NULL },
		.guests = { "https://app.example", NULL } };
	struct arena *a = arena_new();
	char *text = calloc(1, size + 1);
	struct credential c;
	struct err e;

	memcpy(text, data, size);
	if (credential_read(&site, a, NULL, text, 0, false, &c, &e) == 0)
		assert(c.kind == CREDENTIAL_NONE ||
		       (c.kind == CREDENTIAL_COOKIE && token_check(str_of(c.value), 's')));
	if (credential_read(&site, a, text, NULL, 0, true, &c, &e) == 0)
		assert(c.kind == CREDENTIAL_TOKEN || c.kind == CREDENTIAL_HOOK);
	if (origin_is_own(&site, text, "localhost:8080"))
		assert(strstr(text, "localhost:8080") != NULL);
	if (origin_is_guest(&site, text))
		assert(origin_is_well_formed(text));
	free(text);
	arena_free(a);
	return 0;
}

/*
 * Any text: what is read as JSON is written and read again as an equal value; size and depth are
 * kept.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "core/json.h"
#include "core/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
depth(const json_t *v)
{
	int most = 0, n;
	const char *key;
	json_t *one;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)v, key, one)
	{
		n = depth(one);
		most = n > most ? n : most;
	}
	json_array_foreach(v, i, one)
	{
		n = depth(one);
		most = n > most ? n : most;
	}
	return most + 1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *v = NULL, *again = NULL;
	struct err e;
	char *text;

	if (js_parse(str_make((const char *)data, size), 2048, 16, &v, &e) != 0) {
		assert(v == NULL && e.text[0] != '\0');
		return 0;
	}
	assert(size <= 2048 && depth(v) <= 17);
	text = js_text_of(v, JS_SORTED);
	assert(js_parse(str_of(text), (size_t)1 << 20, 16, &again, &e) == 0);
	assert(js_equal(v, again));
	assert(js_bytes(v, (size_t)1 << 20) >= 1);
	mem_free(text);
	json_decref(v);
	json_decref(again);
	return 0;
}

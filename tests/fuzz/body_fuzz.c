/*
 * Any bytes as a webhook's body: form, multipart, JSON, text or binary, it becomes one item. The
 * first line is the content type, the second the query.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "flow/trigger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cuts the first line off as a C string. */
static char *
line(const uint8_t **data, size_t *size)
{
	const uint8_t *end = *size > 0 ? memchr(*data, '\n', *size) : NULL;
	size_t n = end != NULL ? (size_t)(end - *data) : 0;
	char *text = calloc(1, n + 1);

	if (end != NULL) {
		memcpy(text, *data, n);
		*data += n + 1;
		*size -= n + 1;
	}
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *type = line(&data, &size), *query = line(&data, &size);
	struct webhook_request r = { .method = "POST",
		.path = "/hooks/x",
		.query = query,
		.content_type = type,
		.body = (const char *)data,
		.body_len = size };
	json_t *item = trigger_webhook_item(&r), *json = json_object_get(item, "json");

	assert(json_is_object(json));
	assert(json_object_get(json, "payload") != NULL);
	assert(json_is_object(json_object_get(json, "query")));
	json_decref(item);
	free(type);
	free(query);
	return 0;
}

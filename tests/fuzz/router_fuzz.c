/*
 * Any bytes as a request: the guard comes to the same verdict whether they arrive at once or in two
 * pieces; a decoded path can be read one way only; a route's parameters lie inside the path.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "web/form.h"
#include "web/guard.h"
#include "web/routes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct route table[] = {
	{ METHOD_GET, "/healthz", "health_get", NULL, "none", 200, 0, NULL },
	{ METHOD_GET, "/api/v1/workflows/{id}", "workflow_get", NULL, "none", 200, 0, NULL },
	{ METHOD_PATCH, "/api/v1/workflows/{id}", "workflow_update", NULL, "none", 200, 0, NULL },
	{ METHOD_GET, "/api/v1/workflows/{id}/triggers/{trigger_id}", "t", NULL, "none", 200, 0,
	    NULL },
	{ METHOD_POST, "/hooks/{token}", "delivery_accept", NULL, "none", 202, 0, NULL },
	{ METHOD_POST, "/hooks/{slug}/{path}", "delivery_accept", NULL, "none", 202, 0, NULL },
};

static const struct guard_limits limits = { 2048, 512, 23, 1048576 };

static void
path_is_sound(const char *raw, size_t len)
{
	char *path = malloc(len + 1);
	struct route_match m;

	if (path_decode(raw, len, path) == NULL) {
		size_t n = strlen(path);

		assert(path[0] == '/' && str_is_utf8(str_make(path, n)));
		assert(strstr(path, "//") == NULL && strstr(path, "/../") == NULL &&
		       strchr(path, '\\') == NULL);
		for (size_t i = 0; i < n; i++)
			assert((unsigned char)path[i] >= 0x20 && path[i] != 0x7f);
		for (enum method method = METHOD_GET; method <= METHOD_OPTIONS; method *= 2) {
			route_find(table, countof(table), method, path, &m);
			for (int i = 0; m.route != NULL && i < m.params_len; i++)
				assert(m.params[i].value >= path &&
				       m.params[i].value + m.params[i].value_len <= path + n);
		}
	}
	free(path);
}

static void
form_is_sound(const char *raw, size_t len)
{
	char *out = malloc(len + 1);
	json_t *form = json_object();
	struct err e;
	size_t n;

	if (form_decode(raw, len, out, &n))
		assert(n <= len && strlen(out) == n);
	(void)!form_object(str_make(raw, len), form, &e);
	json_decref(form);
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct guard_verdict whole, first, second;
	size_t cut;

	if (size < 2)
		return 0;
	cut = data[0] % size;
	data++;
	size--;
	whole = guard_head(data, 0, size, &limits);
	first = guard_head(data, 0, cut, &limits);
	if (first.state == GUARD_MORE) {
		second = guard_head(data, cut, size, &limits);
		assert(second.state == whole.state && second.status == whole.status);
	}
	if (whole.state == GUARD_PASS)
		assert(whole.head_len <= size && size - whole.head_len <= whole.body_len &&
		       whole.body_len <= limits.body_max);
	if (whole.state == GUARD_REFUSE)
		assert(whole.status >= 400 && whole.message != NULL);
	path_is_sound((const char *)data, size);
	form_is_sound((const char *)data, size);
	return 0;
}

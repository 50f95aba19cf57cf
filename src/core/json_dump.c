/*
 * The writer of json.h. Ours and not jansson's for the numbers: jansson writes 0.1 as
 * 0.10000000000000001, and 3.0 where JavaScript, whose values these are, has 3.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"

struct writer {
	struct buf *b; /* NULL: only counts */
	size_t n;
	size_t enough;
	int flags;
};

static void put(struct writer *w, const char *p, size_t n);
static void put_line(struct writer *w, int depth);
static void put_value(struct writer *w, const json_t *v, int depth);
static void put_string(struct writer *w, const char *p, size_t n);
static void put_real(struct writer *w, double v);
static void put_array(struct writer *w, const json_t *v, int depth);
static void put_object(struct writer *w, const json_t *v, int depth);
static void put_member(struct writer *w, const char *key, const json_t *v, bool first, int depth);
static void put_sorted(struct writer *w, json_t *o, int depth);
static int key_order(const void *a, const void *b);

void
js_dump(struct buf *b, const json_t *v, int flags)
{
	struct writer w = { .b = b, .enough = SIZE_MAX, .flags = flags };

	put_value(&w, v, 0);
}

char *
js_text_of(const json_t *v, int flags)
{
	struct buf b = { 0 };

	js_dump(&b, v, flags);
	return buf_detach(&b);
}

size_t
js_bytes(const json_t *v, size_t enough)
{
	struct writer w = { .enough = enough };

	put_value(&w, v, 0);
	return w.n;
}

static void
put(struct writer *w, const char *p, size_t n)
{
	if (w->b != NULL)
		buf_append(w->b, p, n);
	w->n += n;
}

static void
put_line(struct writer *w, int depth)
{
	if (w->flags & JS_PRETTY) {
		put(w, "\n", 1);
		for (int i = 0; i < depth; i++)
			put(w, "  ", 2);
	}
}

static void
put_value(struct writer *w, const json_t *v, int depth)
{
	char text[32];
	int n;

	if (v == NULL) {
		put(w, "null", 4);
		return;
	}
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		put_object(w, v, depth);
		break;
	case JSON_ARRAY:
		put_array(w, v, depth);
		break;
	case JSON_STRING:
		put_string(w, json_string_value(v), json_string_length(v));
		break;
	case JSON_INTEGER:
		n = snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(v));
		put(w, text, (size_t)n);
		break;
	case JSON_REAL:
		put_real(w, json_real_value(v));
		break;
	case JSON_TRUE:
		put(w, "true", 4);
		break;
	case JSON_FALSE:
		put(w, "false", 5);
		break;
	case JSON_NULL:
		put(w, "null", 4);
		break;
	}
}

static void
put_string(struct writer *w, const char *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	size_t from = 0;

	put(w, "\"", 1);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		char escape[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 0xf] };
		size_t len = 6;
		static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt";

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		for (size_t k = 0; k + 1 < sizeof(named) - 1; k += 2) {
			if (named[k] == (char)c) {
				escape[1] = named[k + 1];
				len = 2;
				break;
			}
		}
		put(w, p + from, i - from);
		put(w, escape, len);
		from = i + 1;
	}
	put(w, p + from, n - from);
	put(w, "\"", 1);
}

static void
put_real(struct writer *w, double v)
{
	char text[40];
	int n = 0;

	if (!isfinite(v)) {
		put(w, "null", 4); /* as JavaScript */
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		double back;

		n = snprintf(text, sizeof(text), "%.*g", digits, v);
		back = strtod(text, NULL);
		if (!(back < v) && !(back > v))
			break;
	}
	put(w, text, (size_t)n);
}

static void
put_array(struct writer *w, const json_t *v, int depth)
{
	size_t n = json_array_size(v);

	put(w, "[", 1);
	for (size_t i = 0; i < n && w->n <= w->enough; i++) {
		if (i > 0)
			put(w, ",", 1);
		put_line(w, depth + 1);
		put_value(w, json_array_get(v, i), depth + 1);
	}
	if (n > 0)
		put_line(w, depth);
	put(w, "]", 1);
}

static void
put_object(struct writer *w, const json_t *v, int depth)
{
	json_t *o = (json_t *)(uintptr_t)v; /* iterating does not change it */
	bool first = true;

	put(w, "{", 1);
	if (w->flags & JS_SORTED) {
		put_sorted(w, o, depth + 1);
	} else {
		for (void *it = json_object_iter(o); it != NULL && w->n <= w->enough;
		     it = json_object_iter_next(o, it)) {
			put_member(w, json_object_iter_key(it), json_object_iter_value(it), first,
			    depth + 1);
			first = false;
		}
	}
	if (json_object_size(v) > 0)
		put_line(w, depth);
	put(w, "}", 1);
}

static void
put_member(struct writer *w, const char *key, const json_t *v, bool first, int depth)
{
	if (!first)
		put(w, ",", 1);
	put_line(w, depth);
	put_string(w, key, strlen(key));
	put(w, ": ", w->flags & JS_PRETTY ? 2 : 1);
	put_value(w, v, depth);
}

static void
put_sorted(struct writer *w, json_t *o, int depth)
{
	size_t n = json_object_size(o), i = 0;
	const char **keys = mem_array(n, sizeof(*keys));

	for (void *it = json_object_iter(o); it != NULL; it = json_object_iter_next(o, it))
		keys[i++] = json_object_iter_key(it);
	qsort(keys, n, sizeof(*keys), key_order);
	for (i = 0; i < n; i++)
		put_member(w, keys[i], json_object_get(o, keys[i]), i == 0, depth);
	mem_free(keys);
}

static int
key_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

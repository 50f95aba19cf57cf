#include "core/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

static int scan(struct str text, int max_depth, struct buf *patched, struct err *e);
static size_t scan_string(struct str text, size_t i);
static size_t scan_number(struct str text, size_t i, bool *too_big);
static json_t *member(const json_t *v, const char **path);

int
js_parse(struct str text, size_t max_bytes, int max_depth, json_t **out, struct err *e)
{
	struct buf patched = { 0 };
	json_error_t error;
	int rc = -1;

	*out = NULL;
	if (text.n > max_bytes)
		return err_set(
		    e, "MR413", "JSON of %zu bytes: the limit is %zu", text.n, max_bytes);
	if (scan(text, max_depth, &patched, e) != 0)
		goto out;
	if (patched.len > 0)
		text = buf_view(&patched);
	*out = json_loadb(text.p != NULL ? text.p : "", text.n, JSON_DECODE_ANY, &error);
	if (*out == NULL) {
		err_set(e, "MR400", "not valid JSON: %s (line %d, column %d)", error.text,
		    error.line, error.column);
		goto out;
	}
	rc = 0;
out:
	buf_free(&patched);
	return rc;
}

int
js_parse_file(const char *path, size_t max_bytes, json_t **out, struct err *e)
{
	struct buf b = { 0 };
	size_t n;
	FILE *f;
	int rc = -1;

	*out = NULL;
	f = fopen(path, "rbe");
	if (f == NULL) {
		err_set(e, "MR404", "%s: %s", path, strerror(errno));
		goto out;
	}
	do {
		n = fread(buf_reserve(&b, 65536), 1, 65536, f);
		buf_grew(&b, n);
	} while (n > 0 && b.len <= max_bytes);
	rc = js_parse(buf_view(&b), max_bytes, JS_DEPTH_MAX, out, e);
out:
	if (f != NULL)
		fclose(f);
	buf_free(&b);
	return rc;
}

bool
js_equal(const json_t *a, const json_t *b)
{
	const char *key;
	json_t *v;

	if (json_is_number(a) && json_is_number(b)) {
		if (json_is_integer(a) && json_is_integer(b))
			return json_integer_value(a) == json_integer_value(b);
		return !(json_number_value(a) < json_number_value(b)) &&
		       !(json_number_value(a) > json_number_value(b));
	}
	if (json_is_array(a) && json_is_array(b) && json_array_size(a) == json_array_size(b)) {
		for (size_t i = 0; i < json_array_size(a); i++) {
			if (!js_equal(json_array_get(a, i), json_array_get(b, i)))
				return false;
		}
		return true;
	}
	if (json_is_object(a) && json_is_object(b) && json_object_size(a) == json_object_size(b)) {
		for (void *it = json_object_iter((json_t *)(uintptr_t)a); it != NULL;
		     it = json_object_iter_next((json_t *)(uintptr_t)a, it)) {
			key = json_object_iter_key(it);
			v = json_object_iter_value(it);
			if (!js_equal(v, json_object_get(b, key)))
				return false;
		}
		return true;
	}
	return a != NULL && b != NULL && json_equal(a, b);
}

const char *
js_type_name(const json_t *v)
{
	const char *name = "null";

	if (v == NULL)
		return name;
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		name = "object";
		break;
	case JSON_ARRAY:
		name = "array";
		break;
	case JSON_STRING:
		name = "string";
		break;
	case JSON_INTEGER:
		name = "integer";
		break;
	case JSON_REAL:
		name = "number";
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		name = "boolean";
		break;
	case JSON_NULL:
		break;
	}
	return name;
}

json_t *
js_get(const json_t *v, const char *path)
{
	json_t *at = (json_t *)(uintptr_t)v;

	while (at != NULL && *path != '\0')
		at = member(at, &path);
	return at;
}

struct str
js_str(const json_t *v)
{
	if (!json_is_string(v))
		return str_make(NULL, 0);
	return str_make(json_string_value(v), json_string_length(v));
}

json_t *
js_string(struct str s)
{
	if (s.n > 0 && memchr(s.p, '\0', s.n) != NULL)
		return NULL;
	return json_stringn(s.p != NULL ? s.p : "", s.n);
}

const char *
js_text_or(const json_t *o, const char *key, const char *fallback)
{
	const json_t *v = json_object_get(o, key);

	return json_is_string(v) ? json_string_value(v) : fallback;
}

int64_t
js_int_or(const json_t *o, const char *key, int64_t fallback)
{
	const json_t *v = json_object_get(o, key);

	return json_is_integer(v) ? json_integer_value(v) : fallback;
}

double
js_real_or(const json_t *o, const char *key, double fallback)
{
	const json_t *v = json_object_get(o, key);

	return json_is_number(v) ? json_number_value(v) : fallback;
}

bool
js_bool_or(const json_t *o, const char *key, bool fallback)
{
	const json_t *v = json_object_get(o, key);

	return json_is_boolean(v) ? json_is_true(v) : fallback;
}

json_t *
js_object(const json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);

	return json_is_object(v) ? v : NULL;
}

json_t *
js_array(const json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);

	return json_is_array(v) ? v : NULL;
}

int
js_need_text(
    const json_t *o, const char *key, size_t min, size_t max, const char **out, struct err *e)
{
	const json_t *v = json_object_get(o, key);
	size_t n;

	if (!json_is_string(v))
		return err_set_field(
		    e, "MR400", key, v == NULL ? "is required" : "must be a string");
	n = str_code_points(js_str(v));
	if (n < min || n > max)
		return err_set_field(
		    e, "MR400", key, "must have %zu to %zu characters, not %zu", min, max, n);
	*out = json_string_value(v);
	return 0;
}

int
js_need_int(const json_t *o, const char *key, int64_t min, int64_t max, int64_t *out, struct err *e)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_integer(v) || json_integer_value(v) < min || json_integer_value(v) > max)
		return err_set_field(e, "MR400", key, "must be an integer from %lld to %lld",
		    (long long)min, (long long)max);
	*out = json_integer_value(v);
	return 0;
}

json_t *
js_issues(const struct issue_list *list)
{
	json_t *out = json_array();

	for (int i = 0; i < list->n; i++) {
		const struct issue *is = &list->v[i];
		json_t *o = json_pack("{s:s, s:s}", "field", is->field, "issue", is->text);

		if (o != NULL && is->severity == ISSUE_WARNING)
			json_object_set_new(o, "severity", json_string("warning"));
		json_array_append_new(out, o);
	}
	return out;
}

json_t *
js_error_body(const struct err *e, json_t *issues, const char *request_id)
{
	json_t *error = json_object(), *details = json_object(), *body = json_object();

	json_object_set_new(error, "code", json_string(err_name(e->code)));
	/* the text may have been cut inside a character */
	json_object_set_new(error, "message",
	    str_is_utf8(str_of(e->text)) ? json_string(e->text) : json_string(err_name(e->code)));
	if (e->field[0] != '\0' && str_is_utf8(str_of(e->field))) {
		json_object_set_new(details, "field", json_string(e->field));
		json_object_set(details, "issue", json_object_get(error, "message"));
	}
	json_object_set_new(error, "details", details);
	if (issues != NULL)
		json_object_set(error, "issues", issues);
	json_object_set_new(body, "error", error);
	if (request_id != NULL)
		json_object_set_new(body, "request_id", json_string(request_id));
	return body;
}

/*
 * Looks ahead of jansson for what it would not refuse or not read: depth, and integers beyond 64
 * bits. With such an integer `patched` gets the whole text, each of them with ".0" behind it.
 */
static int
scan(struct str text, int max_depth, struct buf *patched, struct err *e)
{
	size_t i = 0, copied = 0;
	int depth = 0;

	while (i < text.n) {
		char c = text.p[i];
		bool too_big = false;

		if (c == '"') {
			i = scan_string(text, i);
		} else if (c == '-' || (c >= '0' && c <= '9')) {
			i = scan_number(text, i, &too_big);
			if (too_big) {
				buf_append(patched, text.p + copied, i - copied);
				buf_text(patched, ".0");
				copied = i;
			}
		} else {
			depth += (c == '{' || c == '[') - (c == '}' || c == ']');
			if (depth > max_depth)
				return err_set(e, "MR400", "JSON deeper than %d levels", max_depth);
			i++;
		}
	}
	if (copied > 0)
		buf_append(patched, text.p + copied, text.n - copied);
	return 0;
}

/* The offset behind the string that starts at i. */
static size_t
scan_string(struct str text, size_t i)
{
	for (i++; i < text.n && text.p[i] != '"'; i++) {
		if (text.p[i] == '\\')
			i++;
	}
	return i < text.n ? i + 1 : text.n;
}

/* The offset behind the number that starts at i. */
static size_t
scan_number(struct str text, size_t i, bool *too_big)
{
	size_t start = i;
	bool integer = true;
	int64_t v;

	for (i++; i < text.n && text.p[i] != '\0' && strchr("0123456789+-.eE", text.p[i]); i++)
		integer = integer && text.p[i] >= '0' && text.p[i] <= '9';
	*too_big = integer && i - start > 18 &&
	           str_int64(str_sub(text, start, i - start), INT64_MIN, INT64_MAX, &v, NULL) != 0;
	return i;
}

/* One step of a path: `name`, `.name` or `[n]`; *path goes on behind it. */
static json_t *
member(const json_t *v, const char **path)
{
	const char *p = *path;
	json_t *found = NULL;
	int64_t index;
	size_t n;

	if (*p == '[') {
		n = strcspn(p, "]");
		if (p[n] == ']' &&
		    str_int64(str_make(p + 1, n - 1), 0, INT32_MAX, &index, NULL) == 0)
			found = json_array_get(v, (size_t)index);
		*path = p + n + (p[n] == ']');
	} else {
		char key[256];

		p += *p == '.';
		n = strcspn(p, ".[");
		if (str_copy(key, sizeof(key), str_make(p, n)) == 0)
			found = json_object_get(v, key);
		*path = p + n;
	}
	return found;
}

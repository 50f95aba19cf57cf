#include "flow/trigger_body.h"

#include <string.h>

#include "core/buf.h"
#include "core/crypto.h"
#include "core/json.h"
#include "flow/trigger.h"

#define BOUNDARY_MAX 70 /* RFC 2046 */

static const char REPLACEMENT[] = "\xef\xbf\xbd";

static size_t utf8_length(const char *p, size_t n);
static json_t *form_part(struct str text);
static int hex(int c);
static void add_field(json_t *object, json_t *name, json_t *value);
static void add_file(json_t *binary, json_t *name, json_t *file);
static void read_part(struct str part, json_t *fields, json_t *binary);
static struct str part_header(struct str headers, const char *name);

json_t *
body_text(struct str bytes)
{
	struct buf b = { 0 };
	json_t *text = js_string(bytes);
	size_t i = 0;

	if (text != NULL)
		return text;
	while (i < bytes.n) {
		size_t n = utf8_length(bytes.p + i, bytes.n - i);

		if (n == 0)
			buf_text(&b, REPLACEMENT);
		else
			buf_append(&b, bytes.p + i, n);
		i += n == 0 ? 1 : n;
	}
	text = js_string(buf_view(&b));
	buf_free(&b);
	return text != NULL ? text : json_string("");
}

json_t *
body_form(struct str text, const char **problem)
{
	json_t *object = json_object();
	struct str pair, name;
	int n = 0;

	while (text.n > 0 && str_next(&text, '&', &pair)) {
		if (pair.n == 0)
			continue;
		if (++n > TRIGGER_PARTS_MAX) {
			*problem = "too many fields: the rest is left out";
			break;
		}
		if (!str_next(&pair, '=', &name))
			name = (struct str){ "", 0 };
		add_field(object, form_part(name), form_part(pair));
	}
	return object;
}

json_t *
body_multipart(struct str body, struct str content_type, json_t *binary, const char **problem)
{
	json_t *fields = json_object();
	struct str boundary = body_parameter(content_type, "boundary");
	char mark[BOUNDARY_MAX + 8] = "\r\n--";
	ptrdiff_t from, to;
	int n = 0;

	if (boundary.n == 0 || str_copy(mark + 4, BOUNDARY_MAX + 1, boundary) != 0) {
		*problem = "the content type has no usable boundary";
		return fields;
	}
	/* The first mark has no line break before it, unless there is a preamble. */
	from = str_starts(body, mark + 2) ? -2 : str_find(body, mark, 0);
	if (from == -1) {
		*problem = "the body has no part";
		return fields;
	}
	for (;;) {
		size_t begin = (size_t)(from + (ptrdiff_t)strlen(mark));

		if (str_starts(str_sub(body, begin, 2), "--"))
			break;
		to = str_find(body, mark, begin);
		if (to < 0) {
			*problem = "the body ends inside a part";
			break;
		}
		if (++n > TRIGGER_PARTS_MAX) {
			*problem = "too many parts: the rest is left out";
			break;
		}
		if (str_starts(str_sub(body, begin, 2), "\r\n"))
			begin += 2;
		if ((size_t)to >= begin)
			read_part(str_sub(body, begin, (size_t)to - begin), fields, binary);
		from = to;
	}
	return fields;
}

json_t *
body_file(struct str bytes, struct str mime_type, struct str file_name)
{
	static const struct str unknown = { "application/octet-stream", 24 };
	struct buf data = { 0 };
	json_t *file = json_object();

	crypto_base64(&data, bytes);
	json_object_set_new(file, "data", json_string(buf_cstr(&data)));
	json_object_set_new(file, "mime_type", body_text(mime_type.n > 0 ? mime_type : unknown));
	if (file_name.n > 0)
		json_object_set_new(file, "file_name", body_text(file_name));
	json_object_set_new(file, "size", json_integer((json_int_t)bytes.n));
	buf_free(&data);
	return file;
}

struct str
body_parameter(struct str header, const char *name)
{
	struct str part, key;

	/* A quoted value may hold ';'. It is cut there, which no sender of form data does. */
	while (header.n > 0 && str_next(&header, ';', &part)) {
		if (!str_next(&part, '=', &key) || !str_is_ignoring_case(str_trim(key), name))
			continue;
		part = str_trim(part);
		if (part.n >= 2 && part.p[0] == '"' && part.p[part.n - 1] == '"')
			part = str_sub(part, 1, part.n - 2);
		return part;
	}
	return (struct str){ NULL, 0 };
}

/* Bytes of the well-formed character at p, 0 when there is none. */
static size_t
utf8_length(const char *p, size_t n)
{
	for (size_t len = 1; len <= 4 && len <= n; len++) {
		if (*p != '\0' && str_is_utf8(str_make(p, len)))
			return len;
	}
	return 0;
}

static json_t *
form_part(struct str text)
{
	struct buf b = { 0 };
	json_t *value;

	for (size_t i = 0; i < text.n; i++) {
		int high = i + 2 < text.n ? hex(text.p[i + 1]) : -1;
		int low = i + 2 < text.n ? hex(text.p[i + 2]) : -1;

		if (text.p[i] == '%' && high >= 0 && low >= 0) {
			buf_byte(&b, high * 16 + low);
			i += 2;
		} else {
			buf_byte(&b, text.p[i] == '+' ? ' ' : text.p[i]);
		}
	}
	value = body_text(buf_view(&b));
	buf_free(&b);
	return value;
}

static int
hex(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Steals both. A name that is there becomes, or grows, a list. */
static void
add_field(json_t *object, json_t *name, json_t *value)
{
	const char *key = json_string_value(name);
	json_t *old = json_object_get(object, key);

	if (old == NULL)
		json_object_set_new(object, key, value);
	else if (json_is_array(old))
		json_array_append_new(old, value);
	else
		json_object_set_new(object, key, json_pack("[O, o]", old, value));
	json_decref(name);
}

static void
add_file(json_t *binary, json_t *name, json_t *file)
{
	const char *key = json_string_value(name);
	json_t *free_name = NULL;

	for (int n = 2; json_object_get(binary, key) != NULL; n++) {
		json_decref(free_name);
		free_name = json_sprintf("%s_%d", json_string_value(name), n);
		key = json_string_value(free_name);
	}
	json_object_set_new(binary, key, file);
	json_decref(free_name);
	json_decref(name);
}

/* Headers, an empty line, content. */
static void
read_part(struct str part, json_t *fields, json_t *binary)
{
	ptrdiff_t end = str_starts(part, "\r\n") ? 0 : str_find(part, "\r\n\r\n", 0);
	size_t skip = end == 0 ? 2 : 4;
	struct str headers, content, disposition, name, file_name, type;

	if (end < 0)
		return;
	headers = str_sub(part, 0, (size_t)end);
	content = str_sub(part, (size_t)end + skip, part.n);
	disposition = part_header(headers, "content-disposition");
	name = body_parameter(disposition, "name");
	file_name = body_parameter(disposition, "filename");
	type = part_header(headers, "content-type");
	if (name.n == 0)
		name = str_of("part");
	if (file_name.p != NULL)
		add_file(binary, body_text(name), body_file(content, type, file_name));
	else
		add_field(fields, body_text(name), body_text(content));
}

static struct str
part_header(struct str headers, const char *name)
{
	struct str line, key;

	while (headers.n > 0 && str_next(&headers, '\n', &line)) {
		if (str_next(&line, ':', &key) && str_is_ignoring_case(str_trim(key), name))
			return str_trim(line);
	}
	return (struct str){ NULL, 0 };
}

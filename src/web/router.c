#include "web/router.h"

#include "web/routes.h"

#include "core/str.h"

#include <stdio.h>
#include <string.h>

static const char *segments_check(const char *path);
static bool template_matches(const char *template, const char *path, struct route_match *out);

const char *
path_decode(const char *raw, size_t len, char *out)
{
	size_t n = 0;

	if (len == 0 || raw[0] != '/')
		return "the path must start with a slash";
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)raw[i];

		if (c == '%') {
			int hi = i + 2 < len ? hex_value(raw[i + 1]) : -1;
			int lo = i + 2 < len ? hex_value(raw[i + 2]) : -1;

			if (hi < 0 || lo < 0)
				return "the path has a broken escape";
			c = (unsigned char)(hi * 16 + lo);
			if (c == '/')
				return "the path has an escaped slash";
			i += 2;
		}
		if (c < 0x20 || c == 0x7f || c == '\\')
			return "the path has a control byte or a backslash";
		out[n++] = (char)c;
	}
	out[n] = '\0';
	if (!str_is_utf8(str_make(out, n)))
		return "the path is not valid UTF-8";
	return segments_check(out);
}

void
route_find(const struct route *table, size_t n, enum method method, const char *path,
    struct route_match *out)
{
	enum method wanted = method == METHOD_HEAD ? METHOD_GET : method;
	struct route_match found = { .params_len = ROUTE_PARAMS_MAX + 1 };

	for (size_t i = 0; i < n; i++) {
		struct route_match try = { 0 };

		if (!template_matches(table[i].path, path, &try))
			continue;
		/* "/workflows/validate" hides "/workflows/{id}", for every method. */
		if (try.params_len > found.params_len)
			continue;
		if (try.params_len < found.params_len)
			found = (struct route_match){ .params_len = try.params_len };
		found.allowed |= (unsigned)table[i].method | METHOD_OPTIONS;
		if (table[i].method == METHOD_GET)
			found.allowed |= METHOD_HEAD;
		if (found.route == NULL && table[i].method == wanted) {
			try.allowed = found.allowed;
			try.route = &table[i];
			found = try;
		}
	}
	if (found.route == NULL)
		found.params_len = 0;
	*out = found;
}

void
allow_text(unsigned methods, char *out)
{
	size_t n = 0;

	out[0] = '\0';
	for (unsigned bit = METHOD_GET; bit <= METHOD_OPTIONS; bit <<= 1) {
		if (methods & bit) {
			n += (size_t)snprintf(out + n, ALLOW_TEXT_MAX - n, "%s%s",
			    n > 0 ? ", " : "", method_name((enum method)bit));
		}
	}
}

const char *
method_name(enum method method)
{
	switch (method) {
	case METHOD_GET:
		return "GET";
	case METHOD_HEAD:
		return "HEAD";
	case METHOD_POST:
		return "POST";
	case METHOD_PUT:
		return "PUT";
	case METHOD_PATCH:
		return "PATCH";
	case METHOD_DELETE:
		return "DELETE";
	case METHOD_OPTIONS:
		return "OPTIONS";
	}
	return "";
}

int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static const char *
segments_check(const char *path)
{
	for (const char *at = path; *at == '/';) {
		size_t n = strcspn(++at, "/");

		if (n == 0 && at[n] == '/')
			return "the path has an empty segment";
		if ((n == 1 && at[0] == '.') || (n == 2 && at[0] == '.' && at[1] == '.'))
			return "the path has a dot segment";
		at += n;
	}
	return NULL;
}

/* Segment by segment; {name} takes any one segment that isn't empty, {name*} all that is left. */
static bool
template_matches(const char *template, const char *path, struct route_match *out)
{
	while (*template == '/' && *path == '/') {
		size_t want = strcspn(++template, "/"), have = strcspn(++path, "/");

		if (want > 2 && template[0] == '{') {
			bool rest = template[want - 2] == '*';
			struct route_param *param = &out->params[out->params_len];

			if (rest)
				have = strlen(path);
			if (have == 0 || out->params_len == ROUTE_PARAMS_MAX)
				return false;
			*param = (struct route_param){ template + 1, path,
				want - 2 - (rest ? 1 : 0), have };
			out->params_len++;
		} else if (want != have || memcmp(template, path, want) != 0)
			return false;
		template += want;
		path += have;
	}
	return *template == '\0' && *path == '\0';
}

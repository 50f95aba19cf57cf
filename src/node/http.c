#include "node/http.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/crypto.h"
#include "core/json.h"
#include "core/mem.h"
#include "flow/items.h"

static bool make_url(struct buf *url, const json_t *config, struct node_result *out);
static void add_pairs(struct buf *b, json_t *pairs, char first);
static void add_pair(struct buf *b, const char *name, const json_t *value, char between);
static void escape(struct buf *b, const char *text, const char *plain);
static bool set_headers(struct io_wish *w, const json_t *config, struct node_result *out);
static bool has_header(json_t *headers, const char *name);
static void set_body(struct io_wish *w, const json_t *config);
static bool body_is_json(const struct io_result *io);
static bool body_is_text(const struct io_result *io);
static const char *header(const struct io_result *io, const char *name);

struct io_wish *
http_wish(const json_t *config, const char *idempotency_key, struct node_result *out)
{
	const char *method = js_text_or(config, "method", "GET");
	struct io_wish *w = NULL;
	struct buf url = { 0 };
	bool safe;

	if (!make_url(&url, config, out))
		goto out;
	w = io_wish_new(method, buf_cstr(&url));
	for (char *c = w->method; *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
	if (strspn(w->method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen(w->method) ||
	    *w->method == '\0' || strcmp(w->method, "CONNECT") == 0) {
		node_fail(out, "CONFIG_INVALID", "method", "there is no such method");
		io_wish_free(w);
		w = NULL;
		goto out;
	}
	w->timeout_ms = js_int_or(config, "timeout_ms", HTTP_TIMEOUT_MS);
	if (w->timeout_ms < 1 || w->timeout_ms > 900000)
		w->timeout_ms = HTTP_TIMEOUT_MS;
	w->max_bytes = (size_t)js_int_or(config, "max_bytes", (int64_t)HTTP_MAX_BYTES);
	if (w->max_bytes < 1 || w->max_bytes > HTTP_MAX_BYTES_LIMIT)
		w->max_bytes = HTTP_MAX_BYTES;
	w->max_redirects = js_bool_or(config, "follow_redirects", true) ? HTTP_REDIRECTS : 0;
	w->at_most_once = js_bool_or(config, "at_most_once", false);
	if (js_text_or(config, "connection", "")[0] != '\0')
		w->connection = mem_strdup(js_text_or(config, "connection", NULL));
	if (!set_headers(w, config, out)) {
		io_wish_free(w);
		w = NULL;
		goto out;
	}
	safe = strcmp(w->method, "GET") == 0 || strcmp(w->method, "HEAD") == 0 ||
	       strcmp(w->method, "OPTIONS") == 0;
	set_body(w, config);
	if (!safe && !has_header(w->headers, "idempotency-key"))
		json_object_set_new(w->headers, "Idempotency-Key", json_string(idempotency_key));
out:
	buf_free(&url);
	return w;
}

json_t *
http_response_item(const struct io_result *io, const char *response)
{
	struct str raw = str_make(io->body, io->body_len);
	json_t *body = NULL, *item, *file;
	struct err ignored = { 0 };
	struct buf text = { 0 };
	const char *type;

	if (io->recorded != NULL)
		return item_share(io->recorded);
	if (io->body_len == 0)
		body = json_null();
	if (body == NULL &&
	    (strcmp(response, "json") == 0 ||
	        (strcmp(response, "auto") == 0 && body_is_json(io))) &&
	    js_parse(raw, HTTP_MAX_BYTES_LIMIT, JS_DEPTH_MAX, &body, &ignored) != 0)
		body = NULL;
	if (body == NULL && strcmp(response, "binary") != 0 &&
	    (strcmp(response, "auto") != 0 || body_is_text(io)))
		body = js_string(raw);
	item = json_pack("{s:{s:i, s:o, s:o}}", "json", "status", io->status, "headers",
	    io->headers != NULL ? json_incref(io->headers) : json_object(), "body",
	    body != NULL ? body : json_null());
	if (body == NULL) {
		type = header(io, "content-type");
		crypto_base64(&text, raw);
		file = json_pack("{s:s, s:s, s:I}", "data", buf_cstr(&text), "mime_type",
		    type != NULL ? type : "application/octet-stream", "size", (json_int_t)raw.n);
		json_object_set_new(item, "binary", json_pack("{s:o}", "data", file));
	}
	buf_free(&text);
	return item;
}

bool
http_status_is_passing(int status)
{
	return status == 408 || status == 425 || status == 429 ||
	       (status >= 500 && status != 501 && status != 505);
}

int64_t
http_retry_after_ms(const struct io_result *io, int64_t now_ms)
{
	const char *text = header(io, "retry-after");
	struct err ignored = { 0 };
	struct tm tm = { 0 };
	int64_t seconds;

	if (text == NULL)
		return 0;
	if (str_int64(str_trim(str_of(text)), 0, 10000000, &seconds, &ignored) == 0)
		return seconds * 1000;
	if (strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm) == NULL)
		return 0;
	seconds = (int64_t)timegm(&tm);
	return seconds * 1000 > now_ms ? seconds * 1000 - now_ms : 0;
}

bool
http_header_is_valid(const char *name, const char *value)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
	                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (*name == '\0' || strspn(name, token) != strlen(name))
		return false;
	return value == NULL || strpbrk(value, "\r\n") == NULL;
}

bool
http_url_is_valid(const char *url)
{
	const char *host;

	if (strncasecmp(url, "http://", 7) == 0)
		host = url + 7;
	else if (strncasecmp(url, "https://", 8) == 0)
		host = url + 8;
	else
		return false;
	if (strcspn(host, "/?#") == 0 || strpbrk(url, "\r\n\t") != NULL)
		return false;
	/* A blank or quote inside the host can't be escaped, as one in the path can. */
	for (const char *c = host; *c != '\0' && strchr("/?#", *c) == NULL; c++) {
		if ((unsigned char)*c <= ' ' || strchr("\"<>\\^`{|}", *c) != NULL)
			return false;
	}
	return true;
}

static bool
make_url(struct buf *url, const json_t *config, struct node_result *out)
{
	static const char plain[] = "!#$%&'()*+,/:;=?@[]-._~";
	json_t *query = js_object(config, "query");
	struct str text = str_trim(js_str(json_object_get(config, "url")));
	char *given = mem_strndup(text.p, text.n), *hash;
	bool ok = http_url_is_valid(given);

	if (!ok) {
		node_fail(out, "CONFIG_INVALID", "url", "this is no http or https URL");
		goto out;
	}
	/* The fragment never leaves the machine, and the query goes before it. */
	hash = strchr(given, '#');
	if (hash != NULL)
		*hash = '\0';
	escape(url, given, plain);
	if (json_object_size(query) > 0)
		add_pairs(url, query, strchr(given, '?') != NULL ? '&' : '?');
	ok = url->len <= HTTP_URL_MAX;
	if (!ok)
		node_fail(
		    out, "CONFIG_INVALID", "url", "the URL is longer than %d bytes", HTTP_URL_MAX);
out:
	mem_free(given);
	return ok;
}

static void
add_pairs(struct buf *b, json_t *pairs, char first)
{
	const char *name;
	json_t *value, *one;
	size_t i;

	json_object_foreach(pairs, name, value)
	{
		if (!json_is_array(value)) {
			add_pair(b, name, value, first);
			first = '&';
			continue;
		}
		json_array_foreach(value, i, one)
		{
			add_pair(b, name, one, first);
			first = '&';
		}
	}
}

static void
add_pair(struct buf *b, const char *name, const json_t *value, char between)
{
	char *text;

	if (between != '\0')
		buf_byte(b, between);
	escape(b, name, "-._~");
	buf_byte(b, '=');
	if (json_is_null(value))
		return;
	text = json_is_string(value) ? mem_strdup(json_string_value(value))
	                             : js_text_of(value, JS_COMPACT);
	escape(b, text, "-._~");
	mem_free(text);
}

/* Percent-encodes all but letters, digits and what `plain` names. */
static void
escape(struct buf *b, const char *text, const char *plain)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (isalnum(c) || (c < 128 && strchr(plain, c) != NULL))
			buf_byte(b, c);
		else
			buf_printf(b, "%%%02X", c);
	}
}

static bool
set_headers(struct io_wish *w, const json_t *config, struct node_result *out)
{
	json_t *value;
	const char *name;

	json_object_foreach(js_object(config, "headers"), name, value)
	{
		char *text = json_is_string(value) ? mem_strdup(json_string_value(value))
		                                   : js_text_of(value, JS_COMPACT);
		bool ok = http_header_is_valid(name, text);

		if (ok && !json_is_null(value))
			json_object_set_new(w->headers, name, json_string(text));
		mem_free(text);
		if (!ok) {
			char field[140];

			snprintf(field, sizeof(field), "headers.%.120s", name);
			node_fail(out, "CONFIG_INVALID", field, "this is no header name or value");
			return false;
		}
	}
	return true;
}

static bool
has_header(json_t *headers, const char *name)
{
	const char *key;
	json_t *value;

	json_object_foreach(headers, key, value)
	{
		if (strcasecmp(key, name) == 0)
			return true;
	}
	return false;
}

static void
set_body(struct io_wish *w, const json_t *config)
{
	json_t *body = json_object_get(config, "body");
	const char *kind = js_text_or(config, "body_type", "auto"), *type;
	struct buf b = { 0 };

	if (body == NULL || json_is_null(body) || strcmp(w->method, "HEAD") == 0 ||
	    (json_is_string(body) && *json_string_value(body) == '\0'))
		return;
	if (strcmp(kind, "form") == 0 && json_is_object(body)) {
		add_pairs(&b, body, '\0');
		type = "application/x-www-form-urlencoded";
	} else if (json_is_string(body) && strcmp(kind, "json") != 0) {
		buf_text(&b, json_string_value(body));
		type = "text/plain; charset=utf-8";
	} else if (strcmp(kind, "text") == 0) {
		js_dump(&b, body, JS_COMPACT);
		type = "text/plain; charset=utf-8";
	} else {
		js_dump(&b, body, JS_COMPACT);
		type = "application/json";
	}
	w->body_len = b.len;
	w->body = buf_detach(&b);
	if (!has_header(w->headers, "content-type"))
		json_object_set_new(w->headers, "Content-Type", json_string(type));
}

static bool
body_is_json(const struct io_result *io)
{
	const char *type = header(io, "content-type");

	return type != NULL && strcasestr(type, "json") != NULL;
}

/* Named a text, or not named at all: then UTF-8 decides. */
static bool
body_is_text(const struct io_result *io)
{
	const char *type = header(io, "content-type");

	return type == NULL || strncasecmp(type, "text/", 5) == 0 ||
	       strcasestr(type, "json") != NULL || strcasestr(type, "xml") != NULL ||
	       strcasestr(type, "javascript") != NULL || strcasestr(type, "x-www-form") != NULL;
}

static const char *
header(const struct io_result *io, const char *name)
{
	json_t *value = json_object_get(io->headers, name);

	if (json_is_array(value))
		value = json_array_get(value, 0);
	return json_string_value(value);
}

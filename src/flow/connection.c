#include "flow/connection.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/crypto.h"
#include "core/json.h"
#include "core/schema.h"

#define HOSTS                                                                                      \
	"\"hosts\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":20,\"uniqueItems\":true,"       \
	"\"title\":\"Hosts\",\"description\":\"The secret is sent to these alone: "                \
	"api.example.com, *.example.com, api.example.com:8443, http://10.1.2.3:8080\","            \
	"\"x-literal\":true,"                                                                      \
	"\"items\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":260}}"
#define TEST_URL                                                                                   \
	"\"test_url\":{\"type\":\"string\",\"maxLength\":2000,\"title\":\"Test URL\","             \
	"\"description\":\"A GET of it is what the test does; any answer below 400 is fine. "      \
	"Without it the test only opens the secret.\",\"pattern\":\"^https?://\","                 \
	"\"x-literal\":true,\"x-order\":100}"
#define OBJECT(required, members)                                                                  \
	"{\"type\":\"object\",\"additionalProperties\":false,\"required\":[" required              \
	"],\"properties\":{" members "}}"
#define SECRET_TEXT(name, title)                                                                   \
	"\"" name "\":{\"type\":\"string\",\"minLength\":4,\"maxLength\":8192,\"title\":\"" title  \
	"\",\"pattern\":\"^[^\\r\\n]+$\",\"x-widget\":\"secret\",\"x-literal\":true}"
#define SERVER(port, extra)                                                                        \
	"\"host\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":255,\"title\":\"Host\","      \
	"\"x-literal\":true},"                                                                     \
	"\"port\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":65535,\"title\":\"Port\","       \
	"\"default\":" port ",\"x-literal\":true}," extra
#define USERNAME                                                                                   \
	"\"username\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":255,\"title\":\"User "    \
	"name\",\"pattern\":\"^[^:\\r\\n]+$\",\"x-literal\":true}"

struct kind {
	const char *name, *title, *description;
	const char *config, *secret; /* schemas */
};

/* clang-format off */
static const struct kind kinds[] = {
	{ "bearer", "Bearer token", "Sends Authorization: Bearer with each call.",
	    OBJECT("\"hosts\"", HOSTS "," TEST_URL),
	    OBJECT("\"token\"", SECRET_TEXT("token", "Token")) },
	{ "api_key", "API key", "Sends a key in a header, or in the query.",
	    OBJECT("\"hosts\",\"name\"", HOSTS "," TEST_URL ","
	        "\"in\":{\"type\":\"string\",\"enum\":[\"header\",\"query\"],"
	        "\"default\":\"header\",\"title\":\"Sent in\",\"x-literal\":true},"
	        "\"name\":{\"type\":\"string\",\"title\":\"Header or parameter\","
	        "\"minLength\":1,\"maxLength\":100,\"x-literal\":true,"
	        "\"pattern\":\"^[A-Za-z0-9_-]+$\"}"),
	    OBJECT("\"key\"", SECRET_TEXT("key", "Key")) },
	{ "basic", "User name and password", "Sends Authorization: Basic with each call.",
	    OBJECT("\"hosts\",\"username\"", HOSTS "," TEST_URL "," USERNAME),
	    OBJECT("\"password\"", SECRET_TEXT("password", "Password")) },
	{ "headers", "Custom headers", "Sends headers of your own, whose values are secret.",
	    OBJECT("\"hosts\"", HOSTS "," TEST_URL),
	    OBJECT("\"headers\"", "\"headers\":{\"type\":\"object\",\"minProperties\":1,"
	        "\"maxProperties\":20,\"title\":\"Headers\",\"x-widget\":\"key-value\","
	        "\"x-literal\":true,"
	        "\"additionalProperties\":{\"type\":\"string\",\"minLength\":4,"
	        "\"maxLength\":8192,\"pattern\":\"^[^\\r\\n]+$\"}}") },
	{ "hmac", "Shared secret", "A secret that both sides know, for signatures.",
	    OBJECT("", ""),
	    OBJECT("\"secret\"", SECRET_TEXT("secret", "Secret")) },
	{ "smtp", "SMTP server", "A mail server with a login.",
	    OBJECT("\"host\",\"username\"", SERVER("587", USERNAME ","
	        "\"security\":{\"type\":\"string\",\"enum\":[\"starttls\",\"tls\",\"none\"],"
	        "\"default\":\"starttls\",\"title\":\"Security\",\"x-literal\":true}")),
	    OBJECT("\"password\"", SECRET_TEXT("password", "Password")) },
	{ "postgres", "Postgres", "A Postgres database with a login.",
	    OBJECT("\"host\",\"database\",\"username\"", SERVER("5432", USERNAME ","
	        "\"database\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":63,"
	        "\"title\":\"Database\",\"x-literal\":true},"
	        "\"sslmode\":{\"type\":\"string\",\"enum\":[\"verify-full\",\"require\","
	        "\"disable\"],\"default\":\"verify-full\","
	        "\"title\":\"TLS\",\"x-literal\":true}")),
	    OBJECT("\"password\"", SECRET_TEXT("password", "Password")) },
};
/* clang-format on */

struct target {
	bool is_http;
	struct str host; /* as written; in brackets if it is IPv6 */
	int64_t port;
};

static const struct kind *kind_find(const char *name);
static void part_check(
    const char *schema, const json_t *value, const char *field, struct issue_list *issues);
static int target_read(struct str text, bool whole_url, struct target *out);
static bool host_is_valid(struct str text);
static bool host_matches(struct str pattern, struct str host);
static bool ends_ignoring_case(struct str s, struct str tail);
static void header_set(json_t *headers, const char *name, const char *value);
static int apply_headers(const json_t *secret, json_t *headers);
static void query_add(struct buf *url, const char *name, const char *value);
static void escape(struct buf *b, const char *text);

json_t *
connection_kinds(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < countof(kinds); i++)
		json_array_append_new(
		    list, json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", kinds[i].name, "title",
		              kinds[i].title, "description", kinds[i].description, "config",
		              json_loads(kinds[i].config, 0, NULL), "secret",
		              json_loads(kinds[i].secret, 0, NULL)));
	return list;
}

bool
connection_is_kind(const char *name)
{
	return kind_find(name) != NULL;
}

void
connection_check(
    const char *kind, const json_t *config, const json_t *secret, struct issue_list *issues)
{
	const struct kind *k = kind_find(kind);
	const char *test_url = js_text_or(config, "test_url", NULL), *name;
	json_t *value;
	char at[40];
	size_t i;

	if (k == NULL) {
		issue_add(issues, ISSUE_ERROR, "connector", "there is no such kind of connection");
		return;
	}
	if (config != NULL)
		part_check(k->config, config, "config", issues);
	if (secret != NULL)
		part_check(k->secret, secret, "secret", issues);
	json_array_foreach(js_array(config, "hosts"), i, value)
	{
		if (json_is_string(value) && !host_is_valid(js_str(value))) {
			(void)snprintf(at, sizeof(at), "config.hosts[%zu]", i);
			issue_add(issues, ISSUE_ERROR, at,
			    "must be a host such as api.example.com, *.example.com or "
			    "http://10.1.2.3:8080");
		}
	}
	if (test_url != NULL && issues->errors == 0 && !connection_allows(config, test_url))
		issue_add(issues, ISSUE_ERROR, "config.test_url",
		    "must be at one of the connection's hosts");
	json_object_foreach(js_object(secret, "headers"), name, value)
	{
		if (strspn(
		        name, "-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") !=
		        strlen(name) ||
		    *name == '\0')
			issue_add(issues, ISSUE_ERROR, "secret.headers",
			    "a header's name has letters, digits, - and _");
	}
}

bool
connection_allows(const json_t *config, const char *url)
{
	struct target to, entry;
	json_t *host;
	size_t i;

	if (target_read(str_of(url), true, &to) != 0)
		return false;
	json_array_foreach(js_array(config, "hosts"), i, host)
	{
		if (target_read(js_str(host), false, &entry) == 0 && entry.is_http == to.is_http &&
		    entry.port == to.port && host_matches(entry.host, to.host))
			return true;
	}
	return false;
}

int
connection_apply(const char *kind, const json_t *config, const json_t *secret, json_t *headers,
    struct buf *url, struct err *e)
{
	const char *value = NULL;
	struct buf text = { 0 }, pair = { 0 };
	int rc = 0;

	if (strcmp(kind, "bearer") == 0 && (value = js_text_or(secret, "token", NULL)) != NULL) {
		buf_printf(&text, "Bearer %s", value);
		header_set(headers, "Authorization", buf_cstr(&text));
	} else if (strcmp(kind, "basic") == 0 &&
	           (value = js_text_or(secret, "password", NULL)) != NULL) {
		buf_printf(&pair, "%s:%s", js_text_or(config, "username", ""), value);
		buf_text(&text, "Basic ");
		crypto_base64(&text, buf_view(&pair));
		header_set(headers, "Authorization", buf_cstr(&text));
	} else if (strcmp(kind, "api_key") == 0 &&
	           (value = js_text_or(secret, "key", NULL)) != NULL) {
		if (strcmp(js_text_or(config, "in", "header"), "query") == 0)
			query_add(url, js_text_or(config, "name", "key"), value);
		else
			header_set(headers, js_text_or(config, "name", "X-Api-Key"), value);
	} else if (strcmp(kind, "headers") != 0 || apply_headers(secret, headers) == 0) {
		rc = err_set(
		    e, "MR400", "a connection of kind %s can't be used in an HTTP call", kind);
	}
	buf_free(&text);
	buf_free(&pair);
	return rc;
}

static const struct kind *
kind_find(const char *name)
{
	for (size_t i = 0; i < countof(kinds); i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	}
	return NULL;
}

static void
part_check(const char *schema, const json_t *value, const char *field, struct issue_list *issues)
{
	json_t *text = json_loads(schema, 0, NULL);
	struct schema *s = schema_new(text);

	schema_check(s, NULL, value, field, 0, issues);
	schema_free(s);
	json_decref(text);
}

/* Strict: what egress might read otherwise than we do is no target at all. */
static int
target_read(struct str text, bool whole_url, struct target *out)
{
	static const char plain[] =
	    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:[]";
	bool http = str_is_ignoring_case(str_sub(text, 0, 7), "http://");
	bool https = str_is_ignoring_case(str_sub(text, 0, 8), "https://");
	struct str rest = str_sub(text, http ? 7 : https ? 8 : 0, text.n), port;
	struct err ignored;
	size_t n = 0, end;

	if (whole_url && !http && !https)
		return -1;
	while (n < rest.n && strchr("/?#", rest.p[n]) == NULL)
		n++;
	rest = str_sub(rest, 0, n);
	for (size_t i = str_starts(rest, "*.") && !whole_url ? 1 : 0; i < rest.n; i++) {
		if (rest.p[i] == '\0' || strchr(plain, rest.p[i]) == NULL)
			return -1;
	}
	end = rest.n;
	for (size_t i = rest.n; i > 0 && rest.p[i - 1] != ']'; i--) {
		if (rest.p[i - 1] == ':')
			end = i - 1;
	}
	out->is_http = http;
	out->host = str_sub(rest, 0, end);
	out->port = http ? 80 : 443;
	port = str_sub(rest, end + 1, rest.n);
	if (out->host.n == 0 ||
	    (end < rest.n && str_int64(port, 1, 65535, &out->port, &ignored) != 0))
		return -1;
	return 0;
}

/* Of the form that connection_allows reads, and nothing behind it. */
static bool
host_is_valid(struct str text)
{
	struct target t;
	ptrdiff_t from = str_find(text, "://", 0);

	return target_read(text, false, &t) == 0 &&
	       str_find(text, "/", from < 0 ? 0 : (size_t)from + 3) < 0 &&
	       memchr(text.p, '?', text.n) == NULL && memchr(text.p, '#', text.n) == NULL &&
	       (from < 0 || str_starts(text, "http://") || str_starts(text, "https://"));
}

static bool
host_matches(struct str pattern, struct str host)
{
	if (str_starts(pattern, "*."))
		return host.n > pattern.n - 1 &&
		       ends_ignoring_case(host, str_sub(pattern, 1, pattern.n));
	return host.n == pattern.n && ends_ignoring_case(host, pattern);
}

static bool
ends_ignoring_case(struct str s, struct str tail)
{
	return s.n >= tail.n && strncasecmp(s.p + s.n - tail.n, tail.p, tail.n) == 0;
}

/* What the author of the workflow wrote under this name doesn't stand beside it. */
static void
header_set(json_t *headers, const char *name, const char *value)
{
	for (size_t i = json_array_size(headers); i > 0; i--) {
		const char *old =
		    json_string_value(json_array_get(json_array_get(headers, i - 1), 0));

		if (old != NULL && strcasecmp(old, name) == 0)
			json_array_remove(headers, i - 1);
	}
	json_array_append_new(headers, json_pack("[s, s]", name, value));
}

/* How many there are. */
static int
apply_headers(const json_t *secret, json_t *headers)
{
	const char *name;
	json_t *value;
	int n = 0;

	json_object_foreach(js_object(secret, "headers"), name, value)
	{
		if (json_is_string(value)) {
			header_set(headers, name, json_string_value(value));
			n++;
		}
	}
	return n;
}

static void
query_add(struct buf *url, const char *name, const char *value)
{
	buf_byte(url, memchr(url->data, '?', url->len) != NULL ? '&' : '?');
	escape(url, name);
	buf_byte(url, '=');
	escape(url, value);
}

static void
escape(struct buf *b, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (isalnum(c) || (c < 128 && strchr("-._~", c) != NULL))
			buf_byte(b, c);
		else
			buf_printf(b, "%%%02X", c);
	}
}

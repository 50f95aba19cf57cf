#include "egress/wire.h"

#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "egress/egress.h"
#include "egress/proxy.h"

#define URL_MAX 16384
#define HEADERS_MAX_N 200

/* The length and the route are ours to say; the rest is for one hop only or for a proxy. */
static const char *const wire_dropped[] = { "connection", "content-length", "expect", "keep-alive",
	"proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding",
	"upgrade" };

/* What another origin may see of the first request after a redirect. */
static const char *const wire_harmless[] = { "accept", "accept-language", "content-type",
	"user-agent" };

static int read_allow(const json_t *frame, struct wire_request *out, struct fail *fail);
static int read_hosts(const json_t *frame, struct wire_request *out, struct fail *fail);
static int read_proxy(const json_t *frame, struct wire_request *out, struct fail *fail);
static int read_proxy_login(const json_t *frame, struct wire_request *out, struct fail *fail);
static int read_headers(const json_t *frame, struct wire_request *out, struct fail *fail);
static int read_int(const json_t *frame, const char *key, int64_t fallback, int64_t min,
    int64_t max, int64_t *out, struct fail *fail);
static bool is_token(const char *text);
static bool is_header_value(const char *text);
static bool is_one_of(const char *name, const char *const *list, size_t n);
static bool has_header(const struct wire_request *request, const char *name);
static bool slist_add(struct curl_slist **list, const char *text);

int
wire_read(const json_t *frame, struct str body, struct wire_request *out, struct fail *fail)
{
	const char *method = js_text_or(frame, "method", "GET");
	const char *url = js_text_or(frame, "url", "");
	struct str workspace = js_str(json_object_get(frame, "workspace"));
	int64_t follow;

	*out = (struct wire_request){ 0 };
	if (uuid_parse(workspace, &out->caller.workspace, NULL) != 0)
		return fail_set(fail, EGRESS_PROTOCOL, "`workspace` is not an id");
	if (!is_token(method) || str_copy(out->method, sizeof(out->method), str_of(method)) != 0 ||
	    strcmp(method, "CONNECT") == 0 || strcmp(method, "TRACE") == 0)
		return fail_set(fail, EGRESS_PROTOCOL, "this method can't be sent");
	if (url[0] == '\0' || strlen(url) > URL_MAX)
		return fail_set(
		    fail, EGRESS_PROTOCOL, "`url` must have 1 to %d characters", URL_MAX);
	if (body.n > EGRESS_BODY_MAX)
		return fail_set(
		    fail, EGRESS_TOO_LARGE, "the request's body is over %d bytes", EGRESS_BODY_MAX);
	if (read_int(frame, "timeout_ms", EGRESS_TIMEOUT_MS, 1, EGRESS_TIMEOUT_MAX_MS,
	        &out->timeout_ms, fail) != 0 ||
	    read_int(frame, "connect_timeout_ms", EGRESS_CONNECT_MS, 1, EGRESS_TIMEOUT_MAX_MS,
	        &out->connect_timeout_ms, fail) != 0 ||
	    read_int(frame, "max_bytes", EGRESS_BODY_MAX, 0, EGRESS_BODY_MAX, &out->max_bytes,
	        fail) != 0 ||
	    read_int(frame, "follow", EGRESS_FOLLOW_MAX, 0, EGRESS_FOLLOW_MAX, &follow, fail) != 0)
		return -1;
	out->follow = (int)follow;
	out->url = mem_strdup(url);
	buf_append(&out->body, body.p, body.n);
	if (read_allow(frame, out, fail) != 0 || read_hosts(frame, out, fail) != 0 ||
	    read_proxy(frame, out, fail) != 0)
		return -1;
	return read_headers(frame, out, fail);
}

void
wire_request_free(struct wire_request *request)
{
	struct wire_header *h, *next;

	for (h = request->headers; h != NULL; h = next) {
		next = h->next;
		mem_free(h->name);
		mem_free(h->value);
		mem_free(h);
	}
	policy_nets_free(&request->caller.allow);
	host_list_free(&request->hosts);
	mem_free(request->proxy);
	if (request->proxy_login != NULL)
		explicit_bzero(request->proxy_login, strlen(request->proxy_login));
	mem_free(request->proxy_login);
	buf_free(&request->allow_key);
	buf_free(&request->body);
	mem_free(request->url);
	*request = (struct wire_request){ 0 };
}

json_t *
wire_error(json_t *id, const struct fail *fail, json_t *dialled, int64_t time_ms)
{
	return json_pack("{s:O, s:{s:s, s:s}, s:O*, s:I}", "id", id, "error", "code", fail->code,
	    "message", fail->text, "dialled", dialled, "time_ms", (json_int_t)time_ms);
}

int
wire_header_list(const struct wire_request *request, bool foreign, bool has_body,
    struct curl_slist **out, struct fail *fail)
{
	struct buf line = { 0 };
	bool ok = true;

	*out = NULL;
	for (const struct wire_header *h = request->headers; h != NULL && ok; h = h->next) {
		if (is_one_of(h->name, wire_dropped, countof(wire_dropped)) ||
		    (foreign && !is_one_of(h->name, wire_harmless, countof(wire_harmless))))
			continue;
		buf_reset(&line);
		/* `Name;` is how curl is told of a header without a value. */
		buf_printf(&line, h->value[0] ? "%s: %s" : "%s;", h->name, h->value);
		ok = slist_add(out, buf_cstr(&line));
	}
	/* Without these curl waits for a 100, and calls any body a form. */
	ok = ok && slist_add(out, "Expect:");
	if (has_body && !has_header(request, "content-type"))
		ok = ok && slist_add(out, "Content-Type:");
	if (!has_header(request, "user-agent"))
		ok = ok && slist_add(out, "User-Agent: Millrace");
	buf_free(&line);
	if (ok)
		return 0;
	curl_slist_free_all(*out);
	*out = NULL;
	return fail_set(fail, EGRESS_PROTOCOL, "out of memory for the headers");
}

void
wire_header_got(json_t *headers, struct str line)
{
	ptrdiff_t colon = str_find(line, ":", 0);
	struct str value;
	struct buf text = { 0 };
	json_t *pair;
	size_t name_len;

	if (colon <= 0)
		return;
	name_len = (size_t)colon;
	for (size_t i = 0; i < name_len; i++) {
		char c = line.p[i];

		buf_byte(&text, c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
	}
	value = str_trim(str_sub(line, name_len + 1, line.n));
	if (str_is_utf8(line)) {
		buf_str(&text, value);
	} else {
		for (size_t i = 0; i < value.n; i++) {
			unsigned char c = (unsigned char)value.p[i];

			if (c >= 0x80)
				buf_byte(&text, 0xc0 | (c >> 6));
			buf_byte(&text, c >= 0x80 ? 0x80 | (c & 0x3f) : c);
		}
	}
	pair =
	    json_pack("[s%, s%]", text.data, name_len, text.data + name_len, text.len - name_len);
	/* A NUL or a name that is no UTF-8 makes no JSON: such a line is dropped. */
	if (pair != NULL)
		(void)json_array_append_new(headers, pair);
	buf_free(&text);
}

static int
read_allow(const json_t *frame, struct wire_request *out, struct fail *fail)
{
	const json_t *list = json_object_get(frame, "allow");
	struct policy_net net;
	struct err e;

	if (list == NULL || json_is_null(list))
		return 0;
	if (!json_is_array(list) || json_array_size(list) > EGRESS_ALLOW_MAX)
		return fail_set(fail, EGRESS_PROTOCOL, "`allow` must be a list of at most %d",
		    EGRESS_ALLOW_MAX);
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct str text = js_str(json_array_get(list, i));

		if (policy_net_parse(text, &net, &e) != 0)
			return fail_set(fail, EGRESS_PROTOCOL, "allow[%zu]: %s", i, e.text);
		policy_nets_add(&out->caller.allow, &net);
		buf_str(&out->allow_key, text);
		buf_byte(&out->allow_key, '\n');
	}
	return 0;
}

/* No list: every host. An empty one: none. */
static int
read_hosts(const json_t *frame, struct wire_request *out, struct fail *fail)
{
	const json_t *list = json_object_get(frame, "hosts");
	struct err e;

	if (list == NULL || json_is_null(list))
		return 0;
	if (!json_is_array(list) || json_array_size(list) > EGRESS_HOSTS_MAX)
		return fail_set(fail, EGRESS_PROTOCOL, "`hosts` must be a list of at most %d",
		    EGRESS_HOSTS_MAX);
	out->hosts.is_limited = true;
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (host_list_add(&out->hosts, js_str(json_array_get(list, i)), &e) != 0)
			return fail_set(fail, EGRESS_PROTOCOL, "hosts[%zu]: %s", i, e.text);
	}
	return 0;
}

static int
read_proxy(const json_t *frame, struct wire_request *out, struct fail *fail)
{
	const json_t *proxy = json_object_get(frame, "proxy");

	if (proxy == NULL || json_is_null(proxy))
		return 0;
	if (!json_is_string(proxy))
		return fail_set(fail, EGRESS_PROTOCOL, "`proxy` must be text");
	if (proxy_check(json_string_value(proxy), fail) != 0)
		return -1;
	out->proxy = mem_strdup(json_string_value(proxy));
	return read_proxy_login(frame, out, fail);
}

/* Basic authentication ends the user at the first colon. */
static int
read_proxy_login(const json_t *frame, struct wire_request *out, struct fail *fail)
{
	const char *user = js_text_or(frame, "proxy_user", NULL);
	const char *password = js_text_or(frame, "proxy_password", NULL);
	struct buf login = { 0 };

	if (user == NULL && password == NULL)
		return 0;
	if (user == NULL || password == NULL || user[0] == '\0' || strchr(user, ':') != NULL)
		return fail_set(fail, EGRESS_PROTOCOL,
		    "`proxy_user` needs a `proxy_password`, and has no colon");
	buf_printf(&login, "%s:%s", user, password);
	out->proxy_login = mem_strdup(buf_cstr(&login));
	buf_free(&login);
	return 0;
}

static int
read_headers(const json_t *frame, struct wire_request *out, struct fail *fail)
{
	const json_t *list = json_object_get(frame, "headers");
	struct wire_header **last = &out->headers;

	if (list == NULL || json_is_null(list))
		return 0;
	if (!json_is_array(list) || json_array_size(list) > HEADERS_MAX_N)
		return fail_set(
		    fail, EGRESS_PROTOCOL, "`headers` must be a list of at most %d", HEADERS_MAX_N);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *pair = json_array_get(list, i);
		const char *name = json_string_value(json_array_get(pair, 0));
		const char *value = json_string_value(json_array_get(pair, 1));

		if (name == NULL || value == NULL || !is_token(name))
			return fail_set(fail, EGRESS_PROTOCOL, "headers[%zu] has no valid name", i);
		if (!is_header_value(value))
			return fail_set(fail, EGRESS_PROTOCOL,
			    "the value of the header %.60s holds a control character", name);
		*last = mem_alloc(sizeof(**last));
		(*last)->name = mem_strdup(name);
		(*last)->value = mem_strdup(value);
		last = &(*last)->next;
	}
	return 0;
}

static int
read_int(const json_t *frame, const char *key, int64_t fallback, int64_t min, int64_t max,
    int64_t *out, struct fail *fail)
{
	*out = js_int_or(frame, key, fallback);
	if (*out < min || *out > max)
		return fail_set(fail, EGRESS_PROTOCOL, "`%s` must be %lld to %lld", key,
		    (long long)min, (long long)max);
	return 0;
}

/* RFC 9110 token. */
static bool
is_token(const char *text)
{
	size_t n = strspn(text, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
	                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return n > 0 && text[n] == '\0';
}

static bool
is_header_value(const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static bool
is_one_of(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_is_ignoring_case(str_of(name), list[i]))
			return true;
	}
	return false;
}

static bool
has_header(const struct wire_request *request, const char *name)
{
	for (const struct wire_header *h = request->headers; h != NULL; h = h->next) {
		if (str_is_ignoring_case(str_of(h->name), name))
			return true;
	}
	return false;
}

static bool
slist_add(struct curl_slist **list, const char *text)
{
	struct curl_slist *longer = curl_slist_append(*list, text);

	if (longer == NULL)
		return false;
	*list = longer;
	return true;
}

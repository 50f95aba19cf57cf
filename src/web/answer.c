#include "web/answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "web/routes.h"

static const struct {
	int status;
	const char *text;
} statuses[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 411, "Length Required" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
};

const char answer_security_headers[] =
    "x-content-type-options: nosniff\r\n"
    "x-frame-options: DENY\r\n"
    "referrer-policy: no-referrer\r\n"
    "cross-origin-opener-policy: same-origin\r\n"
    "cross-origin-resource-policy: same-origin\r\n"
    "permissions-policy: accelerometer=(), camera=(), display-capture=(), geolocation=(), "
    "gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()\r\n"
    "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'; require-trusted-types-for 'script'; trusted-types default";

static enum call_next answer_error(
    struct call *c, const struct err *e, json_t *issues, json_t *details, int status);
static json_t *error_body(const struct err *e, json_t *issues, const char *request_id);
static void etag_header(struct call *c, struct str etag);
static void location_header(struct call *c, struct str text);
static bool is_blank(char c);
static const char *value_end(const char *p, const char *end);
static const char *string_end(const char *p, const char *end);

const char *
answer_status_text(int status)
{
	for (size_t i = 0; i < countof(statuses); i++) {
		if (statuses[i].status == status)
			return statuses[i].text;
	}
	return "";
}

void
answer_refusal(struct buf *out, int status, const char *message, const char *request_id)
{
	struct err e;
	char code[8];
	json_t *body;

	snprintf(code, sizeof(code), "MR%d", status % 1000);
	err_set(&e, code, "%s", message);
	body = error_body(&e, NULL, request_id);
	js_dump(out, body, JS_COMPACT);
	json_decref(body);
}

void
call_header_out(struct call *c, const char *name, const char *value)
{
	if (c->headers_len < CALL_HEADERS_MAX)
		c->headers[c->headers_len++] = (struct call_header){ name, value };
}

enum call_next
call_answer(struct call *c, int status, const char *type, struct str text)
{
	c->status = status;
	c->type = type;
	c->out = text;
	return CALL_DONE;
}

enum call_next
call_answer_json(struct call *c, int status, const json_t *v)
{
	struct buf b = { 0 };

	js_dump(&b, v, JS_COMPACT);
	call_answer(c, status, "application/json", arena_str(c->arena, buf_view(&b)));
	buf_free(&b);
	return CALL_DONE;
}

enum call_next
call_answer_operation(struct call *c, struct str text)
{
	struct str etag;

	if (text.p == NULL || c->route->status == 204)
		return call_answer(c, text.p == NULL ? 204 : c->route->status, NULL, str_of(NULL));
	if (answer_member(text, "etag", &etag) && etag.n > 0 && etag.n <= 18) {
		etag_header(c, etag);
		if ((c->method == METHOD_GET || c->method == METHOD_HEAD) &&
		    answer_etag_matches(call_header_in(c, "if-none-match"), etag))
			return call_answer(c, 304, NULL, str_of(NULL));
	}
	if (c->route->location != NULL)
		location_header(c, text);
	return call_answer(c, c->route->status, "application/json", text);
}

enum call_next
call_fail(struct call *c, const struct err *e, json_t *issues)
{
	return answer_error(c, e, issues, NULL, err_status(e->code));
}

/* What the database raised. DETAIL is ours where the code is: a list of issues, or the details. */
enum call_next
call_fail_reply(struct call *c)
{
	const struct call_reply *r = &c->reply;
	json_t *detail = NULL;

	if (r->detail != NULL && strncmp(r->err.code, "MR", 2) == 0)
		detail = json_loads(r->detail, 0, NULL);
	answer_error(c, &r->err, json_is_array(detail) ? detail : NULL,
	    json_is_object(detail) ? detail : NULL, err_status(r->err.code));
	json_decref(detail);
	return CALL_DONE;
}

enum call_next
call_fail_details(struct call *c, const struct err *e, json_t *details)
{
	return answer_error(c, e, NULL, details, err_status(e->code));
}

enum call_next
call_fail_issues(struct call *c, const struct issue_list *list)
{
	struct err e;
	json_t *issues = answer_issues(list);

	if (err_from_issues(&e, list) == 0)
		err_set(&e, "MR500", "a refusal without a reason");
	call_fail(c, &e, issues);
	json_decref(issues);
	return CALL_DONE;
}

enum call_next
call_refuse(struct call *c, int status, const char *message)
{
	struct err e;
	char code[8];

	snprintf(code, sizeof(code), "MR%d", status % 1000);
	err_set(&e, code, "%s", message);
	return answer_error(c, &e, NULL, NULL, status);
}

/* A refusal tells what refuses: warnings are for those who ask for a verdict. */
json_t *
answer_issues(const struct issue_list *list)
{
	json_t *issues = json_array();

	for (int i = 0; i < list->n; i++) {
		if (list->v[i].severity == ISSUE_ERROR)
			json_array_append_new(
			    issues, json_pack("{s:s, s:s}", "field", list->v[i].field, "issue",
			                list->v[i].text));
	}
	return issues;
}

static enum call_next
answer_error(struct call *c, const struct err *e, json_t *issues, json_t *details, int status)
{
	json_t *body = error_body(e, issues, c->request_id);
	int retry_s = e->retry_after_s;

	if (details != NULL)
		json_object_update(
		    json_object_get(json_object_get(body, "error"), "details"), details);
	if (retry_s == 0 && (status == 503 || status == 429))
		retry_s = 1;
	if (retry_s > 0)
		call_header_out(c, "retry-after", arena_printf(c->arena, "%d", retry_s));
	c->why = arena_alloc(c->arena, sizeof(*c->why));
	*c->why = *e;
	if (status == 401)
		call_header_out(c, "www-authenticate", "Bearer");
	call_answer_json(c, status, body);
	json_decref(body);
	return CALL_DONE;
}

/* `issues` is there in every refusal; one that concerns a field is an issue of it. */
static json_t *
error_body(const struct err *e, json_t *issues, const char *request_id)
{
	json_t *list = issues != NULL ? json_incref(issues) : json_array(), *body;

	if (json_array_size(list) == 0 && e->field[0] != '\0')
		json_array_append_new(
		    list, json_pack("{s:s, s:s}", "field", e->field, "issue", e->text));
	body = js_error_body(e, list, request_id);
	json_decref(list);
	return body;
}

bool
answer_member(struct str json, const char *key, struct str *value)
{
	const char *p = json.p, *end = json.p + json.n;
	size_t key_len = strlen(key);

	if (json.n == 0 || *p != '{')
		return false;
	for (p++; p < end && *p != '}'; p++) {
		const char *name, *name_end, *start, *stop;

		while (p < end && (is_blank(*p) || *p == ','))
			p++;
		if (p >= end || *p != '"')
			return false;
		name = p + 1;
		name_end = string_end(p, end);
		for (start = name_end; start < end && (is_blank(*start) || *start == ':');)
			start++;
		stop = value_end(start, end);
		if ((size_t)(name_end - 1 - name) == key_len && memcmp(name, key, key_len) == 0) {
			*value = str_trim(str_make(start, (size_t)(stop - start)));
			return true;
		}
		p = stop;
		if (p < end && *p == '}')
			break;
	}
	return false;
}

bool
answer_etag_matches(const char *if_none_match, struct str etag)
{
	struct str rest = str_of(if_none_match), one;

	while (if_none_match != NULL && str_next(&rest, ',', &one)) {
		one = str_trim(one);
		if (str_is(one, "*"))
			return true;
		if (str_starts(one, "W/"))
			one = str_sub(one, 2, one.n);
		if (one.n == etag.n + 2 && one.p[0] == '"' && one.p[one.n - 1] == '"' &&
		    str_eq(str_sub(one, 1, etag.n), etag))
			return true;
	}
	return false;
}

static void
etag_header(struct call *c, struct str etag)
{
	call_header_out(c, "etag", arena_printf(c->arena, "\"" STR_FMT "\"", STR_ARG(etag)));
}

/* Ids are uuids or numbers, so that the header can't hold a line break. */
static void
location_header(struct call *c, struct str text)
{
	struct str id = str_of(NULL);
	const char *base = c->route->location;

	if (base[0] != '\0' && !answer_member(text, "id", &id))
		return;
	if (id.n > 2 && id.p[0] == '"')
		id = str_sub(id, 1, id.n - 2);
	if (base[0] == '.')
		call_header_out(
		    c, "location", arena_printf(c->arena, "%s/" STR_FMT, c->path, STR_ARG(id)));
	else
		call_header_out(
		    c, "location", arena_printf(c->arena, "%s" STR_FMT, base, STR_ARG(id)));
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* One past the value that starts at p. */
static const char *
value_end(const char *p, const char *end)
{
	int depth = 0;

	for (; p < end; p++) {
		if (*p == '"') {
			p = string_end(p, end) - 1;
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if ((*p == '}' || *p == ']') && depth == 0)
			return p;
		else if (*p == '}' || *p == ']')
			depth--;
		else if (*p == ',' && depth == 0)
			return p;
	}
	return end;
}

/* One past the closing quote of the string that starts at p. */
static const char *
string_end(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++) {
		if (*p == '\\')
			p++;
	}
	return p < end ? p + 1 : end;
}

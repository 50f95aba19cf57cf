#include "web/guard.h"

#include <string.h>
#include <strings.h>

/* What is learnt while walking over the header lines. */
struct head {
	size_t lines;
	int hosts, lengths, types, credentials;
	uint64_t body_len;
	bool chunked;
	bool expects_continue;
	bool expects_else;
};

struct span {
	const uint8_t *p;
	size_t n;
};

static const char *const plain_methods[] = { "GET", "HEAD", "DELETE", "OPTIONS" };
static const char *const body_methods[] = { "POST", "PUT", "PATCH" };

static struct guard_verdict refuse(int status, const char *message);
static struct guard_verdict judge(
    const uint8_t *buf, size_t head_len, size_t len, const struct guard_limits *limits);
static struct guard_verdict judge_body(
    const struct head *h, bool has_body, size_t head_len, size_t len, uint64_t body_max);
static int request_line(
    struct span line, const struct guard_limits *limits, bool *has_body, struct guard_verdict *v);
static int header_line(struct span line, struct head *h, struct guard_verdict *v);
static int header_known(
    struct span name, struct span value, struct head *h, struct guard_verdict *v);
static int fail(struct guard_verdict *v, int status, const char *message);
static bool bytes_are_clean(const uint8_t *buf, size_t from, size_t len);
static const uint8_t *head_end(const uint8_t *buf, size_t from, size_t len);
static struct span next_line(const uint8_t **at, const uint8_t *end);
static bool is_token(struct span s);
static bool span_is(struct span s, const char *word);
static bool span_in(struct span s, const char *const *words, size_t n);
static int decimal(struct span s, uint64_t *out);

struct guard_verdict
guard_head(const uint8_t *buf, size_t seen, size_t len, const struct guard_limits *limits)
{
	const uint8_t *end;
	size_t from = seen > 3 ? seen - 3 : 0;

	if (len == 0)
		return (struct guard_verdict){ .state = GUARD_MORE };
	if (buf[0] < 'A' || buf[0] > 'Z')
		return refuse(400, "the request does not start with a method");
	end = head_end(buf, from, len);
	if (!bytes_are_clean(buf, from, end != NULL ? (size_t)(end - buf) : len))
		return refuse(400, "the request head holds a NUL, a bare CR or a bare LF");
	if (end == NULL && len >= limits->head_max)
		return refuse(431, "the request head is too large");
	if (end == NULL)
		return (struct guard_verdict){ .state = GUARD_MORE };
	return judge(buf, (size_t)(end - buf), len, limits);
}

static struct guard_verdict
refuse(int status, const char *message)
{
	return (
	    struct guard_verdict){ .state = GUARD_REFUSE, .status = status, .message = message };
}

/* The whole head is here: buf[0..head_len), the last four bytes are the empty line. */
static struct guard_verdict
judge(const uint8_t *buf, size_t head_len, size_t len, const struct guard_limits *limits)
{
	const uint8_t *at = buf, *end = buf + head_len - 2;
	struct guard_verdict v = { .state = GUARD_REFUSE };
	struct head h = { 0 };
	bool has_body = false;

	if (request_line(next_line(&at, end), limits, &has_body, &v) != 0)
		return v;
	while (at < end) {
		if (++h.lines > limits->headers_max)
			return refuse(431, "the request has too many header lines");
		if (header_line(next_line(&at, end), &h, &v) != 0)
			return v;
	}
	if (h.hosts != 1)
		return refuse(400, "the request needs exactly one Host header");
	return judge_body(&h, has_body, head_len, len, limits->body_max);
}

static struct guard_verdict
judge_body(const struct head *h, bool has_body, size_t head_len, size_t len, uint64_t body_max)
{
	if (h->lengths > 1)
		return refuse(400, "the request has more than one Content-Length");
	if (h->chunked && has_body)
		return refuse(501, "Transfer-Encoding is not supported: send a Content-Length");
	if (h->chunked || (!has_body && h->body_len > 0))
		return refuse(400, "this method takes no body");
	if (has_body && h->lengths == 0)
		return refuse(411, "the request needs a Content-Length");
	if (h->body_len > body_max)
		return refuse(413, "the request body is too large");
	if (len - head_len > h->body_len)
		return refuse(400, "there are bytes behind the end of the request");
	if (h->expects_else)
		return refuse(400, "the only expectation that is met is 100-continue");
	return (struct guard_verdict){ .state = GUARD_PASS,
		.head_len = head_len,
		.body_len = h->body_len,
		.expects_continue = h->expects_continue && len - head_len < h->body_len };
}

/* "METHOD SP target SP HTTP/1.x": three words with one space between. */
static int
request_line(
    struct span line, const struct guard_limits *limits, bool *has_body, struct guard_verdict *v)
{
	const uint8_t *s1 = memchr(line.p, ' ', line.n), *s2;
	struct span method, uri, version;
	bool old;

	if (s1 == NULL || (s2 = memchr(s1 + 1, ' ', line.n - (size_t)(s1 + 1 - line.p))) == NULL)
		return fail(v, 400, "the request line is not METHOD target HTTP/1.1");
	method = (struct span){ line.p, (size_t)(s1 - line.p) };
	uri = (struct span){ s1 + 1, (size_t)(s2 - s1 - 1) };
	version = (struct span){ s2 + 1, line.n - (size_t)(s2 + 1 - line.p) };

	*has_body = span_in(method, body_methods, sizeof(body_methods) / sizeof(*body_methods));
	if (!*has_body &&
	    !span_in(method, plain_methods, sizeof(plain_methods) / sizeof(*plain_methods)))
		return fail(v, 400, "the method is not known");
	if (uri.n > limits->uri_max)
		return fail(v, 414, "the request target is too long");
	if (uri.n == 0 || uri.p[0] != '/')
		return fail(v, 400, "the request target must start with a slash");
	for (size_t i = 0; i < uri.n; i++) {
		if (uri.p[i] <= ' ' || uri.p[i] >= 0x7f)
			return fail(v, 400, "the request target holds a byte that must be escaped");
	}
	old = version.n == 8 && memcmp(version.p, "HTTP/1.0", 8) == 0;
	if (!old && (version.n != 8 || memcmp(version.p, "HTTP/1.1", 8) != 0))
		return fail(v, 505, "the HTTP version must be 1.1");
	if (old && !span_is(method, "GET") && !span_is(method, "HEAD") && !span_is(method, "POST"))
		return fail(v, 405, "HTTP/1.0 has only GET, HEAD and POST");
	return 0;
}

static int
header_line(struct span line, struct head *h, struct guard_verdict *v)
{
	const uint8_t *colon = memchr(line.p, ':', line.n);
	struct span name, value;

	if (line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t'))
		return fail(v, 400, "folded header lines are not allowed");
	if (colon == NULL)
		return fail(v, 400, "a header line has no colon");
	name = (struct span){ line.p, (size_t)(colon - line.p) };
	value = (struct span){ colon + 1, line.n - name.n - 1 };
	if (!is_token(name))
		return fail(v, 400, "a header name holds a character that is not allowed");
	while (value.n > 0 && value.p[0] == ' ')
		value = (struct span){ value.p + 1, value.n - 1 };
	while (value.n > 0 && value.p[value.n - 1] == ' ')
		value.n--;
	if (value.n == 0)
		return fail(v, 400, "a header has no value");
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < ' ' || value.p[i] >= 0x7f)
			return fail(v, 400, "a header value holds a byte that is not plain ASCII");
	}
	return header_known(name, value, h, v);
}

static int
header_known(struct span name, struct span value, struct head *h, struct guard_verdict *v)
{
	if (span_is(name, "Host"))
		h->hosts++;
	else if (name.n > 4 && strncasecmp((const char *)name.p, "host", 4) == 0)
		return fail(v, 400, "a header name starting with Host is not allowed");
	else if (span_is(name, "Content-Length")) {
		h->lengths++;
		if (decimal(value, &h->body_len) != 0)
			return fail(v, 400, "the Content-Length is not a plain decimal number");
	} else if (span_is(name, "Transfer-Encoding"))
		h->chunked = true;
	else if (span_is(name, "Content-Type") && ++h->types > 1)
		return fail(v, 400, "the request has more than one Content-Type");
	else if (span_is(name, "Authorization") && ++h->credentials > 1)
		return fail(v, 400, "the request has more than one Authorization header");
	else if (span_is(name, "Expect") && span_is(value, "100-continue"))
		h->expects_continue = true;
	else if (span_is(name, "Expect"))
		h->expects_else = true;
	return 0;
}

static int
fail(struct guard_verdict *v, int status, const char *message)
{
	*v = refuse(status, message);
	return -1;
}

/* The byte before `from` was judged already; a CR as last byte waits for its LF. */
static bool
bytes_are_clean(const uint8_t *buf, size_t from, size_t len)
{
	for (size_t i = from; i < len; i++) {
		if (buf[i] == '\0')
			return false;
		if (buf[i] == '\n' && (i == 0 || buf[i - 1] != '\r'))
			return false;
		if (buf[i] == '\r' && i + 1 < len && buf[i + 1] != '\n')
			return false;
	}
	return true;
}

/* One past the empty line, or NULL. */
static const uint8_t *
head_end(const uint8_t *buf, size_t from, size_t len)
{
	const uint8_t *at = len > from ? memmem(buf + from, len - from, "\r\n\r\n", 4) : NULL;

	return at != NULL ? at + 4 : NULL;
}

static struct span
next_line(const uint8_t **at, const uint8_t *end)
{
	const uint8_t *start = *at;
	const uint8_t *stop = memmem(start, (size_t)(end - start), "\r\n", 2);

	if (stop == NULL)
		stop = end;
	*at = stop + 2 < end ? stop + 2 : end;
	return (struct span){ start, (size_t)(stop - start) };
}

static bool
is_token(struct span s)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		bool alnum =
		    (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

		if (!alnum && (c == '\0' || strchr(marks, c) == NULL))
			return false;
	}
	return s.n > 0;
}

static bool
span_is(struct span s, const char *word)
{
	return s.n == strlen(word) && strncasecmp((const char *)s.p, word, s.n) == 0;
}

/* Methods are case-sensitive. */
static bool
span_in(struct span s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s.n == strlen(words[i]) && memcmp(s.p, words[i], s.n) == 0)
			return true;
	}
	return false;
}

static int
decimal(struct span s, uint64_t *out)
{
	uint64_t n = 0;

	if (s.n == 0 || s.n > 18)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		n = n * 10 + (uint64_t)(s.p[i] - '0');
	}
	*out = n;
	return 0;
}

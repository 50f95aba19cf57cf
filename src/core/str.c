#include "core/str.h"

#include <string.h>
#include <strings.h>

static bool is_blank(char c);
static size_t utf8_step(const unsigned char *p, size_t n);

struct str
str_of(const char *text)
{
	return (struct str){ text, text != NULL ? strlen(text) : 0 };
}

struct str
str_make(const char *p, size_t n)
{
	return (struct str){ p, n };
}

bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
str_is(struct str a, const char *text)
{
	return str_eq(a, str_of(text));
}

bool
str_is_ignoring_case(struct str a, const char *text)
{
	return a.n == strlen(text) && (a.n == 0 || strncasecmp(a.p, text, a.n) == 0);
}

int
str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n > 0 ? memcmp(a.p, b.p, n) : 0;

	if (order == 0)
		order = (a.n > b.n) - (a.n < b.n);
	return order;
}

bool
str_starts(struct str a, const char *prefix)
{
	size_t n = strlen(prefix);

	return a.n >= n && (n == 0 || memcmp(a.p, prefix, n) == 0);
}

bool
str_ends(struct str a, const char *suffix)
{
	size_t n = strlen(suffix);

	return a.n >= n && (n == 0 || memcmp(a.p + a.n - n, suffix, n) == 0);
}

ptrdiff_t
str_find(struct str a, const char *needle, size_t from)
{
	const char *hit = NULL;

	if (from <= a.n && a.p != NULL)
		hit = memmem(a.p + from, a.n - from, needle, strlen(needle));
	return hit != NULL ? hit - a.p : -1;
}

struct str
str_trim(struct str a)
{
	while (a.n > 0 && is_blank(a.p[0])) {
		a.p++;
		a.n--;
	}
	while (a.n > 0 && is_blank(a.p[a.n - 1]))
		a.n--;
	return a;
}

struct str
str_sub(struct str a, size_t from, size_t n)
{
	if (from >= a.n)
		return str_make(NULL, 0);
	if (n > a.n - from)
		n = a.n - from;
	return str_make(a.p + from, n);
}

bool
str_next(struct str *rest, char sep, struct str *part)
{
	const char *hit;

	*part = (struct str){ 0 };
	if (rest->p == NULL)
		return false;
	hit = memchr(rest->p, sep, rest->n);
	if (hit == NULL) {
		*part = *rest;
		*rest = (struct str){ 0 };
	} else {
		*part = str_make(rest->p, (size_t)(hit - rest->p));
		*rest = str_make(hit + 1, rest->n - part->n - 1);
	}
	return true;
}

int
str_copy(char *dst, size_t size, struct str s)
{
	int rc = -1;

	if (size > 0)
		dst[0] = '\0';
	if (s.n < size && (s.n == 0 || memchr(s.p, '\0', s.n) == NULL)) {
		if (s.n > 0)
			memcpy(dst, s.p, s.n);
		dst[s.n] = '\0';
		rc = 0;
	}
	return rc;
}

int
str_int64(struct str s, int64_t min, int64_t max, int64_t *out, struct err *e)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	bool bad = s.n == (size_t)negative;
	int64_t v = 0;

	for (size_t i = negative; i < s.n && !bad; i++) {
		int digit = s.p[i] - '0';

		bad = digit < 0 || digit > 9 || __builtin_mul_overflow(v, (int64_t)10, &v) ||
		      __builtin_sub_overflow(v, (int64_t)digit, &v);
	}
	/* v is held negative, so that the least int64 can be read too */
	if (!bad && !negative)
		bad = __builtin_sub_overflow((int64_t)0, v, &v);
	if (bad || v < min || v > max)
		return err_set(e, "MR400", "must be an integer from %lld to %lld", (long long)min,
		    (long long)max);
	*out = v;
	return 0;
}

bool
str_is_utf8(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0;

	while (i < s.n) {
		size_t step = utf8_step(p + i, s.n - i);

		if (step == 0)
			return false;
		i += step;
	}
	return true;
}

size_t
str_code_points(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Length of the code point at p; 0: it is none. Table 3-7 of the Unicode standard. */
static size_t
utf8_step(const unsigned char *p, size_t n)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (n < len || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return len;
}

#include "core/redact.h"

#include <ctype.h>
#include <string.h>

#include "core/crypto.h"
#include "core/mem.h"

#define TRIES_MAX 64 /* readings of one place that are compared */
#define BASE64_MIN 6 /* characters of a base64 form that tell the value from noise */

struct redact {
	struct buf *v; /* the values, then their base64 forms */
	int n, cap;
	int values;          /* so many of the n are values */
	bool may_begin[256]; /* bytes with which a match can begin */
};

static void push(struct redact *r, struct str value, bool is_value);
static void push_base64(struct redact *r, struct str value, size_t skip);
static size_t match_at(const struct redact *r, struct str text, size_t at);
static size_t value_at(struct str text, size_t at, struct str value, int *tries);
static size_t escape_at(struct str text, size_t at, struct str value, size_t *used);
static size_t backslash_at(struct str text, size_t at, struct str value, size_t *used);
static int hex_at(struct str text, size_t at, int digits);
static size_t utf8_of(unsigned c, char out[4]);
static json_t *redact_object(const struct redact *r, json_t *v);
static json_t *redact_array(const struct redact *r, json_t *v);

struct redact *
redact_new(void)
{
	struct redact *r = mem_alloc(sizeof(*r));

	r->may_begin['%'] = r->may_begin['\\'] = true;
	return r;
}

void
redact_free(struct redact *r)
{
	if (r == NULL)
		return;
	for (int i = 0; i < r->n; i++)
		buf_free(&r->v[i]);
	mem_free(r->v);
	mem_free(r);
}

/* Values stand before base64 forms, so that the longer reading of a text wins. */
void
redact_add(struct redact *r, struct str value)
{
	if (value.n < REDACT_MIN)
		return;
	for (int i = 0; i < r->n; i++) {
		if (str_eq(buf_view(&r->v[i]), value))
			return;
	}
	push(r, value, true);
	for (size_t skip = 0; skip < 3; skip++)
		push_base64(r, value, skip);
}

void
redact_add_json(struct redact *r, const json_t *v)
{
	const char *key;
	json_t *one;
	size_t i;

	if (json_is_string(v))
		redact_add(r, str_make(json_string_value(v), json_string_length(v)));
	json_array_foreach(v, i, one) redact_add_json(r, one);
	json_object_foreach((json_t *)(uintptr_t)v, key, one) redact_add_json(r, one);
}

bool
redact_text(const struct redact *r, struct str text, struct buf *out)
{
	size_t copied = 0, n;
	bool found = false;

	for (size_t at = 0; at < text.n;) {
		n = r->may_begin[(uint8_t)text.p[at]] ? match_at(r, text, at) : 0;
		if (n == 0) {
			at++;
			continue;
		}
		buf_append(out, text.p + copied, at - copied);
		buf_text(out, REDACT_MASK);
		at += n;
		copied = at;
		found = true;
	}
	if (found)
		buf_append(out, text.p + copied, text.n - copied);
	return found;
}

json_t *
redact_json(const struct redact *r, json_t *v)
{
	struct buf out = { 0 };
	json_t *masked = NULL;

	if (r != NULL && r->n > 0 && v != NULL) {
		if (json_is_object(v))
			masked = redact_object(r, v);
		else if (json_is_array(v))
			masked = redact_array(r, v);
		else if (json_is_string(v) &&
		         redact_text(
		             r, str_make(json_string_value(v), json_string_length(v)), &out))
			masked = json_stringn(out.data, out.len);
	}
	buf_free(&out);
	return masked != NULL ? masked : json_incref(v);
}

static void
push(struct redact *r, struct str value, bool is_value)
{
	if (r->n == r->cap) {
		r->cap = r->cap * 2 + 8;
		r->v = mem_grow(r->v, (size_t)r->cap, sizeof(*r->v));
	}
	if (is_value && r->values < r->n) {
		r->v[r->n] = r->v[r->values];
		r->v[r->values] = (struct buf){ 0 };
		buf_str(&r->v[r->values], value);
	} else {
		r->v[r->n] = (struct buf){ 0 };
		buf_str(&r->v[r->n], value);
	}
	r->n++;
	r->values += is_value;
	r->may_begin[(uint8_t)value.p[0]] = true;
	if (is_value && value.p[0] == ' ')
		r->may_begin['+'] = true;
}

/*
 * The value as it looks within the base64 of a longer text, `skip` bytes into a group of three:
 * without the characters that its neighbours have a part in.
 */
static void
push_base64(struct redact *r, struct str value, size_t skip)
{
	static const size_t lead[] = { 0, 2, 3 };
	struct buf plain = { 0 }, text = { 0 };
	size_t bits;

	buf_append(&plain, "\0\0", skip);
	buf_str(&plain, value);
	bits = plain.len * 8;
	crypto_base64(&text, buf_view(&plain));
	buf_truncate(&text, bits / 6);
	if (text.len >= lead[skip] + BASE64_MIN) {
		push(r, str_sub(buf_view(&text), lead[skip], text.len), false);
		for (size_t i = 0; i < text.len; i++)
			text.data[i] = text.data[i] == '+'   ? '-'
			               : text.data[i] == '/' ? '_'
			                                     : text.data[i];
		push(r, str_sub(buf_view(&text), lead[skip], text.len), false);
	}
	buf_free(&plain);
	buf_free(&text);
}

static size_t
match_at(const struct redact *r, struct str text, size_t at)
{
	size_t n = 0;

	for (int i = 0; i < r->n && n == 0; i++) {
		int tries = TRIES_MAX;

		n = value_at(text, at, buf_view(&r->v[i]), &tries);
	}
	return n;
}

/*
 * How many bytes of the text, from `at`, spell the value; 0: they don't. A character that could be
 * read as it is or as an escape (the value has a % or a backslash itself) is tried both ways;
 * `tries` ends what a text made for the purpose would draw out.
 */
static size_t
value_at(struct str text, size_t at, struct str value, int *tries)
{
	size_t begin = at, used, n, rest;

	for (size_t i = 0; i < value.n; i += used) {
		struct str left = str_sub(value, i, value.n);
		bool plain = at < text.n &&
		             (text.p[at] == left.p[0] || (text.p[at] == '+' && left.p[0] == ' '));

		n = escape_at(text, at, left, &used);
		if (plain && n > 0 && --*tries > 0) {
			rest = left.n == used
			           ? n
			           : value_at(text, at + n, str_sub(left, used, left.n), tries);
			if (rest > 0)
				return at - begin + (left.n == used ? rest : n + rest);
		}
		if (plain) {
			used = 1;
			n = 1;
		}
		if (n == 0)
			return 0;
		at += n;
	}
	return at - begin;
}

/* One escaped character of the text: its bytes there, and of the value in *used. 0: none. */
static size_t
escape_at(struct str text, size_t at, struct str value, size_t *used)
{
	*used = 1;
	if (at >= text.n)
		return 0;
	if (text.p[at] == '%' && hex_at(text, at + 1, 2) == (uint8_t)value.p[0])
		return 3;
	return text.p[at] == '\\' ? backslash_at(text, at, value, used) : 0;
}

/* Any number of backslashes: what was escaped twice has three of them. */
static size_t
backslash_at(struct str text, size_t at, struct str value, size_t *used)
{
	static const char names[] = "nrtbf", bytes[] = "\n\r\t\b\f";
	size_t n = 0, m;
	const char *hit;
	char utf8[4];
	int c, low;

	while (at + n < text.n && text.p[at + n] == '\\')
		n++;
	if (at + n < text.n && text.p[at + n] == 'u' && (c = hex_at(text, at + n + 1, 4)) >= 0) {
		m = n + 5;
		if (c >= 0xd800 && c < 0xdc00 && at + m + n < text.n && text.p[at + m + n] == 'u' &&
		    (low = hex_at(text, at + m + n + 1, 4)) >= 0xdc00) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			m += n + 5;
		}
		*used = utf8_of((unsigned)c, utf8);
		if (value.n >= *used && memcmp(value.p, utf8, *used) == 0)
			return m;
		*used = 1;
	}
	if (value.p[0] == '\\') {
		/* The value's own backslashes, each written as two, four, … */
		for (m = 1; m < value.n && value.p[m] == '\\'; m++)
			;
		*used = m;
		return n >= 2 * m && n % m == 0 ? n : 0;
	}
	if (at + n >= text.n)
		return 0;
	hit = strchr(names, text.p[at + n]);
	if (hit != NULL && *hit != '\0' && bytes[hit - names] == value.p[0])
		return n + 1;
	return text.p[at + n] == value.p[0] ? n + 1 : 0;
}

/* -1: these are no hex digits. */
static int
hex_at(struct str text, size_t at, int digits)
{
	int v = 0;

	for (int i = 0; i < digits; i++, at++) {
		if (at >= text.n || !isxdigit((unsigned char)text.p[at]))
			return -1;
		v = v * 16 + (isdigit((unsigned char)text.p[at]) ? text.p[at] - '0'
		                                                 : (text.p[at] | 0x20) - 'a' + 10);
	}
	return v;
}

static size_t
utf8_of(unsigned c, char out[4])
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(lead[n] | c);
	return n;
}

/* NULL: nothing to redact. */
static json_t *
redact_object(const struct redact *r, json_t *v)
{
	json_t *copy = NULL, *value, *masked;
	struct buf key = { 0 };
	const char *name;

	json_object_foreach(v, name, value)
	{
		bool named = redact_text(r, str_of(name), &key);

		masked = redact_json(r, value);
		if (copy == NULL && (named || masked != value))
			copy = json_copy(v);
		if (named) {
			json_object_del(copy, name);
			json_object_set(copy, buf_cstr(&key), masked);
			buf_reset(&key);
		} else if (masked != value) {
			json_object_set(copy, name, masked);
		}
		json_decref(masked);
	}
	buf_free(&key);
	return copy;
}

static json_t *
redact_array(const struct redact *r, json_t *v)
{
	json_t *copy = NULL, *value, *masked;
	size_t i;

	json_array_foreach(v, i, value)
	{
		masked = redact_json(r, value);
		if (masked != value) {
			if (copy == NULL)
				copy = json_copy(v);
			json_array_set(copy, i, masked);
		}
		json_decref(masked);
	}
	return copy;
}

#include "flow/expr_number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void digits_place(const char *digits, int n, int point, struct buf *out);
static struct str space_trim(struct str s);
static size_t space_at(struct str s, size_t i);
static double radix_number(struct str s, int bits);
static bool is_decimal(struct str s);

/*
 * The shortest digits that read back as v, placed as ECMAScript's Number::toString places them:
 * plain from 1e-6 to below 1e21, else with an exponent.
 */
void
expr_number_to_text(double v, struct buf *out)
{
	char text[40], digits[24];
	int n = 0, point;

	if (isnan(v) || isinf(v)) {
		buf_text(out, isnan(v) ? "NaN" : v > 0 ? "Infinity" : "-Infinity");
		return;
	}
	if (!(v > 0 || v < 0)) {
		buf_byte(out, '0');
		return;
	}
	if (v < 0)
		buf_byte(out, '-');
	v = fabs(v);
	for (int precision = 0; precision <= 16; precision++) {
		double back;

		(void)snprintf(text, sizeof(text), "%.*e", precision, v);
		back = strtod(text, NULL);
		if (back >= v && back <= v)
			break;
	}
	for (const char *p = text; *p != 'e'; p++) {
		if (*p != '.')
			digits[n++] = *p;
	}
	while (n > 1 && digits[n - 1] == '0')
		n--;
	digits[n] = '\0';
	point = (int)strtol(strchr(text, 'e') + 1, NULL, 10) + 1;
	digits_place(digits, n, point, out);
}

double
expr_number_of_text(struct str s)
{
	char copy[64];
	struct buf large = { 0 };
	double n;

	s = space_trim(s);
	if (s.n == 0)
		return 0;
	if (s.n > 2 && s.p[0] == '0') {
		int bits = strchr("xX", s.p[1])   ? 4
		           : strchr("oO", s.p[1]) ? 3
		           : strchr("bB", s.p[1]) ? 1
		                                  : 0;

		if (bits > 0)
			return radix_number(str_sub(s, 2, s.n), bits);
	}
	if (str_is(s, "Infinity") || str_is(s, "+Infinity"))
		return INFINITY;
	if (str_is(s, "-Infinity"))
		return -INFINITY;
	if (!is_decimal(s))
		return NAN;
	if (str_copy(copy, sizeof(copy), s) == 0)
		return strtod(copy, NULL);
	buf_str(&large, s);
	n = strtod(buf_cstr(&large), NULL);
	buf_free(&large);
	return n;
}

size_t
expr_units(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		n += (c & 0xC0) != 0x80;
		n += c >= 0xF0; /* a pair of surrogates */
	}
	return n;
}

int
expr_text_order(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;

	for (size_t i = 0; i < n; i++) {
		unsigned char x = (unsigned char)a.p[i], y = (unsigned char)b.p[i];

		if (x == y)
			continue;
		/* Surrogates, U+D800.., come before U+E000.., whose first bytes are EE and EF. */
		if (x >= 0xF0 && (y == 0xEE || y == 0xEF))
			return -1;
		if (y >= 0xF0 && (x == 0xEE || x == 0xEF))
			return 1;
		return x < y ? -1 : 1;
	}
	return (a.n > b.n) - (a.n < b.n);
}

/* The value is 0.digits × 10^point. */
static void
digits_place(const char *digits, int n, int point, struct buf *out)
{
	if (point > 0 && point <= 21) {
		for (int i = 0; i < point || i < n; i++) {
			if (i == point)
				buf_byte(out, '.');
			buf_byte(out, i < n ? digits[i] : '0');
		}
	} else if (point > -6 && point <= 0) {
		buf_text(out, "0.");
		for (int i = point; i < 0; i++)
			buf_byte(out, '0');
		buf_append(out, digits, (size_t)n);
	} else {
		buf_byte(out, digits[0]);
		if (n > 1) {
			buf_byte(out, '.');
			buf_append(out, digits + 1, (size_t)n - 1);
		}
		buf_printf(out, "e%c%d", point > 0 ? '+' : '-', abs(point - 1));
	}
}

static struct str
space_trim(struct str s)
{
	size_t n;

	while ((n = space_at(s, 0)) > 0)
		s = str_sub(s, n, s.n);
	for (size_t back = 1; back <= 3 && back <= s.n; back++) {
		if (space_at(s, s.n - back) == back) {
			s = str_sub(s, 0, s.n - back);
			back = 0;
		}
	}
	return s;
}

/* Bytes of the blank (JavaScript's StrWhiteSpaceChar) at i, 0 when there is none. */
static size_t
space_at(struct str s, size_t i)
{
	static const char *const wide[] = { "\xC2\xA0", "\xE1\x9A\x80", "\xE2\x80\x80",
		"\xE2\x80\x81", "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85",
		"\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A",
		"\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80",
		"\xEF\xBB\xBF" };

	if (i >= s.n)
		return 0;
	if (s.p[i] == ' ' || (s.p[i] >= '\t' && s.p[i] <= '\r'))
		return 1;
	if ((unsigned char)s.p[i] < 0xC2)
		return 0;
	for (size_t k = 0; k < countof(wide); k++) {
		if (str_starts(str_sub(s, i, s.n), wide[k]))
			return strlen(wide[k]);
	}
	return 0;
}

static double
radix_number(struct str s, int bits)
{
	double n = 0;

	for (size_t i = 0; i < s.n; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *d = memchr(digits, s.p[i] | (s.p[i] >= 'A' ? 0x20 : 0), 1U << bits);

		if (d == NULL)
			return NAN;
		n = n * (1 << bits) + (double)(d - digits);
	}
	return n;
}

/* [+-] digits [. digits] [e [+-] digits], with a digit before or behind the point. */
static bool
is_decimal(struct str s)
{
	size_t i = 0, digits = 0, exponent = 0;

	if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
		i++;
	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		digits++;
	if (i < s.n && s.p[i] == '.')
		i++;
	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		digits++;
	if (digits == 0)
		return false;
	if (i == s.n)
		return true;
	if (s.p[i] != 'e' && s.p[i] != 'E')
		return false;
	i++;
	if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
		i++;
	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		exponent++;
	return i == s.n && exponent > 0;
}

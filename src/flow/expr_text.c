#include "flow/expr_text.h"

#include <stdlib.h>
#include <string.h>

static int escape_read(struct expr_reader *r, struct buf *out);
static int hex_read(struct expr_reader *r, int digits, uint32_t *out);
static int code_point_read(struct expr_reader *r, uint32_t *out);
static void code_point_put(struct buf *out, uint32_t c);
static size_t code_point_at(const struct expr_reader *r, size_t at, uint32_t *out);
static bool is_letter(uint32_t c);
static int radix_read(struct expr_reader *r, int bits, double *out);
static bool is_digit(int c);

size_t
expr_blanks_end(const struct expr_reader *r, size_t at)
{
	for (;;) {
		int c = expr_byte_at(r, at);
		uint32_t wide = 0;

		if (c == ' ' || (c >= '\t' && c <= '\r')) {
			at++;
			continue;
		}
		if (c < 0xC2)
			return at;
		size_t n = code_point_at(r, at, &wide);
		if (wide != 0xA0 && wide != 0xFEFF && wide != 0x2028 && wide != 0x2029)
			return at;
		at += n;
	}
}

int
expr_byte_at(const struct expr_reader *r, size_t at)
{
	return at < r->end ? (unsigned char)r->whole.p[at] : -1;
}

size_t
expr_ident_at(const struct expr_reader *r, size_t at, bool first)
{
	int c = expr_byte_at(r, at);
	uint32_t wide = 0;
	size_t n;

	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$')
		return 1;
	if (is_digit(c))
		return !first;
	if (c < 0xC2)
		return 0;
	n = code_point_at(r, at, &wide);
	return is_letter(wide) ? n : 0;
}

int
expr_text_read(struct expr_reader *r, struct buf *out)
{
	int quote = expr_byte_at(r, r->at), c;
	size_t start = r->at++;

	while ((c = expr_byte_at(r, r->at)) != quote) {
		if (c < 0 || c == '\n' || c == '\r') {
			expr_stop(r, start, EXPR_FAULT_SYNTAX, "a quoted text is not closed");
			return -1;
		}
		r->at++;
		if (c != '\\')
			buf_byte(out, c);
		else if (escape_read(r, out) != 0)
			return -1;
	}
	r->at++;
	return 0;
}

int
expr_number_read(struct expr_reader *r, double *out)
{
	size_t start = r->at, from;
	char text[64];
	int c = expr_byte_at(r, r->at), next = expr_byte_at(r, r->at + 1) | 0x20;

	if (c == '0' && (next == 'x' || next == 'o' || next == 'b')) {
		r->at += 2;
		return radix_read(r, next == 'x' ? 4 : next == 'o' ? 3 : 1, out);
	}
	if (c == '0' && is_digit(expr_byte_at(r, r->at + 1)))
		goto wrong; /* an octal number of old */
	while (is_digit(expr_byte_at(r, r->at)))
		r->at++;
	if (expr_byte_at(r, r->at) == '.')
		r->at++;
	while (is_digit(expr_byte_at(r, r->at)))
		r->at++;
	if ((expr_byte_at(r, r->at) | 0x20) == 'e') {
		r->at++;
		if (expr_byte_at(r, r->at) == '+' || expr_byte_at(r, r->at) == '-')
			r->at++;
		from = r->at;
		while (is_digit(expr_byte_at(r, r->at)))
			r->at++;
		if (from == r->at)
			goto wrong;
	}
	if (expr_ident_at(r, r->at, false) > 0 ||
	    str_copy(text, sizeof(text), str_sub(r->whole, start, r->at - start)) != 0)
		goto wrong;
	*out = strtod(text, NULL);
	return 0;
wrong:
	expr_stop(r, start, EXPR_FAULT_JAVASCRIPT, "this number is not read here");
	return -1;
}

/* Behind a backslash. */
static int
escape_read(struct expr_reader *r, struct buf *out)
{
	static const char names[] = "n\nt\tr\rb\bf\fv\v";
	size_t at = r->at;
	int c = expr_byte_at(r, r->at++);
	uint32_t code = 0;

	for (size_t i = 0; i + 1 < sizeof(names); i += 2) {
		if (c == names[i]) {
			buf_byte(out, names[i + 1]);
			return 0;
		}
	}
	if (c == 'x' || c == 'u') {
		if ((c == 'x' ? hex_read(r, 2, &code) : code_point_read(r, &code)) != 0 ||
		    code == 0)
			goto wrong;
		code_point_put(out, code);
		return 0;
	}
	if (c < 0 || is_digit(c))
		goto wrong;
	if (c == '\r' && expr_byte_at(r, r->at) == '\n')
		r->at++;
	/* A line that goes on; any other character is itself (one of more bytes by its first). */
	if (c != '\n' && c != '\r')
		buf_byte(out, c);
	return 0;
wrong:
	expr_stop(r, at, c < 0 ? EXPR_FAULT_SYNTAX : EXPR_FAULT_JAVASCRIPT,
	    "this escape in a quoted text is not read here");
	return -1;
}

static int
hex_read(struct expr_reader *r, int digits, uint32_t *out)
{
	static const char hex[] = "0123456789abcdef";

	*out = 0;
	for (int i = 0; i < digits; i++) {
		int c = expr_byte_at(r, r->at);
		const char *d = c <= 0 ? NULL : strchr(hex, c >= 'A' && c <= 'F' ? c | 0x20 : c);

		if (d == NULL)
			return -1;
		*out = *out << 4 | (uint32_t)(d - hex);
		r->at++;
	}
	return 0;
}

/* XXXX, a pair of surrogates, or {X…}. A surrogate alone is no character of UTF-8. */
static int
code_point_read(struct expr_reader *r, uint32_t *out)
{
	uint32_t low, digit;

	if (expr_byte_at(r, r->at) == '{') {
		r->at++;
		for (*out = 0; expr_byte_at(r, r->at) != '}'; *out = *out << 4 | digit) {
			if (*out > 0x10FFFF || hex_read(r, 1, &digit) != 0)
				return -1;
		}
		r->at++;
		return *out > 0x10FFFF || (*out >= 0xD800 && *out <= 0xDFFF) ? -1 : 0;
	}
	if (hex_read(r, 4, out) != 0)
		return -1;
	if (*out < 0xD800 || *out > 0xDFFF)
		return 0;
	if (*out > 0xDBFF || expr_byte_at(r, r->at) != '\\' || expr_byte_at(r, r->at + 1) != 'u')
		return -1;
	r->at += 2;
	if (hex_read(r, 4, &low) != 0 || low < 0xDC00 || low > 0xDFFF)
		return -1;
	*out = 0x10000 + ((*out - 0xD800) << 10) + (low - 0xDC00);
	return 0;
}

static void
code_point_put(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_byte(out, (int)c);
	} else if (c < 0x800) {
		buf_byte(out, (int)(0xC0 | c >> 6));
		buf_byte(out, (int)(0x80 | (c & 0x3F)));
	} else if (c < 0x10000) {
		buf_byte(out, (int)(0xE0 | c >> 12));
		buf_byte(out, (int)(0x80 | (c >> 6 & 0x3F)));
		buf_byte(out, (int)(0x80 | (c & 0x3F)));
	} else {
		buf_byte(out, (int)(0xF0 | c >> 18));
		buf_byte(out, (int)(0x80 | (c >> 12 & 0x3F)));
		buf_byte(out, (int)(0x80 | (c >> 6 & 0x3F)));
		buf_byte(out, (int)(0x80 | (c & 0x3F)));
	}
}

/* Bytes of the character at `at`; the text is valid UTF-8. */
static size_t
code_point_at(const struct expr_reader *r, size_t at, uint32_t *out)
{
	int c = expr_byte_at(r, at);
	size_t n = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;

	*out = (uint32_t)c & (0x7FU >> n);
	for (size_t i = 1; i < n; i++)
		*out = *out << 6 | ((uint32_t)expr_byte_at(r, at + i) & 0x3F);
	return n;
}

/* Letters of the scripts that keys are mostly written in; others stand in ["…"]. */
static bool
is_letter(uint32_t c)
{
	static const struct {
		uint32_t from, to;
	} letters[] = { { 0xC0, 0xD6 }, { 0xD8, 0xF6 }, { 0xF8, 0x2C1 }, { 0x388, 0x38A },
		{ 0x38E, 0x3A1 }, { 0x3A3, 0x3F5 }, { 0x400, 0x481 }, { 0x48A, 0x52F },
		{ 0x531, 0x556 }, { 0x561, 0x587 }, { 0x5D0, 0x5EA }, { 0x620, 0x64A },
		{ 0x904, 0x939 }, { 0xE01, 0xE30 }, { 0x1E00, 0x1F15 }, { 0x3041, 0x3096 },
		{ 0x30A1, 0x30FA }, { 0x4E00, 0x9FEF }, { 0xAC00, 0xD7A3 } };
	bool yes = false;

	for (size_t i = 0; i < countof(letters) && !yes; i++)
		yes = c >= letters[i].from && c <= letters[i].to;
	return yes;
}

static int
radix_read(struct expr_reader *r, int bits, double *out)
{
	size_t start = r->at;
	uint32_t digit;

	*out = 0;
	while (expr_ident_at(r, r->at, false) > 0) {
		if (hex_read(r, 1, &digit) != 0 || digit >= 1U << bits || r->at - start > 13)
			break;
		*out = *out * (1 << bits) + digit;
	}
	if (r->at == start || expr_ident_at(r, r->at, false) > 0 || r->at - start > 13) {
		expr_stop(r, start, EXPR_FAULT_JAVASCRIPT, "this number is not read here");
		return -1;
	}
	return 0;
}

static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

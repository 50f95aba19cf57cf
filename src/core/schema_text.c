/*
 * Patterns, formats and types: what the validator says about one value.
 */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "core/schema_parts.h"
#include "core/time.h"
#include "core/uuid.h"

#define PATTERN_MAX 500
#define BOUND_MAX 1000    /* of one {n,m} */
#define BOUNDS_MAX 100000 /* of the product of all: what compiling may unfold to */

struct translation {
	struct str text;
	size_t i;
	struct buf *out;
	int64_t bounds;
	bool after_atom; /* a quantifier may follow */
	bool after_quantifier;
};

static int take_escape(struct translation *t, struct err *e);
static int take_bracket(struct translation *t, struct err *e);
static int take_bounds(struct translation *t, struct err *e);
static int take_quantifier(struct translation *t, struct err *e);
static const char *class_of(char letter, bool bracketed);
static bool is_email(struct str s);
static bool is_host_name(struct str s);
static bool is_uri(struct str s);
static bool type_is(const char *name, const json_t *v);

int
pattern_translate(struct str text, struct buf *out, struct err *e)
{
	struct translation t = { .text = text, .out = out, .bounds = 1 };
	int rc = 0;

	if (text.n > PATTERN_MAX)
		return err_set(e, "MR400", "a pattern has at most %d bytes", PATTERN_MAX);
	while (t.i < text.n && rc == 0) {
		char c = text.p[t.i];

		if (strchr("*+?{", c) != NULL) {
			rc = take_quantifier(&t, e);
			continue;
		}
		t.after_quantifier = false;
		t.after_atom = c != '|' && c != '(' && c != '^';
		if (c == '\\') {
			rc = take_escape(&t, e);
		} else if (c == '[') {
			rc = take_bracket(&t, e);
		} else if (c == '(' && t.i + 1 < text.n && text.p[t.i + 1] == '?') {
			if (t.i + 2 >= text.n || text.p[t.i + 2] != ':')
				return err_set(e, "MR400", "look-around is not supported");
			buf_byte(out, '(');
			t.i += 3;
		} else {
			buf_byte(out, c);
			t.i++;
		}
	}
	return rc;
}

bool
format_is_met(const char *format, struct str text)
{
	struct err ignored;
	int64_t ms;

	if (strcmp(format, "uuid") == 0)
		return uuid_is_valid(text);
	if (strcmp(format, "date-time") == 0)
		return time_parse(text, &ms, &ignored) == 0;
	if (strcmp(format, "email") == 0)
		return is_email(text);
	if (strcmp(format, "uri") == 0)
		return is_uri(text);
	return true;
}

const char *
format_wording(const char *format)
{
	if (strcmp(format, "uuid") == 0)
		return "a uuid";
	if (strcmp(format, "date-time") == 0)
		return "an instant as 2026-01-31T13:45:00.000Z";
	if (strcmp(format, "email") == 0)
		return "a mail address";
	return "a URI as https://example.com/path";
}

bool
schema_type_fits(const json_t *types, const json_t *v)
{
	bool has = json_is_string(types) && type_is(json_string_value(types), v);

	for (size_t i = 0; i < json_array_size(types) && !has; i++) {
		const char *name = json_string_value(json_array_get(types, i));

		has = name != NULL && type_is(name, v);
	}
	return has;
}

static int
take_escape(struct translation *t, struct err *e)
{
	char c = t->i + 1 < t->text.n ? t->text.p[t->i + 1] : '\0';
	const char *class = class_of(c, false);

	t->i += 2;
	if (class != NULL)
		buf_text(t->out, class);
	else if (c == 'n' || c == 't' || c == 'r')
		buf_byte(t->out, c == 'n' ? '\n' : c == 't' ? '\t' : '\r');
	else if (c == '\0' || isalnum((unsigned char)c))
		return err_set(e, "MR400", "the escape \\%c is not supported", c != '\0' ? c : ' ');
	else if (strchr(".[]\\()*+?{}^$|", c) != NULL)
		buf_printf(t->out, "\\%c", c);
	else
		buf_byte(t->out, c);
	return 0;
}

/* An ERE has no escapes between brackets: `]` has to come first there, and `-` last. */
static int
take_bracket(struct translation *t, struct err *e)
{
	struct buf set = { 0 };
	bool negated, closing = false, dash = false, done = false;
	int rc = 0;

	t->i++;
	negated = t->i < t->text.n && t->text.p[t->i] == '^';
	t->i += negated;
	while (t->i < t->text.n && !done && rc == 0) {
		char c = t->text.p[t->i++];
		bool escaped = c == '\\' && t->i < t->text.n;
		const char *class;

		if (escaped)
			c = t->text.p[t->i++];
		class = escaped ? class_of(c, true) : NULL;
		if (class != NULL)
			buf_text(&set, class);
		else if (escaped && (c == 'n' || c == 't' || c == 'r'))
			buf_byte(&set, c == 'n' ? '\n' : c == 't' ? '\t' : '\r');
		else if (escaped && isalnum((unsigned char)c))
			rc = err_set(e, "MR400", "the escape \\%c is not supported here", c);
		else if (escaped && c == ']')
			closing = true;
		else if (escaped && c == '-')
			dash = true;
		else if (c == ']' && !escaped)
			done = true;
		else
			buf_byte(&set, c);
	}
	if (rc == 0 && (!done || (set.len == 0 && !closing && !dash)))
		rc = err_set(e, "MR400", "a [ of the pattern is not closed, or empty");
	buf_printf(t->out, "[%s%s", negated ? "^" : "", closing ? "]" : "");
	buf_str(t->out, buf_view(&set));
	buf_text(t->out, dash ? "-]" : "]");
	buf_free(&set);
	return rc;
}

static int
take_quantifier(struct translation *t, struct err *e)
{
	if (t->after_quantifier)
		return err_set(e, "MR400", "lazy and repeated quantifiers are not supported");
	if (!t->after_atom)
		return err_set(e, "MR400", "a quantifier of the pattern has nothing to repeat");
	t->after_quantifier = true;
	if (t->text.p[t->i] == '{')
		return take_bounds(t, e);
	buf_byte(t->out, t->text.p[t->i++]);
	return 0;
}

static int
take_bounds(struct translation *t, struct err *e)
{
	ptrdiff_t end = str_find(t->text, "}", t->i);
	struct str inner, least, most;
	int64_t min, max;
	bool comma;

	if (end < 0)
		return err_set(e, "MR400", "a { of the pattern is not closed");
	inner = str_sub(t->text, t->i + 1, (size_t)end - t->i - 1);
	most = inner;
	(void)str_next(&most, ',', &least);
	comma = most.p != NULL;
	if (str_int64(least, 0, BOUND_MAX, &min, e) != 0)
		return -1;
	max = min;
	if (comma && most.n > 0 && str_int64(most, min, BOUND_MAX, &max, e) != 0)
		return -1;
	if (max > 1)
		t->bounds *= max;
	if (t->bounds > BOUNDS_MAX)
		return err_set(e, "MR400", "the repetitions of the pattern multiply to too many");
	buf_str(t->out, str_sub(t->text, t->i, (size_t)end - t->i + 1));
	t->i = (size_t)end + 1;
	return 0;
}

static const char *
class_of(char letter, bool bracketed)
{
	switch (letter) {
	case 'd':
		return bracketed ? "0-9" : "[0-9]";
	case 'w':
		return bracketed ? "A-Za-z0-9_" : "[A-Za-z0-9_]";
	case 's':
		return bracketed ? "[:space:]" : "[[:space:]]";
	case 'D':
		return bracketed ? NULL : "[^0-9]";
	case 'W':
		return bracketed ? NULL : "[^A-Za-z0-9_]";
	case 'S':
		return bracketed ? NULL : "[^[:space:]]";
	default:
		return NULL;
	}
}

static bool
is_email(struct str s)
{
	ptrdiff_t at = str_find(s, "@", 0);
	struct str local, domain;

	if (at < 1 || at > 64 || s.n > 254)
		return false;
	local = str_sub(s, 0, (size_t)at);
	domain = str_sub(s, (size_t)at + 1, s.n);
	for (size_t i = 0; i < local.n; i++) {
		unsigned char c = (unsigned char)local.p[i];

		if (c >= 0x80 || (!isalnum(c) && strchr("!#$%&'*+-/=?^_`{|}~.", c) == NULL))
			return false;
	}
	return local.p[0] != '.' && local.p[local.n - 1] != '.' && str_find(local, "..", 0) < 0 &&
	       str_find(domain, ".", 0) > 0 && is_host_name(domain);
}

static bool
is_host_name(struct str s)
{
	struct str rest = s, label;

	while (str_next(&rest, '.', &label)) {
		if (label.n < 1 || label.n > 63 || label.p[0] == '-' || label.p[label.n - 1] == '-')
			return false;
		for (size_t i = 0; i < label.n; i++) {
			if (!isalnum((unsigned char)label.p[i]) && label.p[i] != '-')
				return false;
		}
	}
	return true;
}

/* scheme ":" and something of the characters that RFC 3986 has; http needs a host. */
static bool
is_uri(struct str s)
{
	ptrdiff_t colon = str_find(s, ":", 0);
	struct str scheme, rest;

	if (colon < 1 || !isalpha((unsigned char)s.p[0]))
		return false;
	scheme = str_sub(s, 0, (size_t)colon);
	rest = str_sub(s, (size_t)colon + 1, s.n);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= 0x20 || c >= 0x7f || strchr("<>\"\\^`{|}", c) != NULL)
			return false;
	}
	for (size_t i = 0; i < scheme.n; i++) {
		if (!isalnum((unsigned char)scheme.p[i]) && strchr("+-.", scheme.p[i]) == NULL)
			return false;
	}
	if (str_is_ignoring_case(scheme, "http") || str_is_ignoring_case(scheme, "https"))
		return str_starts(rest, "//") && rest.n > 2 && strchr("/?#:", rest.p[2]) == NULL;
	return rest.n > 0;
}

static bool
type_is(const char *name, const json_t *v)
{
	double x;

	if (strcmp(name, "number") == 0)
		return json_is_number(v);
	if (strcmp(name, "integer") == 0 && json_is_real(v)) {
		x = json_real_value(v);
		return !(x < nearbyint(x)) && !(x > nearbyint(x));
	}
	return strcmp(name, js_type_name(v)) == 0;
}

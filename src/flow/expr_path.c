/*
 * How paths are read; expr_member.c says what they lead to.
 */
#include <stdio.h>
#include <string.h>

#include "flow/expr_text.h"

enum { SEGMENTS_MAX = 64 };

static const char *const fixed_roots[] = { "trigger", "run", "workflow", "vars", "item", "items" };

static int dollar_read(struct expr_reader *r, struct expr_path *out);
static int node_read(struct expr_reader *r, struct expr_path *out, bool paired);
static size_t root_read(const struct expr_reader *r, size_t at, struct expr_path *p);
static size_t odd_id_at(const struct expr_reader *r, size_t at, int *index);
static bool root_is_known(const struct expr_reader *r, struct str name, int *index);
static void root_set(struct expr_reader *r, struct expr_path *p, size_t at, struct str name);
static int segments_read(struct expr_reader *r, struct expr_path *p);
static bool segment_read(struct expr_reader *r, bool bare, struct expr_segment *out);
static bool bracket_read(struct expr_reader *r, struct expr_segment *out);
static bool member_take(struct expr_reader *r, const char *name);
static void segment_set(struct expr_reader *r, size_t at, struct str key, struct expr_segment *out);
static size_t ident_end(const struct expr_reader *r, size_t at, bool first, bool hyphens);

int
expr_path_read(struct expr_reader *r, struct expr_path *out)
{
	size_t start = r->at, n;

	if (expr_byte_at(r, r->at) == '$') {
		if (dollar_read(r, out) != 0)
			goto none;
	} else {
		n = root_read(r, r->at, out);
		if (n == 0)
			goto none;
		root_set(r, out, start, str_sub(r->whole, start, n));
		r->at += n;
	}
	return segments_read(r, out);
none:
	r->at = start;
	return -1;
}

struct expr_path *
expr_bare_read(struct expr_reader *r)
{
	struct expr_path p = { .is_bare = true }, *out = NULL;
	size_t start = r->at, n;

	r->at = expr_blanks_end(r, r->at);
	if (expr_byte_at(r, r->at) == '$')
		goto out;
	n = odd_id_at(r, r->at, &p.root.index);
	p.is_known = n > 0;
	if (n == 0)
		n = root_read(r, r->at, &p);
	if (n == 0)
		goto out;
	root_set(r, &p, r->at, str_sub(r->whole, r->at, n));
	r->at += n;
	if (segments_read(r, &p) != 0)
		goto out;
	r->at = expr_blanks_end(r, r->at);
	if (!str_starts(str_sub(r->whole, r->at, r->end - r->at), "}}"))
		goto out;
	out = arena_alloc(r->arena, sizeof(*out));
	*out = p;
out:
	if (out == NULL)
		r->at = start;
	return out;
}

struct expr_path *
expr_path_of(struct arena *a, struct str text, const struct expr_root *root)
{
	/* A dot before the first key makes each key one of the same kind. */
	char *whole = arena_printf(a, ".%.*s}}", STR_ARG(text));
	struct expr_reader r = { .arena = a, .whole = str_of(whole), .end = text.n + 3 };
	struct expr_path *p = arena_alloc(a, sizeof(*p));

	r.base.column = r.mark.column = -1;
	if (text.n > 0 && text.p[0] == '[')
		r.at = 1;
	p->root = *root;
	p->is_known = true;
	p->is_bare = true;
	if (segments_read(&r, p) != 0 || r.at != text.n + 1 || p->n == 0)
		return NULL;
	return p;
}

/* $json $input.item.json $("X").item.json $node["X"].json $vars … */
static int
dollar_read(struct expr_reader *r, struct expr_path *out)
{
	static const char *const names[] = { "vars", "workflow", "execution", "itemIndex",
		"runIndex" };
	size_t start = r->at, end = ident_end(r, r->at, true, false);
	struct str name = str_sub(r->whole, start + 1, end - start - 1);

	expr_position(r, start, &out->root.line, &out->root.column);
	out->root.index = -1;
	out->is_known = true;
	r->at = end;
	if (name.n == 0)
		return node_read(r, out, true);
	if (str_is(name, "node"))
		return node_read(r, out, false);
	if (str_is(name, "json") ||
	    (str_is(name, "input") && member_take(r, "item") && member_take(r, "json"))) {
		out->root.kind = EXPR_ROOT_JSON;
		return 0;
	}
	for (size_t i = 0; i < countof(names); i++) {
		if (str_is(name, names[i])) {
			out->root.kind = EXPR_ROOT_DOLLAR;
			out->root.name = arena_str(r->arena, name);
			return 0;
		}
	}
	return -1;
}

/* Behind `$` or `$node`. */
static int
node_read(struct expr_reader *r, struct expr_path *out, bool paired)
{
	struct expr_segment s;
	struct buf name = { 0 };
	int rc = -1;

	r->at = expr_blanks_end(r, r->at);
	if (!paired) {
		if (!segment_read(r, false, &s))
			goto out;
		out->root.name = s.key;
	} else {
		if (expr_byte_at(r, r->at++) != '(')
			goto out;
		r->at = expr_blanks_end(r, r->at);
		if ((expr_byte_at(r, r->at) != '"' && expr_byte_at(r, r->at) != '\'') ||
		    expr_text_read(r, &name) != 0)
			goto out;
		r->at = expr_blanks_end(r, r->at);
		if (expr_byte_at(r, r->at++) != ')' || !member_take(r, "item"))
			goto out;
		out->root.name = arena_str(r->arena, buf_view(&name));
	}
	if (!member_take(r, "json"))
		goto out;
	out->root.kind = paired ? EXPR_ROOT_PAIRED : EXPR_ROOT_NODE;
	out->is_known = r->names == NULL;
	for (int i = 0; r->names != NULL && i < r->names->n && !out->is_known; i++) {
		const struct str *titles = r->names->titles;

		out->is_known = titles != NULL && str_eq(titles[i], out->root.name);
		out->root.index = out->is_known ? i : -1;
	}
	if (!out->is_known)
		out->is_known =
		    root_is_known(r, out->root.name, &out->root.index) && out->root.index >= 0;
	rc = 0;
out:
	buf_free(&name);
	return rc;
}

/*
 * Bytes of the name at `at`, 0 for none. A bare path takes all hyphens, known or not, so that a
 * misspelt id is never a subtraction; else the longest known name, else the plain one.
 */
static size_t
root_read(const struct expr_reader *r, size_t at, struct expr_path *p)
{
	size_t plain = ident_end(r, at, true, false), end = ident_end(r, at, true, true);
	size_t known = 0;

	p->root.kind = EXPR_ROOT_NAME;
	p->root.index = -1;
	for (size_t n = plain; plain > at && n <= end;) {
		int index = -1;

		if (r->names != NULL && (n == end || !p->is_bare) &&
		    root_is_known(r, str_sub(r->whole, at, n - at), &index)) {
			known = n;
			p->root.index = index;
		}
		if (n == end)
			break;
		n = ident_end(r, n + 1, false, false); /* past the hyphen */
	}
	p->is_known = known > 0 || r->names == NULL;
	if (known > 0)
		return known - at;
	if (!p->is_bare && (r->names != NULL || r->is_n8n))
		end = plain;
	if (end == plain && expr_is_javascript_name(str_sub(r->whole, at, plain - at)))
		return 0;
	return end - at;
}

/* An id that is no plain name (`3f2a-…`, `my node`), with a member behind it. */
static size_t
odd_id_at(const struct expr_reader *r, size_t at, int *index)
{
	size_t longest = 0;

	for (int i = 0; r->names != NULL && i < r->names->n; i++) {
		struct str id = r->names->ids[i];
		int next = expr_byte_at(r, at + id.n);

		if (id.n > longest && str_eq(str_sub(r->whole, at, id.n), id) &&
		    at + id.n < r->end && (next == '.' || next == '[')) {
			longest = id.n;
			*index = i;
		}
	}
	return longest;
}

static bool
root_is_known(const struct expr_reader *r, struct str name, int *index)
{
	*index = -1;
	for (int i = 0; r->names != NULL && i < r->names->n; i++) {
		if (str_eq(r->names->ids[i], name)) {
			*index = i;
			return true;
		}
	}
	for (size_t i = 0; i < countof(fixed_roots); i++) {
		if (str_is(name, fixed_roots[i]))
			return true;
	}
	return false;
}

static void
root_set(struct expr_reader *r, struct expr_path *p, size_t at, struct str name)
{
	p->root.kind = EXPR_ROOT_NAME;
	p->root.name = arena_str(r->arena, name);
	expr_position(r, at, &p->root.line, &p->root.column);
}

static int
segments_read(struct expr_reader *r, struct expr_path *p)
{
	struct expr_segment v[SEGMENTS_MAX];
	int n = 0;

	while (n < SEGMENTS_MAX && segment_read(r, p->is_bare, &v[n]))
		n++;
	if (n == SEGMENTS_MAX) {
		expr_stop(
		    r, r->at, EXPR_FAULT_LIMIT, "a path of more than %d names", SEGMENTS_MAX - 1);
		return -1;
	}
	p->n = n;
	p->v = arena_array(r->arena, (size_t)n, sizeof(*p->v));
	if (n > 0)
		memcpy(p->v, v, (size_t)n * sizeof(*v));
	return 0;
}

/* `.name`, `[digits]`, `["text"]`; false: none, nothing is read. */
static bool
segment_read(struct expr_reader *r, bool bare, struct expr_segment *out)
{
	size_t start = r->at, at, end;

	at = bare ? r->at : expr_blanks_end(r, r->at);
	if (expr_byte_at(r, at) == '[') {
		r->at = at + 1;
		if (bracket_read(r, out))
			return true;
	} else if (expr_byte_at(r, at) == '.') {
		at = bare ? at + 1 : expr_blanks_end(r, at + 1);
		end = ident_end(r, at, !bare, bare);
		if (end > at) {
			segment_set(r, at, str_sub(r->whole, at, end - at), out);
			r->at = end;
			return true;
		}
	}
	r->at = start;
	return false;
}

static bool
bracket_read(struct expr_reader *r, struct expr_segment *out)
{
	size_t at, n = 0;
	struct buf key = { 0 };
	bool yes = false;

	r->at = at = expr_blanks_end(r, r->at);
	if (expr_byte_at(r, at) == '"' || expr_byte_at(r, at) == '\'') {
		if (expr_text_read(r, &key) != 0)
			goto out;
	} else {
		while (expr_byte_at(r, at + n) >= '0' && expr_byte_at(r, at + n) <= '9')
			n++;
		if (n == 0 || n > 15 || (n > 1 && r->whole.p[at] == '0'))
			goto out;
		buf_str(&key, str_sub(r->whole, at, n));
		r->at += n;
	}
	r->at = expr_blanks_end(r, r->at);
	yes = expr_byte_at(r, r->at) == ']';
	if (yes) {
		r->at++;
		segment_set(r, at, buf_view(&key), out);
	}
out:
	buf_free(&key);
	return yes;
}

static bool
member_take(struct expr_reader *r, const char *name)
{
	struct expr_segment s;

	return segment_read(r, false, &s) && str_is(s.key, name);
}

static void
segment_set(struct expr_reader *r, size_t at, struct str key, struct expr_segment *out)
{
	out->key = arena_str(r->arena, key);
	out->index = -1;
	if (key.n > 0 && key.n < 10 && (key.n == 1 || key.p[0] != '0') &&
	    str_int64(key, 0, INT32_MAX, &out->index, NULL) != 0)
		out->index = -1;
	expr_position(r, at, &out->line, &out->column);
}

/* Hyphens count where a name goes on behind them. */
static size_t
ident_end(const struct expr_reader *r, size_t at, bool first, bool hyphens)
{
	size_t n;

	while ((n = expr_ident_at(r, at, first)) > 0) {
		at += n;
		first = false;
		while (hyphens && expr_byte_at(r, at) == '-' && expr_ident_at(r, at + 1, false) > 0)
			at++;
	}
	return at;
}

/*
 * A compiled string is a list of parts, each text or a chunk:
 *
 *	Order {{trigger.payload.id}} by {{ $json.name.trim() }}
 *	[text][chunk: tree            ][text][chunk: JavaScript]
 *
 * A chunk ends at the first `}}` outside quotes and brackets. The tree's reader finds it by
 * reading; only what it can't read is searched for its end (chunk_end), without understanding it.
 */
#include <string.h>

#include "flow/expr_text.h"

struct compiler {
	struct arena *arena;
	const struct expr_names *names;
	struct str text;
	struct expr_part *v;
	int n, cap, chunks;
	bool is_n8n;
	struct expr_mark mark;
};

static struct expr_part *part_add(struct compiler *c);
static void text_add(struct compiler *c, size_t from, size_t to);
static size_t chunk_add(struct compiler *c, size_t from);
static size_t chunk_end(struct str text, size_t from);
static size_t quoted_end(struct str text, size_t at, size_t end);
static void fault_add(
    struct compiler *c, size_t at, enum expr_fault_kind kind, const char *message);
static enum expr_kind kind_of(const struct expr *x);

struct expr *
expr_compile(struct arena *a, struct str text, const struct expr_names *names)
{
	struct compiler c = { .arena = a, .names = names, .text = arena_str(a, text) };
	struct expr *x = arena_alloc(a, sizeof(*x));
	size_t at = 0, from;
	ptrdiff_t open;

	c.is_n8n = str_starts(c.text, "=");
	from = at = c.is_n8n;
	if (text.n > EXPR_TEXT_MAX && (c.is_n8n || str_find(text, "{{", 0) >= 0)) {
		fault_add(&c, 0, EXPR_FAULT_LIMIT, "a text with expressions is at most 1 MB");
		at = text.n;
	}
	while (at < text.n && (open = str_find(c.text, "{{", at)) >= 0) {
		if (open > (ptrdiff_t)from && c.text.p[open - 1] == '\\') {
			text_add(&c, from, (size_t)open - 1); /* \{{ is a literal {{ */
			from = (size_t)open;
			at = (size_t)open + 2;
			continue;
		}
		if (c.chunks >= EXPR_CHUNKS_MAX) {
			fault_add(&c, (size_t)open, EXPR_FAULT_LIMIT,
			    "more than 1000 expressions in one text");
			from = text.n;
			break;
		}
		if (str_find(c.text, "}}", (size_t)open) < 0 && !c.is_n8n)
			break;
		text_add(&c, from, (size_t)open);
		from = at = chunk_add(&c, (size_t)open + 2);
	}
	text_add(&c, from, text.n);
	x->is_n8n = c.is_n8n;
	x->n = c.n;
	x->v = c.v;
	x->is_lone = c.n == 1 && c.v[0].is_chunk;
	x->kind = kind_of(x);
	return x;
}

struct expr *
expr_of_item(struct arena *a, struct str path)
{
	const struct expr_root json = {
		.kind = EXPR_ROOT_JSON, .index = -1, .line = 1, .column = 1
	};
	struct compiler c = { .arena = a, .text = arena_str(a, path) };
	struct expr *x = arena_alloc(a, sizeof(*x));
	struct expr_part *p;

	x->kind = EXPR_PATH;
	x->is_lone = true;
	x->n = 1;
	x->v = p = part_add(&c);
	p->text = c.text;
	p->is_chunk = true;
	p->node = arena_alloc(a, sizeof(*p->node));
	p->node->op = EXPR_OP_PATH;
	p->node->depth = 1;
	p->node->path = expr_path_of(a, c.text, &json);
	if (p->node->path == NULL) {
		x->kind = EXPR_BROKEN;
		p->node = NULL;
		p->fault = arena_alloc(a, sizeof(*p->fault));
		p->fault->line = p->fault->column = 1;
		expr_fault_set(p->fault, EXPR_FAULT_SYNTAX, "this is no path as a.b[0].c");
		expr_show(p->fault->expression, sizeof(p->fault->expression), path);
	}
	return x;
}

struct expr_node *
expr_read_chunk(struct expr_reader *r)
{
	struct expr_reader in = { .arena = r->arena,
		.names = r->names,
		.whole = r->whole,
		.at = r->at,
		.end = r->end - r->at > EXPR_CHUNK_MAX ? r->at + EXPR_CHUNK_MAX : r->end,
		.is_n8n = r->is_n8n,
		.nesting = r->nesting,
		.base = r->mark,
		.mark = r->mark };
	struct expr_path *bare = r->is_n8n ? NULL : expr_bare_read(&in);
	struct expr_node *x = NULL;

	if (bare != NULL) {
		x = arena_alloc(r->arena, sizeof(*x));
		*x = (struct expr_node){ .op = EXPR_OP_PATH, .depth = 1, .path = bare };
	} else if (!in.failed) {
		x = expr_read(&in);
		if (x != NULL && !str_starts(str_sub(in.whole, in.at, in.end - in.at), "}}"))
			x = expr_ended(&in);
	}
	r->mark = in.mark;
	if (x == NULL) {
		r->failed = true;
		r->fault = in.fault;
		return NULL;
	}
	r->at = in.at + 2;
	return x;
}

void
expr_position(struct expr_reader *r, size_t at, int *line, int *column)
{
	struct expr_mark *m = &r->mark;

	if (at < m->at)
		*m = r->base;
	if (at < m->at)
		*m = (struct expr_mark){ 0 };
	for (; m->at < at && m->at < r->whole.n; m->at++) {
		if (r->whole.p[m->at] == '\n') {
			m->line++;
			m->column = 0;
		} else {
			m->column += ((unsigned char)r->whole.p[m->at] & 0xC0) != 0x80;
		}
	}
	*line = m->line + 1;
	*column = m->column + 1;
}

void
expr_show(char *out, size_t size, struct str s)
{
	size_t n = s.n < size ? s.n : size - 1;

	while (n < s.n && n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80)
		n--;
	if (n > 0)
		memcpy(out, s.p, n);
	out[n] = '\0';
	for (char *p = out; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ')
			*p = ' '; /* a message is one line */
	}
}

static struct expr_part *
part_add(struct compiler *c)
{
	if (c->n == c->cap) {
		int cap = c->cap == 0 ? 4 : c->cap * 2;
		struct expr_part *v = arena_array(c->arena, (size_t)cap, sizeof(*v));

		if (c->n > 0)
			memcpy(v, c->v, (size_t)c->n * sizeof(*v));
		c->v = v;
		c->cap = cap;
	}
	return &c->v[c->n++];
}

static void
text_add(struct compiler *c, size_t from, size_t to)
{
	if (to > from)
		part_add(c)->text = str_sub(c->text, from, to - from);
}

/* From behind the braces on. Returns where the text goes on. */
static size_t
chunk_add(struct compiler *c, size_t from)
{
	struct expr_reader r = { .arena = c->arena,
		.names = c->names,
		.whole = c->text,
		.at = from,
		.end = c->text.n,
		.is_n8n = c->is_n8n,
		.base = c->mark,
		.mark = c->mark };
	struct expr_node *node = expr_read_chunk(&r);
	size_t end = node != NULL ? r.at - 2 : chunk_end(c->text, from);
	struct expr_part *p;

	if (node == NULL && end == c->text.n)
		expr_fault_set(&r.fault, EXPR_FAULT_SYNTAX, "an expression is not closed with }}");
	c->mark = r.mark;
	c->chunks++;
	p = part_add(c);
	p->is_chunk = true;
	p->text = str_sub(c->text, from, end - from);
	p->node = node;
	if (node == NULL) {
		p->fault = arena_alloc(c->arena, sizeof(*p->fault));
		*p->fault = r.fault;
		expr_show(p->fault->expression, sizeof(p->fault->expression), str_trim(p->text));
	}
	return end + 2 < c->text.n ? end + 2 : c->text.n;
}

/* The first `}}` outside quotes and brackets, else the first, else the end. */
static size_t
chunk_end(struct str text, size_t from)
{
	size_t end = text.n - from > EXPR_CHUNK_MAX ? from + EXPR_CHUNK_MAX : text.n;
	ptrdiff_t first = str_find(text, "}}", from);
	int open = 0;

	for (size_t i = from; i < end; i++) {
		char c = text.p[i];

		if (c == '\'' || c == '"' || c == '`')
			i = quoted_end(text, i, end);
		else if (c == '{' || c == '(' || c == '[')
			open++;
		else if (c == '}' && open == 0 && i + 1 < end && text.p[i + 1] == '}')
			return i;
		else if ((c == '}' || c == ')' || c == ']') && open > 0)
			open--;
	}
	return first < 0 ? text.n : (size_t)first;
}

static size_t
quoted_end(struct str text, size_t at, size_t end)
{
	char quote = text.p[at++];

	while (at < end && text.p[at] != quote)
		at += text.p[at] == '\\' ? 2 : 1;
	return at;
}

static void
fault_add(struct compiler *c, size_t at, enum expr_fault_kind kind, const char *message)
{
	struct expr_reader r = { .whole = c->text };
	struct expr_part *p = part_add(c);

	p->is_chunk = true;
	p->fault = arena_alloc(c->arena, sizeof(*p->fault));
	expr_fault_set(p->fault, kind, "%s", message);
	expr_position(&r, at, &p->fault->line, &p->fault->column);
}

static enum expr_kind
kind_of(const struct expr *x)
{
	enum expr_kind kind = x->is_n8n ? EXPR_SIMPLE : EXPR_LITERAL;

	for (int i = 0; i < x->n; i++) {
		const struct expr_part *p = &x->v[i];

		if (p->fault != NULL && p->fault->kind != EXPR_FAULT_JAVASCRIPT)
			return EXPR_BROKEN;
		if (p->fault != NULL)
			kind = EXPR_JS;
		else if (p->is_chunk && kind != EXPR_JS)
			kind = x->is_lone && p->node->op == EXPR_OP_PATH ? EXPR_PATH : EXPR_SIMPLE;
	}
	return kind;
}

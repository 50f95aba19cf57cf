/*
 * A compiled string is a list of parts, each text or a chunk:
 *
 *	Order {{trigger.payload.id}} by {{ $json.name.trim() }}
 *	[text][chunk: tree            ][text][chunk: JavaScript]
 *
 * A chunk ends at the first `}}` outside quotes and brackets. The tree's reader finds it by
 *reading; only what it can't read is searched for its end (chunk_end), without understanding it.
 */
#include "flow/expr.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "flow/expr_inner.h"
#include "flow/expr_text.h"

struct part {
	struct str text; /* of a text; of a chunk what stands in the braces */
	bool is_chunk;
	struct expr_node *node;   /* NULL: JavaScript, or broken */
	struct expr_fault *fault; /* of a chunk without node */
};

struct expr {
	enum expr_kind kind;
	bool is_n8n;
	bool is_lone; /* one chunk and nothing else */
	int n;
	struct part *v;
};

struct compiler {
	struct arena *arena;
	const struct expr_names *names;
	struct str text;
	struct part *v;
	int n, cap, chunks;
	bool is_n8n;
};

static struct part *part_add(struct compiler *c);
static void text_add(struct compiler *c, size_t from, size_t to);
static size_t chunk_add(struct compiler *c, size_t from);
static size_t chunk_end(struct str text, size_t from);
static size_t quoted_end(struct str text, size_t at, size_t end);
static void fault_add(
    struct compiler *c, size_t at, enum expr_fault_kind kind, const char *message);
static enum expr_kind kind_of(const struct expr *x);
static int chunk_eval(
    const struct part *p, const struct expr_scope *s, struct value *out, struct expr_fault *f);
static int parts_join(
    const struct expr *x, const struct expr_scope *s, json_t **out, struct expr_fault *f);
static void value_append(const struct value *v, bool is_n8n, struct buf *out);

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

enum expr_kind
expr_kind(const struct expr *x)
{
	return x->kind;
}

int
expr_check(const struct expr *x, expr_told *told, void *arg)
{
	int n = 0;

	for (int i = 0; i < x->n; i++) {
		const struct part *p = &x->v[i];

		if (p->fault != NULL) {
			if (told != NULL)
				told(arg, p->fault);
			n++;
		}
		n += expr_node_check(p->node, str_trim(p->text), told, arg);
	}
	return n;
}

void
expr_roots(const struct expr *x, void (*each)(void *arg, const struct expr_root *root), void *arg)
{
	for (int i = 0; i < x->n; i++)
		expr_node_roots(x->v[i].node, each, arg);
}

int
expr_eval(const struct expr *x, const struct expr_scope *s, json_t **out, struct expr_fault *f)
{
	struct value v;

	*out = NULL;
	if (!x->is_lone)
		return parts_join(x, s, out, f);
	if (chunk_eval(&x->v[0], s, &v, f) != 0)
		return -1;
	*out = expr_value_json(&v);
	expr_value_free(&v);
	return 0;
}

bool
expr_is_true(const json_t *v)
{
	bool yes = v != NULL;

	if (v == NULL || json_is_null(v) || json_is_false(v))
		yes = false;
	else if (json_is_string(v))
		yes = json_string_length(v) > 0;
	else if (json_is_number(v))
		yes = json_number_value(v) < 0 || json_number_value(v) > 0;
	return yes;
}

int
expr_fault_set(struct expr_fault *f, enum expr_fault_kind kind, const char *fmt, ...)
{
	va_list ap;

	f->kind = kind;
	va_start(ap, fmt);
	(void)vsnprintf(f->message, sizeof(f->message), fmt, ap);
	va_end(ap);
	return -1;
}

int
expr_fault_err(const struct expr_fault *f, struct err *e)
{
	char field[sizeof(e->field)];

	expr_show(field, sizeof(field), str_of(f->field));
	return err_set_field(e, "MR400", field, "{{ %.80s }}, line %d, column %d: %.250s",
	    f->expression, f->line, f->column, f->message);
}

json_t *
expr_fault_json(const struct expr_fault *f)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}", "code", "EXPRESSION_ERROR", "message",
	    f->message, "field", f->field, "expression", f->expression, "line", f->line, "column",
	    f->column);
}

struct expr *
expr_of_item(struct arena *a, struct str path)
{
	const struct expr_root json = {
		.kind = EXPR_ROOT_JSON, .index = -1, .line = 1, .column = 1
	};
	struct compiler c = { .arena = a, .text = arena_str(a, path) };
	struct expr *x = arena_alloc(a, sizeof(*x));
	struct part *p;

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
		.nesting = r->nesting };
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
	if (x == NULL) {
		r->failed = true;
		r->fault = in.fault;
		return NULL;
	}
	r->at = in.at + 2;
	return x;
}

void
expr_position(struct str whole, size_t at, int *line, int *column)
{
	size_t start = 0;

	*line = 1;
	for (size_t i = 0; i < at && i < whole.n; i++) {
		if (whole.p[i] == '\n') {
			(*line)++;
			start = i + 1;
		}
	}
	*column = (int)str_code_points(str_sub(whole, start, at - start)) + 1;
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

static struct part *
part_add(struct compiler *c)
{
	if (c->n == c->cap) {
		int cap = c->cap == 0 ? 4 : c->cap * 2;
		struct part *v = arena_array(c->arena, (size_t)cap, sizeof(*v));

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
		.is_n8n = c->is_n8n };
	struct expr_node *node = expr_read_chunk(&r);
	size_t end = node != NULL ? r.at - 2 : chunk_end(c->text, from);
	struct part *p;

	if (node == NULL && end == c->text.n)
		expr_fault_set(&r.fault, EXPR_FAULT_SYNTAX, "an expression is not closed with }}");
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
	struct part *p = part_add(c);

	p->is_chunk = true;
	p->fault = arena_alloc(c->arena, sizeof(*p->fault));
	expr_fault_set(p->fault, kind, "%s", message);
	expr_position(c->text, at, &p->fault->line, &p->fault->column);
}

static enum expr_kind
kind_of(const struct expr *x)
{
	enum expr_kind kind = x->is_n8n ? EXPR_SIMPLE : EXPR_LITERAL;

	for (int i = 0; i < x->n; i++) {
		const struct part *p = &x->v[i];

		if (p->fault != NULL && p->fault->kind != EXPR_FAULT_JAVASCRIPT)
			return EXPR_BROKEN;
		if (p->fault != NULL)
			kind = EXPR_JS;
		else if (p->is_chunk && kind != EXPR_JS)
			kind = x->is_lone && p->node->op == EXPR_OP_PATH ? EXPR_PATH : EXPR_SIMPLE;
	}
	return kind;
}

/* A chunk's value; a run-time error of one that isn't strict is a warning, and null. */
static int
chunk_eval(
    const struct part *p, const struct expr_scope *s, struct value *out, struct expr_fault *f)
{
	json_t *v = NULL;

	f->field[0] = '\0';
	*out = (struct value){ .type = VALUE_UNDEFINED };
	if (p->fault != NULL)
		*f = *p->fault;
	else if (expr_node_eval(p->node, s, out, f) == 0)
		return 0;
	if (f->kind == EXPR_FAULT_JAVASCRIPT && s->javascript != NULL) {
		if (s->javascript(s->arg, p->text, &v, f) != 0)
			return -1;
		*out = expr_value_of(v);
		json_decref(v);
		return 0;
	}
	expr_show(f->expression, sizeof(f->expression), str_trim(p->text));
	if (f->kind != EXPR_FAULT_RUNTIME || s->strict)
		return -1;
	if (s->warn != NULL)
		s->warn(s->arg, f);
	out->type = VALUE_NULL;
	return 0;
}

static int
parts_join(const struct expr *x, const struct expr_scope *s, json_t **out, struct expr_fault *f)
{
	struct buf text = { 0 };
	struct value v;
	int rc = -1;

	for (int i = 0; i < x->n; i++) {
		const struct part *p = &x->v[i];

		if (!p->is_chunk) {
			buf_str(&text, p->text);
			continue;
		}
		if (chunk_eval(p, s, &v, f) != 0)
			goto out;
		if (v.type == VALUE_UNDEFINED && s->warn != NULL) {
			expr_fault_set(f, EXPR_FAULT_UNDEFINED, "the expression has no value here");
			expr_show(f->expression, sizeof(f->expression), str_trim(p->text));
			s->warn(s->arg, f);
		}
		value_append(&v, x->is_n8n, &text);
		expr_value_free(&v);
		if (text.len > EXPR_RESULT_MAX) {
			expr_fault_set(
			    f, EXPR_FAULT_LIMIT, "a text of more than %d bytes", EXPR_RESULT_MAX);
			goto out;
		}
	}
	*out = json_stringn_nocheck(text.len ? text.data : "", text.len);
	rc = 0;
out:
	buf_free(&text);
	return rc;
}

static void
value_append(const struct value *v, bool is_n8n, struct buf *out)
{
	bool is_nan = v->type == VALUE_NUMBER && isnan(v->number);

	if (v->type == VALUE_UNDEFINED || v->type == VALUE_NULL || is_nan)
		return;
	if ((v->type == VALUE_LIST || v->type == VALUE_OBJECT) && !is_n8n)
		js_dump(out, v->json, JS_COMPACT);
	else
		expr_value_to_text(v, out);
}

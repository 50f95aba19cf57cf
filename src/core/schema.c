#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/schema_parts.h"

/* What a keyword's value holds, for the walk of schema_verify. */
enum holds {
	ANYTHING,
	A_SCHEMA,
	SCHEMA_LIST,
	SCHEMA_MAP,
	A_PATTERN,
	A_REF,
	TYPES,
};

static const struct keyword {
	const char *name;
	enum holds holds;
} keywords[] = {
	{ "$comment", ANYTHING },
	{ "$defs", SCHEMA_MAP },
	{ "$id", ANYTHING },
	{ "$ref", A_REF },
	{ "$schema", ANYTHING },
	{ "additionalProperties", A_SCHEMA },
	{ "allOf", SCHEMA_LIST },
	{ "anyOf", SCHEMA_LIST },
	{ "const", ANYTHING },
	{ "default", ANYTHING },
	{ "deprecated", ANYTHING },
	{ "description", ANYTHING },
	{ "discriminator", ANYTHING },
	{ "enum", ANYTHING },
	{ "example", ANYTHING },
	{ "examples", ANYTHING },
	{ "exclusiveMaximum", ANYTHING },
	{ "exclusiveMinimum", ANYTHING },
	{ "format", ANYTHING },
	{ "items", A_SCHEMA },
	{ "maxItems", ANYTHING },
	{ "maxLength", ANYTHING },
	{ "maxProperties", ANYTHING },
	{ "maximum", ANYTHING },
	{ "minItems", ANYTHING },
	{ "minLength", ANYTHING },
	{ "minProperties", ANYTHING },
	{ "minimum", ANYTHING },
	{ "multipleOf", ANYTHING },
	{ "not", A_SCHEMA },
	{ "oneOf", SCHEMA_LIST },
	{ "pattern", A_PATTERN },
	{ "prefixItems", SCHEMA_LIST },
	{ "properties", SCHEMA_MAP },
	{ "readOnly", ANYTHING },
	{ "required", ANYTHING },
	{ "title", ANYTHING },
	{ "type", TYPES },
	{ "uniqueItems", ANYTHING },
	{ "writeOnly", ANYTHING },
};

static void patterns_collect(struct schema *s, json_t *v);
static void pattern_add(struct schema *s, const char *text);
static int pattern_order(const void *a, const void *b);
static const struct keyword *keyword_find(const char *name);
static int keyword_verify(
    const struct schema *s, const struct keyword *k, const json_t *v, struct err *e);
static int pattern_verify(const struct schema *s, const json_t *v, struct err *e);
static int types_verify(const json_t *v, struct err *e);

struct schema *
schema_new(json_t *document)
{
	struct schema *s = mem_alloc(sizeof(*s));
	size_t kept = 0;

	s->document = json_incref(document);
	patterns_collect(s, document);
	if (s->n > 0)
		qsort(s->patterns, s->n, sizeof(*s->patterns), pattern_order);
	for (size_t i = 0; i < s->n; i++) {
		if (kept == 0 || strcmp(s->patterns[kept - 1].text, s->patterns[i].text) != 0)
			s->patterns[kept++] = s->patterns[i];
	}
	s->n = kept;
	for (size_t i = 0; i < s->n; i++) {
		struct pattern *p = &s->patterns[i];
		struct buf ere = { 0 };
		struct err ignored;

		p->good = pattern_translate(str_of(p->text), &ere, &ignored) == 0 &&
		          regcomp(&p->regex, buf_cstr(&ere), REG_EXTENDED | REG_NOSUB) == 0;
		buf_free(&ere);
	}
	return s;
}

void
schema_free(struct schema *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++) {
		if (s->patterns[i].good)
			regfree(&s->patterns[i].regex);
	}
	mem_free(s->patterns);
	json_decref(s->document);
	mem_free(s);
}

int
schema_verify(const struct schema *s, const json_t *at, struct err *e)
{
	json_t *o = (json_t *)(uintptr_t)(at != NULL ? at : s->document);

	if (json_is_boolean(o))
		return 0;
	if (!json_is_object(o))
		return err_set(e, "MR400", "a schema must be an object or a boolean");
	for (void *it = json_object_iter(o); it != NULL; it = json_object_iter_next(o, it)) {
		const char *name = json_object_iter_key(it);
		const struct keyword *k = keyword_find(name);

		if (strncmp(name, "x-", 2) == 0)
			continue;
		if (k == NULL)
			return err_set_field(
			    e, "MR400", name, "this JSON Schema keyword is not supported");
		if (keyword_verify(s, k, json_object_iter_value(it), e) != 0)
			return err_at(e, "%s", name);
	}
	return 0;
}

/* A JSON pointer behind '#': /a/b, with ~1 for '/' and ~0 for '~'. */
const json_t *
schema_ref(const struct schema *s, const char *ref)
{
	const json_t *at = s->document;
	struct str rest = str_of(ref), part;

	if (!str_starts(rest, "#"))
		return NULL;
	(void)str_next(&rest, '/', &part);
	if (!str_is(part, "#"))
		return NULL;
	while (at != NULL && str_next(&rest, '/', &part)) {
		char name[256];
		size_t n = 0;
		int64_t index;

		for (size_t i = 0; i < part.n && n < sizeof(name) - 1; i++) {
			bool escaped = part.p[i] == '~' && i + 1 < part.n;

			name[n++] = escaped ? (part.p[++i] == '1' ? '/' : '~') : part.p[i];
		}
		name[n] = '\0';
		if (json_is_array(at))
			at = str_int64(str_of(name), 0, INT32_MAX, &index, NULL) == 0
			         ? json_array_get(at, (size_t)index)
			         : NULL;
		else
			at = json_object_get(at, name);
	}
	return at;
}

const struct pattern *
schema_pattern(const struct schema *s, const char *text)
{
	struct pattern key = { .text = text };
	const struct pattern *p = NULL;

	if (s->n > 0)
		p = bsearch(&key, s->patterns, s->n, sizeof(key), pattern_order);
	return p != NULL && p->good ? p : NULL;
}

static void
patterns_collect(struct schema *s, json_t *v)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_object(v)) {
		json_object_foreach(v, key, member)
		{
			if (json_is_string(member) && strcmp(key, "pattern") == 0)
				pattern_add(s, json_string_value(member));
			else
				patterns_collect(s, member);
		}
	} else if (json_is_array(v)) {
		json_array_foreach(v, i, member) patterns_collect(s, member);
	}
}

static void
pattern_add(struct schema *s, const char *text)
{
	if (s->n == s->cap) {
		s->cap = s->cap > 0 ? s->cap * 2 : 16;
		s->patterns = mem_grow(s->patterns, s->cap, sizeof(*s->patterns));
	}
	s->patterns[s->n++] = (struct pattern){ .text = text };
}

static int
pattern_order(const void *a, const void *b)
{
	const struct pattern *left = a, *right = b;

	return strcmp(left->text, right->text);
}

static const struct keyword *
keyword_find(const char *name)
{
	for (size_t i = 0; i < countof(keywords); i++) {
		if (strcmp(keywords[i].name, name) == 0)
			return &keywords[i];
	}
	return NULL;
}

static int
keyword_verify(const struct schema *s, const struct keyword *k, const json_t *v, struct err *e)
{
	json_t *o = (json_t *)(uintptr_t)v;
	int rc = 0;

	switch (k->holds) {
	case ANYTHING:
		break;
	case A_SCHEMA:
		rc = schema_verify(s, v, e);
		break;
	case SCHEMA_LIST:
		if (!json_is_array(v))
			return err_set(e, "MR400", "must be a list of schemas");
		for (size_t i = 0; i < json_array_size(v) && rc == 0; i++) {
			rc = schema_verify(s, json_array_get(v, i), e);
			if (rc != 0)
				err_at(e, "[%zu]", i);
		}
		break;
	case SCHEMA_MAP:
		if (!json_is_object(v))
			return err_set(e, "MR400", "must be an object of schemas");
		for (void *it = json_object_iter(o); it != NULL && rc == 0;
		     it = json_object_iter_next(o, it)) {
			rc = schema_verify(s, json_object_iter_value(it), e);
			if (rc != 0)
				err_at(e, "%s", json_object_iter_key(it));
		}
		break;
	case A_PATTERN:
		rc = pattern_verify(s, v, e);
		break;
	case A_REF:
		if (!json_is_string(v) || schema_ref(s, json_string_value(v)) == NULL)
			rc = err_set(e, "MR400", "points to nothing in this document");
		break;
	case TYPES:
		rc = types_verify(v, e);
		break;
	}
	return rc;
}

static int
pattern_verify(const struct schema *s, const json_t *v, struct err *e)
{
	struct buf ere = { 0 };
	int rc;

	if (!json_is_string(v))
		return err_set(e, "MR400", "must be a string");
	rc = pattern_translate(js_str(v), &ere, e);
	if (rc == 0 && schema_pattern(s, json_string_value(v)) == NULL)
		rc = err_set(e, "MR400", "is no regular expression");
	buf_free(&ere);
	return rc;
}

static int
types_verify(const json_t *v, struct err *e)
{
	static const char *const names[] = { "string", "integer", "number", "boolean", "null",
		"object", "array" };
	size_t n = json_is_array(v) ? json_array_size(v) : 1;

	for (size_t i = 0; i < n; i++) {
		struct str name = js_str(json_is_array(v) ? json_array_get(v, i) : v);
		bool known = false;

		for (size_t k = 0; k < countof(names); k++)
			known = known || str_is(name, names[k]);
		if (!known)
			return err_set(e, "MR400", "names no type of JSON");
	}
	return 0;
}

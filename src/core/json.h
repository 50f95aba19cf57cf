/*
 * json.h: thin layer over jansson. The prefix is js_, since json_ is jansson's own.
 *
 * Numbers: integers are 64-bit; an integer beyond that is read as a real, as JavaScript would.
 * Strings are valid UTF-8 without U+0000 (jansson keeps C strings), keys too. A key that occurs
 * twice keeps its last value. jansson's own limit is a depth of 2048; ours is lower.
 */
#ifndef MR_CORE_JSON_H
#define MR_CORE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/def.h"
#include "core/err.h"
#include "core/str.h"

#define JS_DEPTH_MAX 64 /* the usual max_depth */

enum js_dump {
	JS_COMPACT = 0,
	JS_SORTED = 1, /* keys in byte order: equal values, equal bytes */
	JS_PRETTY = 2, /* two blanks a level */
};

/*
 * Reads one JSON value of any type; blanks around it are fine. 0: *out is the caller's
 * (json_decref). -1: *out is NULL; MR413 longer than max_bytes; MR400 not JSON (the text says line
 * and column), deeper than max_depth, invalid UTF-8 or a \u0000.
 */
mr_must_check int js_parse(
    struct str text, size_t max_bytes, int max_depth, json_t **out, struct err *e);

/* Reads a whole file: MR404 it can't be opened, else as js_parse. */
mr_must_check int js_parse_file(const char *path, size_t max_bytes, json_t **out, struct err *e);

/* Appends the text of v; `flags` are js_dump bits. */
void js_dump(struct buf *b, const json_t *v, int flags);

/* The text as a C string, for mem_free. */
char *js_text_of(const json_t *v, int flags);

/* How many bytes js_dump(JS_COMPACT) would append; walking stops beyond `enough`. */
size_t js_bytes(const json_t *v, size_t enough);

/* Equal as JSON values: 1 and 1.0 are, the order of keys does not matter. */
bool js_equal(const json_t *a, const json_t *b);

/* "string" "integer" "number" "boolean" "null" "object" "array" */
const char *js_type_name(const json_t *v);

/* Borrowed value at a path as `a.b[0].c`; NULL: absent, or v is NULL. */
json_t *js_get(const json_t *v, const char *path);

/* View of a string value (empty when v is no string). */
struct str js_str(const json_t *v);

/* New string of a view; the text must be UTF-8 without NUL, else NULL. */
json_t *js_string(struct str s);

/* Trusted input: the member, or the default when absent or of another type. */
const char *js_text_or(const json_t *o, const char *key, const char *fallback);
int64_t js_int_or(const json_t *o, const char *key, int64_t fallback);
double js_real_or(const json_t *o, const char *key, double fallback); /* takes integers too */
bool js_bool_or(const json_t *o, const char *key, bool fallback);
json_t *js_object(const json_t *o, const char *key); /* borrowed; NULL: absent or no object */
json_t *js_array(const json_t *o, const char *key);

/* Outside input, required. -1: MR400 with field `key`. Lengths are code points. */
mr_must_check int js_need_text(
    const json_t *o, const char *key, size_t min, size_t max, const char **out, struct err *e);
mr_must_check int js_need_int(
    const json_t *o, const char *key, int64_t min, int64_t max, int64_t *out, struct err *e);

/* [{"field","issue","severity"}…] of a list; new. Severity is given for warnings only. */
json_t *js_issues(const struct issue_list *list);

/*
 * The error body, as every process answers it:
 * {"error":{"code":NAME,"message","details":{"field","issue"},"issues":[…]},"request_id"}; new.
 * issues (borrowed array) and request_id may be NULL; details is {} without a field.
 */
json_t *js_error_body(const struct err *e, json_t *issues, const char *request_id);

#endif

#include "core/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

/* Codes of ours, with the name that the API shows. Each code used in sql/ or src/ stands here. */
/* clang-format off */
static const struct err_code codes[] = {
	{ "MR2R0", 200, "REPLAY" }, /* no error: a known idempotency key, with the stored answer */
	{ "MR400", 400, "VALIDATION_ERROR" },
	{ "MR401", 401, "UNAUTHENTICATED" },
	{ "MR40E", 401, "TOKEN_EXPIRED" },
	{ "MR403", 403, "FORBIDDEN" },
	{ "MR40M", 403, "SECOND_FACTOR_NEEDED" },
	{ "MR404", 404, "NOT_FOUND" },
	{ "MR405", 405, "METHOD_NOT_ALLOWED" },
	{ "MR408", 408, "REQUEST_TIMEOUT" },
	{ "MR409", 409, "CONFLICT" },
	{ "MR411", 411, "LENGTH_REQUIRED" },
	{ "MR412", 412, "PRECONDITION_FAILED" },
	{ "MR413", 413, "TOO_LARGE" },
	{ "MR414", 414, "URI_TOO_LONG" },
	{ "MR415", 415, "UNSUPPORTED_MEDIA_TYPE" },
	{ "MR429", 429, "RATE_LIMITED" },
	{ "MR42Q", 429, "QUOTA_EXCEEDED" },
	{ "MR431", 431, "HEADERS_TOO_LARGE" },
	{ "MR4CI", 422, "CONNECTION_INVALID" },
	{ "MR500", 500, "INTERNAL" },
	{ "MR501", 501, "NOT_IMPLEMENTED" },
	{ "MR503", 503, "UNAVAILABLE" },
	{ "MR505", 505, "HTTP_VERSION_NOT_SUPPORTED" },
};

/* Native SQLSTATEs by prefix, the longest first; `as` is the code of ours it counts as. */
static const struct native_code {
	const char *prefix;
	const char *as;
	const char *text; /* what the user is told; %s is the field, or "a value" */
} natives[] = {
	{ "23505", "MR409", "%s is already taken" },
	{ "23503", "MR409", "%s refers to something that does not exist, or is still referred to" },
	{ "23514", "MR400", "%s is not allowed" },
	{ "23502", "MR400", "%s is missing" },
	{ "23P01", "MR409", "%s overlaps with an existing one" },
	{ "22", "MR400", "%s has the wrong form or is out of range" },
	{ "40001", "MR503", "another change came first; try again" },
	{ "40P01", "MR503", "another change came first; try again" },
	{ "55P03", "MR503", "what you change is in use; try again" },
	{ "57014", "MR503", "the database took too long; try again" },
	{ "57P0", "MR503", "the database is restarting; try again" },
	{ "53", "MR503", "the database is out of resources; try again" },
	{ "08", "MR503", "the database is out of reach; try again" },
};
/* clang-format on */

static const struct err_code *code_find(const char *code);
static const struct native_code *native_find(const char *sqlstate);
static void field_of_constraint(struct err *e, const struct err_native *native);
static void text_of_native(struct err *e, const char *pattern);

int
err_set(struct err *e, const char *code, const char *fmt, ...)
{
	va_list ap;

	if (e != NULL) {
		err_clear(e);
		snprintf(e->code, sizeof(e->code), "%s", code);
		va_start(ap, fmt);
		vsnprintf(e->text, sizeof(e->text), fmt, ap);
		va_end(ap);
	}
	return -1;
}

int
err_set_field(struct err *e, const char *code, const char *field, const char *fmt, ...)
{
	va_list ap;

	if (e != NULL) {
		err_clear(e);
		snprintf(e->code, sizeof(e->code), "%s", code);
		snprintf(e->field, sizeof(e->field), "%s", field);
		va_start(ap, fmt);
		vsnprintf(e->text, sizeof(e->text), fmt, ap);
		va_end(ap);
	}
	return -1;
}

int
err_at(struct err *e, const char *fmt, ...)
{
	char prefix[sizeof(e->field)], tail[sizeof(e->field)];
	const char *dot;
	va_list ap;

	if (e != NULL) {
		va_start(ap, fmt);
		vsnprintf(prefix, sizeof(prefix), fmt, ap);
		va_end(ap);
		memcpy(tail, e->field, sizeof(tail));
		dot = tail[0] == '\0' || tail[0] == '[' ? "" : ".";
		/* cut, if ever, at the innermost end: the outer part finds the place */
		snprintf(e->field, sizeof(e->field), "%.79s%s%.79s", prefix, dot, tail);
	}
	return -1;
}

void
err_clear(struct err *e)
{
	*e = (struct err){ 0 };
}

bool
err_is(const struct err *e, const char *code)
{
	return strcmp(e->code, code) == 0;
}

int
err_status(const char *code)
{
	const struct native_code *native = native_find(code);
	const struct err_code *row = code_find(native != NULL ? native->as : code);

	return row != NULL ? row->status : 500;
}

const char *
err_name(const char *code)
{
	const struct native_code *native = native_find(code);
	const struct err_code *row = code_find(native != NULL ? native->as : code);

	return row != NULL ? row->name : "INTERNAL";
}

bool
err_is_retryable(const char *code)
{
	return strcmp(code, "40001") == 0 || strcmp(code, "40P01") == 0;
}

const struct err_code *
err_codes(size_t *n)
{
	*n = countof(codes);
	return codes;
}

int
err_from_native(struct err *e, const struct err_native *native)
{
	const char *code = native->sqlstate != NULL ? native->sqlstate : "08006";
	const struct native_code *known = native_find(code);

	err_clear(e);
	snprintf(e->code, sizeof(e->code), "%s", code);
	if (code_find(code) != NULL) {
		snprintf(e->text, sizeof(e->text), "%s", native->message ? native->message : "");
		snprintf(e->field, sizeof(e->field), "%s", native->column ? native->column : "");
		if (native->hint != NULL)
			e->retry_after_s = (int)strtol(native->hint, NULL, 10);
	} else if (known != NULL) {
		field_of_constraint(e, native);
		text_of_native(e, known->text);
	} else {
		snprintf(e->text, sizeof(e->text), "an internal error, which was logged");
	}
	return -1;
}

void
issue_add(
    struct issue_list *list, enum issue_severity severity, const char *field, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	list->errors += severity == ISSUE_ERROR;
	if (list->n >= ISSUE_MAX)
		return;
	if (list->n == list->cap) {
		list->cap = list->cap > 0 ? list->cap * 2 : 8;
		list->v = mem_grow(list->v, (size_t)list->cap, sizeof(*list->v));
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	list->v[list->n++] = (struct issue){
		.field = mem_strdup(field != NULL ? field : ""),
		.text = mem_strdup(text),
		.severity = severity,
	};
}

void
issue_list_free(struct issue_list *list)
{
	for (int i = 0; i < list->n; i++) {
		mem_free(list->v[i].field);
		mem_free(list->v[i].text);
	}
	mem_free(list->v);
	*list = (struct issue_list){ 0 };
}

int
err_from_issues(struct err *e, const struct issue_list *list)
{
	if (list->errors == 0)
		return 0;
	for (int i = 0; i < list->n; i++) {
		if (list->v[i].severity == ISSUE_ERROR)
			return err_set_field(e, "MR400", list->v[i].field, "%s", list->v[i].text);
	}
	return err_set(e, "MR400", "there are more than %d issues", ISSUE_MAX);
}

static const struct err_code *
code_find(const char *code)
{
	for (size_t i = 0; i < countof(codes); i++) {
		if (strcmp(codes[i].code, code) == 0)
			return &codes[i];
	}
	return NULL;
}

static const struct native_code *
native_find(const char *sqlstate)
{
	for (size_t i = 0; i < countof(natives); i++) {
		if (strncmp(natives[i].prefix, sqlstate, strlen(natives[i].prefix)) == 0)
			return &natives[i];
	}
	return NULL;
}

/* <table>_<column>_<kind>: what is left of the name without the table and the kind. */
static void
field_of_constraint(struct err *e, const struct err_native *native)
{
	const char *name = native->constraint != NULL ? native->constraint : "";
	size_t table = native->table != NULL ? strlen(native->table) : 0;
	const char *kind = strrchr(name, '_');

	if (native->column != NULL && native->column[0] != '\0') {
		snprintf(e->field, sizeof(e->field), "%s", native->column);
		return;
	}
	if (table == 0 || strncmp(name, native->table, table) != 0 || name[table] != '_')
		table = strcspn(name, "_");
	if (kind != NULL && name + table < kind)
		snprintf(e->field, sizeof(e->field), "%.*s",
		    (int)(kind - name - (ptrdiff_t)table - 1), name + table + 1);
}

/* A pattern is ours and has at most one %s, which gets the field. */
static void
text_of_native(struct err *e, const char *pattern)
{
	const char *place = strstr(pattern, "%s");

	if (place == NULL)
		snprintf(e->text, sizeof(e->text), "%s", pattern);
	else
		snprintf(e->text, sizeof(e->text), "%.*s%s%s", (int)(place - pattern), pattern,
		    e->field[0] != '\0' ? e->field : "a value", place + 2);
}

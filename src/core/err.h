/*
 * err.h: what a call that can fail says about it, and the one table of error codes.
 *
 * A function that can fail returns 0 or -1, is mr_must_check and takes `struct err *e` last. e may
 * be NULL only where a header says so. A struct err is plain data: copy it, nothing to free.
 *
 * `code` is an SQLSTATE: one of our own (MRxxx, the table in err.c) or a native one, which
 * err_status and err_name map. `text` is one sentence for a person: no secret, no payload.
 *
 * Validation collects: each fault is an issue in a struct issue_list, and err_from_issues makes one
 * error of the list at the end.
 */
#ifndef MR_CORE_ERR_H
#define MR_CORE_ERR_H

#include <stdbool.h>
#include <stddef.h>

#include "core/def.h"

struct err {
	char code[6];    /* "" = no error */
	char field[160]; /* "" = concerns no field; else as nodes[0].config.url */
	char text[400];
	int retry_after_s; /* 0 = not said */
};

enum issue_severity {
	ISSUE_ERROR,
	ISSUE_WARNING,
};

struct issue {
	char *field; /* owned by the list; "" = the whole */
	char *text;
	enum issue_severity severity;
};

/* { 0 } is an empty list. */
struct issue_list {
	struct issue *v;
	int n;
	int errors; /* how many of the n are ISSUE_ERROR */
	int cap;
};

/* No list grows beyond this; later issues are counted in `errors` only. */
#define ISSUE_MAX 200

/* Sets code and text (cut if too long), clears the rest. Returns -1. e may be NULL. */
int err_set(struct err *e, const char *code, const char *fmt, ...) mr_printf(3, 4);

/* The same with a field. Returns -1. */
int err_set_field(struct err *e, const char *code, const char *field, const char *fmt, ...)
    mr_printf(4, 5);

/*
 * Prefixes the field: err_at(e, "nodes[%d]", 0) makes "config.url" to "nodes[0].config.url" and
 * "[2]" to "nodes[0][2]". Returns -1, so it can be the return value on the way out.
 */
int err_at(struct err *e, const char *fmt, ...) mr_printf(2, 3);

void err_clear(struct err *e);
bool err_is(const struct err *e, const char *code);

/* HTTP status and public name ("VALIDATION_ERROR") of a code, ours or native; unknown: 500
 * INTERNAL. */
int err_status(const char *code);
const char *err_name(const char *code);

/* 40001, 40P01: the transaction did nothing, and may be sent again. */
bool err_is_retryable(const char *code);

/* The table, for the test that compares it with sql/ and src/. NULL behind the last. */
struct err_code {
	const char *code;
	int status;
	const char *name;
};
const struct err_code *err_codes(size_t *n);

/* What Postgres said; any member may be NULL. */
struct err_native {
	const char *sqlstate;
	const char *message;
	const char *table;
	const char *column;     /* MR errors raised by SQL: the field */
	const char *constraint; /* native errors: workflow_name_key -> field "name" */
	const char *hint;       /* MR errors: seconds for Retry-After */
};

/*
 * Makes an error of it. MRxxx: text and field as raised. Native: the code is kept, the field comes
 * from the constraint's name, and the text is a true sentence that shows nothing of the message
 * (which goes to the log only). Returns -1.
 */
int err_from_native(struct err *e, const struct err_native *native);

/* Adds an issue; field and text are copied. */
void issue_add(struct issue_list *list, enum issue_severity severity, const char *field,
    const char *fmt, ...) mr_printf(4, 5);

/* Empties the list and gives its memory back. */
void issue_list_free(struct issue_list *list);

/* 0: the list has no ISSUE_ERROR. -1: *e is MR400 with the first error's field and text. */
mr_must_check int err_from_issues(struct err *e, const struct issue_list *list);

#endif

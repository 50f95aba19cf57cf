/*
 * When a step is tried again: how often, after which waits and failures. `retry_on` and
 * `give_up_on` are lists of error codes ("TIMEOUT"), statuses ("429", also as a number) and classes
 * of statuses ("5xx"); stored as text.
 */
#include <ctype.h>
#include <string.h>

#include "core/json.h"
#include "flow/definition_inner.h"
#include "flow/io.h"

#define FAILURES_MAX 50
#define CODE_MAX 50

static void read_number(struct reading *r, json_t *out, json_t *in, const char *at, const char *key,
    double min, double max, bool whole);
static void read_failures(
    struct reading *r, json_t *out, json_t *in, const char *at, const char *key);
static json_t *read_failure(struct reading *r, json_t *in, const char *at);
static bool is_status(const char *text);
static bool is_code(const char *text);
static bool is_known(const char *code);

json_t *
definition_read_retry(struct reading *r, json_t *in, const char *at)
{
	json_t *out = json_object();

	if (json_is_false(in)) {
		json_object_set_new(out, "max_attempts", json_integer(0));
		return out;
	}
	if (json_is_integer(in)) {
		json_t *wrapped = json_pack("{s:O}", "max_attempts", in);

		json_decref(out);
		out = definition_read_retry(r, wrapped, at);
		json_decref(wrapped);
		return out;
	}
	if (!json_is_object(in)) {
		issue_add(r->issues, ISSUE_ERROR, at, "an object with max_attempts is needed");
		return out;
	}
	read_number(r, out, in, at, "max_attempts", 0, 50, true);
	read_number(r, out, in, at, "initial_interval_ms", 0, 86400000, true);
	read_number(r, out, in, at, "backoff", 1, 100, false);
	read_number(r, out, in, at, "max_interval_ms", 0, 86400000, true);
	read_number(r, out, in, at, "jitter", 0, 1, false);
	read_failures(r, out, in, at, "retry_on");
	read_failures(r, out, in, at, "give_up_on");
	return out;
}

static void
read_number(struct reading *r, json_t *out, json_t *in, const char *at, const char *key, double min,
    double max, bool whole)
{
	json_t *v = json_object_get(in, key);
	double n = json_number_value(v);

	if (v == NULL || json_is_null(v))
		return;
	json_object_set(out, key, v);
	if (!json_is_number(v) || (whole && !json_is_integer(v)) || !(n >= min && n <= max))
		issue_add(r->issues, ISSUE_ERROR, arena_printf(r->arena, "%s.%s", at, key),
		    "%s from %.0f to %.0f is needed", whole ? "an integer" : "a number", min, max);
}

/* An empty list says as little as none. */
static void
read_failures(struct reading *r, json_t *out, json_t *in, const char *at, const char *key)
{
	json_t *given = json_object_get(in, key), *list, *v;
	size_t i;

	at = arena_printf(r->arena, "%s.%s", at, key);
	if (given == NULL || json_is_null(given) ||
	    (json_is_array(given) && json_array_size(given) == 0))
		return;
	if (!json_is_array(given) || json_array_size(given) > FAILURES_MAX) {
		json_object_set(out, key, given);
		issue_add(r->issues, ISSUE_ERROR, at,
		    "a list of at most %d error codes and statuses is needed", FAILURES_MAX);
		return;
	}
	list = json_array();
	json_array_foreach(given, i, v) json_array_append_new(
	    list, read_failure(r, v, arena_printf(r->arena, "%s[%zu]", at, i)));
	json_object_set_new(out, key, list);
}

static json_t *
read_failure(struct reading *r, json_t *in, const char *at)
{
	json_t *out = json_is_integer(in)
	                  ? json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(in))
	                  : json_incref(in);
	const char *text = json_is_string(out) ? json_string_value(out) : "";

	if (!is_status(text) && !is_code(text))
		issue_add(r->issues, ISSUE_ERROR, at,
		    "an error code as TIMEOUT, a status as 429 or a class of them as 5xx is "
		    "needed");
	else if (!is_status(text) && !is_known(text))
		issue_add(r->issues, ISSUE_WARNING, at, "no step fails with this code");
	return out;
}

/* 4 or 5, and two digits or xx: other statuses are no failures. */
static bool
is_status(const char *text)
{
	return strlen(text) == 3 && (text[0] == '4' || text[0] == '5') &&
	       (strcmp(text + 1, "xx") == 0 || strspn(text, "0123456789") == 3);
}

static bool
is_code(const char *text)
{
	return isupper((unsigned char)*text) && strlen(text) <= CODE_MAX &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == strlen(text);
}

static bool
is_known(const char *code)
{
	static const char *const of_steps[] = { "HTTP_STATUS", "CONFIG_INVALID", "EXPRESSION_ERROR",
		"VALIDATION", "INTERNAL", "RUN_FAILED", "RUN_REFUSED" };

	for (size_t i = 0; i < countof(of_steps); i++) {
		if (strcmp(of_steps[i], code) == 0)
			return true;
	}
	return strcmp(io_error_name(io_error_from_name(code)), code) == 0 &&
	       strcmp(code, io_error_name(IO_OK)) != 0;
}

#include "flow/rehearse_diff.h"

#include <string.h>

#include "core/json.h"
#include "flow/rehearse.h"

static json_t *shown(const json_t *v);
static bool same_ports(const json_t *was, const json_t *is);
static bool has_port(const json_t *output, const char *port);
static bool same_error(const json_t *was, const json_t *is);
static bool same_value(const json_t *was, const json_t *is);
static const char *outcome_name(enum run_outcome outcome);

void
diff_add(json_t *list, const struct step_record *at, const char *what, const json_t *before,
    const json_t *after)
{
	json_t *one;

	if (json_array_size(list) >= REHEARSE_DIFFERENCES_MAX)
		return;
	one = json_pack("{s:s?, s:i, s:i, s:s}", "node_id", at != NULL ? at->node_id : NULL,
	    "iteration", at != NULL ? at->iteration : 0, "attempt", at != NULL ? at->attempt : 1,
	    "what", what);
	if (before != NULL)
		json_object_set_new(one, "before", shown(before));
	if (after != NULL)
		json_object_set_new(one, "after", shown(after));
	json_array_append_new(list, one);
}

void
diff_steps(json_t *list, const struct step_record *was, const struct step_record *is)
{
	json_t *before, *after;

	if (was->status != is->status) {
		before = json_string(step_status_name(was->status));
		after = json_string(step_status_name(is->status));
		diff_add(list, is, "status", before, after);
		json_decref(before);
		json_decref(after);
	}
	if (!same_ports(was->output, is->output))
		diff_add(list, is, "port", was->output, is->output);
	else if (!same_value(was->output, is->output))
		diff_add(list, is, "output", was->output, is->output);
	if (!same_error(was->error, is->error))
		diff_add(list, is, "error", was->error, is->error);
}

void
diff_lone(json_t *list, const struct step_record *step, const char *what)
{
	json_t *of = json_pack("{s:s, s:O?, s:O?}", "status", step_status_name(step->status),
	    "output", step->output, "error", step->error);
	bool is_new = strcmp(what, "new") == 0;

	diff_add(list, step, what, is_new ? NULL : of, is_new ? of : NULL);
	json_decref(of);
}

void
diff_endings(json_t *list, const struct diff_ending *was, const struct diff_ending *is)
{
	json_t *before, *after;

	if (was->outcome != is->outcome) {
		before = json_string(outcome_name(was->outcome));
		after = json_string(outcome_name(is->outcome));
		diff_add(list, NULL, "status", before, after);
		json_decref(before);
		json_decref(after);
	}
	if (is->outcome == RUN_SUCCEEDED && was->outcome == RUN_SUCCEEDED &&
	    !same_value(was->output, is->output))
		diff_add(list, NULL, "output", was->output, is->output);
	if (!same_error(was->error, is->error))
		diff_add(list, NULL, "error", was->error, is->error);
}

/* As much of a value as a report can hold. */
static json_t *
shown(const json_t *v)
{
	size_t n = REHEARSE_VALUE_MAX;
	struct buf text = { 0 };
	json_t *cut;

	if (js_bytes(v, REHEARSE_VALUE_MAX) <= REHEARSE_VALUE_MAX)
		return json_incref((json_t *)(uintptr_t)v);
	js_dump(&text, v, JS_COMPACT);
	/* Not inside a character. */
	while (n > 0 && ((unsigned char)buf_cstr(&text)[n] & 0xc0) == 0x80)
		n--;
	cut = json_pack("{s:o}", "cut", js_string(str_make(buf_cstr(&text), n)));
	buf_free(&text);
	return cut;
}

static bool
same_ports(const json_t *was, const json_t *is)
{
	const char *port;
	json_t *items;

	json_object_foreach((json_t *)(uintptr_t)was, port, items)
	{
		if (has_port(was, port) != has_port(is, port))
			return false;
	}
	json_object_foreach((json_t *)(uintptr_t)is, port, items)
	{
		if (has_port(was, port) != has_port(is, port))
			return false;
	}
	return true;
}

static bool
has_port(const json_t *output, const char *port)
{
	return json_array_size(json_object_get(output, port)) > 0;
}

/* How long the wait for the next try was is no difference of what happened. */
static bool
same_error(const json_t *was, const json_t *is)
{
	json_t *a = json_copy((json_t *)(uintptr_t)was), *b = json_copy((json_t *)(uintptr_t)is);
	bool same;

	json_object_del(a, "retry_in_ms");
	json_object_del(b, "retry_in_ms");
	same = same_value(a, b);
	json_decref(a);
	json_decref(b);
	return same;
}

/* None, and null, are one. */
static bool
same_value(const json_t *was, const json_t *is)
{
	if (was == NULL || json_is_null(was))
		return is == NULL || json_is_null(is);
	return is != NULL && js_equal(was, is);
}

static const char *
outcome_name(enum run_outcome outcome)
{
	switch (outcome) {
	case RUN_SUCCEEDED:
		return "succeeded";
	case RUN_FAILED:
		return "failed";
	case RUN_CANCELLED:
		return "cancelled";
	case RUN_OPEN:
		break;
	}
	return "open";
}

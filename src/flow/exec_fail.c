/* What becomes of a failed step: another try, the error as output, or the end of the run. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/json.h"
#include "flow/exec_inner.h"
#include "flow/items.h"

#define RETRY_WAIT_MAX_MS INT64_C(86400000) /* a Retry-After beyond a day is not believed */

static bool is_retried(const struct plan_node *pn, const struct node_result *r);
static bool is_among(json_t *failures, const char *code, int status);
static bool retry(struct exec *x, int v, const struct node_result *r, json_t *error);
static double luck(const struct exec *x, int v);
static json_t *error_ports(struct exec *x, int v, json_t *error);

void
exec_fail_step(struct exec *x, int v, struct node_result *r, enum step_status status)
{
	const struct plan_node *pn = &x->plan->nodes[v];
	json_t *error = exec_error_json(r->code, r->err.field, r->err.text);

	if (r->detail != NULL)
		json_object_update_missing(error, r->detail);
	if (x->nodes[v].attempt <= pn->max_retries && is_retried(pn, r) && retry(x, v, r, error))
		goto out;
	if (r->ports != NULL) {
		exec_end_step(x, v, STEP_SUCCEEDED, r->ports, NULL);
		r->ports = NULL;
	} else if (pn->on_error == ON_ERROR_FAIL || r->end == NODE_END_FAILED) {
		exec_end_step(x, v, status, NULL, json_incref(error));
		exec_fail_run(x, v, error);
	} else {
		exec_end_step(x, v, status, error_ports(x, v, error), json_incref(error));
	}
out:
	json_decref(error);
}

void
exec_time_out(struct exec *x, int v)
{
	const struct plan_node *pn = &x->plan->nodes[v];
	struct node_result r = { 0 };

	r.never_again = x->nodes[v].wish != NULL && x->nodes[v].wish->at_most_once;
	exec_forget_io(x, v);
	exec_end_wait(x, v);
	node_fail(&r, "TIMEOUT", NULL, "the step took longer than its limit of %" PRId64 " ms",
	    pn->timeout_ms);
	r.retryable = (pn->type->flags & NODE_RETRY) != 0;
	exec_fail_step(x, v, &r, STEP_FAILED);
	exec_free_result(&r);
}

json_t *
exec_error_json(const char *code, const char *field, const char *text)
{
	json_t *error = json_object();

	json_object_set_new_nocheck(error, "code", json_string(code));
	/* A cut text may end inside a character. */
	json_object_set_new(error, "message", js_string(str_of(text)));
	if (json_object_get(error, "message") == NULL)
		json_object_set_new_nocheck(error, "message", json_string(code));
	if (field != NULL && *field != '\0')
		json_object_set_new(error, "field", json_string(field));
	return error;
}

void
exec_fail_run(struct exec *x, int v, json_t *error)
{
	json_t *of_run = json_copy(error);

	json_object_set_new_nocheck(of_run, "node", json_string(x->plan->nodes[v].id));
	exec_finish(x, RUN_FAILED, of_run);
}

/* give_up_on wins; retry_on, where it is given, decides instead of the node. */
static bool
is_retried(const struct plan_node *pn, const struct node_result *r)
{
	int status = (int)js_int_or(r->detail, "status", 0);

	if (r->never_again || r->end != NODE_GO_ON || is_among(pn->give_up_on, r->code, status))
		return false;
	return pn->retry_on != NULL ? is_among(pn->retry_on, r->code, status) : r->retryable;
}

/* `status` is 0 where the failure has none. */
static bool
is_among(json_t *failures, const char *code, int status)
{
	char exact[16], class[16];
	json_t *v;
	size_t i;

	snprintf(exact, sizeof(exact), "%d", status);
	snprintf(class, sizeof(class), "%dxx", status / 100);
	json_array_foreach(failures, i, v)
	{
		const char *text = json_string_value(v);

		if (text == NULL)
			continue;
		if (strcmp(text, code) == 0 || strcmp(text, exact) == 0 || strcmp(text, class) == 0)
			return true;
	}
	return false;
}

/* ARCHITECTURE §5: initial · backoff^(n-1), capped, then jitter; never before Retry-After. */
static bool
retry(struct exec *x, int v, const struct node_result *r, json_t *error)
{
	const struct plan_node *pn = &x->plan->nodes[v];
	struct node_run *nr = &x->nodes[v];
	double wait = (double)pn->retry_initial_ms * pow(pn->retry_backoff, nr->attempt - 1);
	int64_t wait_ms, after = r->retry_after_ms;

	if (wait > (double)pn->retry_max_ms)
		wait = (double)pn->retry_max_ms;
	wait += wait * pn->retry_jitter * (2 * luck(x, v) - 1);
	wait_ms = (int64_t)wait;
	if (after > RETRY_WAIT_MAX_MS)
		after = RETRY_WAIT_MAX_MS;
	if (wait_ms < after)
		wait_ms = after;
	json_object_set_new_nocheck(error, "retry_in_ms", json_integer(wait_ms));
	exec_record(x, v, STEP_FAILED, NULL, error);
	nr->phase = RETRYING;
	nr->row_exists = false;
	x->under_way++;
	exec_set_due(x, v, x->now_ms + wait_ms);
	return true;
}

/* A random number in 0..1 that is the same for the same try of the same run (splitmix64). */
static double
luck(const struct exec *x, int v)
{
	const struct node_run *nr = &x->nodes[v];
	uint64_t h = 1469598103934665603ULL;

	for (const char *c = x->run_id; *c != '\0'; c++)
		h = (h ^ (unsigned char)*c) * 1099511628211ULL;
	for (const char *c = x->plan->nodes[v].id; *c != '\0'; c++)
		h = (h ^ (unsigned char)*c) * 1099511628211ULL;
	h += 0x9e3779b97f4a7c15ULL * (uint64_t)(nr->iteration * 64 + nr->attempt);
	h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9ULL;
	h = (h ^ (h >> 27)) * 0x94d049bb133111ebULL;
	return (double)((h ^ (h >> 31)) >> 11) / 9007199254740992.0;
}

/* One item for each input item, with the error instead of its fields, so that pairing goes on. */
static json_t *
error_ports(struct exec *x, int v, json_t *error)
{
	const struct plan_node *pn = &x->plan->nodes[v];
	const struct visit *visit = x->nodes[v].visit;
	json_t *items = json_array();

	for (int s = 0; s < visit->n_in; s++) {
		for (size_t k = 0; k < json_array_size(visit->in[s].items); k++) {
			json_t *item = item_new(json_pack("{s:O}", "error", error));

			item_pair(item, s, k);
			json_array_append_new(items, item);
		}
	}
	return json_pack("{s:o}", pn->on_error == ON_ERROR_PORT ? "error" : pn->first_port, items);
}

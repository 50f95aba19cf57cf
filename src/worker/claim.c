#include "worker/claim.h"

#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "db/value.h"
#include "flow/trigger.h"

json_t *
claim_trigger_items(const PGresult *res, int row)
{
	struct str type = value_str(res, row, CLAIM_TRIGGER_TYPE);
	json_t *input = claim_json(res, row, CLAIM_INPUT);
	json_t *item, *items = NULL;

	if (!value_is_null(res, row, CLAIM_DELIVERY)) {
		struct str body = value_str(res, row, CLAIM_BODY);
		json_t *headers = claim_json(res, row, CLAIM_HEADERS);
		char *method = mem_strndup(
		    value_str(res, row, CLAIM_METHOD).p, value_str(res, row, CLAIM_METHOD).n);
		char *query = mem_strndup(
		    value_str(res, row, CLAIM_QUERY).p, value_str(res, row, CLAIM_QUERY).n);
		char *content_type = mem_strndup(value_str(res, row, CLAIM_CONTENT_TYPE).p,
		    value_str(res, row, CLAIM_CONTENT_TYPE).n);
		struct webhook_request request = { .method = method,
			.query = query,
			.headers = headers,
			.content_type = content_type,
			.body = body.p,
			.body_len = body.n };

		item = trigger_webhook_item(&request);
		json_decref(headers);
		mem_free(method);
		mem_free(query);
		mem_free(content_type);
	} else if (str_is(type, "schedule") && !value_is_null(res, row, CLAIM_DUE)) {
		item = trigger_schedule_item(
		    value_timestamp_ms(res, row, CLAIM_DUE), js_text_or(input, "timezone", "UTC"));
	} else {
		items = trigger_called_items(input);
		item = items == NULL ? trigger_manual_item(input) : NULL;
	}
	json_decref(input);
	return items != NULL ? items : json_pack("[o]", item);
}

int
claim_step(const PGresult *res, int row, struct step_record *out, struct err *e)
{
	struct str node = value_str(res, row, 0);
	struct str status = value_str(res, row, 4);
	char *name = mem_strndup(status.p, status.n);
	int rc = 0;

	*out = (struct step_record){ .node_id = mem_strndup(node.p, node.n),
		.iteration = value_int4(res, row, 1),
		.attempt = value_int2(res, row, 2),
		.started_at_ms = value_timestamp_ms(res, row, 5),
		.dur_us = value_int8(res, row, 6),
		.source = claim_json(res, row, 7),
		.output = claim_json(res, row, 8),
		.error = claim_json(res, row, 9) };
	if (!step_status_from_name(name, &out->status))
		rc = err_set(e, "MR409", "step %s has an unknown status", out->node_id);
	mem_free(name);
	return rc;
}

void
claim_step_free(struct step_record *step)
{
	json_decref(step->source);
	json_decref(step->output);
	json_decref(step->error);
	mem_free((char *)(uintptr_t)step->node_id);
}

json_t *
claim_json(const PGresult *res, int row, int col)
{
	struct err e = { 0 };
	json_t *v = NULL;

	if (value_json(res, row, col, &v, &e) != 0)
		log_err(LOG_LEVEL_ERROR, "run.json", &e);
	return v;
}

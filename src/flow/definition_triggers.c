/* Triggers beside the nodes (W10), and the short form of a schedule (T09), as nodes. */
#include "core/json.h"
#include "flow/definition_inner.h"

static void read_list(struct reading *r, json_t *triggers);
static void read_schedule(struct reading *r, json_t *schedule);
static json_t *trigger_config(json_t *in);
static const char *free_id(struct reading *r, const char *stem);

void
definition_read_triggers(struct reading *r, json_t *in)
{
	read_list(r, json_object_get(in, "triggers"));
	read_schedule(r, json_object_get(in, "schedule"));
}

/* Each becomes a node. Its config may lie beside the type instead of in `config`. */
static void
read_list(struct reading *r, json_t *triggers)
{
	json_t *trigger;
	size_t i;

	if (triggers != NULL && !json_is_array(triggers) && !json_is_null(triggers))
		issue_add(r->issues, ISSUE_ERROR, reading_at(r, "triggers"), "triggers are a list");
	if (!json_is_array(triggers))
		return;
	json_array_foreach(triggers, i, trigger)
	{
		const char *at = reading_at(r, "triggers[%zu]", i);
		json_t *node;

		if (!json_is_object(trigger)) {
			issue_add(r->issues, ISSUE_ERROR, at, "a trigger is an object");
			continue;
		}
		/* Listed among the nodes as well: one of them is enough. */
		if (json_object_get(r->ids, js_text_or(trigger, "id", "")) != NULL)
			continue;
		node = json_pack("{s:o}", "config", trigger_config(trigger));
		if (json_object_get(trigger, "type") != NULL)
			json_object_set(node, "type", json_object_get(trigger, "type"));
		if (json_object_get(trigger, "name") != NULL)
			json_object_set(node, "name", json_object_get(trigger, "name"));
		json_object_set_new(
		    node, "id", json_string(js_text_or(trigger, "id", free_id(r, "trigger"))));
		definition_read_node(r, NULL, node, at);
		json_decref(node);
	}
}

/* T09: `schedule` is the short form of a schedule node. */
static void
read_schedule(struct reading *r, json_t *schedule)
{
	json_t *node, *config;

	if (schedule == NULL || json_is_null(schedule))
		return;
	if (json_is_string(schedule))
		config = json_pack("{s:O}", "cron", schedule);
	else
		config = json_is_object(schedule) ? json_copy(schedule) : json_object();
	node = json_pack(
	    "{s:s, s:s, s:o}", "id", free_id(r, "schedule"), "type", "schedule", "config", config);
	definition_read_node(r, NULL, node, reading_at(r, "schedule"));
	json_decref(node);
}

static json_t *
trigger_config(json_t *in)
{
	json_t *config = js_object(in, "config");

	if (config != NULL)
		return json_copy(config);
	config = json_copy(in);
	json_object_del(config, "type");
	json_object_del(config, "id");
	json_object_del(config, "name");
	return config;
}

static const char *
free_id(struct reading *r, const char *stem)
{
	const char *id = stem;

	for (int n = 1;; n++) {
		id = arena_printf(r->arena, "%s-%d", stem, n);
		if (json_object_get(r->ids, id) == NULL)
			return id;
	}
}

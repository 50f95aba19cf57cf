#include <stdio.h>

#include "core/json.h"
#include "flow/cron.h"
#include "node/registry.h"

static void validate(
    json_t *config, const struct expr_names *names, const char *path, struct issue_list *issues);

const struct node_type node_schedule = {
	.type = "schedule",
	.title = "Schedule",
	.group = "trigger",
	.description = "Starts a run by the clock: a cron rule, a span or one instant.",
	.schema =
	    "{\"type\":\"object\",\"anyOf\":[{\"required\":[\"cron\"]},{\"required\":[\"every\"]},"
	    "{\"required\":[\"at\"]}],\"properties\":{"
	    "\"cron\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":256,\"title\":\"Cron "
	    "rule\","
	    "\"description\":\"Five fields, six with seconds first, or @daily, @every 5m.\","
	    "\"x-widget\":\"cron\",\"x-format\":\"cron\",\"x-literal\":true,\"examples\":[\"0 9 * "
	    "* 1-5\"],"
	    "\"x-order\":1},"
	    "\"every\":{\"type\":\"string\",\"pattern\":\"^[0-9]+[smhd]([0-9]+[smhd])*$\","
	    "\"title\":\"Every\",\"description\":\"A span such as 90s, 5m, 1h30m, 2d.\","
	    "\"x-widget\":\"text\",\"x-literal\":true,\"examples\":[\"5m\"],\"x-order\":2},"
	    "\"at\":{\"type\":\"string\",\"minLength\":1,\"title\":\"Once "
	    "at\",\"x-widget\":\"datetime\","
	    "\"x-format\":\"cron\",\"x-literal\":true,\"x-order\":3},"
	    "\"timezone\":{\"type\":\"string\",\"default\":\"UTC\",\"title\":\"Time zone\","
	    "\"x-widget\":\"text\",\"x-format\":\"timezone\",\"x-literal\":true,"
	    "\"examples\":[\"Europe/Berlin\"],\"x-order\":4},"
	    "\"missed\":{\"type\":\"string\",\"enum\":[\"skip\",\"one\",\"all\"],\"default\":"
	    "\"skip\","
	    "\"title\":\"Missed times\",\"description\":\"What to do about times that passed while "
	    "nothing ran.\",\"x-widget\":\"select\",\"x-enum-titles\":[\"Skip them\","
	    "\"One run for all\",\"A run for each\"],\"x-literal\":true,\"x-order\":5}}}",
	.example = "{\"cron\":\"0 9 * * 1-5\",\"timezone\":\"Europe/Berlin\",\"missed\":\"one\"}",
	.flags = NODE_TRIGGER,
	.validate = validate,
};

static void
validate(
    json_t *config, const struct expr_names *names, const char *path, struct issue_list *issues)
{
	const char *every = js_text_or(config, "every", NULL);
	struct err e = { 0 };
	struct cron cron;
	char rule[300], at[200];
	int n = 0;

	(void)names;
	n += json_object_get(config, "cron") != NULL;
	n += json_object_get(config, "every") != NULL;
	n += json_object_get(config, "at") != NULL;
	if (n > 1)
		issue_add(issues, ISSUE_ERROR, path, "only one of cron, every and at can be used");
	if (every == NULL)
		return;
	snprintf(rule, sizeof(rule), "@every %.250s", every);
	if (cron_parse(str_of(rule), &cron, &e) != 0) {
		snprintf(at, sizeof(at), "%s.every", path);
		issue_add(issues, ISSUE_ERROR, at, "%s", e.text);
	}
}

#include "worker/plans.h"

#include <string.h>

#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"
#include "db/value.h"
#include "flow/definition.h"
#include "node/registry.h"

#define PLANS_BUCKETS 1024

struct plan_waiter {
	plan_fn fn;
	void *arg;
	SLIST_ENTRY(plan_waiter) link;
};

struct plans {
	struct worker *w;
	struct plan_entry *bucket[PLANS_BUCKETS];
	int n;
};

static const struct statement st_version_load = { "version_load",
	"select * from work.version_load($1, $2)" };

static void waiter_remove(struct plan_entry *entry, struct plan_waiter *waiter);
static void entry_read(struct plan_entry *entry);
static void entry_got(struct job *job, const struct job_result *result, void *arg);
static int entry_compile(struct plan_entry *entry, const PGresult *res, struct err *e);
static void connections_collect(struct plan_entry *entry);
static void entry_free(struct plan_entry *entry);
static void drop_unused(struct plans *p);
static size_t bucket_of(const struct uuid *version_id);

struct plans *
plans_new(struct worker *w)
{
	struct plans *p = mem_alloc(sizeof(*p));

	p->w = w;
	return p;
}

void
plans_free(struct plans *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < PLANS_BUCKETS; i++) {
		while (p->bucket[i] != NULL) {
			struct plan_entry *entry = p->bucket[i];

			p->bucket[i] = entry->next_in_bucket;
			entry_free(entry);
		}
	}
	mem_free(p);
}

struct plan_entry *
plans_get(struct plans *p, const struct uuid *workspace_id, const struct uuid *version_id,
    plan_fn fn, void *arg)
{
	struct plan_entry *entry;
	size_t at = bucket_of(version_id);

	for (entry = p->bucket[at]; entry != NULL; entry = entry->next_in_bucket) {
		if (uuid_eq(&entry->version_id, version_id) &&
		    uuid_eq(&entry->workspace_id, workspace_id))
			break;
	}
	if (entry == NULL) {
		if (p->n >= PLANS_MAX)
			drop_unused(p);
		entry = mem_alloc(sizeof(*entry));
		entry->w = p->w;
		entry->version_id = *version_id;
		entry->workspace_id = *workspace_id;
		SLIST_INIT(&entry->waiters);
		entry->next_in_bucket = p->bucket[at];
		p->bucket[at] = entry;
		p->n++;
		entry_read(entry);
	}
	if (entry->is_read && plans_is_transient(entry)) {
		entry->is_read = false;
		err_clear(&entry->broken);
		entry_read(entry);
	}
	entry->refs++;
	entry->used_ms = mono_ms();
	if (!entry->is_read) {
		struct plan_waiter *waiter = mem_alloc(sizeof(*waiter));

		waiter->fn = fn;
		waiter->arg = arg;
		SLIST_INSERT_HEAD(&entry->waiters, waiter, link);
	}
	return entry;
}

bool
plans_is_transient(const struct plan_entry *entry)
{
	return entry->plan == NULL && err_status(entry->broken.code) == 503;
}

json_t *
plans_variables(const struct plan_entry *entry, json_t *overrides, struct err *e)
{
	struct issue_list issues = { 0 };
	json_t *vars;

	if (overrides == NULL && entry->variables != NULL)
		return json_incref(entry->variables);
	vars = definition_variables(entry->definition, overrides, &issues);
	if (err_from_issues(e, &issues) != 0) {
		json_decref(vars);
		vars = NULL;
	}
	issue_list_free(&issues);
	return vars;
}

void
plans_release(struct plans *p, struct plan_entry *entry, void *arg)
{
	struct plan_waiter *waiter, *next;

	(void)p;
	if (entry == NULL)
		return;
	for (waiter = SLIST_FIRST(&entry->waiters); waiter != NULL; waiter = next) {
		next = SLIST_NEXT(waiter, link);
		if (waiter->arg == arg)
			waiter_remove(entry, waiter);
	}
	entry->refs--;
}

static void
waiter_remove(struct plan_entry *entry, struct plan_waiter *waiter)
{
	SLIST_REMOVE(&entry->waiters, waiter, plan_waiter, link);
	mem_free(waiter);
}

/* Asks for the definition. The entry holds a reference for the answer. */
static void
entry_read(struct plan_entry *entry)
{
	struct job *job = job_new(entry->w->side_pool, entry_got, entry);
	struct err e = { 0 };

	job_statement(job, &st_version_load, true);
	job_uuid(job, &entry->workspace_id);
	job_uuid(job, &entry->version_id);
	entry->refs++;
	if (job_submit(job, 0, &e) != 0) {
		entry->broken = e;
		entry->is_read = true;
		entry->refs--;
	}
}

static void
entry_got(struct job *job, const struct job_result *result, void *arg)
{
	struct plan_entry *entry = arg;
	struct err e = { 0 };

	(void)job;
	if (result->err != NULL)
		entry->broken = *result->err;
	else if (entry_compile(entry, result->v[0], &e) != 0)
		entry->broken = e;
	entry->is_read = true;
	if (entry->broken.code[0] != '\0')
		log_err(LOG_LEVEL_WARN, "plan.broken", &entry->broken);
	while (!SLIST_EMPTY(&entry->waiters)) {
		struct plan_waiter *waiter = SLIST_FIRST(&entry->waiters);

		SLIST_REMOVE_HEAD(&entry->waiters, link);
		waiter->fn(waiter->arg);
		mem_free(waiter);
	}
	entry->refs--;
}

static int
entry_compile(struct plan_entry *entry, const PGresult *res, struct err *e)
{
	struct issue_list issues = { 0 };
	struct uuid workflow_id;
	char text[UUID_TEXT_SIZE];
	int rc = -1;

	if (value_shape(res, "tiutt", e) != 0)
		goto out;
	if (PQntuples(res) != 1) {
		err_set(e, "MR404", "the version of this run is gone");
		goto out;
	}
	if (value_json(res, 0, 0, &entry->definition, e) != 0)
		goto out;
	if (plan_compile(entry->definition, &node_registry, &entry->plan, e) != 0)
		goto out;
	workflow_id = value_uuid(res, 0, 2);
	entry->workflow = json_pack("{s:s, s:o, s:i}", "id", uuid_format(&workflow_id, text),
	    "name", js_string(value_str(res, 0, 3)), "version", value_int4(res, 0, 1));
	entry->callback_key = mem_strndup(value_str(res, 0, 4).p, value_str(res, 0, 4).n);
	entry->variables = definition_variables(entry->definition, NULL, &issues);
	if (issues.errors > 0) {
		json_decref(entry->variables);
		entry->variables = NULL;
	}
	connections_collect(entry);
	rc = 0;
out:
	issue_list_free(&issues);
	return rc;
}

/* An id that is an expression is collected as it stands: it will be missing. */
static void
connections_collect(struct plan_entry *entry)
{
	json_t *node;
	size_t i;

	array_open(&entry->connections, ARRAY_TEXT);
	array_open(&entry->connectors, ARRAY_TEXT);
	json_array_foreach(js_array(entry->definition, "nodes"), i, node)
	{
		const struct node_type *type =
		    node_registry_find(&node_registry, js_text_or(node, "type", ""));
		const char *id = js_text_or(js_object(node, "config"), "connection", "");

		if (type == NULL || type->connections == NULL || id[0] == '\0' ||
		    js_bool_or(node, "disabled", false))
			continue;
		array_text(&entry->connections, str_of(id));
		array_text(&entry->connectors, str_of(type->connections));
	}
}

static void
entry_free(struct plan_entry *entry)
{
	array_free(&entry->connections);
	array_free(&entry->connectors);
	plan_unref(entry->plan);
	json_decref(entry->definition);
	json_decref(entry->workflow);
	json_decref(entry->variables);
	mem_free(entry->callback_key);
	mem_free(entry);
}

/* Drops what no run holds and was not used for a minute, and what could not be read. */
static void
drop_unused(struct plans *p)
{
	int64_t old_ms = mono_ms() - 60000;

	for (size_t i = 0; i < PLANS_BUCKETS; i++) {
		struct plan_entry **at = &p->bucket[i];

		while (*at != NULL) {
			struct plan_entry *entry = *at;

			if (entry->refs > 0 || (entry->used_ms > old_ms && entry->plan != NULL)) {
				at = &entry->next_in_bucket;
				continue;
			}
			*at = entry->next_in_bucket;
			entry_free(entry);
			p->n--;
		}
	}
}

static size_t
bucket_of(const struct uuid *version_id)
{
	size_t h;

	memcpy(&h, version_id->b + 8, sizeof(h));
	return h % PLANS_BUCKETS;
}

#include "worker/outgoing.h"

#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "db/value.h"
#include "worker/step.h"

#define LOOK_MS 500
#define OVERLAP_MS 60000 /* longer than any transaction that changes settings */

struct outgoing {
	struct worker *w;
	struct loop_timer look;
	json_t
	    *settings; /* workspace id -> {hosts, allow, proxy, proxy_asks}, null where not set */
	int64_t changed_ms;
	bool looking;
	bool is_known;
};

static const struct statement st_list = { "outgoing_list",
	"select workspace_id, changed_ms, settings from work.outgoing_list($1)" };

static void look(struct loop_timer *t, void *arg);
static void listed(struct job *job, const struct job_result *result, void *arg);
static int settings_read(struct outgoing *o, const PGresult *res, struct err *e);

struct outgoing *
outgoing_new(struct worker *w)
{
	struct outgoing *o = mem_alloc(sizeof(*o));

	o->w = w;
	o->settings = json_object();
	loop_timer(w->loop, &o->look, 0, LOOK_MS, look, o);
	return o;
}

void
outgoing_free(struct outgoing *o)
{
	if (o == NULL)
		return;
	loop_timer_stop(&o->look);
	json_decref(o->settings);
	mem_free(o);
}

bool
outgoing_is_known(const struct outgoing *o)
{
	return o->is_known;
}

bool
outgoing_add(const struct outgoing *o, json_t *request)
{
	static const char *const told[] = { "hosts", "allow", "proxy" };
	json_t *of = json_object_get(o->settings, js_text_or(request, "workspace", ""));

	for (size_t i = 0; of != NULL && i < countof(told); i++)
		(void)json_object_set(request, told[i], json_object_get(of, told[i]));
	return !json_is_true(json_object_get(of, "proxy_asks"));
}

static void
look(struct loop_timer *t, void *arg)
{
	struct outgoing *o = arg;
	struct job *job;
	struct err e = { 0 };

	(void)t;
	if (o->looking)
		return;
	job = job_new(o->w->side_pool, listed, o);
	job_statement(job, &st_list, true);
	job_int8(job, o->changed_ms > OVERLAP_MS ? o->changed_ms - OVERLAP_MS : 0);
	if (job_submit(job, 0, &e) != 0)
		log_err(LOG_LEVEL_WARN, "outgoing.list", &e);
	else
		o->looking = true;
}

static void
listed(struct job *job, const struct job_result *result, void *arg)
{
	struct outgoing *o = arg;
	struct err e = { 0 };

	(void)job;
	o->looking = false;
	if (result->err != NULL) {
		log_err(LOG_LEVEL_WARN, "outgoing.list", result->err);
	} else if (settings_read(o, result->v[0], &e) != 0) {
		log_err(LOG_LEVEL_ERROR, "outgoing.list", &e);
	} else if (!o->is_known) {
		o->is_known = true;
		step_resume(o->w->egress);
	}
}

static int
settings_read(struct outgoing *o, const PGresult *res, struct err *e)
{
	char text[UUID_TEXT_SIZE];
	json_t *settings;

	if (value_shape(res, "ult", e) != 0)
		return -1;
	for (int i = 0; i < PQntuples(res); i++) {
		struct uuid id = value_uuid(res, i, 0);
		int64_t changed_ms = value_int8(res, i, 1);

		if (value_json(res, i, 2, &settings, e) != 0)
			return -1;
		(void)json_object_set_new(o->settings, uuid_format(&id, text), settings);
		if (changed_ms > o->changed_ms)
			o->changed_ms = changed_ms;
	}
	return 0;
}

/* Whose session or token has ended? Who is told nothing would not notice by itself. */
#include <string.h>

#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"
#include "db/array.h"
#include "db/value.h"
#include "web/live_inner.h"
#include "web/pg.h"

enum { ALIVE_MS = 1000, BATCH = 500 };

static const struct statement sql_live_alive = { "live_alive", "select api.live_alive($1)" };

/* The question under way; clients may come and go meanwhile. */
static struct {
	char *credentials[BATCH];
	int n;
	bool flying;
	int64_t asked_ms;
	struct live_list *clients;
} asked;

static void ask(struct live_list *clients);
static bool is_asked(const char *credential);
static void answered(struct job *job, const struct job_result *result, void *arg);
static void end_clients(const char *credential);

void
live_alive_tick(struct live_list *clients)
{
	if (!TAILQ_EMPTY(clients) && !asked.flying && mono_ms() >= asked.asked_ms + ALIVE_MS)
		ask(clients);
}

/* Who was asked for goes to the end of the list, so that all get their turn. */
static void
ask(struct live_list *clients)
{
	struct live_client *client, *next, *last = TAILQ_LAST(clients, live_list);
	struct array credentials = { 0 };
	struct job *job = job_new(pg_pool(), answered, NULL);
	struct err e;

	asked.asked_ms = mono_ms();
	asked.clients = clients;
	array_open(&credentials, ARRAY_TEXT);
	for (client = TAILQ_FIRST(clients); client != NULL && asked.n < BATCH; client = next) {
		next = client != last ? TAILQ_NEXT(client, link) : NULL;
		if (!is_asked(client->credential)) {
			array_text(&credentials, str_of(client->credential));
			asked.credentials[asked.n++] = mem_strdup(client->credential);
		}
		TAILQ_REMOVE(clients, client, link);
		TAILQ_INSERT_TAIL(clients, client, link);
	}
	job_statement(job, &sql_live_alive, false);
	job_array(job, &credentials);
	array_free(&credentials);
	asked.flying = true;
	if (job_submit(job, 0, &e) != 0) {
		struct job_result refused = { .err = &e };

		answered(NULL, &refused, NULL);
	}
}

static bool
is_asked(const char *credential)
{
	for (int i = 0; i < asked.n; i++) {
		if (strcmp(asked.credentials[i], credential) == 0)
			return true;
	}
	return false;
}

static void
answered(struct job *job, const struct job_result *result, void *arg)
{
	json_t *alive = NULL;
	struct err e;

	(void)job;
	(void)arg;
	if (result->err != NULL)
		log_err(LOG_LEVEL_WARN, "live.alive", result->err);
	else if (value_json(result->v[0], 0, 0, &alive, &e) == 0) {
		for (int i = 0; i < asked.n; i++) {
			if (json_is_false(json_array_get(alive, (size_t)i)))
				end_clients(asked.credentials[i]);
		}
	}
	json_decref(alive);
	while (asked.n > 0)
		mem_free(asked.credentials[--asked.n]);
	asked.flying = false;
}

/* Ending one frees it at once or later, so the list is walked anew for each. */
static void
end_clients(const char *credential)
{
	struct live_client *client;
	bool found;

	do {
		found = false;
		TAILQ_FOREACH(client, asked.clients, link)
		{
			if (!client->ended && strcmp(client->credential, credential) == 0) {
				live_tell_error(
				    client, "", "UNAUTHENTICATED", "the credential has ended");
				client->ended = true;
				client->out->end(client->arg, false);
				found = true;
				break;
			}
		}
	} while (found);
}

/*
 * Who may listen no more? A session or token that ended, a member who was removed or demoted, a
 * workspace that was deleted, an address that was taken off the list: who is told nothing would
 * not notice by itself. All clients are asked for, in batches, one after the other.
 */
#include <string.h>

#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"
#include "db/array.h"
#include "db/value.h"
#include "web/live_inner.h"
#include "web/pg.h"

enum { ALIVE_MS = 500, BATCH = 500 };

static const struct statement sql_live_alive = { "live_alive",
	"select api.live_alive($1, $2, $3)" };

/* The question under way; clients may come and go meanwhile. */
static struct {
	struct question {
		char *credential, *address;
		char workspace[UUID_TEXT_SIZE]; /* "": not known yet */
	} v[BATCH];
	int n;
	int left; /* clients of this round that weren't asked for yet */
	bool flying;
	int64_t asked_ms;
	struct live_list *clients;
} asked;

static void ask(struct live_list *clients);
static void question_of(const struct live_client *client, struct question *out);
static bool is_same(const struct question *a, const struct question *b);
static bool is_asked(const struct question *q);
static void answered(struct job *job, const struct job_result *result, void *arg);
static void end_clients(const struct question *q);

void
live_alive_tick(struct live_list *clients)
{
	struct live_client *client;

	if (TAILQ_EMPTY(clients) || asked.flying || mono_ms() < asked.asked_ms + ALIVE_MS)
		return;
	asked.asked_ms = mono_ms();
	asked.left = 0;
	TAILQ_FOREACH(client, clients, link)
	asked.left++;
	ask(clients);
}

/* Who was asked for goes to the end of the list, so that all get their turn. */
static void
ask(struct live_list *clients)
{
	struct live_client *client, *next, *last = TAILQ_LAST(clients, live_list);
	struct array credentials = { 0 }, workspaces = { 0 }, addresses = { 0 };
	struct question q;
	struct job *job = job_new(pg_pool(), answered, NULL);
	struct err e;

	asked.clients = clients;
	array_open(&credentials, ARRAY_TEXT);
	array_open(&workspaces, ARRAY_TEXT);
	array_open(&addresses, ARRAY_TEXT);
	for (client = TAILQ_FIRST(clients); client != NULL && asked.n < BATCH; client = next) {
		next = client != last ? TAILQ_NEXT(client, link) : NULL;
		question_of(client, &q);
		if (!is_asked(&q)) {
			array_text(&credentials, str_of(q.credential));
			array_text(&workspaces, str_of(q.workspace));
			array_text(&addresses, str_of(q.address));
			q.credential = mem_strdup(q.credential);
			q.address = mem_strdup(q.address);
			asked.v[asked.n++] = q;
		}
		asked.left--;
		TAILQ_REMOVE(clients, client, link);
		TAILQ_INSERT_TAIL(clients, client, link);
	}
	job_statement(job, &sql_live_alive, false);
	job_array(job, &credentials);
	job_array(job, &workspaces);
	job_array(job, &addresses);
	array_free(&credentials);
	array_free(&workspaces);
	array_free(&addresses);
	asked.flying = true;
	if (job_submit(job, 0, &e) != 0) {
		struct job_result refused = { .err = &e };

		answered(NULL, &refused, NULL);
	}
}

/* Texts are borrowed from the client. */
static void
question_of(const struct live_client *client, struct question *out)
{
	*out = (struct question){ .credential = client->credential, .address = client->address };
	if (client->knows_workspace)
		uuid_format(&client->workspace, out->workspace);
}

static bool
is_same(const struct question *a, const struct question *b)
{
	return strcmp(a->credential, b->credential) == 0 &&
	       strcmp(a->workspace, b->workspace) == 0 && strcmp(a->address, b->address) == 0;
}

static bool
is_asked(const struct question *q)
{
	for (int i = 0; i < asked.n; i++) {
		if (is_same(&asked.v[i], q))
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
				end_clients(&asked.v[i]);
		}
	}
	json_decref(alive);
	while (asked.n > 0) {
		asked.n--;
		mem_free(asked.v[asked.n].credential);
		mem_free(asked.v[asked.n].address);
	}
	asked.flying = false;
	if (asked.left > 0 && result->err == NULL && !TAILQ_EMPTY(asked.clients))
		ask(asked.clients);
}

/* Ending one frees it at once or later, so the list is walked anew for each. */
static void
end_clients(const struct question *q)
{
	struct live_client *client;
	struct question own;
	bool found;

	do {
		found = false;
		TAILQ_FOREACH(client, asked.clients, link)
		{
			question_of(client, &own);
			if (!client->ended && is_same(&own, q)) {
				live_tell_error(
				    client, "", "UNAUTHENTICATED", "you may listen here no more");
				client->ended = true;
				client->out->end(client->arg, false);
				found = true;
				break;
			}
		}
	} while (found);
}

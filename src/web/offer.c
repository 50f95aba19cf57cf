#include "web/offer.h"

#include "core/buf.h"
#include "core/conf.h"
#include "core/json.h"
#include "core/mem.h"
#include "web/peer.h"
#include "web/pg.h"

enum {
	BODY_MAX = 65536,
	GIVE_UP_MS = 1000, /* it says at once whether it takes a run */
	FLIGHTS_MAX = 64,
};

static const struct peer_setup setup = { .name = "worker",
	.sock = CONF_OFFER_SOCK,
	.away = "the worker is away",
	.limits = { 1048576, BODY_MAX, 4 * 1048576, 4 },
	.flights_max = FLIGHTS_MAX,
	.full = "the worker has enough" };
static struct peer *worker;

static void answered(const json_t *answer, struct str body, const struct err *e, void *arg);

bool
offer_is_possible(struct str body)
{
	return conf_text(CONF_OFFER_SOCK)[0] != '\0' && body.n <= BODY_MAX;
}

void
offer_make(const struct offer *offer)
{
	char workspace[UUID_TEXT_SIZE], run[UUID_TEXT_SIZE], workflow[UUID_TEXT_SIZE],
	    version[UUID_TEXT_SIZE];
	struct wake_row *row = mem_alloc(sizeof(*row));
	struct buf text = { 0 };
	json_t *question;
	struct err e;

	if (worker == NULL)
		worker = peer_new(&setup);
	*row = offer->row;
	(void)wake_add(&text, row);
	question = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:o, s:b, s:s, s:o, s:o, s:s}", "row",
	    buf_cstr(&text), "workspace", uuid_format(&row->workspace_id, workspace), "run",
	    uuid_format(&row->run_id, run), "workflow", uuid_format(&offer->workflow_id, workflow),
	    "version_id", uuid_format(&offer->version_id, version), "version", offer->version,
	    "node", js_string(offer->node), "is_sync", offer->is_sync, "method", offer->method,
	    "query", js_string(offer->query), "headers", js_string(offer->headers), "content_type",
	    offer->content_type);
	if (peer_ask(worker, question, offer->body, GIVE_UP_MS, answered, row, &e) != 0)
		answered(NULL, (struct str){ 0 }, &e, row);
	json_decref(question);
	buf_free(&text);
}

static void
answered(const json_t *answer, struct str body, const struct err *e, void *arg)
{
	(void)body;
	(void)e;
	if (answer == NULL)
		pg_wake(arg);
	mem_free(arg);
}

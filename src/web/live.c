#include "web/live.h"

#include <string.h>
#include <sys/queue.h>

#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"
#include "db/value.h"
#include "web/live_inner.h"
#include "web/live_ring.h"
#include "web/metrics.h"
#include "web/pg.h"
#include "web/request.h"
#include "web/sql.h"
#include "web/sync_answer.h"

enum {
	READ_GAP_MS = 30, /* between two reads of a client: one tick of a worker is one read */
	RETRY_MS = 500,
};

static struct live_list clients = TAILQ_HEAD_INITIALIZER(clients);
static bool pump_is_due;

static void on_notify(const char *channel, const char *payload, void *arg);
static void on_resync(void *arg);
static void touch(const struct uuid *workspace, const struct uuid *run);
static void pump_soon(int ms);
static void pump(void);
static void client_read(struct live_client *client);
static json_t *read_input(struct live_client *client);
static void read_done(struct job *job, const struct job_result *result, void *arg);
static bool workspace_told(struct live_client *client, const json_t *answer);
static struct room *room_asked(struct live_client *client, int answer);
static void read_failed(struct live_client *client, const struct err *e);

void
live_start(struct listener_calls *calls)
{
	*calls = (struct listener_calls){ on_notify, on_resync, NULL };
}

void
live_tick(void)
{
	pump();
	live_alive_tick(&clients);
}

void
live_close(void)
{
	struct live_client *client, *next;

	for (client = TAILQ_FIRST(&clients); client != NULL; client = next) {
		next = TAILQ_NEXT(client, link);
		client->ended = true;
		client->out->end(client->arg, true);
	}
}

struct live_client *
live_open(const struct call *c, const struct live_out *out, void *arg)
{
	struct live_client *client = mem_alloc(sizeof(*client));
	json_t *who = call_client(c);

	client->out = out;
	client->arg = arg;
	client->credential = mem_strdup(c->credential.value);
	client->client_text = js_text_of(who, JS_COMPACT);
	client->address = mem_strdup(c->address);
	json_decref(who);
	TAILQ_INSERT_TAIL(&clients, client, link);
	metrics_live(1);
	return client;
}

void
live_join(struct live_client *client, const char *name, const json_t *after)
{
	struct room room = { 0 };
	struct room *known;

	if (!live_room_parse(name, &room)) {
		live_tell_error(client, name, "NOT_FOUND", "no such room");
		return;
	}
	known = live_room_find(client, name);
	if (known == NULL && client->rooms_len == ROOMS_MAX) {
		live_tell_error(
		    client, name, "RATE_LIMITED", "this socket has joined too many rooms");
		return;
	}
	room.joining = room.due = true;
	room.after = room.answer = -1;
	if (room.kind == ROOM_RUN && json_is_integer(after))
		room.after = json_integer_value(after);
	else if (room.kind == ROOM_RUN && json_is_string(after)) {
		struct err ignored;

		(void)!str_int64(js_str(after), 0, INT32_MAX, &room.after, &ignored);
	} else if (json_is_string(after)) {
		room.after = ring_seq_parse(json_string_value(after));
		room.reset = room.after < 0 || !ring_reaches(room.after);
	}
	if (room.kind == ROOM_RUN && room.after > INT32_MAX)
		room.after = INT32_MAX;
	if (room.kind != ROOM_RUN && (room.after < 0 || room.reset))
		room.after = ring_head();
	if (known == NULL)
		known = &client->rooms[client->rooms_len++];
	*known = room;
	pump_soon(0);
}

void
live_leave_room(struct live_client *client, const char *name)
{
	struct room *room = live_room_find(client, name);

	if (room != NULL)
		live_room_drop(client, room);
}

void
live_gone(struct live_client *client)
{
	if (client == NULL)
		return;
	if (client->job != NULL)
		job_abandon(client->job);
	TAILQ_REMOVE(&clients, client, link);
	metrics_live(-1);
	mem_free(client->credential);
	mem_free(client->client_text);
	mem_free(client->address);
	mem_free(client);
}

/* "<workspace>:<run>" between blanks. What isn't of that form isn't ours. */
static void
on_notify(const char *channel, const char *payload, void *arg)
{
	struct str rest = str_of(payload), one;
	struct uuid workspace, run;
	struct err ignored;

	(void)channel;
	(void)arg;
	while (str_next(&rest, ' ', &one)) {
		ptrdiff_t colon = str_find(one, ":", 0);

		if (colon < 0 ||
		    uuid_parse(str_sub(one, 0, (size_t)colon), &workspace, &ignored) != 0 ||
		    uuid_parse(str_sub(one, (size_t)colon + 1, one.n), &run, &ignored) != 0)
			continue;
		ring_add(&workspace, &run);
		sync_answer_changed(&run);
		touch(&workspace, &run);
	}
}

/* We don't know what was missed: rooms of a run ask the database, the others begin anew. */
static void
on_resync(void *arg)
{
	struct live_client *client;

	(void)arg;
	sync_answer_resync();
	TAILQ_FOREACH(client, &clients, link)
	{
		for (int i = 0; i < client->rooms_len; i++) {
			struct room *room = &client->rooms[i];

			room->due = true;
			if (room->kind != ROOM_RUN && !room->joining)
				live_tell_reset(client, room, ring_head());
		}
	}
	pump_soon(0);
}

static void
touch(const struct uuid *workspace, const struct uuid *run)
{
	struct live_client *client;
	bool any = false;

	TAILQ_FOREACH(client, &clients, link)
	{
		if (client->knows_workspace && !uuid_eq(&client->workspace, workspace))
			continue;
		for (int i = 0; i < client->rooms_len; i++) {
			struct room *room = &client->rooms[i];

			if (room->kind != ROOM_RUN || uuid_eq(&room->id, run))
				room->due = any = true;
		}
	}
	if (any)
		pump_soon(0);
}

static void
pump_soon(int ms)
{
	if (!pump_is_due) {
		pump_is_due = true;
		request_after(ms, pump);
	}
}

/* Reads for each client that has something due, not more often than the gap allows. */
static void
pump(void)
{
	struct live_client *client, *next;
	int64_t now = mono_ms();
	bool later = false;

	pump_is_due = false;
	for (client = TAILQ_FIRST(&clients); client != NULL; client = next) {
		bool due = false;

		next = TAILQ_NEXT(client, link);
		for (int i = 0; i < client->rooms_len; i++)
			due = due || client->rooms[i].due;
		if (!due || client->job != NULL || client->ended)
			continue;
		if (now - client->read_ms < READ_GAP_MS)
			later = true;
		else
			client_read(client);
	}
	if (later)
		pump_soon(READ_GAP_MS);
}

static void
client_read(struct live_client *client)
{
	struct job *job = job_new(pg_pool(), read_done, client);
	json_t *p = read_input(client);
	struct err e;

	client->read_ms = mono_ms();
	job_statement(job, &sql_enter, false);
	job_text(job, client->credential);
	job_text(job, client->client_text);
	job_statement(job, &sql_live_read, false);
	job_json(job, p);
	json_decref(p);
	if (job_submit(job, 0, &e) == 0)
		client->job = job;
	else
		read_failed(client, &e);
}

/* {rooms: [those that are new, and the runs'], runs: [what touched the others]} */
static json_t *
read_input(struct live_client *client)
{
	json_t *rooms = json_array(), *runs = json_array(), *one;
	char text[UUID_TEXT_SIZE];
	int64_t oldest = INT64_MAX;

	client->asked_head = ring_head();
	client->touched_len = 0;
	for (int i = 0; i < client->rooms_len; i++) {
		struct room *room = &client->rooms[i];

		room->asked = room->due;
		room->answer = -1;
		if (!room->due)
			continue;
		room->due = false;
		if (room->kind != ROOM_RUN && room->after < oldest)
			oldest = room->after;
		if (room->kind != ROOM_RUN && !room->joining)
			continue;
		one = json_pack("{s:s}", "room", room->canonical);
		if (room->kind == ROOM_RUN && room->after >= 0)
			json_object_set_new(one, "after", json_integer(room->after));
		room->answer = (int)json_array_size(rooms);
		json_array_append_new(rooms, one);
	}
	if (oldest < client->asked_head && client->knows_workspace)
		client->touched_len = ring_reaches(oldest) ? ring_after(oldest, &client->workspace,
		                                                 client->touched, TOUCHED_MAX)
		                                           : -1;
	for (int i = 0; i < client->touched_len; i++)
		json_array_append_new(
		    runs, json_string(uuid_format(&client->touched[i].run, text)));
	return json_pack("{s:o, s:o}", "rooms", rooms, "runs", runs);
}

static void
read_done(struct job *job, const struct job_result *result, void *arg)
{
	struct live_client *client = arg;
	json_t *answer = NULL;
	const json_t *one, *runs;
	struct err e;
	size_t i;

	(void)job;
	client->job = NULL;
	if (result->err != NULL) {
		read_failed(client, result->err);
		return;
	}
	if (value_json(result->v[1], 0, 0, &answer, &e) != 0) {
		read_failed(client, &e);
		return;
	}
	if (!workspace_told(client, answer)) {
		json_decref(answer);
		return;
	}
	json_array_foreach(json_object_get(answer, "rooms"), i, one)
	{
		struct room *room = room_asked(client, (int)i);

		if (room != NULL)
			live_room_told(client, room, one);
	}
	runs = json_object_get(answer, "runs");
	for (int k = 0; k < client->rooms_len; k++) {
		if (client->rooms[k].kind != ROOM_RUN && client->rooms[k].asked)
			live_ring_told(client, &client->rooms[k], runs);
	}
	json_decref(answer);
	pump_soon(0);
}

/*
 * A client stays in the workspace where it began: who was removed there would be let into
 * another one of theirs without noticing.
 */
static bool
workspace_told(struct live_client *client, const json_t *answer)
{
	struct uuid workspace;
	struct err e;
	bool known =
	    uuid_parse(js_str(json_object_get(answer, "workspace_id")), &workspace, &e) == 0;

	if (client->knows_workspace && (!known || !uuid_eq(&workspace, &client->workspace))) {
		err_set(&e, "MR401", "you may listen here no more");
		read_failed(client, &e);
		return false;
	}
	client->workspace = workspace;
	client->knows_workspace = known;
	return true;
}

/* The room that the answer of this place is for, unless it was left meanwhile. */
static struct room *
room_asked(struct live_client *client, int answer)
{
	for (int i = 0; i < client->rooms_len; i++) {
		if (client->rooms[i].asked && client->rooms[i].answer == answer)
			return &client->rooms[i];
	}
	return NULL;
}

/* Away for a moment: again later. Otherwise the credential is not good any more, or never was. */
static void
read_failed(struct live_client *client, const struct err *e)
{
	bool is_ours = strncmp(e->code, "MR4", 3) == 0;

	if (is_ours) {
		live_tell_error(client, "", err_name(e->code), e->text);
		client->ended = true;
		client->out->end(client->arg, false);
		return;
	}
	log_err(LOG_LEVEL_WARN, "live.read", e);
	for (int i = 0; i < client->rooms_len; i++)
		client->rooms[i].due = client->rooms[i].due || client->rooms[i].asked;
	client->read_ms = mono_ms() + RETRY_MS;
}

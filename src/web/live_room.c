/* Rooms of one client: their names, and what is told in them. */
#include "web/live_inner.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/uuid.h"

static void room_messages(struct live_client *client, struct room *room, const json_t *answer);
static void tell(struct live_client *client, const char *id, const char *type, json_t *message);
static json_t *seq_json(const struct room *room, int64_t seq, char text[RING_SEQ_SIZE]);

/* `organization` is what older clients say; who names a workspace must mean the one that he is in.
 */
bool
live_room_parse(const char *name, struct room *room)
{
	char id[UUID_TEXT_SIZE];
	const char *colon = strchr(name, ':');
	struct err ignored;

	if (str_copy(room->name, sizeof(room->name), str_of(name)) != 0)
		return false;
	if (strcmp(name, "workspace") == 0 || strcmp(name, "organization") == 0 ||
	    (colon != NULL &&
	        (strncmp(name, "workspace:", 10) == 0 || strncmp(name, "organization:", 13) == 0) &&
	        uuid_parse(str_of(colon + 1), &room->id, &ignored) == 0)) {
		room->kind = ROOM_WORKSPACE;
		snprintf(room->canonical, sizeof(room->canonical), "workspace");
		return true;
	}
	if (strncmp(name, "run:", 4) == 0 &&
	    uuid_parse(str_of(name + 4), &room->id, &ignored) == 0) {
		room->kind = ROOM_RUN;
		snprintf(
		    room->canonical, sizeof(room->canonical), "run:%s", uuid_format(&room->id, id));
		return true;
	}
	if (strncmp(name, "workflow:", 9) == 0 &&
	    uuid_parse(str_of(name + 9), &room->id, &ignored) == 0) {
		room->kind = ROOM_WORKFLOW;
		snprintf(room->canonical, sizeof(room->canonical), "workflow:%s",
		    uuid_format(&room->id, id));
		return true;
	}
	return false;
}

struct room *
live_room_find(struct live_client *client, const char *name)
{
	struct room wanted = { 0 };

	for (int i = 0; live_room_parse(name, &wanted) && i < client->rooms_len; i++) {
		if (strcmp(client->rooms[i].canonical, wanted.canonical) == 0)
			return &client->rooms[i];
	}
	return NULL;
}

void
live_room_drop(struct live_client *client, struct room *room)
{
	struct room *last = &client->rooms[--client->rooms_len];

	if (room != last)
		*room = *last;
}

void
live_room_told(struct live_client *client, struct room *room, const json_t *answer)
{
	const json_t *error = json_object_get(answer, "error");
	bool elsewhere = room->kind == ROOM_WORKSPACE && !uuid_is_nil(&room->id) &&
	                 !uuid_eq(&room->id, &client->workspace);

	if (error != NULL || elsewhere) {
		live_tell_error(client, room->name, js_text_or(error, "code", "NOT_FOUND"),
		    js_text_or(error, "message", "no such room"));
		live_room_drop(client, room);
		return;
	}
	/* However it was asked for, the workspace's room has one name. */
	if (room->kind == ROOM_WORKSPACE)
		snprintf(room->name, sizeof(room->name), "workspace");
	if (room->kind == ROOM_RUN)
		room_messages(client, room, answer);
	if (!room->joining)
		return;
	room->joining = false;
	if (room->reset)
		live_tell_reset(client, room, room->after);
	else {
		char seq[RING_SEQ_SIZE];

		tell(client, "", "joined",
		    json_pack("{s:s, s:o, s:s, s:{}}", "room", room->name, "seq",
		        seq_json(room, room->after, seq), "type", "joined", "data"));
	}
	/* What happened since it asked to join. */
	if (room->kind != ROOM_RUN && room->after < ring_head())
		room->due = true;
}

/* Workspace and workflow rooms: the touched runs, in the order of their last change. */
void
live_ring_told(struct live_client *client, struct room *room, const json_t *runs)
{
	char id_text[UUID_TEXT_SIZE], seq[RING_SEQ_SIZE];
	json_t *run;
	size_t k;

	room->asked = false;
	if (room->joining || !client->knows_workspace)
		return;
	if (client->touched_len < 0)
		live_tell_reset(client, room, client->asked_head);
	for (int i = 0; i < client->touched_len; i++) {
		const struct ring_change *change = &client->touched[i];

		if (change->n <= room->after)
			continue;
		uuid_format(&change->run, id_text);
		json_array_foreach(runs, k, run)
		{
			if (strcmp(js_text_or(run, "id", ""), id_text) != 0)
				continue;
			if (room->kind == ROOM_WORKFLOW &&
			    strcmp(js_text_or(run, "workflow_id", ""),
			        uuid_format(&room->id, id_text)) != 0)
				break;
			ring_seq_format(change->n, seq);
			tell(client, seq, "run.updated",
			    json_pack("{s:s, s:s, s:s, s:O}", "room", room->name, "seq", seq,
			        "type", "run.updated", "data", run));
			break;
		}
	}
	room->after = client->asked_head;
}

void
live_tell_reset(struct live_client *client, struct room *room, int64_t seq)
{
	char text[RING_SEQ_SIZE];

	room->after = seq;
	room->reset = false;
	tell(client, "", "reset",
	    json_pack("{s:s, s:b, s:o}", "room", room->name, "reset", 1, "seq",
	        seq_json(room, seq, text)));
}

void
live_tell_error(struct live_client *client, const char *room, const char *code, const char *text)
{
	tell(client, "", "error",
	    json_pack("{s:s, s:{s:s, s:s}}", "room", room, "error", "code", code, "message", text));
}

static void
room_messages(struct live_client *client, struct room *room, const json_t *answer)
{
	int64_t last = js_int_or(answer, "seq", 0);
	const json_t *message;
	size_t i;

	if (js_bool_or(answer, "reset", false)) {
		live_tell_reset(client, room, last);
		room->after = last;
		return;
	}
	json_array_foreach(json_object_get(answer, "messages"), i, message)
	{
		const json_t *seq = json_object_get(message, "seq");
		char id[RING_SEQ_SIZE] = "";
		json_t *out = json_pack("{s:s}", "room", room->name);

		if (json_is_integer(seq)) {
			snprintf(id, sizeof(id), "%" JSON_INTEGER_FORMAT, json_integer_value(seq));
			json_object_set(out, "seq", json_object_get(message, "seq"));
		}
		json_object_set(out, "type", json_object_get(message, "type"));
		json_object_set(out, "data", json_object_get(message, "data"));
		tell(client, id, js_text_or(message, "type", "message"), out);
	}
	if (last > room->after || room->after < 0)
		room->after = last;
	room->due = room->due || js_bool_or(answer, "more", false);
}

/* Takes the message over. */
static void
tell(struct live_client *client, const char *id, const char *type, json_t *message)
{
	if (message != NULL && !client->ended)
		client->out->send(client->arg, id, type, message);
	json_decref(message);
}

static json_t *
seq_json(const struct room *room, int64_t seq, char text[RING_SEQ_SIZE])
{
	if (room->kind == ROOM_RUN)
		return json_integer(seq);
	return json_string(ring_seq_format(seq, text));
}

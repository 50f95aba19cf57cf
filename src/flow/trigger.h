/*
 * trigger.h: what starts a run, as the trigger's item. {{trigger.payload}} is json.payload of it;
 * trigger.body and trigger.json are the same value (R14): names given when read, not stored three
 * times.
 */
#ifndef MR_FLOW_TRIGGER_H
#define MR_FLOW_TRIGGER_H

#include <jansson.h>
#include <stddef.h>

#define TRIGGER_DEPTH_MAX 128  /* JSON deeper than this is kept as text */
#define TRIGGER_PARTS_MAX 1000 /* parts of a multipart body, fields of a form or query */

/* A webhook delivery. Everything borrowed; any of them may be NULL. */
struct webhook_request {
	const char *method;
	const char *path;
	const char *query; /* raw, without "?" */
	json_t *headers;   /* {"lower-case": "value" or ["value", …]} */
	const char *content_type;
	const char *body; /* raw bytes */
	size_t body_len;
};

/*
 * The item {"json":{payload,headers,query,method,path},"binary":{…}?}: a new reference, never NULL.
 * By content type: JSON → the value (unreadable: the text, with json.parse_error); form → object
 * (repeated names → array); multipart → fields as object, files under binary by field name; text/…
 * and XML → text; else the body is binary.data {data (base64), mime_type, file_name?, size} and
 * payload null. Never fails, whatever the bytes (T06).
 */
json_t *trigger_webhook_item(const struct webhook_request *r);

/* A manual or API start: {"json":{payload: input, …input's members unless they'd hide payload}}.
 * New reference. */
json_t *trigger_manual_item(json_t *input);

/* What a step of another run sent: input is {TRIGGER_ITEMS: [fields of an item…]}, else NULL. New
 * reference. */
#define TRIGGER_ITEMS "$items"
json_t *trigger_called_items(const json_t *input);

/* A schedule: {"json":{payload:{due_at, timezone}, due_at, timezone}}. New reference. */
json_t *trigger_schedule_item(int64_t due_at_ms, const char *timezone);

#endif

#ifndef MR_WEB_CALL_H
#define MR_WEB_CALL_H

/*
 * call.h: one HTTP request as handlers see it, without any type of Kore.
 *
 * A call goes through steps. A step either answers (CALL_DONE), or asks for something that takes
 * time and names the step that goes on with it (CALL_WAIT); request.c drives it. When the client
 * leaves, the call is freed at its next wait and its step isn't called again.
 *
 *   request.c: route, credential, input -> route->handler or the generic call of api.<operation>
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/str.h"
#include "core/uuid.h"
#include "db/pool.h"
#include "web/bucket.h"
#include "web/credential.h"
#include "web/router.h"

enum call_next {
	CALL_DONE,  /* the answer is set */
	CALL_WAIT,  /* a job or task will wake the call; c->then goes on */
	CALL_TAKEN, /* the connection is somebody else's now (WebSocket, event stream) */
};

struct call;
typedef enum call_next (*call_step)(struct call *c);

/* What a database job, a task or a request to another server brought. */
struct call_reply {
	bool failed; /* err is set, and what Postgres said besides */
	struct err err;
	const char *message; /* Postgres' whole message, or NULL */
	const char *detail;  /* JSON array of issues, or NULL */
	struct str text;     /* first column of the last statement's only row; p NULL: null */
	int status;          /* of another server's answer, whose body is text */
};

struct call_header {
	const char *name;
	const char *value;
};

enum { CALL_HEADERS_MAX = 16, CALL_ADDRESS_SIZE = 46 };

struct call {
	struct arena *arena; /* freed with the call */
	const struct route *route;
	enum method method;
	const char *path; /* decoded */
	struct route_param params[ROUTE_PARAMS_MAX];
	int params_len;
	struct str query; /* raw, without '?' */
	struct str body;  /* raw */
	char request_id[65];
	char address[CALL_ADDRESS_SIZE];
	int64_t begun_us;
	bool is_inner;            /* came by a loopback listener */
	struct bucket_state rate; /* of the bucket nearest to its end; size 0: none was asked */
	struct bucket_key caller; /* of what was presented: rate.c's */
	bool has_caller;
	struct credential credential;
	json_t *p;     /* the operation's input, owned by the arena */
	json_t *asked; /* what an Idempotency-Key guards in place of p, or NULL; see call_asked */

	call_step then; /* next step, while waiting */
	bool waiting;
	struct call_reply reply;
	struct job *job;               /* in flight, or NULL */
	struct call_task *task;        /* running, or NULL */
	void (*leave)(struct call *c); /* told when the client leaves during a wait; may be NULL */
	void *own;                     /* of the handler, from the arena */

	int status;      /* the answer */
	struct err *why; /* of an error answer, else NULL */
	const char *type;
	struct str out;     /* arena memory */
	bool out_is_static; /* or it lives as long as the process, and isn't copied */
	struct call_header headers[CALL_HEADERS_MAX];
	int headers_len;

	void *transport; /* Kore's request; only request.c and the kore_ files look into it */
};

/* A request header, or NULL; any case. */
const char *call_header_in(const struct call *c, const char *name);

/* All request headers, in their order. */
void call_headers_each(
    const struct call *c, void (*fn)(const char *name, const char *value, void *arg), void *arg);

/* ---- answering; all return CALL_DONE ---- */

/* Sets a response header. The value must hold no CR or LF: never text of a user. */
void call_header_out(struct call *c, const char *name, const char *value);

/* `text` must live as long as the call. */
enum call_next call_answer(struct call *c, int status, const char *type, struct str text);
enum call_next call_answer_json(struct call *c, int status, const json_t *v);

/* The generic answer to an operation: its status, ETag, 304, Location; text p NULL: 204. */
enum call_next call_answer_operation(struct call *c, struct str text);

/* The error answer; issues (borrowed array) may be NULL. */
enum call_next call_fail(struct call *c, const struct err *e, json_t *issues);
enum call_next call_fail_reply(struct call *c);

/* The same, with these members in `details`. */
enum call_next call_fail_details(struct call *c, const struct err *e, json_t *details);
enum call_next call_fail_issues(struct call *c, const struct issue_list *issues);

/* A refusal that is no field's fault: by HTTP status. */
enum call_next call_refuse(struct call *c, int status, const char *message);

/* ---- waiting ---- */

/*
 * One round trip: api.enter with the call's credential, then `st`, whose one parameter is p as
 * text. `then` finds c->reply. Or the call is failed at once (CALL_DONE) when there is no room.
 */
enum call_next call_sql(
    struct call *c, const struct statement *st, const json_t *p, call_step then);

/* Only api.enter: is the credential good? `then` finds c->reply. */
enum call_next call_enter_only(struct call *c, call_step then);

/* The same, and may the caller do what the route's permission says? For answers made in C. */
enum call_next call_permit(struct call *c, call_step then);

/* Fails the call with these issues; or as call_permit says, who isn't allowed learns only that. */
enum call_next call_refuse_after_permit(struct call *c, const struct issue_list *issues);
enum call_next call_fail_after_permit(struct call *c, const struct err *e);

/* The generic operation: call_sql on the route's own function, under the Idempotency-Key if sent.
 */
enum call_next call_operation(struct call *c);

/* Keeps p as it is now, but for a secret, as what an Idempotency-Key guards: before a handler adds
 * what is another thing each time. */
void call_asked(struct call *c);

/* What api.enter gets as p_client; new. */
json_t *call_client(const struct call *c);

/* Adds `select api.enter(…)` of this call to a job. */
void call_enter(const struct call *c, struct job *job);

/* Work for a thread. */
struct call_work {
	int (*work)(void *arg);                  /* in the thread; touches arg alone */
	void (*done)(struct call *c, void *arg); /* then, unless the client has left */
	void (*release)(void *arg);              /* frees arg, in any case */
};

/* A work under way. */
struct call_task {
	const struct call_work *kind;
	void *arg;
	struct call *owner; /* NULL: the client left */
};

/* `then` finds c->reply: failed if work gave anything but 0. Takes arg over. */
enum call_next call_task(struct call *c, const struct call_work *kind, void *arg, call_step then);

/* Ends a wait from outside; the step runs soon after. */
void call_wake(struct call *c);

#endif

/* The client of egress on Kore's event loop; the wire format is egress/egress.h. */
#include "web/outbound.h"

#include "core/json.h"
#include "egress/egress.h"
#include "web/peer.h"

enum {
	TIMEOUT_MS = 10000, /* of one request, by egress */
	GIVE_UP_MS = 12000, /* and by us, should egress say nothing */
	BODY_MAX = 262144,
	FLIGHTS_MAX = 200,
};

static const struct peer_setup setup = { .name = "egress",
	.sock = CONF_EGRESS_SOCK,
	.away = "the process that calls other servers is away",
	.limits = { 1048576, BODY_MAX, 1048576, 8 },
	.flights_max = FLIGHTS_MAX,
	.full = "too many people are signing in at this moment" };
static struct peer *egress;

static void answered(const json_t *answer, struct str body, const struct err *e, void *arg);
static void call_left(struct call *c);

enum call_next
outbound_send(struct call *c, const struct outbound *request, call_step then)
{
	json_t *headers = json_pack("[[s, s]]", "Accept", "application/json"), *question;
	struct err e;
	int rc;

	if (egress == NULL)
		egress = peer_new(&setup);
	if (request->form != NULL)
		json_array_append_new(headers,
		    json_pack("[s, s]", "Content-Type", "application/x-www-form-urlencoded"));
	if (request->authorization != NULL)
		json_array_append_new(
		    headers, json_pack("[s, s]", "Authorization", request->authorization));
	question = json_pack("{s:s, s:s, s:s, s:s, s:o, s:i, s:i, s:i}", "op", "http", "workspace",
	    EGRESS_INSTALLATION, "method", request->method, "url", request->url, "headers", headers,
	    "timeout_ms", TIMEOUT_MS, "max_bytes", BODY_MAX, "follow", 0);
	rc = peer_ask(egress, question, str_of(request->form), GIVE_UP_MS, answered, c, &e);
	json_decref(question);
	c->then = then;
	if (rc != 0) {
		c->reply = (struct call_reply){ .failed = true, .err = e };
		return then(c);
	}
	c->waiting = true;
	c->leave = call_left;
	return CALL_WAIT;
}

/* What egress couldn't do is no fault of who asked. */
static void
answered(const json_t *answer, struct str body, const struct err *e, void *arg)
{
	struct call *c = arg;

	if (answer != NULL)
		c->reply = (struct call_reply){ .status = (int)js_int_or(answer, "status", 0),
			.text = arena_str(c->arena, body) };
	else {
		c->reply = (struct call_reply){ .failed = true };
		err_set(&c->reply.err, "MR503", "%s", e->text);
	}
	c->leave = NULL;
	call_wake(c);
}

/* The answer is for nobody then. */
static void
call_left(struct call *c)
{
	peer_drop(egress, c);
}

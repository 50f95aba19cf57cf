#include "web/oauth2.h"

#include <string.h>

#include "core/json.h"
#include "core/log.h"
#include "web/oidc.h"
#include "web/outbound.h"

enum { ANSWER_MAX = 262144, ANSWER_DEPTH = 8, SUBJECT_MAX = 255 };

/* What goes on with the second question; the claims live as long as the call. */
struct person {
	struct oidc_flow *flow;
	const char *sub, *name;
};

static enum call_next person_got(struct call *c);
static enum call_next emails_got(struct call *c);
static enum call_next ask(
    struct call *c, const struct oidc_flow *flow, const char *url, call_step then);
static json_t *answer_of(struct call *c, const struct oidc_flow *flow);
static const char *subject_of(struct call *c, const json_t *about);
static json_t *claims_of(const struct person *person, const json_t *email, bool is_verified);
static const json_t *primary_of(const json_t *emails);

enum call_next
oauth2_person(struct call *c)
{
	const struct oidc_flow *flow = c->own;

	return ask(
	    c, flow, js_text_or(flow->provider->endpoints, "userinfo_endpoint", ""), person_got);
}

static enum call_next
person_got(struct call *c)
{
	struct oidc_flow *flow = c->own;
	const char *emails = js_text_or(flow->provider->endpoints, "emails_endpoint", NULL);
	struct person *person = arena_alloc(c->arena, sizeof(*person));
	enum call_next next;
	json_t *about, *claims;

	if (c->reply.failed)
		return oidc_problem(c, "unreachable");
	about = answer_of(c, flow);
	*person = (struct person){ flow, subject_of(c, about),
		arena_strdup(c->arena, js_text_or(about, "name", NULL)) };
	if (person->sub == NULL) {
		next = oidc_problem(c, "token");
	} else if (emails != NULL) {
		c->own = person;
		next = ask(c, flow, emails, emails_got);
	} else {
		claims = claims_of(person, json_object_get(about, "email"),
		    js_bool_or(about, "email_verified", false));
		next = oidc_session(c, claims);
		json_decref(claims);
	}
	json_decref(about);
	return next;
}

static enum call_next
emails_got(struct call *c)
{
	const struct person *person = c->own;
	json_t *emails, *claims;
	const json_t *primary;
	enum call_next next;

	c->own = person->flow;
	if (c->reply.failed)
		return oidc_problem(c, "unreachable");
	emails = answer_of(c, person->flow);
	if (emails == NULL)
		return oidc_problem(c, "token");
	primary = primary_of(emails);
	claims = claims_of(
	    person, json_object_get(primary, "email"), js_bool_or(primary, "verified", false));
	next = oidc_session(c, claims);
	json_decref(claims);
	json_decref(emails);
	return next;
}

static enum call_next
ask(struct call *c, const struct oidc_flow *flow, const char *url, call_step then)
{
	struct outbound request = { .method = "GET", .url = url };

	request.authorization = arena_printf(c->arena, "Bearer %s", flow->token);
	return outbound_send(c, &request, then);
}

/* NULL, and a line in the log: it was no JSON, or a refusal. */
static json_t *
answer_of(struct call *c, const struct oidc_flow *flow)
{
	json_t *answer = NULL;
	struct err e;

	if (c->reply.status != 200 ||
	    js_parse(c->reply.text, ANSWER_MAX, ANSWER_DEPTH, &answer, &e) != 0)
		log_warn(
		    "oauth2.person", "provider=%s status=%d", flow->provider->id, c->reply.status);
	return answer;
}

/* Some number their people, some name them. */
static const char *
subject_of(struct call *c, const json_t *about)
{
	const json_t *id = json_object_get(about, "id");
	const char *text = js_text_or(about, "id", js_text_or(about, "sub", NULL));

	if (json_is_integer(id))
		return arena_printf(c->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(id));
	return text != NULL && text[0] != '\0' && strlen(text) <= SUBJECT_MAX
	           ? arena_strdup(c->arena, text)
	           : NULL;
}

static json_t *
claims_of(const struct person *person, const json_t *email, bool is_verified)
{
	json_t *claims = json_pack("{s:s, s:b, s:s*}", "sub", person->sub, "email_verified",
	    is_verified, "name", person->name);

	if (json_is_string(email))
		json_object_set_new(claims, "email", json_string(json_string_value(email)));
	return claims;
}

/* The address that the person chose as theirs; the others may be anybody's by now. NULL: none. */
static const json_t *
primary_of(const json_t *emails)
{
	const json_t *found = NULL;

	for (size_t i = 0; found == NULL && i < json_array_size(emails); i++) {
		const json_t *one = json_array_get(emails, i);

		if (js_bool_or(one, "primary", false))
			found = one;
	}
	return found;
}

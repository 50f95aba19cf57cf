/*
 * oidc_callback.c: receives a browser back from a provider.
 *
 *   state taken -> discovery -> code redeemed -> keys [-> keys anew] -> ID token verified
 *   -> session
 *
 * An OAuth2 provider has no discovery, no keys and no ID token: oauth2.c asks it for the person.
 *
 * What goes wrong sends the browser to a page that says so; nobody here is a program.
 */
#include "web/handlers.h"

#include <string.h>

#include "core/crypto.h"
#include "core/jose.h"
#include "core/json.h"
#include "core/log.h"
#include "core/time.h"
#include "web/issuer.h"
#include "web/oauth2.h"
#include "web/oidc.h"
#include "web/outbound.h"
#include "web/request.h"
#include "web/sign_in.h"
#include "web/sql.h"

enum { TOKEN_ANSWER_MAX = 65536, TOKEN_ANSWER_DEPTH = 8 };

static const struct statement sql_oidc_take = { "oidc_take", "select api.oidc_take($1)" };

static enum call_next taken(struct call *c);
static enum call_next discovered(struct call *c);
static enum call_next redeemed(struct call *c);
static enum call_next keys_known(struct call *c);
static enum call_next keys_known_anew(struct call *c);
static enum call_next verify(struct call *c, bool again);
static enum call_next opened(struct call *c);
static enum call_next signed_in(struct call *c, const char *next, const char *ticket);
static bool answers_right_issuer(const struct call *c, const struct oidc_flow *flow);
static const char *basic_authorization(struct call *c, const struct provider *provider);
static bool wants_post(const struct oidc_flow *flow);

/* The cookie is what binds the state to this browser; without it there is nothing to ask. */
enum call_next
oidc_callback(struct call *c)
{
	struct oidc_flow *flow = arena_alloc(c->arena, sizeof(*flow));
	const struct provider *known = provider_find(js_text_or(c->p, "provider", ""));
	const char *state;
	enum call_next next;
	json_t *p;

	*flow = (struct oidc_flow){ .provider = known, .code = js_text_or(c->p, "code", "") };
	state = js_text_or(c->p, "state", "");
	oidc_browser_read(c, flow->browser);
	if (strlen(state) != OIDC_SECRET_SIZE - 1 || flow->browser[0] == '\0' || known == NULL)
		return oidc_problem(c, "state");
	memcpy(flow->state, state, OIDC_SECRET_SIZE);
	c->own = flow;
	p = json_pack("{s:s, s:s, s:s}", "state_hash", oidc_hash(c, flow->state), "browser_hash",
	    oidc_hash(c, flow->browser), "provider", known->id);
	next = call_sql(c, &sql_oidc_take, p, taken);
	json_decref(p);
	return next;
}

static enum call_next
taken(struct call *c)
{
	struct oidc_flow *flow = c->own;
	json_t *reply;

	if (c->reply.failed)
		return oidc_problem(c, "unavailable");
	if (c->reply.text.p == NULL)
		return oidc_problem(c, "state");
	reply = sign_in_reply(c);
	flow->next = arena_strdup(c->arena, js_text_or(reply, "next", "/"));
	flow->link = arena_strdup(c->arena, js_text_or(reply, "user_id", NULL));
	json_decref(reply);
	if (json_object_get(c->p, "error") != NULL || flow->code[0] == '\0')
		return oidc_problem(c, "denied");
	return oidc_about(c, discovered);
}

static enum call_next
discovered(struct call *c)
{
	struct oidc_flow *flow = c->own;
	struct outbound request = { .method = "POST" };
	const json_t *about;
	char verifier[OIDC_SECRET_SIZE];
	struct buf form = { 0 };
	enum call_next next;

	if (c->reply.failed)
		return oidc_problem(c, "unreachable");
	about = oidc_endpoints(flow);
	if (!answers_right_issuer(c, flow))
		return oidc_problem(c, "token");
	oidc_derive(flow, "verifier", verifier);
	oidc_encode(&form, "grant_type", "authorization_code");
	oidc_encode(&form, "code", flow->code);
	oidc_encode(&form, "redirect_uri", oidc_redirect_uri(c, flow));
	oidc_encode(&form, "code_verifier", verifier);
	if (flow->provider->client_secret == NULL || wants_post(flow))
		oidc_encode(&form, "client_id", flow->provider->client_id);
	if (flow->provider->client_secret != NULL) {
		if (wants_post(flow))
			oidc_encode(&form, "client_secret", flow->provider->client_secret);
		else
			request.authorization = basic_authorization(c, flow->provider);
	}
	request.url = arena_strdup(c->arena, js_text_or(about, "token_endpoint", ""));
	request.form = buf_cstr(&form);
	next = outbound_send(c, &request, redeemed);
	buf_free(&form);
	return next;
}

static enum call_next
redeemed(struct call *c)
{
	struct oidc_flow *flow = c->own;
	bool has_id_token = flow->provider->endpoints == NULL;
	json_t *answer = NULL;
	struct err e;

	if (c->reply.failed)
		return oidc_problem(c, "unreachable");
	if (c->reply.status == 200 &&
	    js_parse(c->reply.text, TOKEN_ANSWER_MAX, TOKEN_ANSWER_DEPTH, &answer, &e) == 0)
		flow->token = arena_strdup(
		    c->arena, js_text_or(answer, has_id_token ? "id_token" : "access_token", NULL));
	json_decref(answer);
	if (flow->token == NULL) {
		log_warn("oidc.code", "provider=%s status=%d", flow->provider->id, c->reply.status);
		return oidc_problem(c, "token");
	}
	return has_id_token ? issuer_keys(c, flow->provider->issuer, false, keys_known)
	                    : oauth2_person(c);
}

static enum call_next
keys_known(struct call *c)
{
	return verify(c, true);
}

static enum call_next
keys_known_anew(struct call *c)
{
	return verify(c, false);
}

/* An issuer that changed its keys is asked for them once more. */
static enum call_next
verify(struct call *c, bool again)
{
	struct oidc_flow *flow = c->own;
	const struct issuer *issuer = issuer_get(flow->provider->issuer);
	char nonce[OIDC_SECRET_SIZE];
	struct jose_want want = { flow->provider->issuer, flow->provider->client_id, nonce,
		now_ms() / 1000 };
	json_t *claims;
	struct err e;
	enum call_next next;

	if (c->reply.failed)
		return oidc_problem(c, "unreachable");
	oidc_derive(flow, "nonce", nonce);
	if (jose_verify(issuer->keys, str_of(flow->token), &want, &claims, &e) != 0) {
		if (again && err_is(&e, "MR404"))
			return issuer_keys(c, flow->provider->issuer, true, keys_known_anew);
		log_warn("oidc.token", "provider=%s text=%s", flow->provider->id, e.text);
		return oidc_problem(c, "token");
	}
	next = oidc_session(c, claims);
	json_decref(claims);
	return next;
}

/* Who links an account must still be the one who began it: the session goes along. */
enum call_next
oidc_session(struct call *c, const json_t *claims)
{
	struct oidc_flow *flow = c->own;
	enum call_next next;
	struct err e;
	json_t *p;

	if (flow->link != NULL &&
	    credential_read(request_site(), c->arena, NULL, call_header_in(c, "cookie"),
	        now_ms() / 1000, false, &c->credential, &e) != 0)
		return oidc_problem(c, "state");
	p = json_pack("{s:s, s:s, s:O, s:O*, s:O*, s:O*, s:s*}", "provider", flow->provider->id,
	    "issuer", flow->provider->issuer, "subject", json_object_get(claims, "sub"), "email",
	    json_object_get(claims, "email"), "email_verified",
	    json_object_get(claims, "email_verified"), "name", json_object_get(claims, "name"),
	    "link", flow->link);
	next = call_sql(c, sql_operation(c->route), p, opened);
	json_decref(p);
	return next;
}

static enum call_next
opened(struct call *c)
{
	struct oidc_flow *flow = c->own;
	json_t *session;
	const char *problem, *ticket;

	if (c->reply.failed)
		return oidc_problem(c, "unavailable");
	session = sign_in_reply(c);
	problem = arena_strdup(c->arena, js_text_or(session, "problem", NULL));
	ticket = arena_strdup(c->arena, js_text_or(session, "mfa_ticket", NULL));
	if (js_text_or(session, "secret", NULL) != NULL)
		sign_in_cookie(c, arena_strdup(c->arena, js_text_or(session, "secret", "")));
	json_decref(session);
	if (problem != NULL && flow->link != NULL)
		return oidc_redirect(
		    c, arena_printf(c->arena, "%s?problem=%s", flow->next, problem));
	if (problem != NULL)
		return oidc_problem(c, problem);
	return flow->link != NULL ? oidc_redirect(c, flow->next) : signed_in(c, flow->next, ticket);
}

/*
 * By way of the login page: it notes that there is a session, whose cookie no page can see, or asks
 * for the second factor. The ticket is behind the #, which no server and no log sees.
 */
static enum call_next
signed_in(struct call *c, const char *next, const char *ticket)
{
	struct buf query = { 0 };
	const char *address;

	oidc_encode(&query, "next", next);
	if (ticket != NULL)
		address = arena_printf(c->arena, "/login?%s#%s", buf_cstr(&query), ticket);
	else
		address = arena_printf(c->arena, "/login?signed-in=1&%s", buf_cstr(&query));
	buf_free(&query);
	return oidc_redirect(c, address);
}

/*
 * RFC 9207: another issuer's answer, brought here by somebody in the middle, is refused. One that
 * says nothing of itself is told apart by its own redirect address, which the state is bound to.
 */
static bool
answers_right_issuer(const struct call *c, const struct oidc_flow *flow)
{
	const char *iss = js_text_or(c->p, "iss", NULL);

	if (iss == NULL)
		return !js_bool_or(
		    oidc_endpoints(flow), "authorization_response_iss_parameter_supported", false);
	return strcmp(iss, flow->provider->issuer) == 0;
}

/* RFC 6749, 2.3.1: both are urlencoded before they are joined. */
static const char *
basic_authorization(struct call *c, const struct provider *provider)
{
	struct buf pair = { 0 }, secret = { 0 }, text = { 0 };
	const char *out;

	oidc_encode(&pair, "", provider->client_id);
	oidc_encode(&secret, "", provider->client_secret);
	buf_printf(&text, "%s:%s", buf_cstr(&pair) + 1, buf_cstr(&secret) + 1);
	buf_reset(&pair);
	crypto_base64(&pair, buf_view(&text));
	out = arena_printf(c->arena, "Basic %s", buf_cstr(&pair));
	crypto_wipe(text.data, text.len);
	buf_free(&pair);
	buf_free(&secret);
	buf_free(&text);
	return out;
}

/* Basic is what one takes that doesn't say (OpenID Connect Discovery); GitHub takes a form. */
static bool
wants_post(const struct oidc_flow *flow)
{
	const json_t *methods =
	    js_array(oidc_endpoints(flow), "token_endpoint_auth_methods_supported");
	bool post = flow->provider->endpoints != NULL;

	for (size_t i = 0; i < json_array_size(methods); i++) {
		struct str method = js_str(json_array_get(methods, i));

		if (str_is(method, "client_secret_basic"))
			return false;
		post = post || str_is(method, "client_secret_post");
	}
	return post;
}

/* oidc.c: sends a browser to a provider; oidc.h says how the halves of a sign-in hang together. */
#include "web/oidc.h"

#include <string.h>

#include "core/crypto.h"
#include "core/json.h"
#include "web/handlers.h"
#include "web/issuer.h"
#include "web/request.h"
#include "web/routes.h"
#include "web/sign_in.h"
#include "web/sql.h"

enum { COOKIE_LIFE_S = 600 };

static enum call_next begin(struct call *c);
static enum call_next begun(struct call *c);
static enum call_next discovered(struct call *c);
static const char *address_there(struct call *c, const struct oidc_flow *flow);
static void secret_make(char out[OIDC_SECRET_SIZE]);
static void cookie_set(struct call *c, const struct oidc_flow *flow);
static bool came_by_own_address(const struct call *c);

enum call_next
provider_list(struct call *c)
{
	const struct provider *all;
	json_t *items = json_array(), *body;
	size_t n;

	all = providers_all(&n);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(
		    items, json_pack("{s:s, s:s}", "id", all[i].id, "label", all[i].label));
	body = json_pack("{s:o, s:n}", "items", items, "next_cursor");
	call_answer_json(c, 200, body);
	json_decref(body);
	return CALL_DONE;
}

enum call_next
oidc_start(struct call *c)
{
	return begin(c);
}

enum call_next
identity_start(struct call *c)
{
	return begin(c);
}

const char *
oidc_cookie_name(void)
{
	return request_site()->secure ? "__Host-mr-oidc" : "mr-oidc";
}

void
oidc_browser_read(struct call *c, char out[OIDC_SECRET_SIZE])
{
	struct str value = credential_cookie(call_header_in(c, "cookie"), oidc_cookie_name());
	struct buf bytes = { 0 };
	struct err ignored;

	out[0] = '\0';
	if (value.n == OIDC_SECRET_SIZE - 1 && crypto_unbase64url(&bytes, value, &ignored) == 0 &&
	    bytes.len == 32) {
		memcpy(out, value.p, value.n);
		out[value.n] = '\0';
	}
	buf_free(&bytes);
}

void
oidc_derive(const struct oidc_flow *flow, const char *what, char out[OIDC_SECRET_SIZE])
{
	uint8_t mac[SHA256_SIZE];
	struct buf text = { 0 };

	buf_printf(&text, "%s %s", what, flow->state);
	crypto_hmac_sha256(str_of(flow->browser), buf_view(&text), mac);
	buf_reset(&text);
	crypto_base64url(&text, str_make((const char *)mac, sizeof(mac)));
	memcpy(out, buf_cstr(&text), OIDC_SECRET_SIZE);
	buf_free(&text);
}

const char *
oidc_hash(struct call *c, const char *text)
{
	uint8_t hash[SHA256_SIZE];

	crypto_sha256(str_of(text), hash);
	return crypto_hex(hash, sizeof(hash), arena_alloc(c->arena, SHA256_HEX_SIZE));
}

const char *
oidc_redirect_uri(struct call *c, const struct oidc_flow *flow)
{
	return arena_printf(
	    c->arena, "%s/oauth/callback/%s", request_site()->passkey_origin, flow->provider->id);
}

void
oidc_encode(struct buf *out, const char *name, const char *value)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

	buf_printf(out, "%s%s=", out->len > 0 ? "&" : "", name);
	for (const char *p = value; *p != '\0'; p++) {
		if (strchr(plain, *p) != NULL)
			buf_byte(out, *p);
		else
			buf_printf(out, "%%%02X", (unsigned char)*p);
	}
}

const json_t *
oidc_endpoints(const struct oidc_flow *flow)
{
	const struct issuer *issuer;

	if (flow->provider->endpoints != NULL)
		return flow->provider->endpoints;
	issuer = issuer_get(flow->provider->issuer);
	return issuer != NULL ? issuer->about : NULL;
}

enum call_next
oidc_about(struct call *c, call_step then)
{
	const struct oidc_flow *flow = c->own;

	if (flow->provider->endpoints == NULL)
		return issuer_discover(c, flow->provider->issuer, then);
	c->reply = (struct call_reply){ 0 };
	return then(c);
}

enum call_next
oidc_problem(struct call *c, const char *problem)
{
	return oidc_redirect(c, arena_printf(c->arena, "/login?problem=%s", problem));
}

enum call_next
oidc_redirect(struct call *c, const char *address)
{
	call_header_out(c, "location", address);
	call_header_out(c, "cache-control", "no-store");
	return call_answer(c, 303, NULL, str_of(NULL));
}

static enum call_next
begin(struct call *c)
{
	struct oidc_flow *flow = arena_alloc(c->arena, sizeof(*flow));
	const struct provider *known = provider_find(js_text_or(c->p, "provider", ""));
	enum call_next next;
	struct err e;
	json_t *p;

	if (known == NULL) {
		err_set(&e, "MR404", "there is no such provider");
		return c->route->flags & ROUTE_PUBLIC ? call_fail(c, &e, NULL)
		                                      : call_fail_after_permit(c, &e);
	}
	/* Cookie and callback live at one address of ours. */
	if (c->method == METHOD_GET && !came_by_own_address(c))
		return oidc_redirect(
		    c, arena_printf(c->arena, "%s%s?" STR_FMT, request_site()->passkey_origin,
		           c->path, STR_ARG(c->query)));
	*flow = (struct oidc_flow){ .provider = known, .next = js_text_or(c->p, "next", "/") };
	oidc_browser_read(c, flow->browser);
	if (flow->browser[0] == '\0')
		secret_make(flow->browser);
	secret_make(flow->state);
	c->own = flow;
	p = json_pack("{s:s, s:s, s:s, s:s}", "state_hash", oidc_hash(c, flow->state),
	    "browser_hash", oidc_hash(c, flow->browser), "provider", known->id, "next", flow->next);
	next = call_sql(c, sql_operation(c->route), p, begun);
	json_decref(p);
	return next;
}

static enum call_next
begun(struct call *c)
{
	if (c->reply.failed)
		return call_fail_reply(c);
	return oidc_about(c, discovered);
}

static enum call_next
discovered(struct call *c)
{
	struct oidc_flow *flow = c->own;
	const char *there;
	json_t *body;

	if (c->reply.failed)
		return c->method == METHOD_GET ? oidc_problem(c, "unreachable")
		                               : call_fail(c, &c->reply.err, NULL);
	there = address_there(c, flow);
	cookie_set(c, flow);
	if (c->method == METHOD_GET)
		return oidc_redirect(c, there);
	body = json_pack("{s:s}", "url", there);
	call_answer_json(c, 200, body);
	json_decref(body);
	return CALL_DONE;
}

static const char *
address_there(struct call *c, const struct oidc_flow *flow)
{
	const char *endpoint = js_text_or(oidc_endpoints(flow), "authorization_endpoint", "");
	char nonce[OIDC_SECRET_SIZE], verifier[OIDC_SECRET_SIZE];
	uint8_t hash[SHA256_SIZE];
	struct buf query = { 0 }, challenge = { 0 };
	const char *address;

	oidc_derive(flow, "nonce", nonce);
	oidc_derive(flow, "verifier", verifier);
	crypto_sha256(str_of(verifier), hash);
	crypto_base64url(&challenge, str_make((const char *)hash, sizeof(hash)));
	oidc_encode(&query, "response_type", "code");
	oidc_encode(&query, "client_id", flow->provider->client_id);
	oidc_encode(&query, "redirect_uri", oidc_redirect_uri(c, flow));
	oidc_encode(&query, "scope", flow->provider->scopes);
	oidc_encode(&query, "state", flow->state);
	if (flow->provider->endpoints == NULL)
		oidc_encode(&query, "nonce", nonce);
	oidc_encode(&query, "code_challenge", buf_cstr(&challenge));
	oidc_encode(&query, "code_challenge_method", "S256");
	address = arena_printf(
	    c->arena, "%s%s%s", endpoint, strchr(endpoint, '?') ? "&" : "?", buf_cstr(&query));
	buf_free(&query);
	buf_free(&challenge);
	return address;
}

static void
secret_make(char out[OIDC_SECRET_SIZE])
{
	uint8_t bytes[32];
	struct buf text = { 0 };

	crypto_random(bytes, sizeof(bytes));
	crypto_base64url(&text, str_make((const char *)bytes, sizeof(bytes)));
	memcpy(out, buf_cstr(&text), OIDC_SECRET_SIZE);
	buf_free(&text);
}

/* Lax: the provider's redirect is a navigation from its site to ours. */
static void
cookie_set(struct call *c, const struct oidc_flow *flow)
{
	call_header_out(c, "set-cookie",
	    arena_printf(c->arena, "%s=%s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%d%s",
	        oidc_cookie_name(), flow->browser, COOKIE_LIFE_S,
	        request_site()->secure ? "; Secure" : ""));
}

/* A browser that came by 127.0.0.1 would not send the cookie to localhost. */
static bool
came_by_own_address(const struct call *c)
{
	const char *own = strstr(request_site()->passkey_origin, "://");
	const char *host = call_header_in(c, "host");

	return own != NULL && host != NULL && strcmp(own + 3, host) == 0;
}

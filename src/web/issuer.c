#include "web/issuer.h"

#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/time.h"
#include "web/outbound.h"

enum {
	ISSUERS_MAX = 64,
	KEPT_MS = 3600 * 1000,
	KEYS_AGAIN_MS = 30 * 1000,
	DOCUMENT_MAX = 262144,
	DOCUMENT_DEPTH = 16,
};

/* What a fetch goes on with; c->own is the handler's. */
struct fetch {
	const char *url;
	call_step then;
	void *own;
};

static struct issuer issuers[ISSUERS_MAX];
static int issuers_len;

static enum call_next known(struct call *c, call_step then);
static enum call_next unknown(struct call *c, call_step then, const char *why);
static enum call_next fetch(
    struct call *c, const char *url, const char *address, call_step got, call_step then);
static enum call_next about_got(struct call *c);
static enum call_next keys_got(struct call *c);
static json_t *document_of(struct call *c, const struct fetch *f);
static bool about_is_right(const json_t *about, const char *url);
static struct issuer *issuer_slot(const char *url);

enum call_next
issuer_discover(struct call *c, const char *url, call_step then)
{
	const struct issuer *i = issuer_get(url);
	size_t n = strlen(url);

	if (i != NULL && i->about != NULL && mono_ms() - i->about_ms < KEPT_MS)
		return known(c, then);
	if (!issuer_url_is_safe(url))
		return unknown(c, then, "its address must be https");
	return fetch(c, url,
	    arena_printf(c->arena, "%s%s.well-known/openid-configuration", url,
	        n > 0 && url[n - 1] == '/' ? "" : "/"),
	    about_got, then);
}

enum call_next
issuer_keys(struct call *c, const char *url, bool anew, call_step then)
{
	const struct issuer *i = issuer_get(url);
	int64_t age_ms;

	if (i == NULL || i->about == NULL)
		return unknown(c, then, "it was not asked who it is");
	age_ms = mono_ms() - i->keys_ms;
	if (i->keys != NULL && age_ms < (anew ? KEYS_AGAIN_MS : KEPT_MS))
		return known(c, then);
	return fetch(c, url, js_text_or(i->about, "jwks_uri", ""), keys_got, then);
}

const struct issuer *
issuer_get(const char *url)
{
	for (int i = 0; i < issuers_len; i++) {
		if (strcmp(issuers[i].url, url) == 0)
			return &issuers[i];
	}
	return NULL;
}

bool
issuer_url_is_safe(const char *url)
{
	static const char *const local[] = { "http://localhost:", "http://localhost/",
		"http://127.0.0.1:", "http://127.0.0.1/" };

	for (const char *p = url; *p != '\0'; p++) {
		if (*p <= ' ' || *p == '"' || *p == '\\' || *p == '<' || *p == '>' || *p > '~')
			return false;
	}
	if (strncmp(url, "https://", 8) == 0)
		return url[8] != '\0';
	for (size_t i = 0; i < countof(local); i++) {
		if (strncmp(url, local[i], strlen(local[i])) == 0)
			return true;
	}
	return false;
}

static enum call_next
known(struct call *c, call_step then)
{
	c->reply = (struct call_reply){ 0 };
	return then(c);
}

static enum call_next
unknown(struct call *c, call_step then, const char *why)
{
	c->reply = (struct call_reply){ .failed = true };
	err_set(&c->reply.err, "MR503", "the identity provider can't be used: %s", why);
	return then(c);
}

static enum call_next
fetch(struct call *c, const char *url, const char *address, call_step got, call_step then)
{
	struct outbound request = { .method = "GET", .url = address };
	struct fetch *f = arena_alloc(c->arena, sizeof(*f));

	f->url = arena_strdup(c->arena, url);
	f->then = then;
	f->own = c->own;
	c->own = f;
	return outbound_send(c, &request, got);
}

static enum call_next
about_got(struct call *c)
{
	const struct fetch *f = c->own;
	json_t *about = document_of(c, f);
	struct issuer *i;

	c->own = f->own;
	if (about == NULL)
		return f->then(c);
	if (!about_is_right(about, f->url)) {
		json_decref(about);
		return unknown(c, f->then, "what it says of itself is not in order");
	}
	i = issuer_slot(f->url);
	json_decref(i->about);
	i->about = about;
	i->about_ms = mono_ms();
	return known(c, f->then);
}

static enum call_next
keys_got(struct call *c)
{
	const struct fetch *f = c->own;
	json_t *keys = document_of(c, f);
	struct issuer *i;

	c->own = f->own;
	if (keys == NULL)
		return f->then(c);
	i = issuer_slot(f->url);
	json_decref(i->keys);
	i->keys = keys;
	i->keys_ms = mono_ms();
	return known(c, f->then);
}

/* NULL: c->reply says why. */
static json_t *
document_of(struct call *c, const struct fetch *f)
{
	json_t *document = NULL;
	struct err e;

	(void)f;
	if (!c->reply.failed &&
	    (c->reply.status != 200 ||
	        js_parse(c->reply.text, DOCUMENT_MAX, DOCUMENT_DEPTH, &document, &e) != 0 ||
	        !json_is_object(document))) {
		json_decref(document);
		document = NULL;
		c->reply.failed = true;
		err_set(&c->reply.err, "MR503",
		    "the identity provider can't be used: it answered %d without a document",
		    c->reply.status);
	}
	return document;
}

/* It must be the issuer that was asked: else one could speak for another. */
static bool
about_is_right(const json_t *about, const char *url)
{
	return strcmp(js_text_or(about, "issuer", ""), url) == 0 &&
	       issuer_url_is_safe(js_text_or(about, "authorization_endpoint", "")) &&
	       issuer_url_is_safe(js_text_or(about, "token_endpoint", "")) &&
	       issuer_url_is_safe(js_text_or(about, "jwks_uri", ""));
}

/* That of the issuer, else a free one, else the one that was fetched first. */
static struct issuer *
issuer_slot(const char *url)
{
	struct issuer *oldest = &issuers[0];

	for (int i = 0; i < issuers_len; i++) {
		if (strcmp(issuers[i].url, url) == 0)
			return &issuers[i];
		if (issuers[i].about_ms < oldest->about_ms)
			oldest = &issuers[i];
	}
	if (issuers_len < ISSUERS_MAX)
		oldest = &issuers[issuers_len++];
	mem_free(oldest->url);
	json_decref(oldest->about);
	json_decref(oldest->keys);
	*oldest = (struct issuer){ .url = mem_strdup(url) };
	return oldest;
}

#include "web/credential.h"

#include <string.h>

#include "core/buf.h"
#include "core/crypto.h"
#include "core/json.h"
#include "core/uuid.h"

static int bearer_read(const struct credential_site *site, struct arena *a, struct str token,
    int64_t now_s, bool hook_allowed, struct credential *out, struct err *e);
static int jwt_read(const struct credential_site *site, struct arena *a, struct str token,
    int64_t now_s, struct credential *out, struct err *e);

const char *
credential_cookie_name(const struct credential_site *site)
{
	return site->secure ? "__Host-mr" : "mr";
}

int
credential_read(const struct credential_site *site, struct arena *a, const char *authorization,
    const char *cookie, int64_t now_s, bool hook_allowed, struct credential *out, struct err *e)
{
	struct str header = str_of(authorization), secret;

	*out = (struct credential){ 0 };
	if (authorization != NULL) {
		if (header.n < 7 || !str_is_ignoring_case(str_sub(header, 0, 7), "bearer "))
			return err_set(
			    e, "MR401", "the Authorization header must be Bearer and a token");
		return bearer_read(
		    site, a, str_trim(str_sub(header, 7, header.n)), now_s, hook_allowed, out, e);
	}
	secret = credential_cookie(cookie, credential_cookie_name(site));
	if (secret.p == NULL)
		return 0;
	if (!token_check(secret, 's'))
		return err_set(e, "MR401", "the session cookie is not one of ours");
	*out = (struct credential){ CREDENTIAL_COOKIE, arena_text(a, secret) };
	return 0;
}

void
csrf_derive(const char *secret, char out[CSRF_SIZE])
{
	uint8_t mac[SHA256_SIZE];
	struct buf b = { 0 };

	crypto_hmac_sha256(str_of(secret), str_of("csrf"), mac);
	crypto_base64url(&b, str_make((const char *)mac, sizeof(mac)));
	memcpy(out, buf_cstr(&b), CSRF_SIZE);
	buf_free(&b);
}

int
csrf_check(const struct credential_site *site, const char *secret, const char *csrf_header,
    const char *origin, const char *fetch_site, const char *host, struct err *e)
{
	char want[CSRF_SIZE];

	if (origin != NULL && !origin_is_own(site, origin, host) && !origin_is_guest(site, origin))
		return err_set(e, "MR403", "the request comes from another site");
	if (origin == NULL && fetch_site != NULL && strcmp(fetch_site, "same-origin") != 0)
		return err_set(e, "MR403", "the request comes from another site");
	csrf_derive(secret, want);
	if (csrf_header == NULL || !crypto_equal(str_of(csrf_header), str_of(want)))
		return err_set_field(e, "MR403", "X-CSRF-Token",
		    "a change asked for with a cookie needs the session's X-CSRF-Token");
	return 0;
}

/*
 * The address asked for counts as own: a browser sends the cookie there only if it belongs there,
 * and no page can choose its Host header.
 */
bool
origin_is_own(const struct credential_site *site, const char *origin, const char *host)
{
	const char *after = NULL;

	if (origin == NULL)
		return false;
	for (size_t i = 0; i < countof(site->origins) && site->origins[i] != NULL; i++) {
		if (strcmp(site->origins[i], origin) == 0)
			return true;
	}
	if (strncmp(origin, "http://", 7) == 0 && !site->secure)
		after = origin + 7;
	else if (strncmp(origin, "https://", 8) == 0)
		after = origin + 8;
	return after != NULL && host != NULL && strcmp(after, host) == 0;
}

bool
origin_is_guest(const struct credential_site *site, const char *origin)
{
	for (size_t i = 0; origin != NULL && i < countof(site->guests) && site->guests[i] != NULL;
	     i++) {
		if (strcmp(site->guests[i], origin) == 0)
			return true;
	}
	return false;
}

bool
origin_is_well_formed(const char *origin)
{
	size_t scheme = strncmp(origin, "https://", 8) == 0  ? 8
	                : strncmp(origin, "http://", 7) == 0 ? 7
	                                                     : 0;
	size_t n = strlen(origin);

	return scheme > 0 && n > scheme &&
	       strspn(origin + scheme, "abcdefghijklmnopqrstuvwxyz0123456789.-:[]") == n - scheme;
}

static int
bearer_read(const struct credential_site *site, struct arena *a, struct str token, int64_t now_s,
    bool hook_allowed, struct credential *out, struct err *e)
{
	if (str_starts(token, "mrt_")) {
		if (!token_check(token, 't'))
			return err_set(e, "MR401", "the token is not one of ours");
		*out = (struct credential){ CREDENTIAL_TOKEN, arena_text(a, token) };
		return 0;
	}
	if (hook_allowed && str_starts(token, "mrh_")) {
		if (!token_check(token, 'h'))
			return err_set(e, "MR401", "the token is not one of ours");
		*out = (struct credential){ CREDENTIAL_HOOK, arena_text(a, token) };
		return 0;
	}
	return jwt_read(site, a, token, now_s, out, e);
}

/* The sid opens the session in the database; our word that the signature is right isn't enough. */
static int
jwt_read(const struct credential_site *site, struct arena *a, struct str token, int64_t now_s,
    struct credential *out, struct err *e)
{
	json_t *claims = NULL;
	const char *sid;
	int rc = -1;

	if (site->jwt_keys == NULL)
		return err_set(e, "MR401", "the token is not one of ours");
	if (jwt_verify(site->jwt_keys, token, site->jwt_audience, now_s, &claims, e) != 0)
		goto out;
	sid = js_text_or(claims, "sid", "");
	if (strlen(sid) < 16 || strlen(sid) > 64) {
		err_set(e, "MR401", "the access token names no session");
		goto out;
	}
	*out = (struct credential){ CREDENTIAL_JWT, arena_printf(a, "mrj_%s", sid) };
	rc = 0;
out:
	json_decref(claims);
	return rc;
}

struct str
credential_cookie(const char *header, const char *name)
{
	struct str cookies = str_of(header), one;
	size_t name_len = strlen(name);

	while (str_next(&cookies, ';', &one)) {
		one = str_trim(one);
		if (one.n > name_len && memcmp(one.p, name, name_len) == 0 &&
		    one.p[name_len] == '=')
			return str_sub(one, name_len + 1, one.n);
	}
	return str_make(NULL, 0);
}

#ifndef MR_WEB_CREDENTIAL_H
#define MR_WEB_CREDENTIAL_H

/*
 * credential.h: who says they are calling, and whether a browser was led to do so by another site.
 * Pure: header texts in, verdict out; whether a credential is still good is api.enter's to say.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/def.h"
#include "core/err.h"
#include "core/jwt.h"
#include "core/str.h"

enum credential_kind {
	CREDENTIAL_NONE,
	CREDENTIAL_TOKEN,  /* mrt_… */
	CREDENTIAL_COOKIE, /* mrs_… */
	CREDENTIAL_JWT,    /* mrj_<sid>; signature and life were checked */
	CREDENTIAL_HOOK,   /* mrh_… */
};

struct credential {
	enum credential_kind kind;
	const char *value; /* for api.enter; NULL: none */
};

/* How this installation is reached; set once. */
struct credential_site {
	const struct jwt_keys *jwt_keys;
	const char *jwt_audience;
	bool secure;              /* https: the cookie is __Host-mr */
	const char *origins[4];   /* own origins, NULL behind the last */
	const char *passkey_host; /* what passkeys belong to: a name, never an address */
	const char *passkey_origin;
	const char *guests[33]; /* other sites that may call the API, NULL behind the last */
};

#define CSRF_SIZE 44 /* base64url of 32 bytes, with the NUL */

/* The session cookie's name. */
const char *credential_cookie_name(const struct credential_site *site);

/* The first cookie of that name in a header Cookie (NULL: absent); p NULL: there is none. */
struct str credential_cookie(const char *header, const char *name);

/*
 * From the values of the headers Authorization and Cookie (NULL: absent). A bearer token goes
 * before a cookie. -1: MR401 malformed or unknown kind, MR40E an expired JWT.
 */
mr_must_check int credential_read(const struct credential_site *site, struct arena *a,
    const char *authorization, const char *cookie, int64_t now_s, bool hook_allowed,
    struct credential *out, struct err *e);

/* The CSRF token that belongs to a session secret. */
void csrf_derive(const char *secret, char out[CSRF_SIZE]);

/*
 * For a change asked for with a cookie: is it from our own pages? Needs the session's CSRF token
 * and, where the browser says whence it comes (Origin or Sec-Fetch-Site), our own origin.
 * -1: MR403.
 */
mr_must_check int csrf_check(const struct credential_site *site, const char *secret,
    const char *csrf_header, const char *origin, const char *fetch_site, const char *host,
    struct err *e);

/* Is `origin` (a header, may be NULL) one of the configured other sites? No wildcard, no null. */
bool origin_is_guest(const struct credential_site *site, const char *origin);

/* scheme://host[:port] in lower case and nothing behind it, as browsers send it. */
bool origin_is_well_formed(const char *origin);

/* Is `origin` (a header, may be NULL) one of our own, or that of the address asked for? */
bool origin_is_own(const struct credential_site *site, const char *origin, const char *host);

#endif

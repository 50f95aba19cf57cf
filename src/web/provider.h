#ifndef MR_WEB_PROVIDER_H
#define MR_WEB_PROVIDER_H

/*
 * provider.h: the providers of this installation, of the file that MILLRACE_OIDC names:
 *
 *   {"providers":[{"id":"google", "label":"Google", "issuer":"https://accounts.google.com",
 *                  "client_id":"…", "client_secret_file":"/etc/millrace/google.secret"?,
 *                  "scopes":"openid email profile"?},
 *                 {"id":"github", …, "kind":"oauth2", "issuer":"https://github.com",
 *                  "authorization_endpoint":"…", "token_endpoint":"…",
 *                  "userinfo_endpoint":"…", "emails_endpoint":"…"?, "scopes":"…"}, …]}
 *
 * A provider of kind oauth2 publishes nothing of itself and gives no ID token: it is asked for the
 * person by the access token (oauth2.h). `issuer` is then the name under which accounts are kept.
 * Read once, before the workers are made.
 */

#include <jansson.h>
#include <stddef.h>

#include "core/def.h"
#include "core/err.h"

struct provider {
	const char *id;
	const char *label;
	const char *issuer;
	const char *client_id;
	const char *client_secret; /* NULL: a public client */
	const char *scopes;
	const json_t *endpoints; /* of kind oauth2, by their names in discovery; NULL: OpenID */
};

/* "" is no file and no provider. -1: MR400 with the field, MR500 a file can't be read. */
mr_must_check int providers_load(const char *path, struct err *e);

/* NULL: there is none with this id. */
const struct provider *provider_find(const char *id);

/* All of them, in the file's order. */
const struct provider *providers_all(size_t *n);

#endif

#ifndef MR_WEB_PROVIDER_H
#define MR_WEB_PROVIDER_H

/*
 * provider.h: the OpenID providers of this installation, of the file that MILLRACE_OIDC names:
 *
 *   {"providers":[{"id":"google", "label":"Google", "issuer":"https://accounts.google.com",
 *                  "client_id":"…", "client_secret_file":"/etc/millrace/google.secret"?,
 *                  "scopes":"openid email profile"?}, …]}
 *
 * Read once, before the workers are made.
 */

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
};

/* "" is no file and no provider. -1: MR400 with the field, MR500 a file can't be read. */
mr_must_check int providers_load(const char *path, struct err *e);

/* NULL: there is none with this id. */
const struct provider *provider_find(const char *id);

/* All of them, in the file's order. */
const struct provider *providers_all(size_t *n);

#endif

/*
 * secret.h: has secrets of connections, and of workspaces' proxies, opened by millrace-vault, at
 * the moment they are needed.
 *
 * The database gives the sealed record, the vault opens it; nothing is kept here once the callback
 * has returned. While the vault is away a question waits for it, and is asked again when the vault
 * died with it: opening changes nothing. A record that came back sealed anew is written back.
 */
#ifndef MR_WORKER_SECRET_H
#define MR_WORKER_SECRET_H

#include <jansson.h>

#include "core/err.h"
#include "core/uuid.h"
#include "worker/worker.h"

struct secret_ask;

struct secret {
	const char *connector;
	const json_t *config;
	const json_t *secret;
};

/*
 * s is borrowed for the call; NULL: *e says why. MR4CI the connection or proxy can't be used (any
 * more) or its secret doesn't open; 08***, 57*** or MR503: try again later. The ask is freed when
 * it returns: it isn't to be dropped any more.
 */
typedef void (*secret_fn)(const struct secret *s, const struct err *e, void *arg);

struct secrets *secrets_new(struct worker *w);
void secrets_free(struct secrets *s);

/* version NULL: no workflow's step but a test of the connection, which may open each. */
struct secret_ask *secret_open(struct secrets *s, const struct uuid *workspace,
    const struct uuid *version, const char *connection, secret_fn fn, void *arg);

/*
 * The same for the workspace's own proxy: connector is "proxy", config {"proxy", "user"}, secret
 * {"password"}.
 */
struct secret_ask *secret_open_proxy(
    struct secrets *s, const struct uuid *workspace, secret_fn fn, void *arg);

/* fn won't be called. NULL is fine. */
void secret_drop(struct secret_ask *ask);

#endif

/*
 * serve.h: the listening socket of the vault and its clients, told apart by their user.
 */
#ifndef MR_VAULT_SERVE_H
#define MR_VAULT_SERVE_H

#include <sys/types.h>

#include "core/loop.h"
#include "vault/answer.h"

#define SERVE_UIDS 4

/* Who is who. Root, and the vault's own user, is PEER_ADMIN. */
struct serve_peers {
	uid_t worker[SERVE_UIDS], web[SERVE_UIDS];
	int n_worker, n_web;
};

struct serve;

/* Serves the clients of `listener` (taken over). Peers nobody named are closed and logged. */
struct serve *serve_new(
    struct loop *loop, struct vault *vault, int listener, const struct serve_peers *peers);

/* Drops all clients. NULL is fine. */
void serve_free(struct serve *s);

#endif

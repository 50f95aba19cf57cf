/*
 * answer.h: what the vault does with one question: vault.h as a function, without a socket.
 */
#ifndef MR_VAULT_ANSWER_H
#define MR_VAULT_ANSWER_H

#include <jansson.h>

#include "core/buf.h"
#include "core/str.h"
#include "vault/kek.h"

enum vault_peer {
	PEER_WORKER = 1,
	PEER_WEB = 2,
	PEER_ADMIN = 4,
};

struct vault {
	struct kek_ring keks;
	const char *ticket_key; /* shared with SQL; "": no ticket is good */
};

/*
 * The answer to `question` from a peer (enum vault_peer bits): a new object without `id`, and its
 * body appended to `out`, which the caller wipes. now_s: unix time, for tickets.
 */
json_t *vault_answer(struct vault *v, unsigned peer, const json_t *question, struct str body,
    int64_t now_s, struct buf *out);

#endif

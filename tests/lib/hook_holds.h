/*
 * hook_holds.h: a webhook's proof as web and the vault judge it together: what web asks, answered
 * as the vault would.
 */
#ifndef TESTS_LIB_HOOK_HOLDS_H
#define TESTS_LIB_HOOK_HOLDS_H

#include <assert.h>

#include "vault/vault.h"
#include "vault/verify.h"
#include "web/hook_auth.h"

/* *replay gets what the claim names, if it holds, and is emptied if it doesn't. */
static inline bool
hook_auth_holds(const char *scheme, const json_t *config, struct str secret,
    const struct hook_request *r, struct buf *replay)
{
	struct hook_claim claim;
	struct verdict verdict = { 0 };
	struct err e;

	buf_reset(replay);
	if (!hook_auth_claim(scheme, config, r, &claim)) {
		assert(claim.asks == NULL && claim.sent.data == NULL);
		return false;
	}
	assert(claim.sent.len <= r->body.n + VAULT_SIGNED_MAX);
	/* What web asks is always a question. */
	if (verify(claim.asks, secret, buf_view(&claim.sent), &verdict, &e) != 0)
		abort();
	if (verdict.holds)
		buf_str(replay, buf_view(&claim.replay));
	hook_claim_free(&claim);
	return verdict.holds;
}

#endif

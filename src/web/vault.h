#ifndef MR_WEB_VAULT_H
#define MR_WEB_VAULT_H

/*
 * vault.h: what web asks of millrace-vault. Web can seal a secret and can't open one: it knows the
 * vault's public key. Whether somebody else knows a secret, the vault says.
 */

#include "web/call.h"
#include "web/peer.h"

#define VAULT_ASK_MS 5000    /* the vault is started again within 200 ms when it dies */
#define VAULT_VERIFY_MS 3000 /* senders of webhooks give up sooner than people do */

/*
 * Seals `secret` (copied) for a place, in a thread: `seal` is {"workspace"?, "owner", "field",
 * "version", "key"?}, as api.connection_seal says it; key: the id of one to make as well. `then`
 * finds the reply's text: {"sealed":"<base64>","key"?:{"id","kek","wrapped"}}. The reply fails with
 * MR503 without a vault.
 */
enum call_next vault_seal(struct call *c, const json_t *seal, struct str secret, call_step then);

/*
 * Seals a JSON secret for the place in `seal` (of the arena), then calls the operation: p gets
 * `id`, the place's owner, its `version`, and what vault_seal finds. The caller takes the secret
 * out of p.
 */
enum call_next vault_seal_operation(struct call *c, json_t *seal, const json_t *secret);

/*
 * Asks a `verify` of vault/vault.h on the event loop. fn as peer_ask says; MR503: the vault is away
 * or said nothing in time. Several are under way at once, and wait for a vault that starts again.
 */
mr_must_check int vault_verify(
    json_t *question, struct str sent, peer_fn fn, void *arg, struct err *e);

/* fn won't be called for what was asked with this arg. */
void vault_drop(const void *arg);

/* Asks one question of vault/vault.h, in a thread; the reply's text is the answer, with its body in
 * "body". */
enum call_next vault_ask(struct call *c, json_t *question, struct str body, call_step then);

/* Is it there? Asked in the loop's own turn, since it answers from memory: 20 ms at most, twice a
 * second. */
bool vault_is_up(void);

/* The reply's text as JSON: new, or NULL. */
json_t *vault_reply(const struct call *c);

/* The same, freed with the call. */
json_t *vault_reply_kept(struct call *c);

#endif

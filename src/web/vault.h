#ifndef MR_WEB_VAULT_H
#define MR_WEB_VAULT_H

/*
 * vault.h: what web asks of millrace-vault, each in a thread. Web can seal a secret and can't open
 * one: it knows the vault's public key.
 */

#include "web/call.h"

#define VAULT_ASK_MS 5000 /* the vault is started again within 200 ms when it dies */

/*
 * Seals `secret` (JSON, copied as text) for a place: `seal` is the answer of api.connection_seal.
 * `then` finds the reply's text: {"sealed":"<base64>","key"?:{"id","kek","wrapped"}}. The reply
 * fails with MR503 without a vault.
 */
enum call_next vault_seal(struct call *c, const json_t *seal, const json_t *secret, call_step then);

/* Asks one question of vault/vault.h; the reply's text is the answer, with its body in "body". */
enum call_next vault_ask(struct call *c, json_t *question, struct str body, call_step then);

/* Is it there? Asked in the loop's own turn, since it answers from memory: 20 ms at most, twice a
 * second. */
bool vault_is_up(void);

/* The reply's text as JSON: new, or NULL. */
json_t *vault_reply(const struct call *c);

#endif

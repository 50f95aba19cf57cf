/*
 * vault.h: the wire format of millrace-vault, the one process that can read secrets at rest.
 *
 * A client connects to $MILLRACE_VAULT_SOCK (a unix stream socket) and sends frames of
 * core/frame.h; each has one answer with its `id`: {"id", …} or {"id", "error":{"code","message"}}.
 * The user at the other end (SO_PEERCRED) says what may be asked: W worker, H web, A administrator
 * (root, or the vault's own user). Everybody else is cut off.
 *
 *   WHA {"op":"public"}                          <- {"key_id", "public":"<base64, X25519>"}
 *   WHA {"op":"key_new", "workspace", "key", "number"}
 *                                                <- {"kek", "wrapped":"<base64>"}: a new random key
 *   W   {"op":"open", K, P} + record             <- {"sealed"?:"<base64>"} + what it holds
 *   WA  {"op":"reseal", K, P} + record           <- {"sealed"?:"<base64>"}
 *   H   {"op":"encrypt", K, "ticket"} + text     <- {} + 01 record
 *   H   {"op":"decrypt", K, "ticket"} + record   <- {} + text
 *   A   {"op":"rewrap", K}                       <- {"kek", "wrapped"}
 *   A   {"op":"kek_list"}                        <- {"current", "keks":[<id>, …]}
 *   A   {"op":"kek_new"}                         <- {"current", "keks"}: from now on wraps use it
 *   A   {"op":"kek_retire", "kek"}               <- {"current", "keks"}: that one is forgotten
 *
 *   K  "workspace":"<uuid>", "key":"<uuid>", "number":<version of the key>, "wrapped":"<base64>"
 *   P  "connection":"<uuid>", "field":"secret", "version":<of the row>,
 *      "opens"?:{"number","wrapped"}             the key version that the record names, if not K's
 *
 * A record that is an 02, or an 01 of another version than K's, comes back as `sealed`: an 01 under
 * K. What a record belongs to is its place (VAULT_PLACE), a wrapped key to VAULT_KEY_PLACE.
 *
 * A ticket is `<unix seconds it ends at>.<hex of HMAC-SHA256>` over
 * "<op>|<workspace>|<key>|<number>|<end>", made by app.vault_ticket after its permission check.
 */
#ifndef MR_VAULT_VAULT_H
#define MR_VAULT_VAULT_H

#define VAULT_PLACE "%s|%s|%s|%lld"      /* workspace, connection, field, version of the row */
#define VAULT_KEY_PLACE "dek|%s|%s|%lld" /* workspace, key, number */
#define VAULT_DATA_PLACE "%s|%s|data"    /* workspace, key: what /keys/{id}/encrypt makes */
#define VAULT_FIELD "secret"
#define VAULT_JSON_MAX 65536

#endif

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
 *   WA  {"op":"reseal", K?, P} + record          <- {"sealed"?:"<base64>"}
 *   H   {"op":"verify", K?, P, V} + what was sent <- {"holds":bool, "step"?, "word"?}
 *   H   {"op":"encrypt", K, "ticket"} + text     <- {} + 01 record
 *   H   {"op":"decrypt", K, "ticket"} + record   <- {} + text
 *   A   {"op":"rewrap", K}                       <- {"kek", "wrapped"}
 *   A   {"op":"kek_list"}                        <- {"current", "keks":[<id>, …]}
 *   A   {"op":"kek_new"}                         <- {"current", "keks"}: from now on wraps use it
 *   A   {"op":"kek_retire", "kek"}               <- {"current", "keks"}: that one is forgotten
 *
 *   K  "workspace":"<uuid>", "key":"<uuid>", "number":<version of the key>, "wrapped":"<base64>"
 *   P  "owner":"<uuid>", "field":"<text>", "version":<of the row>,
 *      "opens"?:{"number","wrapped"}             the key version that the record names, if not K's
 *   V  "record":"<base64>", and by "kind":
 *      hmac   "algorithm":"sha1|sha256|sha384|sha512", "form"?:"whsec", "macs":["<base64>", …]:
 *             is one of these (VAULT_MACS_MAX) what the secret makes of what was sent? whsec: the
 *             key is what the secret is base64 of, behind "whsec_"
 *      equal  is what was sent the secret?
 *      totp   "step", "ticket": is what was sent the secret's code (RFC 6238: SHA-1, 6 digits,
 *             30 s) of this step or one beside it? It says of which, and gives its word for it
 *
 * Without K a record is the installation's, of a person: an 02, which is sealed to the newest
 * master key when it is sealed anew. With K, a record that is an 02, or an 01 of another version
 * than K's, comes back as `sealed`: an 01 under K. What a record belongs to is its place
 * (VAULT_PLACE), a wrapped key to VAULT_KEY_PLACE.
 *
 * The field says what may be done with a record: VAULT_FIELD is a connection's secret, which is
 * opened and never verified; VAULT_FIELD_TOTP is a person's, which only verifies codes; any other
 * (the id of a webhook's secret) verifies macs and what equals it. So nobody opens these two.
 *
 * A ticket is `<unix seconds it ends at>.<hex of HMAC-SHA256>` over VAULT_TICKET and "|<end>", made
 * by app.vault_ticket after its permission check; for a code over VAULT_TOTP_TICKET, made when the
 * try was counted. The vault's word that a code holds is the hex of the same key's HMAC over
 * VAULT_TOTP_WORD: SQL believes nobody else.
 */
#ifndef MR_VAULT_VAULT_H
#define MR_VAULT_VAULT_H

#define VAULT_PLACE "%s|%s|%s|%lld"          /* workspace, owner, field, version of the row */
#define VAULT_INSTALLATION "installation"    /* in place of a workspace */
#define VAULT_KEY_PLACE "dek|%s|%s|%lld"     /* workspace, key, number */
#define VAULT_DATA_PLACE "%s|%s|data"        /* workspace, key: what /keys/{id}/encrypt makes */
#define VAULT_TICKET "%s|%s|%s|%lld"         /* op, workspace, key, number */
#define VAULT_TOTP_TICKET "totp|%s|%lld"     /* owner, step */
#define VAULT_TOTP_WORD "totp.holds|%s|%lld" /* owner, step */
#define VAULT_FIELD "secret"
#define VAULT_FIELD_TOTP "totp"
#define VAULT_MACS_MAX 16
#define VAULT_JSON_MAX 65536
#define VAULT_SIGNED_MAX 32768 /* bytes that are signed besides a webhook's body */

#endif

#ifndef MR_WEB_HOOK_SECRET_H
#define MR_WEB_HOOK_SECRET_H

/*
 * hook_secret.h: the secrets by which senders of webhooks prove themselves.
 *
 * They are sealed (core/seal.h) under a key that web alone holds: a file beside the keys of access
 * tokens, made at first start, 0600. The database has the sealed form only, bound to its trigger:
 * neither a dump nor another row's secret opens anything; who takes over web has them.
 */

#include "core/buf.h"
#include "core/def.h"
#include "core/err.h"
#include "core/str.h"

/* Reads <folder>/hook.key (web/key_file.h). Once, before workers are forked. -1: MR500. */
mr_must_check int hook_secret_load(const char *folder, struct err *e);

/*
 * Appends the secret that a row of app.trigger_secret holds (its trigger, its id, base64 of what it
 * has sealed); wipe it. -1: MR400 it doesn't open, MR500 no key was loaded.
 */
mr_must_check int hook_secret_open(
    const char *trigger, const char *id, struct str sealed, struct buf *out, struct err *e);

#endif

/*
 * kek.h: the master keys (key encryption keys). They wrap the keys of workspaces, and nothing else;
 * of the newest one an X25519 pair is made, to which web seals.
 *
 * Text, one key a line, the last one is current; blank lines and lines that begin with # are left
 * out:
 *
 *   <64 hex digits>
 *
 * A key's id is the first four bytes of SHA-256("millrace kek" | key), so a file that was replaced
 * by another one is told from a record that was tampered with.
 */
#ifndef MR_VAULT_KEK_H
#define MR_VAULT_KEK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/def.h"
#include "core/err.h"
#include "core/seal.h"

#define KEK_MAX 64

struct kek {
	uint32_t id;
	uint8_t key[SEAL_KEY_SIZE];
	struct seal_pair pair;
};

struct kek_ring {
	struct kek v[KEK_MAX]; /* oldest first */
	int n;
	const char *path; /* NULL: given by somebody else, and can't be written */
};

/*
 * Reads the keys: from $CREDENTIALS_DIRECTORY/millrace-kek (systemd) if that is there, else from
 * `text` (a setting) unless it is empty, else from the file at `path`, which is made with a first
 * key if it is not there. -1: MR500 the file can't be read or made, MR400 a line is no key, there
 * is none or there are too many.
 */
mr_must_check int kek_load(
    struct kek_ring *ring, const char *text, const char *path, struct err *e);

/* Borrowed; NULL: no such key. */
const struct kek *kek_find(const struct kek_ring *ring, uint32_t id);
const struct kek *kek_current(const struct kek_ring *ring);

/*
 * Adds a key or takes one away (not the current one), in the file first. -1: MR409 the keys are not
 * ours to write, or it is the current one; MR404; MR500; MR413 too many.
 */
mr_must_check int kek_add(struct kek_ring *ring, struct err *e);
mr_must_check int kek_retire(struct kek_ring *ring, uint32_t id, struct err *e);

#endif

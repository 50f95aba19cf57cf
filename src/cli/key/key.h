/*
 * key.h: what the commands of `millrace key` share: the vault, the database, and how far they are.
 */
#ifndef MR_CLI_KEY_KEY_H
#define MR_CLI_KEY_KEY_H

#include <jansson.h>
#include <limits.h>
#include <stdint.h>

#include "core/def.h"
#include "core/err.h"
#include "core/str.h"
#include "db/sync.h"

#define KEY_TEXT_SIZE 40 /* a uuid or a number, as text */

struct keys {
	struct pg *pg;
	char sock[PATH_MAX]; /* of the vault */
	json_t *ring;        /* {"current", "keks"}, as the vault said last */
	int64_t current;     /* the master key that wraps now */
	bool workspaces;     /* rotate: each workspace's key gets a new version, too */
	int64_t wait_ms;     /* retire: how long what began before may last */
	const char *retire;  /* retire: the id */
	int64_t versions, wrapped, sealed, unreadable; /* counted by rotate */
};

/*
 * Until every key and every record of a connection needs the current master key alone. Tells how
 * far it is. -1: MR409 something is unreadable (named on stderr); MR503 and others: it was cut
 * short, and goes on when it is called again.
 */
mr_must_check int key_rotate(struct keys *k, struct err *e);

/* Asks the vault; takes the question. While the vault starts again it waits, up to 30 s. */
mr_must_check int key_vault(
    struct keys *k, json_t *question, struct str body, json_t **answer, struct err *e);

/* The same, of a question whose answer is the ring; sets ring and current. */
mr_must_check int key_ring_ask(struct keys *k, json_t *question, struct err *e);

/* How many keys and records need another master key than the current one. */
mr_must_check int key_old_uses(struct keys *k, int64_t *n, struct err *e);

/* Prints a line with what is left, which begins with the name. */
void key_progress(const struct keys *k, const char *name);

#endif

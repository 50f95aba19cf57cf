/*
 * rotate.c: `millrace key rotate`.
 *
 * The vault makes a new master key, which seals and wraps from then on; then each key is wrapped
 * anew, and each record that isn't sealed under the newest version of its workspace's key, or to
 * the newest master key where it is a person's, is sealed anew. Everything stays readable all the
 * while, since the vault keeps the old master keys, so nothing has to stop for it.
 *
 * It keeps no state of its own: what is left to do is read from the database, and each write names
 * the bytes it replaces. So it may be killed anywhere; the next one goes on where this one ended,
 * and makes a new master key only when the last one is used everywhere.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/key/key.h"
#include "core/buf.h"
#include "core/crypto.h"
#include "core/json.h"
#include "core/str.h"
#include "core/time.h"
#include "vault/vault.h"

#define NOTHING "00000000-0000-0000-0000-000000000000"
#define BATCH "200"
#define ROUNDS_MAX 100 /* of changes that came between */

/* One step over pages of rows; each begins behind the ids of the last. */
struct pass {
	const char *name;
	int (*page)(struct keys *k, struct pass *p, int *n, struct err *e);
	char workspace[KEY_TEXT_SIZE], id[KEY_TEXT_SIZE], number[KEY_TEXT_SIZE];
	char kind[KEY_TEXT_SIZE], field[KEY_TEXT_SIZE];
};

static int begin(struct keys *k, struct err *e);
static int round_once(struct keys *k, struct err *e);
static int pass_all(struct keys *k, struct pass *p, struct err *e);
static int versions_page(struct keys *k, struct pass *p, int *n, struct err *e);
static int version_make(struct keys *k, const PGresult *res, int row, struct err *e);
static int wraps_page(struct keys *k, struct pass *p, int *n, struct err *e);
static int wrap_anew(struct keys *k, const PGresult *res, int row, struct err *e);
static int records_page(struct keys *k, struct pass *p, int *n, struct err *e);
static int record_reseal(struct keys *k, const PGresult *res, int row, struct err *e);
static int written(struct keys *k, const char *sql, int n, const char *const *params,
    int64_t *count, struct err *e);
static int or_lost(
    int rc, struct keys *k, const char *what, const PGresult *res, int row, struct err *e);

int
key_rotate(struct keys *k, struct err *e)
{
	int64_t began_ms = mono_ms(), left = 0;
	struct pass versions = { .name = "workspaces", .page = versions_page };
	int rc;

	if (begin(k, e) != 0 || (k->workspaces && pass_all(k, &versions, e) != 0))
		return -1;
	for (int i = 0; i < ROUNDS_MAX; i++) {
		k->unreadable = 0;
		rc = round_once(k, e);
		if (rc == 0)
			rc = key_old_uses(k, &left, e);
		if (rc != 0)
			return -1;
		if (left <= k->unreadable)
			break;
	}
	printf("%" PRId64 " keys made, %" PRId64 " wrapped, %" PRId64 " secrets sealed anew in "
	       "%.1f s; unreadable: %" PRId64 "\n",
	    k->versions, k->wrapped, k->sealed, (double)(mono_ms() - began_ms) / 1000.0,
	    k->unreadable);
	if (left > 0 || k->unreadable > 0)
		return err_set(e, "MR409",
		    "%" PRId64 " still need an old master key, %" PRId64 " can't be read: keep "
		    "all master keys, and run this again",
		    left, k->unreadable);
	if (json_array_size(js_array(k->ring, "keks")) > 1)
		printf("the old master keys are kept for backups from before: `millrace key "
		       "status` lists them, `millrace key retire <id>` forgets one\n");
	printf("back up the master keys now, apart from the database\n");
	return 0;
}

/* A new master key, unless the last one isn't in use everywhere yet. */
static int
begin(struct keys *k, struct err *e)
{
	int64_t left;

	if (key_old_uses(k, &left, e) != 0)
		return -1;
	if (left > 0) {
		printf("going on to master key %08" PRIx64 ": %" PRId64 " left\n",
		    (uint64_t)k->current, left);
	} else {
		if (key_ring_ask(k, json_pack("{s:s}", "op", "kek_new"), e) != 0)
			return -1;
		printf("new master key %08" PRIx64 "\n", (uint64_t)k->current);
	}
	(void)fflush(stdout);
	return 0;
}

static int
round_once(struct keys *k, struct err *e)
{
	struct pass wraps = { .name = "keys", .page = wraps_page };
	struct pass records = { .name = "secrets", .page = records_page };

	return pass_all(k, &wraps, e) == 0 ? pass_all(k, &records, e) : -1;
}

static int
pass_all(struct keys *k, struct pass *p, struct err *e)
{
	int n, rc;

	(void)snprintf(p->workspace, sizeof(p->workspace), "%s", NOTHING);
	(void)snprintf(p->id, sizeof(p->id), "%s", NOTHING);
	(void)snprintf(p->number, sizeof(p->number), "0");
	p->kind[0] = p->field[0] = '\0';
	do {
		rc = p->page(k, p, &n, e);
		if (rc == 0 && n > 0)
			key_progress(k, p->name);
	} while (rc == 0 && n > 0);
	return rc;
}

/* A new version for the key of each workspace's connections. */
static int
versions_page(struct keys *k, struct pass *p, int *n, struct err *e)
{
	const char *after[] = { p->workspace };
	PGresult *res = NULL;
	int rc = pg_call(k->pg,
	    "select workspace_id, key_id, current from ops.key_list(null, $1::uuid, " BATCH ")", 1,
	    after, &res, e);

	*n = rc == 0 ? PQntuples(res) : 0;
	for (int i = 0; rc == 0 && i < *n; i++) {
		rc = version_make(k, res, i, e);
		(void)snprintf(p->workspace, sizeof(p->workspace), "%s", PQgetvalue(res, i, 0));
	}
	PQclear(res);
	return rc;
}

static int
version_make(struct keys *k, const PGresult *res, int row, struct err *e)
{
	const char *ws = PQgetvalue(res, row, 0), *key = PQgetvalue(res, row, 1);
	long long next = strtoll(PQgetvalue(res, row, 2), NULL, 10) + 1;
	char number[KEY_TEXT_SIZE], kek[KEY_TEXT_SIZE];
	json_t *answer = NULL;
	int rc = key_vault(k,
	    json_pack("{s:s, s:s, s:s, s:I}", "op", "key_new", "workspace", ws, "key", key,
	        "number", (json_int_t)next),
	    (struct str){ 0 }, &answer, e);

	if (rc == 0) {
		(void)snprintf(number, sizeof(number), "%lld", next);
		(void)snprintf(kek, sizeof(kek), "%" PRId64, js_int_or(answer, "kek", 0));
		rc = written(k,
		    "select ops.key_rotated($1::uuid, $2::uuid, $3::integer, $4, $5::bigint)", 5,
		    (const char *[]){ ws, key, number, js_text_or(answer, "wrapped", ""), kek },
		    &k->versions, e);
	}
	json_decref(answer);
	return rc;
}

/* Wraps by the current master key what another one wraps. */
static int
wraps_page(struct keys *k, struct pass *p, int *n, struct err *e)
{
	char kek[KEY_TEXT_SIZE];
	const char *params[] = { kek, p->workspace, p->id, p->number };
	PGresult *res = NULL;
	int rc;

	(void)snprintf(kek, sizeof(kek), "%" PRId64, k->current);
	rc = pg_call(k->pg,
	    "select workspace_id, key_id, number, wrapped from ops.key_wraps($1::bigint, $2::uuid, "
	    "$3::uuid, $4::integer, " BATCH ")",
	    4, params, &res, e);
	*n = rc == 0 ? PQntuples(res) : 0;
	for (int i = 0; rc == 0 && i < *n; i++) {
		rc = or_lost(wrap_anew(k, res, i, e), k, "key", res, i, e);
		(void)snprintf(p->workspace, sizeof(p->workspace), "%s", PQgetvalue(res, i, 0));
		(void)snprintf(p->id, sizeof(p->id), "%s", PQgetvalue(res, i, 1));
		(void)snprintf(p->number, sizeof(p->number), "%s", PQgetvalue(res, i, 2));
	}
	PQclear(res);
	return rc;
}

static int
wrap_anew(struct keys *k, const PGresult *res, int row, struct err *e)
{
	const char *ws = PQgetvalue(res, row, 0), *key = PQgetvalue(res, row, 1);
	const char *number = PQgetvalue(res, row, 2), *old = PQgetvalue(res, row, 3);
	char kek[KEY_TEXT_SIZE];
	json_t *answer = NULL;
	int rc = key_vault(k,
	    json_pack("{s:s, s:s, s:s, s:I, s:s}", "op", "rewrap", "workspace", ws, "key", key,
	        "number", (json_int_t)strtoll(number, NULL, 10), "wrapped", old),
	    (struct str){ 0 }, &answer, e);

	if (rc == 0) {
		(void)snprintf(kek, sizeof(kek), "%" PRId64, js_int_or(answer, "kek", 0));
		rc = written(k,
		    "select ops.key_rewrapped($1::uuid, $2::uuid, $3::integer, $4, $5, $6::bigint)",
		    6,
		    (const char *[]){
		        ws, key, number, old, js_text_or(answer, "wrapped", ""), kek },
		    &k->wrapped, e);
	}
	json_decref(answer);
	return rc;
}

/* Seals anew what isn't under the newest version of its workspace's key, or to the newest master
 * key. */
static int
records_page(struct keys *k, struct pass *p, int *n, struct err *e)
{
	char kek[KEY_TEXT_SIZE];
	const char *params[] = { kek, p->kind, p->id, p->field };
	PGresult *res = NULL;
	int rc;

	(void)snprintf(kek, sizeof(kek), "%" PRId64, k->current);
	rc = pg_call(k->pg,
	    "select workspace_id, owner, kind, field, sealed, place from "
	    "ops.record_stale($1::bigint, $2, $3::uuid, $4, " BATCH ")",
	    4, params, &res, e);
	*n = rc == 0 ? PQntuples(res) : 0;
	for (int i = 0; rc == 0 && i < *n; i++) {
		rc = or_lost(record_reseal(k, res, i, e), k, PQgetvalue(res, i, 2), res, i, e);
		(void)snprintf(p->kind, sizeof(p->kind), "%s", PQgetvalue(res, i, 2));
		(void)snprintf(p->id, sizeof(p->id), "%s", PQgetvalue(res, i, 1));
		(void)snprintf(p->field, sizeof(p->field), "%s", PQgetvalue(res, i, 3));
	}
	PQclear(res);
	return rc;
}

/* SQL says what the vault is asked for a record: its place, and the keys. */
static int
record_reseal(struct keys *k, const PGresult *res, int row, struct err *e)
{
	const char *ws = PQgetisnull(res, row, 0) ? NULL : PQgetvalue(res, row, 0);
	const char *old = PQgetvalue(res, row, 4), *sealed;
	json_t *question = NULL, *answer = NULL;
	struct buf record = { 0 };
	int rc = -1;

	if (crypto_unbase64(&record, str_of(old), e) != 0 ||
	    js_parse(str_of(PQgetvalue(res, row, 5)), VAULT_JSON_MAX, 4, &question, e) != 0)
		goto out;
	json_object_set_new(question, "op", json_string("reseal"));
	if (key_vault(k, question, buf_view(&record), &answer, e) != 0)
		goto out;
	sealed = js_text_or(answer, "sealed", NULL);
	rc = sealed == NULL
	         ? 0
	         : written(k, "select ops.record_resealed($1, $2::uuid, $3::uuid, $4, $5, $6)", 6,
	               (const char *[]){ PQgetvalue(res, row, 2), ws, PQgetvalue(res, row, 1),
	                   PQgetvalue(res, row, 3), old, sealed },
	               &k->sealed, e);
out:
	buf_free(&record);
	json_decref(answer);
	return rc;
}

/* A write that says whether it was made; counts it. */
static int
written(struct keys *k, const char *sql, int n, const char *const *params, int64_t *count,
    struct err *e)
{
	struct buf said = { 0 };
	int rc = pg_value(k->pg, sql, n, params, &said, e);

	if (rc == 0 && str_is(buf_view(&said), "t"))
		(*count)++;
	buf_free(&said);
	return rc;
}

/* What the vault can't open is named and passed over; any other error ends the rotation, until the
 * next one. */
static int
or_lost(int rc, struct keys *k, const char *what, const PGresult *res, int row, struct err *e)
{
	if (rc == 0 || (strcmp(e->code, "MR400") != 0 && strcmp(e->code, "MR404") != 0))
		return rc;
	k->unreadable++;
	fprintf(stderr, "unreadable: %s %s of workspace %s: %s\n", what, PQgetvalue(res, row, 1),
	    PQgetisnull(res, row, 0) ? "none" : PQgetvalue(res, row, 0), e->text);
	return 0;
}

/*
 * key.c: `millrace key status`, `millrace key rotate [--workspaces]`, `millrace key retire <id>`.
 *
 * As root or as the vault's own user: the vault tells its administrator by that.
 */
#include "cli/key/key.h"

#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "core/ask.h"
#include "core/buf.h"
#include "core/conf.h"
#include "core/json.h"

/* Of a rotation that was killed the backend may still be at its last statement. */
#define LOCK_WAIT_SQL "set search_path = pg_catalog; set lock_timeout = '10s'"
#define LOCK_SQL "select pg_advisory_lock(hashtext('millrace key'))"
#define LOCKED_SQL "reset lock_timeout"
#define USES_SQL "select ops.key_uses($1::bigint)"
#define VAULT_MS 30000 /* the vault may be killed and started again meanwhile */

/* Requests that began while a key was needed are over by then: web waits 5 s for the vault. */
#define RETIRE_WAIT_MS 30000

#define USAGE "usage: millrace key status | rotate [--workspaces] | retire <id> [--wait SECONDS]"

static int options(struct keys *k, int argc, char **argv, const char **which, struct err *e);
static int prepare(struct keys *k, const struct place *place, struct err *e);
static int status(struct keys *k, struct err *e);
static int retire(struct keys *k, struct err *e);
static int count(struct keys *k, const char *sql, int64_t kek, int64_t *n, struct err *e);

int
cmd_key(const struct place *place, int argc, char **argv, struct err *e)
{
	struct keys k = { .wait_ms = RETIRE_WAIT_MS };
	const char *which = "";
	int rc = -1;

	if (options(&k, argc, argv, &which, e) != 0 || prepare(&k, place, e) != 0)
		goto out;
	if (strcmp(which, "status") == 0)
		rc = status(&k, e);
	else if (strcmp(which, "rotate") == 0)
		rc = key_rotate(&k, e);
	else
		rc = retire(&k, e);
out:
	json_decref(k.ring);
	pg_close(k.pg);
	return rc;
}

int
key_ring_ask(struct keys *k, json_t *question, struct err *e)
{
	json_t *answer = NULL;
	int rc = key_vault(k, question, (struct str){ 0 }, &answer, e);

	if (rc == 0) {
		json_decref(k->ring);
		k->ring = answer;
		k->current = js_int_or(answer, "current", 0);
	}
	return rc;
}

int
key_old_uses(struct keys *k, int64_t *n, struct err *e)
{
	return count(k, "select ops.key_uses(null) - ops.key_uses($1::bigint)", k->current, n, e);
}

int
key_vault(struct keys *k, json_t *question, struct str body, json_t **answer, struct err *e)
{
	int rc;

	(void)json_object_set_new(question, "id", json_integer(1));
	rc = ask(k->sock, question, body, VAULT_MS, answer, NULL, e);
	json_decref(question);
	return rc;
}

void
key_progress(const struct keys *k, const char *name)
{
	struct buf text = { 0 };
	char kek[KEY_TEXT_SIZE];
	struct err none;

	(void)snprintf(kek, sizeof(kek), "%" PRId64, k->current);
	if (pg_value(k->pg,
	        "select format('%s of %s keys, %s of %s secrets', wraps_old, versions, stale, "
	        "records) from ops.key_status($1::bigint)",
	        1, (const char *[]){ kek }, &text, &none) == 0)
		printf("%s: left are " STR_FMT "\n", name, STR_ARG(buf_view(&text)));
	(void)fflush(stdout);
	buf_free(&text);
}

static int
options(struct keys *k, int argc, char **argv, const char **which, struct err *e)
{
	static const struct option names[] = { { "workspaces", 0, NULL, 'w' },
		{ "wait", 1, NULL, 's' }, { NULL, 0, NULL, 0 } };
	int64_t wait_s = k->wait_ms / 1000;
	int o;

	while ((o = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (o == 'w')
			k->workspaces = true;
		else if (o != 's' || str_int64(str_of(optarg), 0, 3600, &wait_s, e) != 0)
			return err_set(e, "MR400", USAGE);
	}
	k->wait_ms = wait_s * 1000;
	*which = optind < argc ? argv[optind] : "";
	if (strcmp(*which, "retire") == 0 && optind + 2 == argc)
		k->retire = argv[optind + 1];
	else if ((strcmp(*which, "status") != 0 && strcmp(*which, "rotate") != 0) ||
	         optind + 1 != argc)
		return err_set(e, "MR400", USAGE);
	return 0;
}

static int
prepare(struct keys *k, const struct place *place, struct err *e)
{
	struct buf nothing = { 0 };
	int rc = -1;

	if (conf_text(CONF_VAULT_SOCK)[0] != '\0')
		(void)snprintf(k->sock, sizeof(k->sock), "%s", conf_text(CONF_VAULT_SOCK));
	else
		(void)path_of(k->sock, place->var, "run/vault.sock", NULL);
	if (pg_open(conf_text(CONF_DSN), "millrace key", &k->pg, e) != 0 ||
	    pg_script(k->pg, LOCK_WAIT_SQL, e) != 0)
		goto out;
	if (pg_value(k->pg, LOCK_SQL, 0, NULL, &nothing, e) != 0) {
		if (err_is(e, "55P03"))
			err_set(e, "MR409", "another millrace key is under way in this database");
		goto out;
	}
	if (pg_script(k->pg, LOCKED_SQL, e) == 0)
		rc = key_ring_ask(k, json_pack("{s:s}", "op", "kek_list"), e);
out:
	buf_free(&nothing);
	return rc;
}

static int
status(struct keys *k, struct err *e)
{
	json_t *kek;
	int64_t n;
	size_t i;

	json_array_foreach(js_array(k->ring, "keks"), i, kek)
	{
		int64_t id = json_integer_value(kek);

		if (count(k, USES_SQL, id, &n, e) != 0)
			return -1;
		printf("master key %08" PRIx64 "  used by %" PRId64 "%s\n", (uint64_t)id, n,
		    id == k->current ? "  current" : "");
	}
	key_progress(k, "left to do");
	return 0;
}

/* Nothing may need it, now and when what began before is over. */
static int
retire(struct keys *k, struct err *e)
{
	char text[KEY_TEXT_SIZE];
	int64_t id = -1, n = 0;
	json_t *kek;
	size_t at;

	json_array_foreach(js_array(k->ring, "keks"), at, kek)
	{
		(void)snprintf(text, sizeof(text), "%08" PRIx64, (uint64_t)json_integer_value(kek));
		if (strcmp(text, k->retire) == 0)
			id = json_integer_value(kek);
	}
	if (id < 0)
		return err_set(e, "MR404",
		    "there is no master key %s: `millrace key status` lists them", k->retire);
	for (int i = 0; i < 2; i++) {
		if (count(k, USES_SQL, id, &n, e) != 0)
			return -1;
		if (n > 0)
			return err_set(e, "MR409",
			    "%" PRId64 " keys and secrets need this master key: millrace key "
			    "rotate first",
			    n);
		if (i == 0)
			(void)poll(NULL, 0, (int)k->wait_ms);
	}
	if (key_ring_ask(
	        k, json_pack("{s:s, s:I}", "op", "kek_retire", "kek", (json_int_t)id), e) != 0)
		return -1;
	printf("master key %s is forgotten: backups from before need your copy of it\n", k->retire);
	return 0;
}

/* What sql counts of a master key. */
static int
count(struct keys *k, const char *sql, int64_t kek, int64_t *n, struct err *e)
{
	struct buf text = { 0 };
	char id[KEY_TEXT_SIZE];
	int rc;

	(void)snprintf(id, sizeof(id), "%" PRId64, kek);
	rc = pg_value(k->pg, sql, 1, (const char *[]){ id }, &text, e);
	if (rc == 0)
		rc = str_int64(buf_view(&text), 0, INT64_MAX, n, e);
	buf_free(&text);
	return rc;
}

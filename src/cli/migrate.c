/*
 * migrate.c: `millrace migrate [--force]`: brings the database of $MILLRACE_DSN (an administrator)
 * to this release.
 *
 *   1. bootstrap     roles, extensions, schemas: as the administrator
 *   2. migrations/   each once, in a transaction of its own, as mr_owner
 *   3. sql/          all in one transaction, each file as the role it names
 *   4. sql/cron.sql  the jobs of pg_cron: as the administrator
 *
 * app.migration remembers what was applied, by checksum: a migration that was changed afterwards is
 * refused, and 1, 3 and 4 are left out while they are the same (--force: not). All of it happens
 * under one advisory lock, so that concurrent starts wait for each other.
 *
 * A longer file than most: the four steps read as one story, and share one connection state.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/secret.h"
#include "cli/sqlset.h"
#include "core/conf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"
#include "db/sync.h"

/* "millrace" as a number; any constant that is ours alone does. */
#define LOCK_SQL "select pg_catalog.pg_advisory_lock(7881706611206317925)"

/* Rows of app.migration that are no migration. */
enum {
	ROW_BOOTSTRAP = -1,
	ROW_CODE = 0,
	ROW_CRON = -2,
};

struct migrate {
	const struct place *place;
	struct pg *admin; /* holds the lock */
	struct pg *pg;    /* mr_migrate */
	struct sqlset bootstrap, migrations, code, cron;
	PGresult *applied; /* version, checksum, name */
	bool force;
	int done; /* files applied */
};

static int migrate_all(struct migrate *m, struct err *e);
static int check_server(struct migrate *m, struct err *e);
static int bootstrap(struct migrate *m, struct err *e);
static int bootstrap_run(struct migrate *m, struct err *e);
static void bootstrap_print(struct migrate *m);
static int set_passwords(struct migrate *m, struct buf *sql, struct err *e);
static int open_as_migrate(struct migrate *m, struct err *e);
static int read_applied(struct migrate *m, struct err *e);
static const char *applied_checksum(const struct migrate *m, int version);
static int apply_migrations(struct migrate *m, struct err *e);
static int apply_one(struct migrate *m, const struct sqlfile *f, struct err *e);
static int apply_code(struct migrate *m, struct err *e);
static int set_ticket_key(struct migrate *m, struct err *e);
static int apply_cron(struct migrate *m, struct err *e);
static int remember(
    struct migrate *m, int version, const char *name, const char *checksum, struct err *e);
static int in_file(const char *name, struct err *e);
static int rolled_back(struct pg *pg);

static const char *const login_roles[] = { "mr_web", "mr_worker", "mr_migrate" };

int
cmd_migrate(const struct place *place, int argc, char **argv, struct err *e)
{
	struct migrate m = { .place = place };
	int64_t began = mono_ms();
	int rc = -1;

	if (argc > 1 && strcmp(argv[1], "--force") == 0)
		m.force = true;
	else if (argc > 1)
		return err_set(e, "MR400", "usage: millrace migrate [--force]");
	if (conf_text(CONF_DSN)[0] == '\0')
		return err_set(e, "MR400",
		    "MILLRACE_DSN is not set: it names the database, as its administrator");
	if (sqlset_file(place, "migrations/bootstrap.sql", &m.bootstrap, e) == 0 &&
	    sqlset_migrations(place, &m.migrations, e) == 0 &&
	    sqlset_code(place, &m.code, e) == 0 &&
	    sqlset_file(place, "sql/cron.sql", &m.cron, e) == 0)
		rc = migrate_all(&m, e);
	if (rc == 0 && m.done == 0)
		printf("the database is up to date (%lld ms)\n", (long long)(mono_ms() - began));
	else if (rc == 0)
		printf("the database is migrated: %d files in %lld ms\n", m.done,
		    (long long)(mono_ms() - began));
	PQclear(m.applied);
	pg_close(m.pg);
	pg_close(m.admin);
	sqlset_free(&m.bootstrap);
	sqlset_free(&m.migrations);
	sqlset_free(&m.code);
	sqlset_free(&m.cron);
	return rc;
}

static int
migrate_all(struct migrate *m, struct err *e)
{
	if (pg_open(conf_text(CONF_DSN), "millrace migrate", &m->admin, e) != 0 ||
	    check_server(m, e) != 0 || pg_script(m->admin, LOCK_SQL, e) != 0 ||
	    bootstrap(m, e) != 0 || apply_migrations(m, e) != 0 || apply_code(m, e) != 0 ||
	    set_ticket_key(m, e) != 0 || apply_cron(m, e) != 0)
		return -1;
	return 0;
}

static int
check_server(struct migrate *m, struct err *e)
{
	int version = PQserverVersion(pg_conn(m->admin));

	if (version >= 150000)
		return 0;
	return err_set(
	    e, "MR500", "this server is Postgres %d: 15 or newer is needed", version / 10000);
}

/* Leaves m->pg open, and m->applied read. */
static int
bootstrap(struct migrate *m, struct err *e)
{
	const char *sum;
	struct err first;

	if (!m->force && open_as_migrate(m, &first) == 0 && read_applied(m, &first) == 0 &&
	    (sum = applied_checksum(m, ROW_BOOTSTRAP)) != NULL &&
	    strcmp(sum, m->bootstrap.checksum) == 0)
		return 0;
	pg_close(m->pg);
	m->pg = NULL;
	if (bootstrap_run(m, e) == 0) {
		m->done++;
		if (open_as_migrate(m, e) != 0)
			return -1;
	} else if (!err_is(e, "42501")) {
		return -1;
	} else if (open_as_migrate(m, &first) != 0 ||
	           pg_script(m->pg, "select 'app'::pg_catalog.regnamespace", &first) != 0) {
		bootstrap_print(m);
		return err_set(e, "MR403",
		    "this role can't make roles or extensions: have an administrator run the SQL "
		    "printed above in this database, then run this again");
	} else {
		log_warn("migrate.bootstrap",
		    "text=left to an administrator, who ran migrations/bootstrap.sql before");
	}
	if (pg_script(m->pg,
	        "begin; set local role mr_owner;"
	        "create table if not exists app.migration ("
	        "	version    integer     not null," /* <= 0: what is applied again and again
	                                                   */
	        "	name       text        not null,"
	        "	checksum   text        not null,"
	        "	applied_at timestamptz not null default now(),"
	        "	constraint migration_pkey primary key (version));"
	        "comment on table app.migration is 'What `millrace migrate` has applied.';"
	        "alter table app.migration enable row level security;"
	        "alter table app.migration force row level security;"
	        "drop policy if exists runner on app.migration;"
	        "create policy runner on app.migration to mr_owner using (true) with check (true);"
	        "commit",
	        e) != 0)
		return -1;
	if (remember(m, ROW_BOOTSTRAP, "bootstrap", m->bootstrap.checksum, e) != 0)
		return -1;
	return read_applied(m, e);
}

static int
bootstrap_run(struct migrate *m, struct err *e)
{
	struct buf passwords = { 0 };
	int rc = -1;

	if (set_passwords(m, &passwords, e) != 0)
		goto out;
	if (pg_script(m->admin, "begin", e) != 0 ||
	    pg_script(m->admin, m->bootstrap.v[0].text, e) != 0 ||
	    pg_script(m->admin, buf_cstr(&passwords), e) != 0 ||
	    pg_script(m->admin, "commit", e) != 0) {
		(void)rolled_back(m->admin);
		/* 42501 stays as it is: an administrator may have done it before, see the caller.
		 */
		if (!err_is(e, "42501") && strstr(e->text, "pg_cron") != NULL)
			(void)err_set(e, "MR500",
			    "this server has no pg_cron: install postgresql-15-cron, set "
			    "shared_preload_libraries = 'pg_cron', cron.database_name to this "
			    "database and cron.use_background_workers = on, and restart it");
		else if (!err_is(e, "42501"))
			(void)in_file(m->bootstrap.v[0].name, e);
		goto out;
	}
	rc = 0;
out:
	buf_free(&passwords);
	return rc;
}

/* Only the SCRAM verifier leaves this machine; the password itself is nowhere but in its file. */
static int
set_passwords(struct migrate *m, struct buf *sql, struct err *e)
{
	struct buf password = { 0 };
	char *verifier = NULL;
	int rc = -1;

	for (size_t i = 0; i < countof(login_roles); i++) {
		buf_reset(&password);
		if (secret_of(m->place, login_roles[i], &password, e) != 0)
			goto out;
		PQfreemem(verifier);
		verifier = PQencryptPasswordConn(
		    pg_conn(m->admin), buf_cstr(&password), login_roles[i], "scram-sha-256");
		if (verifier == NULL) {
			(void)err_set(
			    e, "MR500", "can't prepare a password for %s", login_roles[i]);
			goto out;
		}
		buf_printf(sql, "alter role %s password '%s';\n", login_roles[i], verifier);
	}
	rc = 0;
out:
	PQfreemem(verifier);
	buf_free(&password);
	return rc;
}

static void
bootstrap_print(struct migrate *m)
{
	struct buf passwords = { 0 };
	struct err ignored;

	printf("%s\n", m->bootstrap.v[0].text);
	if (set_passwords(m, &passwords, &ignored) == 0)
		printf("-- verifiers of the passwords in %s/secret\n%s\n%s\n", m->place->var,
		    buf_cstr(&passwords), m->cron.v[0].text);
	buf_free(&passwords);
}

static int
open_as_migrate(struct migrate *m, struct err *e)
{
	struct buf dsn = { 0 };
	int rc = -1;

	if (secret_dsn(m->place, conf_text(CONF_DSN), "mr_migrate", &dsn, e) == 0)
		rc = pg_open(buf_cstr(&dsn), "millrace migrate", &m->pg, e);
	buf_free(&dsn);
	return rc;
}

static int
read_applied(struct migrate *m, struct err *e)
{
	PQclear(m->applied);
	m->applied = NULL;
	if (pg_script(m->pg, "set role mr_owner", e) != 0 ||
	    pg_call(m->pg,
	        "select m.version, m.checksum, m.name from app.migration m order by m.version", 0,
	        NULL, &m->applied, e) != 0)
		return -1;
	return pg_script(m->pg, "reset role", e);
}

static const char *
applied_checksum(const struct migrate *m, int version)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", version);
	for (int i = 0; i < PQntuples(m->applied); i++) {
		if (strcmp(PQgetvalue(m->applied, i, 0), text) == 0)
			return PQgetvalue(m->applied, i, 1);
	}
	return NULL;
}

static int
apply_migrations(struct migrate *m, struct err *e)
{
	int n = PQntuples(m->applied);
	int newest = m->migrations.n > 0 ? m->migrations.v[m->migrations.n - 1].version : 0;
	int64_t last = 0;

	if (n > 0 && str_int64(str_of(PQgetvalue(m->applied, n - 1, 0)), -9, 9999, &last, e) != 0)
		return -1;
	if (last > newest)
		return err_set(e, "MR409",
		    "the database is newer than this release: it has %s, this release ends with "
		    "%04d",
		    PQgetvalue(m->applied, n - 1, 2), newest);
	for (int i = 0; i < m->migrations.n; i++) {
		const struct sqlfile *f = &m->migrations.v[i];
		const char *sum = applied_checksum(m, f->version);

		if (sum == NULL && f->version < last)
			return err_set(e, "MR409",
			    "%s comes too late: %s was applied without it; give it a number "
			    "above %04d",
			    f->name, PQgetvalue(m->applied, n - 1, 2), (int)last);
		if (sum == NULL && apply_one(m, f, e) != 0)
			return -1;
		if (sum != NULL && strcmp(sum, f->checksum) != 0)
			return err_set(e, "MR409",
			    "%s was changed after it had been applied: restore it (its sha256 was "
			    "%.12s…), and put the change into a new migration",
			    f->name, sum);
	}
	return 0;
}

static int
apply_one(struct migrate *m, const struct sqlfile *f, struct err *e)
{
	if (pg_script(m->pg, "begin; set local role mr_owner", e) != 0 ||
	    pg_script(m->pg, f->text, e) != 0 ||
	    remember(m, f->version, f->name, f->checksum, e) != 0 ||
	    pg_script(m->pg, "commit", e) != 0) {
		(void)rolled_back(m->pg);
		return in_file(f->name, e);
	}
	m->done++;
	printf("applied %s\n", f->name);
	return 0;
}

static int
apply_code(struct migrate *m, struct err *e)
{
	const char *sum = applied_checksum(m, ROW_CODE);

	if (!m->force && sum != NULL && strcmp(sum, m->code.checksum) == 0)
		return 0;
	if (pg_script(m->pg, "begin", e) != 0)
		return -1;
	for (int i = 0; i < m->code.n; i++) {
		/* Each file names its role; none inherits the one before. */
		if (pg_script(m->pg, "reset role", e) != 0 ||
		    pg_script(m->pg, m->code.v[i].text, e) != 0) {
			(void)rolled_back(m->pg);
			return in_file(m->code.v[i].name, e);
		}
	}
	if (remember(m, ROW_CODE, "sql", m->code.checksum, e) != 0 ||
	    pg_script(m->pg, "commit", e) != 0) {
		(void)rolled_back(m->pg);
		return -1;
	}
	m->done += m->code.n;
	printf("applied sql/ (%d files)\n", m->code.n);
	return 0;
}

/* What lets SQL say to the vault that a person may use a key (app.vault_ticket). */
static int
set_ticket_key(struct migrate *m, struct err *e)
{
	struct buf key = { 0 };
	const char *params[1];
	int rc = -1;

	if (secret_of(m->place, "vault_ticket", &key, e) != 0)
		goto out;
	params[0] = buf_cstr(&key);
	if (pg_script(m->pg, "set role mr_owner", e) != 0 ||
	    pg_call(m->pg,
	        "insert into app.vault_ticket_key as k (key) values ($1)"
	        " on conflict (id) do update set key = excluded.key where k.key <> excluded.key",
	        1, params, NULL, e) != 0)
		goto out;
	rc = pg_script(m->pg, "reset role", e);
out:
	buf_free(&key);
	return rc;
}

static int
apply_cron(struct migrate *m, struct err *e)
{
	const char *sum = applied_checksum(m, ROW_CRON);

	if (!m->force && sum != NULL && strcmp(sum, m->cron.checksum) == 0)
		return 0;
	if (pg_script(m->admin, m->cron.v[0].text, e) != 0) {
		if (!err_is(e, "42501") && !err_is(e, "3F000"))
			return in_file(m->cron.v[0].name, e);
		log_warn("migrate.cron", "text=an administrator has to run sql/cron.sql");
		return 0;
	}
	m->done++;
	return remember(m, ROW_CRON, "cron", m->cron.checksum, e);
}

/* Inside a transaction or not; leaves the role as it was before. */
static int
remember(struct migrate *m, int version, const char *name, const char *checksum, struct err *e)
{
	char number[16];
	const char *const params[] = { number, name, checksum };

	(void)snprintf(number, sizeof(number), "%d", version);
	if (pg_script(m->pg, "set role mr_owner", e) != 0 ||
	    pg_call(m->pg,
	        "insert into app.migration as m (version, name, checksum) values ($1, $2, $3)"
	        " on conflict (version) do update set checksum = excluded.checksum,"
	        " name = excluded.name, applied_at = now()",
	        3, params, NULL, e) != 0)
		return -1;
	return pg_script(m->pg, "reset role", e);
}

static int
in_file(const char *name, struct err *e)
{
	struct err inner = *e;

	return err_set(e, inner.code, "%s: %s", name, inner.text);
}

/* The error that led here is the one to tell. */
static int
rolled_back(struct pg *pg)
{
	struct err ignored;

	return pg_script(pg, "rollback", &ignored);
}

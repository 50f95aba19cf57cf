#include "cli/sqlset.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "core/mem.h"

static int add_file(
    const struct place *place, const char *name, int version, struct sqlset *out, struct err *e);
static int add_folder(const struct place *place, const char *folder, bool numbered,
    struct sqlset *out, struct err *e);
static int version_of(const char *name, int before, int *out, struct err *e);
static void sum_all(struct sqlset *set);
static int is_sql(const struct dirent *entry);
static int is_numbered(const struct dirent *entry);
static int by_bytes(const struct dirent **a, const struct dirent **b);

int
sqlset_file(const struct place *place, const char *name, struct sqlset *out, struct err *e)
{
	int rc;

	*out = (struct sqlset){ 0 };
	rc = add_file(place, name, 0, out, e);
	sum_all(out);
	return rc;
}

int
sqlset_migrations(const struct place *place, struct sqlset *out, struct err *e)
{
	int rc;

	*out = (struct sqlset){ 0 };
	rc = add_folder(place, "migrations", true, out, e);
	sum_all(out);
	return rc;
}

int
sqlset_code(const struct place *place, struct sqlset *out, struct err *e)
{
	static const char *const folders[] = { "sql/app", "sql/api", "sql/work", "sql/ops",
		"sql/report" };
	int rc;

	*out = (struct sqlset){ 0 };
	rc = add_file(place, "sql/clear.sql", 0, out, e);
	for (size_t i = 0; i < countof(folders) && rc == 0; i++)
		rc = add_folder(place, folders[i], false, out, e);
	sum_all(out);
	return rc;
}

void
sqlset_free(struct sqlset *set)
{
	for (int i = 0; i < set->n; i++) {
		mem_free(set->v[i].name);
		mem_free(set->v[i].text);
	}
	mem_free(set->v);
	*set = (struct sqlset){ 0 };
}

static int
add_folder(
    const struct place *place, const char *folder, bool numbered, struct sqlset *out, struct err *e)
{
	char path[PATH_MAX], name[PATH_MAX];
	struct dirent **entries = NULL;
	int n, version = 0, rc = 0;

	n = scandir(path_of(path, place->root, folder, NULL), &entries,
	    numbered ? is_numbered : is_sql, by_bytes);
	if (n < 0)
		return errno == ENOENT ? 0 : err_set(e, "MR500", "can't read the folder %s", path);
	for (int i = 0; i < n; i++) {
		if (rc == 0 && numbered)
			rc = version_of(entries[i]->d_name, version, &version, e);
		if (rc == 0)
			rc = add_file(place, path_of(name, folder, entries[i]->d_name, NULL),
			    version, out, e);
		mem_free(entries[i]);
	}
	mem_free(entries);
	return rc;
}

/* Numbers only grow; they may leave some out, for what several people prepare at once. */
static int
version_of(const char *name, int before, int *out, struct err *e)
{
	int64_t n;

	if (str_int64(str_make(name, 4), 1, 9999, &n, e) != 0 || name[4] != '_')
		return err_set(e, "MR400", "migrations/%s: the name must begin with 0001_", name);
	if (n <= before)
		return err_set(e, "MR400", "migrations/%s: there is a %04d already", name, before);
	*out = (int)n;
	return 0;
}

static int
add_file(
    const struct place *place, const char *name, int version, struct sqlset *out, struct err *e)
{
	char path[PATH_MAX];
	uint8_t digest[SHA256_SIZE];
	struct buf text = { 0 };
	struct sqlfile *f;

	if (file_read(path_of(path, place->root, name, NULL), &text, e) != 0) {
		buf_free(&text);
		return -1;
	}
	if (out->n == out->cap) {
		out->cap = out->cap ? out->cap * 2 : 32;
		out->v = mem_grow(out->v, (size_t)out->cap, sizeof(*out->v));
	}
	f = &out->v[out->n++];
	*f = (struct sqlfile){ .version = version, .name = mem_strdup(name) };
	crypto_sha256(buf_view(&text), digest);
	(void)crypto_hex(digest, sizeof(digest), f->checksum);
	(void)buf_cstr(&text);
	f->text = buf_detach(&text);
	return 0;
}

static void
sum_all(struct sqlset *set)
{
	struct buf all = { 0 };
	uint8_t digest[SHA256_SIZE];

	for (int i = 0; i < set->n; i++)
		buf_printf(&all, "%s %s\n", set->v[i].name, set->v[i].checksum);
	crypto_sha256(buf_view(&all), digest);
	(void)crypto_hex(digest, sizeof(digest), set->checksum);
	buf_free(&all);
}

static int
is_sql(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && str_ends(str_of(entry->d_name), ".sql");
}

static int
is_numbered(const struct dirent *entry)
{
	return entry->d_name[0] >= '0' && entry->d_name[0] <= '9' && is_sql(entry);
}

/* Not by the locale: the order must be the same everywhere. */
static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

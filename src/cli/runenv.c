#include "cli/runenv.h"

#include <string.h>
#include <unistd.h>

static const char *runenv_path(const struct place *place, char path[PATH_MAX]);
static bool line_is(struct str line, const char *name, struct str *value);

bool
runenv_get(const struct place *place, const char *name, struct buf *out)
{
	char path[PATH_MAX];
	struct buf text = { 0 };
	struct str rest, line, value;
	struct err e;
	bool found = false;

	if (file_read(runenv_path(place, path), &text, &e) == 0) {
		rest = buf_view(&text);
		while (!found && str_next(&rest, '\n', &line)) {
			found = line_is(line, name, &value);
			if (found && str_starts(value, "'") && str_ends(value, "'") && value.n > 1)
				value = str_sub(value, 1, value.n - 2);
			if (found)
				buf_str(out, value);
		}
	}
	buf_free(&text);
	return found;
}

int
runenv_set(const struct place *place, const char *name, const char *value, struct err *e)
{
	char path[PATH_MAX];
	struct buf old = { 0 }, text = { 0 };
	struct str rest, line;
	struct err none;
	bool quoted = strpbrk(value, " &;?|<>()$`\\\"*[]~#!{}") != NULL;
	bool done = false;
	int rc = -1;

	if (strpbrk(value, "'\n") != NULL)
		return err_set(
		    e, "MR400", "%s can't be written to run.env: it holds a quote", name);
	if (file_read(runenv_path(place, path), &old, &none) != 0)
		buf_text(&old, "# Written by `millrace seed`; secret. For scripts: . run.env");
	rest = buf_view(&old);
	while (str_next(&rest, '\n', &line)) {
		struct str ignored;

		if (!line_is(line, name, &ignored)) {
			if (line.n > 0)
				buf_printf(&text, STR_FMT "\n", STR_ARG(line));
		} else if (!done) {
			buf_printf(&text, quoted ? "%s='%s'\n" : "%s=%s\n", name, value);
			done = true;
		}
	}
	if (!done)
		buf_printf(&text, quoted ? "%s='%s'\n" : "%s=%s\n", name, value);
	if (old.len == text.len && memcmp(old.data, text.data, old.len) == 0)
		rc = 0;
	else
		rc = file_write(path, 0600, buf_view(&text), e);
	buf_free(&old);
	buf_free(&text);
	return rc;
}

bool
runenv_exists(const struct place *place)
{
	char path[PATH_MAX];

	return access(runenv_path(place, path), F_OK) == 0;
}

static const char *
runenv_path(const struct place *place, char path[PATH_MAX])
{
	return path_of(path, place->var, "run.env", NULL);
}

static bool
line_is(struct str line, const char *name, struct str *value)
{
	size_t n = strlen(name);

	if (!str_starts(line, name) || line.n <= n || line.p[n] != '=')
		return false;
	*value = str_sub(line, n + 1, line.n);
	return true;
}

#include "cli/ready.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/http.h"
#include "core/conf.h"
#include "core/time.h"

#define READY_MAX_MS 60000
#define LOOK_MS 50

static bool log_last(const struct place *place, const char *name, struct buf *out);

bool
ready_is(void)
{
	struct http http = { 0 };
	struct err e;
	int status = 0;
	bool ok;

	buf_printf(&http.base, "http://%s:%d",
	    strcmp(conf_text(CONF_BIND), "0.0.0.0") == 0 ? "127.0.0.1" : conf_text(CONF_BIND),
	    (int)conf_int(CONF_PORT));
	ok = http_call(&http, "GET", "/readyz", NULL, &status, NULL, &e) == 0 && status == 200;
	http_free(&http);
	return ok;
}

int
ready_wait(const struct place *place, pid_t pid, struct err *e)
{
	static const char *const names[] = { "web", "worker", "egress", "vault", "up" };
	int64_t ends = mono_ms() + READY_MAX_MS;
	struct buf said = { 0 };
	bool gone = false;

	while (mono_ms() < ends && !gone) {
		if (ready_is())
			return 0;
		gone = waitpid(pid, NULL, WNOHANG) == pid;
		(void)poll(NULL, 0, LOOK_MS);
	}
	for (size_t i = 0; i < countof(names) && said.len == 0; i++)
		(void)log_last(place, names[i], &said);
	(void)err_set(e, "MR503", "%s; the logs are in %s/log. %s",
	    gone ? "the supervisor ended" : "not ready after 60 s", place->var, buf_cstr(&said));
	buf_free(&said);
	return -1;
}

/* The last line at level error of a log; false when there is none. */
static bool
log_last(const struct place *place, const char *name, struct buf *out)
{
	char path[PATH_MAX], file[40];
	struct buf text = { 0 };
	struct str rest, line, last = { 0 };
	struct err e;

	(void)snprintf(file, sizeof(file), "%s.log", name);
	if (file_read(path_of(path, place->var, "log", file, NULL), &text, &e) == 0) {
		rest = buf_view(&text);
		while (str_next(&rest, '\n', &line)) {
			if (str_find(line, "\"level\":\"error\"", 0) >= 0)
				last = line;
		}
		if (last.n > 0)
			buf_printf(
			    out, "%s.log says: " STR_FMT, name, STR_ARG(str_sub(last, 0, 300)));
	}
	buf_free(&text);
	return out->len > 0;
}

/*
 * stop.c: `millrace stop` ends the supervisor, and with it all processes; `millrace status` says
 * what runs.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/lock.h"
#include "cli/ready.h"
#include "core/time.h"

#define STOP_MAX_MS 90000 /* more than the times of all processes together */
#define LOOK_MS 20

int
cmd_stop(const struct place *place, int argc, char **argv, struct err *e)
{
	pid_t pid = lock_holder(place);
	int64_t ends = mono_ms() + STOP_MAX_MS;

	(void)argc;
	(void)argv;
	if (pid == 0) {
		printf("nothing was running\n");
		return 0;
	}
	if (kill(pid, SIGTERM) != 0)
		return err_set(e, "MR403", "can't end process %d: %s", (int)pid, strerror(errno));
	while (lock_holder(place) == pid) {
		if (mono_ms() > ends)
			return err_set(e, "MR503", "process %d does not end: see %s/log/up.log",
			    (int)pid, place->var);
		(void)poll(NULL, 0, LOOK_MS);
	}
	printf("stopped\n");
	return 0;
}

int
cmd_status(const struct place *place, int argc, char **argv, struct err *e)
{
	static const char *const names[] = { "web", "worker", "egress", "vault", "echo" };
	pid_t pid = lock_holder(place);

	(void)argc;
	(void)argv;
	if (pid == 0)
		return err_set(e, "MR503", "not running");
	printf("%-10s %d\n", "supervisor", (int)pid);
	for (size_t i = 0; i < countof(names); i++) {
		char path[PATH_MAX], file[40];
		struct buf text = { 0 };
		struct err none;

		(void)snprintf(file, sizeof(file), "%s.pid", names[i]);
		if (file_read(path_of(path, place->var, "run", file, NULL), &text, &none) == 0)
			printf("%-10s " STR_FMT "\n", names[i], STR_ARG(str_trim(buf_view(&text))));
		buf_free(&text);
	}
	return ready_is() ? 0 : err_set(e, "MR503", "it runs, and is not ready");
}

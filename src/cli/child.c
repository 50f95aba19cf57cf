#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/process.h"

#define LISTENER_FD 3

static mr_noreturn void child_run(
    const char *program, const struct child_spec *spec, int log, int why);
static int child_environment(const struct child_spec *spec);
static int child_descriptors(const struct child_spec *spec, int log);
static int write_pid(const char *path, pid_t pid, struct err *e);

int
child_start(const struct place *place, const struct child_spec *spec, pid_t *pid, struct err *e)
{
	char path[PATH_MAX], name[64], text[200] = "";
	int log = -1, why[2] = { -1, -1 }, rc = -1;
	ssize_t n;

	(void)snprintf(name, sizeof(name), "%s.log", spec->name);
	log = open(path_of(path, place->var, "log", name, NULL),
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (log < 0) {
		(void)err_set(e, "MR500", "can't open %s: %s", path, strerror(errno));
		goto out;
	}
	/* Closed by a successful exec; else it says why there was none. */
	if (pipe2(why, O_CLOEXEC) != 0 || (*pid = fork()) < 0) {
		(void)err_set(e, "MR500", "can't start %s: %s", spec->name, strerror(errno));
		goto out;
	}
	(void)path_of(path, place->bin, spec->program, NULL);
	if (*pid == 0)
		child_run(path, spec, log, why[1]);
	(void)close(why[1]);
	why[1] = -1;
	do
		n = read(why[0], text, sizeof(text) - 1);
	while (n < 0 && errno == EINTR);
	if (n > 0) {
		(void)err_set(e, "MR500", "can't start %s: %s", spec->program, text);
		goto out;
	}
	(void)snprintf(name, sizeof(name), "%s.pid", spec->name);
	rc = write_pid(path_of(path, place->var, "run", name, NULL), *pid, e);
out:
	if (log >= 0)
		(void)close(log);
	for (int i = 0; i < 2; i++) {
		if (why[i] >= 0)
			(void)close(why[i]);
	}
	return rc;
}

void
child_ended(const struct place *place, const struct child_spec *spec)
{
	char path[PATH_MAX], name[64];

	(void)snprintf(name, sizeof(name), "%s.pid", spec->name);
	(void)unlink(path_of(path, place->var, "run", name, NULL));
}

static mr_noreturn void
child_run(const char *program, const struct child_spec *spec, int log, int why)
{
	const char *argv[CHILD_ARGS_MAX + 1] = { spec->program };
	struct err e = { 0 };
	sigset_t none;

	for (int i = 0; i < CHILD_ARGS_MAX && spec->args[i] != NULL; i++)
		argv[i + 1] = spec->args[i];
	/* The loop's signals are blocked here, and a blocked signal stays blocked through exec. */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	/* A Ctrl-C at the terminal is for the supervisor, who ends us in order. */
	(void)setpgid(0, 0);
	if (spec->locks_memory)
		(void)setrlimit(RLIMIT_MEMLOCK,
		    &(struct rlimit){ .rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY });
	if (child_environment(spec) != 0 || child_descriptors(spec, log) != 0)
		(void)err_set(&e, "MR500", "%s", strerror(errno));
	else if (spec->user == NULL || process_become(spec->user, &e) == 0) {
		/* After the change of user, which clears it. */
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		(void)execv(program, (char *const *)(uintptr_t)argv);
		(void)err_set(&e, "MR500", "%s: %s", program, strerror(errno));
	}
	if (write(why, e.text, strlen(e.text)) < 0)
		_exit(126);
	_exit(127);
}

static int
child_environment(const struct child_spec *spec)
{
	int rc =
	    spec->dsn != NULL ? setenv("MILLRACE_DSN", spec->dsn, 1) : unsetenv("MILLRACE_DSN");

	/* libpq looks for certificates at home, and ends where it may not look: ours is closed. */
	if (rc == 0 && geteuid() == 0)
		rc = setenv("HOME", "/nonexistent", 1);
	if (rc == 0 && !spec->mails)
		rc = unsetenv("MILLRACE_SMTP_URL");
	if (rc == 0)
		rc = spec->ticket_key != NULL
		         ? setenv("MILLRACE_VAULT_TICKET_KEY", spec->ticket_key, 1)
		         : unsetenv("MILLRACE_VAULT_TICKET_KEY");
	/* Master keys that were given by the environment are for the vault alone. */
	if (rc == 0 && spec->ticket_key == NULL)
		rc = unsetenv("MILLRACE_KEK");
	if (rc == 0)
		rc = spec->listener >= 0 ? setenv("LISTEN_FDS", "1", 1) : unsetenv("LISTEN_FDS");
	return rc;
}

/* Everything else is close-on-exec. */
static int
child_descriptors(const struct child_spec *spec, int log)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0 ||
	    dup2(log, STDERR_FILENO) < 0)
		return -1;
	if (spec->listener < 0)
		return 0;
	if (spec->listener == LISTENER_FD)
		return fcntl(LISTENER_FD, F_SETFD, 0);
	return dup2(spec->listener, LISTENER_FD) < 0 ? -1 : 0;
}

static int
write_pid(const char *path, pid_t pid, struct err *e)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%d\n", (int)pid);
	return file_write(path, 0644, str_of(text), e);
}

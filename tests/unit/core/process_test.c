#include "unit.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/process.h"

/* Runs fn in a child and gives its exit status. */
static int
in_child(int (*fn)(void))
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0)
		_exit(fn());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int
become_nobody(void)
{
	struct err e;

	if (process_become("nobody", &e) != 0)
		return 1;
	return getuid() != 0 && getgroups(0, NULL) <= 1 && setuid(0) != 0 ? 0 : 2;
}

static void
root_becomes_another_user_for_good(void **state)
{
	struct err e;

	(void)state;
	if (getuid() != 0) {
		print_message("skipped: only root can become another user\n");
		skip();
	}
	assert_err(process_become("no-such-user", &e), e, "MR500", "");
	assert_int_equal(in_child(become_nobody), 0);
	assert_int_equal(getuid(), 0);
}

static int
harden(void)
{
	process_harden();
	return process_open_files(64) >= 64 ? 0 : 1;
}

static void
a_hardened_process_still_opens_files(void **state)
{
	(void)state;
	assert_int_equal(in_child(harden), 0);
}

/* A grandchild that outlives its parent unless the kernel ends it; its end closes the pipe. */
static void
a_process_dies_with_its_parent(void **state)
{
	int ends[2];
	char byte;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		pid_t parent = getpid();

		if (fork() == 0) {
			process_die_with_parent(SIGKILL, parent);
			if (write(ends[1], "r", 1) == 1)
				pause();
			_exit(0);
		}
		pause();
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_becomes_another_user_for_good),
		cmocka_unit_test(a_hardened_process_still_opens_files),
		cmocka_unit_test(a_process_dies_with_its_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

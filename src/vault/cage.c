#include "vault/cage.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>

/* Under the address sanitizer the run time needs more than we do: then there is no cage. */
#if defined(__SANITIZE_ADDRESS__)
int
cage_enter(struct err *e)
{
	(void)e;
	return 0;
}
#else

static const int allowed[] = {
	/* serving */
	SCMP_SYS(accept4),
	SCMP_SYS(getsockopt),
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(sendto),
	SCMP_SYS(close),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(getrandom),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(geteuid),
	SCMP_SYS(restart_syscall),
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(mmap),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(mprotect),
	SCMP_SYS(futex),
	/* the file of master keys, when one is added */
	SCMP_SYS(openat),
	SCMP_SYS(fsync),
	SCMP_SYS(rename),
	SCMP_SYS(newfstatat),
	SCMP_SYS(fstat),
	/* the end */
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(tgkill),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

int
cage_enter(struct err *e)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc = ctx != NULL ? 0 : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < sizeof(allowed) / sizeof(allowed[0]); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	if (rc != 0)
		return err_set(e, "MR500", "the filter of system calls: %s", strerror(-rc));
	return 0;
}
#endif

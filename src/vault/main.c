/*
 * main.c: millrace-vault [--worker <uid>]… [--web <uid>]…
 *
 *   --worker, --web   the users of these processes; else our own is both
 *
 * It has no network and no database: only the socket. With LISTEN_FDS=1 in the environment
 * descriptor 3 is the listening socket; else the process makes $MILLRACE_VAULT_SOCK itself.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/conf.h"
#include "core/frame_server.h"
#include "core/log.h"
#include "core/process.h"
#include "vault/cage.h"
#include "vault/serve.h"

/* Static, so that its pages can be locked one by one where locking all is not allowed. */
static struct vault vault;

static int options_read(struct serve_peers *peers, int argc, char **argv, struct err *e);
static int uid_add(uid_t *list, int *n, const char *text, struct err *e);
static void memory_lock(void);
static const char *kek_path(void);
static int vault_open(struct loop **loop, int *listener, struct err *e);
static void on_term(int signo, void *arg);

int
main(int argc, char **argv)
{
	struct serve_peers peers = { 0 };
	enum log_level level = LOG_LEVEL_INFO;
	struct serve *serve = NULL;
	struct loop *loop = NULL;
	pid_t parent = getppid();
	struct err e;
	int listener = -1, rc = 1;

	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_TRIM_THRESHOLD, 256 * 1024);
	log_init("vault", LOG_LEVEL_INFO, STDERR_FILENO);
	process_die_with_parent(SIGTERM, parent);
	process_harden();
	if (conf_load(&e) != 0 || log_level_parse(conf_text(CONF_LOG_LEVEL), &level, &e) != 0)
		goto out;
	log_init("vault", level, STDERR_FILENO);
	memory_lock();
	vault.ticket_key = conf_text(CONF_VAULT_TICKET_KEY);
	if (options_read(&peers, argc, argv, &e) != 0 ||
	    kek_load(&vault.keks, conf_text(CONF_KEK), kek_path(), &e) != 0 ||
	    vault_open(&loop, &listener, &e) != 0)
		goto out;
	serve = serve_new(loop, &vault, listener, &peers);
	if (cage_enter(&e) != 0)
		goto out;
	log_info("vault.ready", "keys=%d current=%08x", vault.keks.n, kek_current(&vault.keks)->id);
	loop_run(loop);
	log_info("vault.stop", "pid=%d", (int)getpid());
	rc = 0;
out:
	if (rc != 0)
		log_err(LOG_LEVEL_ERROR, "vault.start", &e);
	serve_free(serve);
	loop_free(loop);
	explicit_bzero(&vault, sizeof(vault));
	return rc;
}

static int
options_read(struct serve_peers *peers, int argc, char **argv, struct err *e)
{
	static const struct option options[] = {
		{ "worker", required_argument, NULL, 'w' },
		{ "web", required_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option, rc = 0;

	while (rc == 0 && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'w')
			rc = uid_add(peers->worker, &peers->n_worker, optarg, e);
		else if (option == 'h')
			rc = uid_add(peers->web, &peers->n_web, optarg, e);
		else
			rc = err_set(e, "MR400", "unknown option; src/vault/main.c lists them");
	}
	if (peers->n_worker + peers->n_web == 0) {
		peers->worker[peers->n_worker++] = geteuid();
		peers->web[peers->n_web++] = geteuid();
	}
	return rc;
}

static int
uid_add(uid_t *list, int *n, const char *text, struct err *e)
{
	int64_t uid;

	if (*n == SERVE_UIDS || str_int64(str_of(text), 0, UINT32_MAX - 1, &uid, e) != 0)
		return err_set(e, "MR400", "%s is no user id, or one too many", text);
	list[(*n)++] = (uid_t)uid;
	return 0;
}

/*
 * Nothing of ours may reach swap. Where locked memory has a limit only what is there now is locked:
 * else the first allocation beyond the limit would fail, and end us under load.
 */
static void
memory_lock(void)
{
	struct rlimit limit = { 0 };
	bool unlimited = getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;

	if (unlimited && mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0)
		return;
	if (mlockall(MCL_CURRENT | MCL_ONFAULT) == 0 || mlock(&vault, sizeof(vault)) == 0)
		log_warn("vault.memory", "text=only the master keys are kept out of swap: raise "
		                         "the limit of locked memory (LimitMEMLOCK)");
	else
		log_warn("vault.memory", "text=nothing is kept out of swap: %s", strerror(errno));
}

static const char *
kek_path(void)
{
	static char path[PATH_MAX];

	if (conf_text(CONF_KEK_FILE)[0] != '\0')
		return conf_text(CONF_KEK_FILE);
	(void)snprintf(path, sizeof(path), "%s/vault/kek", conf_text(CONF_VAR));
	return path;
}

static int
vault_open(struct loop **loop, int *listener, struct err *e)
{
	if (loop_new(loop, e) != 0 || loop_signal(*loop, SIGTERM, on_term, *loop, e) != 0 ||
	    loop_signal(*loop, SIGINT, on_term, *loop, e) != 0)
		return -1;
	(void)signal(SIGPIPE, SIG_IGN);
	return frame_server_listen(CONF_VAULT_SOCK, listener, e);
}

/* A question is answered in the turn it arrives in, so there is nothing to drain. */
static void
on_term(int signo, void *arg)
{
	(void)signo;
	loop_stop(arg);
}

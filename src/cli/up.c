/*
 * up.c: `millrace up [--detach] [--demo]`: the supervisor.
 *
 *   vault, egress, worker, web     [and echo] start in this order; one that ends is started again
 *                                  after 0.2 s, then twice as long each time, up to 10 s; ten
 *                                  seconds of life make it 0.2 s again
 *   SIGTERM, SIGINT                ends them in order: web (requests), worker (leases), egress,
 *                                  vault, echo; each gets its time, then SIGKILL; a second signal
 *                                  shortens it
 *
 * As root each process runs as a system user of its own; only the supervisor stays root. It binds
 * the sockets of egress, vault and echo itself, so these live on while their process starts again.
 *
 * A longer file than most: preparation, run and end of one table of processes.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/child.h"
#include "cli/cli.h"
#include "cli/listen.h"
#include "cli/lock.h"
#include "cli/ready.h"
#include "cli/runenv.h"
#include "cli/secret.h"
#include "cli/tree.h"
#include "core/conf.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/mem.h"
#include "core/sock.h"
#include "core/time.h"

#define BACKOFF_FIRST_MS 200
#define BACKOFF_LAST_MS 10000
#define STABLE_MS 10000
#define TREE_MS 3000 /* how often the process ids of run.env are looked over */

struct up;

struct child {
	struct child_spec spec;
	struct up *up;
	struct loop_timer timer; /* its next start, or its SIGKILL */
	pid_t pid;               /* 0 = it does not run */
	int64_t began_ms;
	int64_t backoff_ms;
	int64_t grace_ms; /* from SIGTERM to SIGKILL */
};

enum {
	WEB, /* in the order they are ended */
	WORKER,
	EGRESS,
	VAULT,
	ECHO,
	CHILDREN,
};

struct up {
	const struct place *place;
	struct loop *loop;
	struct loop_timer tree;
	struct child child[CHILDREN];
	struct buf web_dsn, worker_dsn, ticket_key;
	char own[CHILD_ARGS_MAX / 2 - 4][64]; /* what egress must not dial */
	int n_own;
	char worker_uid[16], web_uid[16];
	bool demo, detach;
	int stopping; /* how many signals asked for it */
};

static int up_prepare(struct up *up, struct err *e);
static int up_environment(struct up *up, struct err *e);
static int mail_environment(struct err *e);
static int check_ports(struct err *e);
static int peers_prepare(struct up *up, struct err *e);
static int uid_text(const char *user, char text[16], struct err *e);
static int socket_open(const char *path, int *fd, struct err *e);
static int vault_prepare(struct up *up, struct err *e);
static int egress_prepare(struct up *up, struct err *e);
static int worker_prepare(struct up *up, struct err *e);
static void own_add(const char *address, void *arg);
static int echo_prepare(struct up *up, struct err *e);
static int up_run(struct up *up, struct err *e);
static int detach(const struct place *place, struct err *e);
static void child_go(struct child *c);
static void child_due(struct loop_timer *t, void *arg);
static void child_kill(struct loop_timer *t, void *arg);
static void child_gone(struct child *c, int status);
static void on_child(int signo, void *arg);
static void on_stop(int signo, void *arg);
static void stop_next(struct up *up);
static void tree_look(struct loop_timer *t, void *arg);

int
cmd_up(const struct place *place, int argc, char **argv, struct err *e)
{
	struct up up = { .place = place };
	int rc = -1;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--detach") == 0)
			up.detach = true;
		else if (strcmp(argv[i], "--demo") == 0)
			up.demo = true;
		else
			return err_set(e, "MR400", "usage: millrace up [--detach] [--demo]");
	}
	if (conf_text(CONF_DSN)[0] == '\0')
		return err_set(e, "MR400",
		    "MILLRACE_DSN is not set: it names the database, as its administrator");
	if (lock_holder(place) != 0)
		return err_set(
		    e, "MR409", "it is running already (process %d)", (int)lock_holder(place));
	if (check_ports(e) != 0)
		return -1;
	if (up.detach) {
		rc = detach(place, e);
		if (rc != 0) /* we are the one who waited: *e tells how it went */
			return e->code[0] == '\0' ? 0 : -1;
	}
	if (lock_take(place, e) == 0 && up_prepare(&up, e) == 0 && up_run(&up, e) == 0)
		rc = 0;
	else
		rc = -1;
	loop_free(up.loop);
	buf_free(&up.web_dsn);
	buf_free(&up.worker_dsn);
	buf_free(&up.ticket_key);
	return rc;
}

static int
up_prepare(struct up *up, struct err *e)
{
	const char *dsn = conf_text(CONF_DSN);

	umask(022);
	(void)signal(SIGPIPE, SIG_IGN);
	up->child[WEB] = (struct child){ .grace_ms = 25000,
		.spec = { .name = "web", .program = "millrace-web", .user = "millrace-web" } };
	up->child[WORKER] = (struct child){ .grace_ms = 30000,
		.spec = {
		    .name = "worker", .program = "millrace-worker", .user = "millrace-worker" } };
	up->child[EGRESS] = (struct child){ .grace_ms = 22000,
		.spec = { .name = "egress",
		    .program = "millrace-egress",
		    .user = "millrace-egress",
		    .mails = true } };
	up->child[VAULT] = (struct child){ .grace_ms = 2000,
		.spec = {
		    .name = "vault", .program = "millrace-vault", .user = "millrace-vault" } };
	up->child[ECHO] = (struct child){ .grace_ms = 2000,
		.spec = { .name = "echo",
		    .program = "millrace",
		    .user = "millrace-egress",
		    .args = { "echo" } } };
	for (int i = 0; i < CHILDREN; i++) {
		up->child[i].up = up;
		up->child[i].spec.listener = -1;
	}
	if (geteuid() != 0)
		log_warn("up.user", "text=not root: all processes run as this user, who can read "
		                    "each other's memory");
	if (secret_dsn(up->place, dsn, "mr_web", &up->web_dsn, e) != 0 ||
	    secret_dsn(up->place, dsn, "mr_worker", &up->worker_dsn, e) != 0 ||
	    up_environment(up, e) != 0 || peers_prepare(up, e) != 0 || vault_prepare(up, e) != 0 ||
	    egress_prepare(up, e) != 0 || worker_prepare(up, e) != 0)
		return -1;
	up->child[WEB].spec.dsn = buf_cstr(&up->web_dsn);
	up->child[WEB].spec.args[0] = "-fnr"; /* foreground, no chroot, no change of user */
	up->child[WORKER].spec.dsn = buf_cstr(&up->worker_dsn);
	return up->demo ? echo_prepare(up, e) : 0;
}

/* What the processes need and nobody set; they inherit it. */
static int
up_environment(struct up *up, struct err *e)
{
	const char *root = up->place->root, *var = up->place->var;
	char path[PATH_MAX];

	if (setenv("MILLRACE_VAR", var, 1) != 0 ||
	    setenv("MILLRACE_UI", path_of(path, root, "assets/ui/dist", NULL), 0) != 0 ||
	    setenv("MILLRACE_OPENAPI", path_of(path, root, "assets/openapi.json", NULL), 0) != 0 ||
	    setenv("MILLRACE_JWT_KEYS", path_of(path, var, "keys", NULL), 0) != 0 ||
	    setenv("MILLRACE_EGRESS_SOCK", path_of(path, var, "run/egress.sock", NULL), 0) != 0 ||
	    setenv("MILLRACE_VAULT_SOCK", path_of(path, var, "run/vault.sock", NULL), 0) != 0 ||
	    setenv("MILLRACE_OFFER_SOCK", path_of(path, var, "run/offer.sock", NULL), 0) != 0 ||
	    setenv("MILLRACE_EGRESS_CEILING", path_of(path, var, "egress.ceiling", NULL), 0) != 0)
		return err_set(e, "MR500", "out of memory for the environment");
	return conf_load(e) == 0 ? mail_environment(e) : -1;
}

/* The worker is told who sends, egress alone where to: that setting holds a password. */
static int
mail_environment(struct err *e)
{
	struct buf url = { 0 }, from = { 0 };
	struct str rest, host;
	int rc = 0;

	if (conf_text(CONF_SMTP_URL)[0] == '\0') {
		rc = unsetenv("MILLRACE_MAIL_FROM");
	} else if (conf_text(CONF_MAIL_FROM)[0] == '\0') {
		conf_public_url(&url);
		rest = buf_view(&url);
		rest = str_sub(rest, (size_t)(str_find(rest, "://", 0) + 3), rest.n);
		(void)str_next(&rest, '/', &host);
		rest = host;
		(void)str_next(&rest, ':', &host);
		buf_printf(&from, "Millrace <no-reply@" STR_FMT ">", STR_ARG(host));
		rc = setenv("MILLRACE_MAIL_FROM", buf_cstr(&from), 1);
	}
	buf_free(&url);
	buf_free(&from);
	return rc == 0 ? conf_load(e) : err_set(e, "MR500", "out of memory for the environment");
}

/* Before anything starts, and before the wait for readiness: the reason is plain now. */
static int
check_ports(struct err *e)
{
	int port = (int)conf_int(CONF_PORT), bound, fd;

	for (int i = 0; i < 2; i++) {
		if (listen_tcp(i == 0 ? conf_text(CONF_BIND) : "127.0.0.1", port + i, &fd, &bound,
		        e) != 0) {
			if (err_is(e, "MR409"))
				(void)err_set(e, "MR409",
				    "port %d is taken%s: stop what listens there, or choose "
				    "another "
				    "with MILLRACE_PORT=…",
				    port + i,
				    i == 0 ? "" : " (for figures, the one after the main port)");
			return -1;
		}
		(void)close(fd);
	}
	return 0;
}

/* Who our processes run as: these are the peers that egress and vault serve. */
static int
peers_prepare(struct up *up, struct err *e)
{
	if (uid_text("millrace-worker", up->worker_uid, e) != 0)
		return -1;
	return uid_text("millrace-web", up->web_uid, e);
}

static int
uid_text(const char *user, char text[16], struct err *e)
{
	const struct passwd *pw = geteuid() == 0 ? getpwnam(user) : NULL;

	if (geteuid() == 0 && pw == NULL)
		return err_set(
		    e, "MR500", "the system users are missing: scripts/place.sh makes them");
	(void)snprintf(text, 16, "%u", (unsigned)(pw != NULL ? pw->pw_uid : geteuid()));
	return 0;
}

/* A socket that the group of our processes can reach. */
static int
socket_open(const char *path, int *fd, struct err *e)
{
	const struct group *group;

	if (sock_listen(path, 0660, fd, e) != 0)
		return -1;
	if (geteuid() != 0)
		return 0;
	group = getgrnam("millrace");
	if (group == NULL || chown(path, 0, group->gr_gid) != 0)
		return err_set(
		    e, "MR500", "the system users are missing: scripts/place.sh makes them");
	return 0;
}

/* As root the vault may lock all of its memory. */
static int
vault_prepare(struct up *up, struct err *e)
{
	struct child_spec *spec = &up->child[VAULT].spec;
	int n = 0;

	if (socket_open(conf_text(CONF_VAULT_SOCK), &spec->listener, e) != 0 ||
	    secret_of(up->place, "vault_ticket", &up->ticket_key, e) != 0)
		return -1;
	spec->ticket_key = buf_cstr(&up->ticket_key);
	spec->locks_memory = true;
	spec->args[n++] = "--worker";
	spec->args[n++] = up->worker_uid;
	spec->args[n++] = "--web";
	spec->args[n++] = up->web_uid;
	return 0;
}

static int
egress_prepare(struct up *up, struct err *e)
{
	struct child_spec *spec = &up->child[EGRESS].spec;
	char text[32];
	int n = 0;

	if (socket_open(conf_text(CONF_EGRESS_SOCK), &spec->listener, e) != 0 ||
	    secret_hosts(conf_text(CONF_DSN), own_add, up, e) != 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		(void)snprintf(text, sizeof(text), "*:%d", (int)conf_int(CONF_PORT) + i);
		own_add(text, up);
	}
	for (int i = 0; i < up->n_own; i++) {
		spec->args[n++] = "--own";
		spec->args[n++] = up->own[i];
	}
	spec->args[n++] = "--peer";
	spec->args[n++] = up->worker_uid;
	spec->args[n++] = "--web";
	spec->args[n++] = up->web_uid;
	return 0;
}

static int
worker_prepare(struct up *up, struct err *e)
{
	struct child_spec *spec = &up->child[WORKER].spec;

	spec->args[0] = "--web";
	spec->args[1] = up->web_uid;
	return socket_open(conf_text(CONF_OFFER_SOCK), &spec->listener, e);
}

static void
own_add(const char *address, void *arg)
{
	struct up *up = arg;

	if (up->n_own < (int)countof(up->own))
		(void)snprintf(up->own[up->n_own++], sizeof(up->own[0]), "%s", address);
	else
		log_error("up.own", "text=too many addresses of the database for egress to know");
}

/* The port stays the same from start to start, since the demo workflow names it. */
static int
echo_prepare(struct up *up, struct err *e)
{
	struct child_spec *spec = &up->child[ECHO].spec;
	char path[PATH_MAX], number[16];
	struct buf text = { 0 };
	struct err none;
	int64_t port = 0;
	int bound, rc = -1;

	(void)path_of(path, up->place->var, "run/echo.port", NULL);
	if (file_read(path, &text, &none) == 0 &&
	    str_int64(str_trim(buf_view(&text)), 1, 65535, &port, &none) != 0)
		port = 0;
	buf_free(&text);
	if (listen_tcp("127.0.0.1", (int)port, &spec->listener, &bound, &none) == 0 ||
	    listen_tcp("127.0.0.1", 0, &spec->listener, &bound, e) == 0) {
		(void)snprintf(number, sizeof(number), "%d\n", bound);
		rc = file_write(path, 0644, str_of(number), e);
	}
	return rc;
}

static int
up_run(struct up *up, struct err *e)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };

	if (loop_new(&up->loop, e) != 0 || loop_signal(up->loop, SIGCHLD, on_child, up, e) != 0)
		return -1;
	for (size_t i = 0; i < countof(signals); i++) {
		if (loop_signal(up->loop, signals[i], on_stop, up, e) != 0)
			return -1;
	}
	for (int i = CHILDREN - 1; i >= 0; i--) {
		if (i != ECHO || up->demo)
			child_go(&up->child[i]);
	}
	loop_timer(up->loop, &up->tree, 200, TREE_MS, tree_look, up);
	log_info("up.started", "pid=%d", (int)getpid());
	loop_run(up->loop);
	log_info("up.stopped", "pid=%d", (int)getpid());
	return 0;
}

/*
 * 0: we are the supervisor, in the background. -1: we are the one who waited for it to be ready;
 * *e has a code when it did not become so.
 */
static int
detach(const struct place *place, struct err *e)
{
	char log[PATH_MAX];
	int fd;
	pid_t pid;

	(void)path_of(log, place->var, "log/up.log", NULL);
	(void)fflush(NULL);
	pid = fork();
	if (pid < 0)
		return err_set(e, "MR500", "can't start the supervisor: %s", strerror(errno));
	if (pid > 0) {
		err_clear(e);
		if (ready_wait(place, pid, e) != 0)
			(void)kill(pid, SIGTERM);
		return -1;
	}
	fd = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (setsid() < 0 || fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
		_exit(1);
	(void)close(fd);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
		_exit(1);
	(void)close(fd);
	return 0;
}

static void
child_go(struct child *c)
{
	struct err e;

	c->began_ms = mono_ms();
	if (child_start(c->up->place, &c->spec, &c->pid, &e) != 0) {
		log_err(LOG_LEVEL_ERROR, "child.start", &e);
		/* A process that could not exec is reaped like any other. */
		if (c->pid <= 0) {
			c->pid = 0;
			child_gone(c, 0);
		}
		return;
	}
	log_info("child.started", "name=%s pid=%d", c->spec.name, (int)c->pid);
}

static void
child_due(struct loop_timer *t, void *arg)
{
	(void)t;
	child_go(arg);
}

static void
on_child(int signo, void *arg)
{
	struct up *up = arg;
	int status;
	pid_t pid;

	(void)signo;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < CHILDREN; i++) {
			if (up->child[i].pid == pid)
				child_gone(&up->child[i], status);
		}
	}
}

static void
child_gone(struct child *c, int status)
{
	struct up *up = c->up;

	c->pid = 0;
	loop_timer_stop(&c->timer);
	child_ended(up->place, &c->spec);
	if (WIFSIGNALED(status))
		log_warn("child.ended", "name=%s signal=%d", c->spec.name, WTERMSIG(status));
	else
		log_warn("child.ended", "name=%s status=%d", c->spec.name, WEXITSTATUS(status));
	if (up->stopping) {
		stop_next(up);
		return;
	}
	if (c->backoff_ms == 0 || mono_ms() - c->began_ms >= STABLE_MS)
		c->backoff_ms = BACKOFF_FIRST_MS;
	loop_timer(up->loop, &c->timer, c->backoff_ms, 0, child_due, c);
	c->backoff_ms *= 2;
	if (c->backoff_ms > BACKOFF_LAST_MS)
		c->backoff_ms = BACKOFF_LAST_MS;
}

static void
on_stop(int signo, void *arg)
{
	struct up *up = arg;

	(void)signo;
	if (up->stopping++ == 0) {
		log_info("up.stopping", "pid=%d", (int)getpid());
		for (int i = 0; i < CHILDREN; i++)
			loop_timer_stop(&up->child[i].timer);
	}
	stop_next(up);
}

/*
 * Ends the first that still runs; its end calls this again. After a second signal each gets another
 * SIGTERM, which means "at once" to ours.
 */
static void
stop_next(struct up *up)
{
	for (int i = 0; i < CHILDREN; i++) {
		struct child *c = &up->child[i];

		if (c->pid == 0)
			continue;
		if (c->timer.loop == NULL || up->stopping > 1)
			(void)kill(c->pid, SIGTERM);
		if (c->timer.loop == NULL)
			loop_timer(up->loop, &c->timer, c->grace_ms, 0, child_kill, c);
		return;
	}
	loop_stop(up->loop);
}

static void
child_kill(struct loop_timer *t, void *arg)
{
	struct child *c = arg;

	(void)t;
	log_error("child.killed", "name=%s text=it did not end in its time", c->spec.name);
	(void)kill(c->pid, SIGKILL);
}

/* MILLRACE_PIDS of run.env: ours with all that they started; Postgres is none of these. */
static void
tree_look(struct loop_timer *t, void *arg)
{
	struct up *up = arg;
	struct buf pids = { 0 };
	struct err e;

	(void)t;
	if (runenv_exists(up->place) && !up->stopping) {
		tree_pids(getpid(), &pids);
		if (runenv_set(up->place, "MILLRACE_PIDS", buf_cstr(&pids), &e) != 0)
			log_err(LOG_LEVEL_ERROR, "up.pids", &e);
	}
	buf_free(&pids);
}

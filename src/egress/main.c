/*
 * main.c: millrace-egress [--own <address>]… [--peer <uid>] [--web <uid>] [--trust <file>] [--slow
 * <bytes>:<seconds>]
 *
 *   --own    a service of this installation that nobody may call (ceiling.h)
 *   --peer   the worker's user, that may ask; else our own
 *   --web    web's user, that may ask as the installation; else our own
 *   --trust  a file of more certificate authorities
 *   --slow   end a transfer that moves fewer bytes a second for so long (100:30)
 *
 * With LISTEN_FDS=1 in the environment descriptor 3 is the listening socket; else the process makes
 * $MILLRACE_EGRESS_SOCK itself.
 */
#include <getopt.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/conf.h"
#include "core/frame_server.h"
#include "core/log.h"
#include "core/process.h"
#include "egress/ceiling.h"
#include "egress/mail.h"
#include "egress/pool.h"
#include "egress/proxy.h"
#include "egress/serve.h"
#include "egress/tls.h"
#include "egress/txt.h"

#define DRAIN_MS 20000
#define HELD_MAX ((size_t)256 * 1024 * 1024)

struct egress {
	struct loop *loop;
	struct serve *serve;
	struct ceiling ceiling;
	struct exchange_world world;
	struct loop_timer drain;
	bool stopping;
	struct serve_peers peers;
};

static int options_read(struct egress *g, int argc, char **argv, struct err *e);
static int slow_read(struct exchange_world *world, const char *text, struct err *e);
static int egress_open(struct egress *g, struct err *e);
static void on_term(int signo, void *arg);
static void on_idle(void *arg);
static void drain_over(struct loop_timer *t, void *arg);

int
main(int argc, char **argv)
{
	struct egress g = { 0 };
	enum log_level level = LOG_LEVEL_INFO;
	pid_t parent = getppid();
	struct err e;
	int rc = 1;

	/* One arena and early return of memory: the process idles most of its life. */
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_TRIM_THRESHOLD, 256 * 1024);
	(void)mallopt(M_MMAP_THRESHOLD, 128 * 1024);
	/* libcurl reads host names beyond ASCII in the locale's encoding. */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	log_init("egress", LOG_LEVEL_INFO, STDERR_FILENO);
	process_die_with_parent(SIGTERM, parent);
	process_harden();
	if (conf_load(&e) != 0 || log_level_parse(conf_text(CONF_LOG_LEVEL), &level, &e) != 0)
		goto out;
	log_init("egress", level, STDERR_FILENO);
	ceiling_init(&g.ceiling, conf_text(CONF_EGRESS_CEILING));
	if (options_read(&g, argc, argv, &e) != 0 || egress_open(&g, &e) != 0)
		goto out;
	log_info("egress.ready", "own=%d grants=%d", g.ceiling.own.n, g.ceiling.grants.n);
	loop_run(g.loop);
	log_info("egress.stop", "unfinished=%d", g.world.flights);
	rc = 0;
out:
	if (rc != 0)
		log_err(LOG_LEVEL_ERROR, "egress.start", &e);
	serve_free(g.serve);
	pools_free(g.world.pools);
	pools_free(g.world.mail_pools);
	tls_free();
	ceiling_free(&g.ceiling);
	loop_free(g.loop);
	return rc;
}

static int
options_read(struct egress *g, int argc, char **argv, struct err *e)
{
	static const struct option options[] = {
		{ "own", required_argument, NULL, 'o' },
		{ "peer", required_argument, NULL, 'p' },
		{ "web", required_argument, NULL, 'w' },
		{ "trust", required_argument, NULL, 't' },
		{ "slow", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	int64_t uid = (int64_t)geteuid(), web = uid;
	int option, rc = 0;

	g->world.slow_bytes = 100;
	g->world.slow_s = 30;
	while (rc == 0 && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'o')
			rc = ceiling_add_own(&g->ceiling, optarg, e);
		else if (option == 'p')
			rc = str_int64(str_of(optarg), 0, UINT32_MAX - 1, &uid, e);
		else if (option == 'w')
			rc = str_int64(str_of(optarg), 0, UINT32_MAX - 1, &web, e);
		else if (option == 's')
			rc = slow_read(&g->world, optarg, e);
		else if (option == 't')
			tls_trust(optarg);
		else
			rc = err_set(e, "MR400", "unknown option; src/egress/main.c lists them");
	}
	g->peers = (struct serve_peers){ (uid_t)uid, (uid_t)web };
	return rc;
}

static int
slow_read(struct exchange_world *world, const char *text, struct err *e)
{
	struct str rest = str_of(text), part;
	int64_t bytes, seconds;

	if (!str_next(&rest, ':', &part) || str_int64(part, 1, 1000000, &bytes, e) != 0 ||
	    str_int64(rest, 1, 3600, &seconds, e) != 0)
		return err_set(e, "MR400", "--slow takes <bytes>:<seconds>");
	world->slow_bytes = (long)bytes;
	world->slow_s = (long)seconds;
	return 0;
}

static int
egress_open(struct egress *g, struct err *e)
{
	struct fail fail = { 0 };
	int listener = -1;

	if (loop_new(&g->loop, e) != 0 || loop_signal(g->loop, SIGTERM, on_term, g, e) != 0 ||
	    loop_signal(g->loop, SIGINT, on_term, g, e) != 0 ||
	    frame_server_listen(CONF_EGRESS_SOCK, &listener, e) != 0)
		return -1;
	(void)signal(SIGPIPE, SIG_IGN);
	g->world.loop = g->loop;
	g->world.smtp_url = conf_text(CONF_SMTP_URL);
	if (mail_check(g->world.smtp_url, e) != 0)
		return err_at(e, "%s", conf_name(CONF_SMTP_URL));
	g->world.dns = conf_text(CONF_DNS);
	if (txt_check(g->world.dns, e) != 0)
		return err_at(e, "%s", conf_name(CONF_DNS));
	g->world.proxy = conf_text(CONF_EGRESS_PROXY);
	if (g->world.proxy[0] != '\0' && proxy_check(g->world.proxy, &fail) != 0)
		return err_set_field(
		    e, "MR400", conf_name(CONF_EGRESS_PROXY), "it must be http://<host>:<port>");
	g->world.ceiling = &g->ceiling;
	g->world.bytes_held_max = HELD_MAX;
	g->world.flights_max = (int)conf_int(CONF_EGRESS_CONNECTIONS);
	TAILQ_INIT(&g->world.waiting);
	/* One socket a request, and two for each cache's own wake-up. */
	(void)process_open_files(g->world.flights_max + 4 * POOL_MAX + 64);
	(void)ceiling_refresh(&g->ceiling);
	g->serve = serve_new(&g->world, listener, &g->peers);
	return 0;
}

/* What is under way may end; a second signal doesn't wait for it. */
static void
on_term(int signo, void *arg)
{
	struct egress *g = arg;

	(void)signo;
	if (g->stopping) {
		loop_stop(g->loop);
		return;
	}
	g->stopping = true;
	loop_timer(g->loop, &g->drain, DRAIN_MS, 0, drain_over, g);
	serve_drain(g->serve, on_idle, g);
}

/* The last answer is queued; the zero timer lets the loop write it. */
static void
on_idle(void *arg)
{
	struct egress *g = arg;

	loop_timer(g->loop, &g->drain, 10, 0, drain_over, g);
}

static void
drain_over(struct loop_timer *t, void *arg)
{
	struct egress *g = arg;

	(void)t;
	loop_stop(g->loop);
}

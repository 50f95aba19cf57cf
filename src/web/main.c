/*
 * main.c: starts Kore with our configuration, and ends its workers in order.
 *
 * The parent reads all files (interface, OpenAPI document, keys) before it forks, so that workers
 * share the memory and need no right to read them. Users are changed by whoever starts us.
 */
#include <kore.h>

#include <hooks.h>
#include <http.h>
#include <seccomp.h>

#include <sys/prctl.h>

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/buf.h"
#include "core/conf.h"
#include "core/json.h"
#include "core/jwt.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/process.h"
#include "web/export.h"
#include "web/hooks.h"
#include "web/input.h"
#include "web/live.h"
#include "web/peer.h"
#include "web/pg.h"
#include "web/provider.h"
#include "web/rate.h"
#include "web/request.h"
#include "web/routes.h"
#include "web/sql.h"
#include "web/sse.h"
#include "web/static.h"
#include "web/sync_answer.h"
#include "web/wipe.h"
#include "web/wire.h"
#include "web/ws.h"

enum {
	TICK_MS =
	    250, /* without a timer an idle loop of Kore's blocks for ever, and deadlines pass */
	HEAD_BYTES = 16384,
	URI_BYTES = 1990,  /* Kore's own limit is 2000 */
	HEADER_LINES = 23, /* Kore drops what comes after these */
	REQUESTS_MAX = 1000,
	OPENAPI_BYTES_MAX = 8 * 1024 * 1024,
	NAME_SIZE = 256,
};

/* Kore wants a configuration built in; ours is made at start. */
extern const u_int8_t asset_builtin_kore_conf[];
extern const u_int32_t asset_len_builtin_kore_conf;
const u_int8_t asset_builtin_kore_conf[] = "\n";
const u_int32_t asset_len_builtin_kore_conf = 1;

static struct credential_site site;
static struct request_setup setup;
static pid_t parent_pid;

static void tick(void *arg, u_int64_t now);
static void configure_kore(void);
static void site_load(void);
static const char *host_of(const char *origin);
static void proxies_load(const char *public_url);
static void origins_load(void);
static void input_setup(void);
static void die(const struct err *e);

/*
 * Beyond Kore's own list: what libpq needs to dial, what glibc's threads do, our own shutdown(2).
 * A sanitizer needs more than can be named.
 */
#if defined(__SANITIZE_ADDRESS__)
KORE_SECCOMP_FILTER("millrace", KORE_BPF_RET(SECCOMP_RET_ALLOW));
#else
/* clang-format off */
KORE_SECCOMP_FILTER("millrace",
	KORE_SYSCALL_ALLOW(connect),
	KORE_SYSCALL_ALLOW_ARG(socket, 0, AF_INET),
	KORE_SYSCALL_ALLOW_ARG(socket, 0, AF_INET6),
	KORE_SYSCALL_ALLOW_ARG(socket, 0, AF_UNIX),
	KORE_SYSCALL_ALLOW_ARG(socket, 0, AF_NETLINK),
	KORE_SYSCALL_ALLOW(bind),
	KORE_SYSCALL_ALLOW(getsockopt),
	KORE_SYSCALL_ALLOW(getsockname),
	KORE_SYSCALL_ALLOW(getpeername),
	KORE_SYSCALL_ALLOW(recvmsg),
	KORE_SYSCALL_ALLOW(sendmmsg),
	KORE_SYSCALL_ALLOW(newfstatat),
	KORE_SYSCALL_ALLOW(getdents64),
	KORE_SYSCALL_ALLOW(uname),
	KORE_SYSCALL_ALLOW(sysinfo),
	KORE_SYSCALL_ALLOW(getegid),
	KORE_SYSCALL_ALLOW(getgid),
	KORE_SYSCALL_ALLOW(gettid),
	KORE_SYSCALL_ALLOW(getppid),
	KORE_SYSCALL_ALLOW(sched_yield),
	KORE_SYSCALL_ALLOW_ARG(sched_setattr, 0, 0),
	KORE_SYSCALL_ALLOW(sched_getaffinity),
	KORE_SYSCALL_ALLOW(mremap),
	KORE_SYSCALL_ALLOW(rseq),
	KORE_SYSCALL_ALLOW(shutdown),
	KORE_SYSCALL_ALLOW(prlimit64),
	KORE_SYSCALL_DENY(clone3, ENOSYS),
	KORE_SYSCALL_ALLOW_ARG(prctl, 0, PR_SET_PDEATHSIG),
	KORE_SYSCALL_ALLOW_ARG(prctl, 0, PR_SET_NAME),
);
/* clang-format on */
#endif

void
kore_parent_configure(int argc, char **argv)
{
	enum log_level level = LOG_LEVEL_INFO;
	struct err e;

	(void)argc;
	(void)argv;
	wipe_setup();
	if (conf_load(&e) != 0)
		die(&e);
	if (log_level_parse(conf_text(CONF_LOG_LEVEL), &level, &e) != 0)
		die(&e);
	log_init("web", level, STDOUT_FILENO);
	/* argon2 takes 19 MiB for a moment: given back at once, and not once an arena and thread.
	 */
	mallopt(M_MMAP_THRESHOLD, 256 * 1024);
	mallopt(M_TRIM_THRESHOLD, 512 * 1024);
	mallopt(M_ARENA_MAX, 1);
	setlinebuf(stdout);
	site_load();
	if (providers_load(conf_text(CONF_OIDC), &e) != 0)
		die(&e);
	input_setup();
	sql_load();
	if (static_load(conf_text(CONF_UI), conf_text(CONF_OPENAPI), &e) != 0)
		die(&e);
	request_setup(&setup);
	configure_kore();
	parent_pid = getpid();
	malloc_trim(0);
}

void
kore_worker_configure(void)
{
	struct listener_calls calls;

	process_die_with_parent(SIGTERM, parent_pid);
	log_info("worker.started", "pid=%d", (int)getpid());
	request_tasks(cpu_count);
	hooks_start();
	rate_start();
	live_start(&calls);
	pg_start(&calls);
	kore_timer_add(tick, TICK_MS, NULL, 0);
}

/*
 * Kore leaves its loop at SIGTERM as it stands: what is open is served from here for as long as
 * the grace time lasts, and nothing new is let in.
 */
void
kore_worker_teardown(void)
{
	u_int64_t end = kore_time_ms() + (u_int64_t)conf_int(CONF_DRAIN_MS);

	log_info("worker.draining", "requests=%u", http_request_count);
	wire_drain();
	if (worker->has_lock) {
		kore_platform_disable_accept();
		worker->has_lock = 0;
	}
	live_close();
	while (http_request_count > 0 && kore_time_ms() < end) {
		kore_platform_event_wait(20);
		kore_timer_run(kore_time_ms());
		http_process();
		kore_connection_check_timeout(kore_time_ms());
		kore_connection_prune(KORE_CONNECTION_PRUNE_DISCONNECT);
	}
	pg_stop();
	log_info("worker.stopped", "requests=%u", http_request_count);
}

/* In place of Kore's own, which is linked weakly: its lines become ours. */
void
kore_log(int prio, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (prio <= LOG_ERR)
		log_error("kore", "text=%s", text);
	else
		log_info("kore", "text=%s", text);
}

static void
tick(void *arg, u_int64_t now)
{
	(void)arg;
	(void)now;
	wire_tick();
	pg_tick();
	rate_tick();
	sync_answer_tick();
	live_tick();
	ws_tick();
	sse_tick();
	export_tick();
	peer_tick();
}

static void
configure_kore(void)
{
	struct guard_limits limits = { HEAD_BYTES, URI_BYTES, HEADER_LINES, 0 };
	int64_t body = conf_int(CONF_BODY_BYTES), port = conf_int(CONF_PORT);
	struct buf b = { 0 };
	FILE *f;

	if (conf_int(CONF_HOOK_BYTES) > body)
		body = conf_int(CONF_HOOK_BYTES);
	limits.body_max = (uint64_t)body;
	wire_limits(&limits);
	buf_printf(
	    &b, "server main {\n\tbind %s %d guard_connect\n", conf_text(CONF_BIND), (int)port);
	if (port != 0)
		buf_printf(&b, "\tbind 127.0.0.1 %d guard_connect\n", (int)port + 1);
	buf_printf(&b,
	    "\ttls no\n}\nworkers %d\nworker_max_connections %d\n"
	    "worker_rlimit_nofiles %d\nworker_accept_threshold 1\nworker_set_affinity 0\n",
	    (int)conf_int(CONF_WEB_WORKERS), (int)conf_int(CONF_WEB_CONNECTIONS),
	    (int)conf_int(CONF_WEB_CONNECTIONS) + 256);
	buf_printf(&b, "root /\npidfile %s/run/web-%d.pid\nhttp_server_version millrace\n",
	    conf_text(CONF_VAR), (int)getpid());
	buf_printf(&b,
	    "http_hsts_enable 0\nhttp_header_max %d\nhttp_header_timeout 15\n"
	    "http_keepalive_time 10\nhttp_body_max %d\nhttp_body_timeout 30\n"
	    "http_request_ms 1000\nhttp_request_limit %d\nwebsocket_maxframe 4096\n"
	    "websocket_timeout 60000\n",
	    HEAD_BYTES, (int)body, REQUESTS_MAX);
	buf_text(&b, "domain * {\n\tattach main\n\troute ^.*$ request_dispatch\n}\n");

	kore_foreground = skip_chroot = skip_runas = kore_quiet = 1;
	f = fmemopen((void *)(uintptr_t)buf_cstr(&b), b.len, "r");
	if (f == NULL)
		fatal("no memory for the configuration");
	kore_parse_config_file(f);
	fclose(f);
	buf_free(&b);
}

/* What we are called from outside, and the keys of access tokens. */
static void
site_load(void)
{
	static char localhost[NAME_SIZE], loopback[NAME_SIZE], loopback6[NAME_SIZE];
	static struct jwt_keys *keys;
	const char *url = conf_text(CONF_PUBLIC_URL);
	int port = (int)conf_int(CONF_PORT);
	struct err e;

	snprintf(localhost, sizeof(localhost), "http://localhost:%d", port);
	snprintf(loopback, sizeof(loopback), "http://127.0.0.1:%d", port);
	snprintf(loopback6, sizeof(loopback6), "http://[::1]:%d", port);
	site.origins[0] = localhost;
	site.origins[1] = loopback;
	site.origins[2] = loopback6;
	site.origins[3] = url[0] != '\0' ? url : NULL;
	site.secure = strncmp(url, "https://", 8) == 0;
	site.passkey_origin = url[0] != '\0' ? url : localhost;
	site.passkey_host = host_of(site.passkey_origin);
	site.jwt_audience = "millrace";
	if (conf_text(CONF_JWT_KEYS)[0] != '\0') {
		if (jwt_keys_load(conf_text(CONF_JWT_KEYS), true, &keys, &e) != 0)
			die(&e);
		site.jwt_keys = keys;
	}
	setup.site = &site;
	setup.is_loopback = strncmp(conf_text(CONF_BIND), "127.", 4) == 0 ||
	                    strcmp(conf_text(CONF_BIND), "localhost") == 0;
	setup.inner_port = port + 1;
	proxies_load(url);
	origins_load();
}

static void
proxies_load(const char *public_url)
{
	const char *text = conf_text(CONF_TRUSTED_PROXIES), *form = conf_text(CONF_FORWARDED);
	struct err e;

	if (text[0] == '\0' && public_url[0] != '\0')
		text = "127.0.0.0/8 ::1";
	if (strcmp(text, "none") != 0 && proxies_parse(str_of(text), &setup.proxies, &e) != 0) {
		(void)err_at(&e, "%s", conf_name(CONF_TRUSTED_PROXIES));
		die(&e);
	}
	setup.forwarded = strcmp(form, "forwarded") == 0 ? FORWARDED_RFC : FORWARDED_LIST;
	if (setup.forwarded == FORWARDED_LIST && strcmp(form, "x-forwarded-for") != 0) {
		err_set_field(
		    &e, "MR400", conf_name(CONF_FORWARDED), "must be x-forwarded-for or forwarded");
		die(&e);
	}
}

static void
origins_load(void)
{
	struct str rest = str_of(conf_text(CONF_CORS_ORIGINS)), one;
	size_t n = 0;
	char *origin;
	struct err e;

	while (rest.n > 0 && str_next(&rest, ' ', &one)) {
		if (one.n == 0)
			continue;
		origin = mem_strndup(one.p, one.n); /* kept for good */
		if (n + 1 == countof(site.guests) || !origin_is_well_formed(origin)) {
			err_set_field(&e, "MR400", conf_name(CONF_CORS_ORIGINS),
			    "must be at most %zu origins as https://app.example, by blanks",
			    countof(site.guests) - 1);
			die(&e);
		}
		site.guests[n++] = origin;
	}
}

/* The host of an origin, without its port; kept for good. */
static const char *
host_of(const char *origin)
{
	const char *after = strstr(origin, "://");

	after = after != NULL ? after + 3 : origin;
	return mem_strndup(after, strcspn(after, ":/"));
}

static void
input_setup(void)
{
	struct input_limits limits = { (size_t)conf_int(CONF_BODY_BYTES),
		(int)conf_int(CONF_JSON_DEPTH) };
	json_t *document = NULL;
	struct input *input = NULL;
	struct err e;

	if (js_parse_file(conf_text(CONF_OPENAPI), OPENAPI_BYTES_MAX, &document, &e) != 0 ||
	    input_load(document, routes, routes_len, &limits, &input, &e) != 0)
		die(&e);
	json_decref(document);
	setup.input = input;
}

static void
die(const struct err *e)
{
	log_err(LOG_LEVEL_ERROR, "start.failed", e);
	exit(1);
}

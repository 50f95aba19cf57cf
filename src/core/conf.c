#include "core/conf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"
#include "core/str.h"

enum conf_kind {
	TEXT,
	NUMBER,
};

struct setting {
	const char *name;
	enum conf_kind kind;
	const char *fallback;
	int64_t min, max; /* of the number, or of the text's length */
	bool secret;
	const char *meaning;
};

/* clang-format off */
static const struct setting settings[CONF_COUNT] = {
	/* variable, kind, default, min, max, secret, meaning */
	[CONF_DSN] = { "MILLRACE_DSN", TEXT, "", 0, 4096, true,
		"how this process reaches Postgres, as its own role" },
	[CONF_VAR] = { "MILLRACE_VAR", TEXT, "var", 1, 4096, false,
		"folder for logs, sockets, keys and the private cluster" },
	[CONF_PORT] = { "MILLRACE_PORT", NUMBER, "8080", 0, 65534, false,
		"port of the web process; the inner listener has the next one" },
	[CONF_BIND] = { "MILLRACE_BIND", TEXT, "127.0.0.1", 1, 255, false,
		"address the web process listens at" },
	[CONF_PUBLIC_URL] = { "MILLRACE_PUBLIC_URL", TEXT, "", 0, 1024, false,
		"origin that people and senders see; empty: http://localhost:PORT" },
	[CONF_TRUSTED_PROXIES] = { "MILLRACE_TRUSTED_PROXIES", TEXT, "", 0, 4096, false,
		"networks of the proxies in front, whose word on the client's address is taken; "
		"empty: this machine where MILLRACE_PUBLIC_URL is set; none: nobody" },
	[CONF_FORWARDED] = { "MILLRACE_FORWARDED_HEADER", TEXT, "x-forwarded-for", 9, 15, false,
		"the header those proxies write: x-forwarded-for or forwarded" },
	[CONF_CORS_ORIGINS] = { "MILLRACE_CORS_ORIGINS", TEXT, "", 0, 4096, false,
		"other sites' origins whose pages may call the API, by blanks; empty: none" },
	[CONF_UI] = { "MILLRACE_UI", TEXT, "", 0, 4096, false,
		"folder of the built user interface" },
	[CONF_OPENAPI] = { "MILLRACE_OPENAPI", TEXT, "assets/openapi.json", 1, 4096, false,
		"the API document requests are validated by" },
	[CONF_JWT_KEYS] = { "MILLRACE_JWT_KEYS", TEXT, "", 0, 4096, false,
		"folder of the Ed25519 keys that sign access tokens" },
	[CONF_JWT_LIFE_S] = { "MILLRACE_JWT_LIFE_S", NUMBER, "900", 1, 86400, false,
		"seconds that an access token is good for" },
	[CONF_OIDC] = { "MILLRACE_OIDC", TEXT, "", 0, 4096, false,
		"file that lists the providers people sign in by (docs/signing-in.md)" },
	[CONF_EGRESS_SOCK] = { "MILLRACE_EGRESS_SOCK", TEXT, "", 0, 100, false,
		"unix socket of the egress process" },
	[CONF_EGRESS_CEILING] = { "MILLRACE_EGRESS_CEILING", TEXT, "", 0, 4096, false,
		"file that says what may be dialled at most" },
	[CONF_EGRESS_BYTES] = { "MILLRACE_EGRESS_BYTES", NUMBER, "10485760", 1024, 33554432, false,
		"bytes of one answer, decoded" },
	[CONF_EGRESS_CONNECTIONS] = {
		"MILLRACE_EGRESS_CONNECTIONS", NUMBER, "5000", 1, 50000, false,
		"outgoing requests at a time; further ones wait" },
	[CONF_EGRESS_PROXY] = { "MILLRACE_EGRESS_PROXY", TEXT, "", 0, 1024, false,
		"HTTP proxy, http://host:port, for workspaces without their own; empty: none" },
	[CONF_DNS] = { "MILLRACE_DNS", TEXT, "", 0, 1024, false,
		"name servers that prove domains, address[:port] by commas; empty: the system's" },
	[CONF_SMTP_URL] = { "MILLRACE_SMTP_URL", TEXT, "", 0, 1024, true,
		"mail server, smtp://user:password@host:587 or smtps://…; empty: no mail is sent" },
	[CONF_MAIL_FROM] = { "MILLRACE_MAIL_FROM", TEXT, "", 0, 400, false,
		"sender of mail, `Name <address>`; empty with a mail server: no-reply@<our host>" },
	[CONF_MAIL_RETRY_MS] = { "MILLRACE_MAIL_RETRY_MS", NUMBER, "10000", 10, 3600000, false,
		"first wait after a mail failed; each next one is three times as long" },
	[CONF_MAIL_TRIES] = { "MILLRACE_MAIL_TRIES", NUMBER, "10", 1, 100, false,
		"how often a mail is tried" },
	[CONF_OFFER_SOCK] = { "MILLRACE_OFFER_SOCK", TEXT, "", 0, 100, false,
		"unix socket at which the worker beside web is offered runs" },
	[CONF_VAULT_SOCK] = { "MILLRACE_VAULT_SOCK", TEXT, "", 0, 100, false,
		"unix socket of the vault process" },
	[CONF_VAULT_TICKET_KEY] = { "MILLRACE_VAULT_TICKET_KEY", TEXT, "", 0, 200, true,
		"what vault and database share; made at the first start" },
	[CONF_KEK] = { "MILLRACE_KEK", TEXT, "", 0, 8192, true,
		"master keys of the vault, as lines of 64 hex digits; else its file has them" },
	[CONF_KEK_FILE] = { "MILLRACE_KEK_FILE", TEXT, "", 0, 4096, false,
		"file of the master keys; empty: vault/kek in MILLRACE_VAR" },
	[CONF_HEARTBEAT_MS] = { "MILLRACE_HEARTBEAT_MS", NUMBER, "2000", 20, 60000, false,
		"how often a worker renews its leases" },
	[CONF_SILENT_MS] = { "MILLRACE_SILENT_MS", NUMBER, "10000", 100, 600000, false,
		"a worker silent this long has lost its leases" },
	[CONF_REAP_MS] = { "MILLRACE_REAP_MS", NUMBER, "1000", 20, 60000, false,
		"how often lost leases are looked for" },
	[CONF_LEASE_CAP_MS] = { "MILLRACE_LEASE_CAP_MS", NUMBER, "900000", 1000, 86400000, false,
		"the longest one lease lasts without a tick" },
	[CONF_LOG_LEVEL] = { "MILLRACE_LOG_LEVEL", TEXT, "info", 1, 10, false,
		"error, warn, info or debug" },
	[CONF_WEB_WORKERS] = { "MILLRACE_WEB_WORKERS", NUMBER, "1", 1, 64, false,
		"processes that serve requests" },
	[CONF_WEB_CONNECTIONS] = { "MILLRACE_WEB_CONNECTIONS", NUMBER, "2000", 10, 50000, false,
		"client connections of one such process" },
	[CONF_BODY_BYTES] = { "MILLRACE_BODY_BYTES", NUMBER, "1048576", 1024, 67108864, false,
		"bytes of a request's body" },
	[CONF_HOOK_BYTES] = { "MILLRACE_HOOK_BYTES", NUMBER, "1048576", 1024, 67108864, false,
		"bytes of a webhook's body" },
	[CONF_POOL_SIZE] = { "MILLRACE_POOL_SIZE", NUMBER, "4", 1, 64, false,
		"database connections of one process" },
	[CONF_POOL_DEPTH] = { "MILLRACE_POOL_DEPTH", NUMBER, "8", 1, 64, false,
		"jobs in flight on one connection" },
	[CONF_POOL_QUEUE] = { "MILLRACE_POOL_QUEUE", NUMBER, "512", 1, 65536, false,
		"jobs that may wait for a connection" },
	[CONF_POOL_QUEUE_MS] = { "MILLRACE_POOL_QUEUE_MS", NUMBER, "2000", 10, 60000, false,
		"how long a job waits for a connection" },
	[CONF_POOL_FLIGHT_MS] = { "MILLRACE_POOL_FLIGHT_MS", NUMBER, "10000", 100, 600000, false,
		"how long a job may be in flight before its connection is dropped" },
	[CONF_STATEMENT_MS] = { "MILLRACE_STATEMENT_MS", NUMBER, "5000", 10, 600000, false,
		"how long one statement of a request may take" },
	[CONF_JSON_DEPTH] = { "MILLRACE_JSON_DEPTH", NUMBER, "64", 4, 512, false,
		"levels of a JSON value from outside" },
	[CONF_CLAIM_MAX] = { "MILLRACE_CLAIM_MAX", NUMBER, "50", 1, 1000, false,
		"runs a tick claims" },
	[CONF_CLAIM_CONNECTIONS] = { "MILLRACE_CLAIM_CONNECTIONS", NUMBER, "2", 1, 16, false,
		"ticks in flight of one worker" },
	[CONF_FLIGHT_MAX] = { "MILLRACE_FLIGHT_MAX", NUMBER, "5000", 1, 100000, false,
		"runs a worker holds in memory" },
	[CONF_STEP_BUDGET] = { "MILLRACE_STEP_BUDGET", NUMBER, "10000", 10, 1000000, false,
		"steps of one run" },
	[CONF_STEP_BYTES] = { "MILLRACE_STEP_BYTES", NUMBER, "16777216", 1024, 268435456, false,
		"bytes of one step's output" },
	[CONF_ITEMS_MAX] = { "MILLRACE_ITEMS_MAX", NUMBER, "100000", 1, 1000000, false,
		"items of one step's output" },
	[CONF_DRAIN_MS] = { "MILLRACE_DRAIN_MS", NUMBER, "10000", 0, 600000, false,
		"how long a process that shall end finishes what it has begun" },
	[CONF_RATE_ADDRESS] = { "MILLRACE_RATE_ADDRESS", NUMBER, "6000", 1, 6000000, false,
		"requests a minute from one address; this machine's own aren't limited" },
	[CONF_ADMIT_AGE_MS] = { "MILLRACE_ADMIT_AGE_MS", NUMBER, "60000", 0, 86400000, false,
		"webhooks get 503 while a ready run waits this long; 0: never" },
	[CONF_ADMIT_WAIT_MS] = { "MILLRACE_ADMIT_WAIT_MS", NUMBER, "1000", 0, 60000, false,
		"webhooks get 503 while requests wait this long for the database; 0: never" },
};
/* clang-format on */

static struct {
	const char *text;
	int64_t number;
} values[CONF_COUNT];

static int setting_read(enum conf_key key, const char *text, struct err *e);
static void warn_unknown(void);

int
conf_load(struct err *e)
{
	for (int key = 0; key < CONF_COUNT; key++) {
		const char *text = getenv(settings[key].name);

		if (text == NULL || text[0] == '\0')
			text = settings[key].fallback;
		if (setting_read((enum conf_key)key, text, e) != 0)
			return -1;
	}
	warn_unknown();
	return 0;
}

const char *
conf_text(enum conf_key key)
{
	return values[key].text != NULL ? values[key].text : settings[key].fallback;
}

int64_t
conf_int(enum conf_key key)
{
	if (values[key].text == NULL && settings[key].kind == NUMBER)
		return strtoll(settings[key].fallback, NULL, 10);
	return values[key].number;
}

const char *
conf_name(enum conf_key key)
{
	return settings[key].name;
}

void
conf_public_url(struct buf *out)
{
	if (conf_text(CONF_PUBLIC_URL)[0] != '\0')
		buf_text(out, conf_text(CONF_PUBLIC_URL));
	else
		buf_printf(out, "http://localhost:%d", (int)conf_int(CONF_PORT));
}

void
conf_print(FILE *out)
{
	for (int key = 0; key < CONF_COUNT; key++) {
		const struct setting *s = &settings[key];
		const char *text = conf_text((enum conf_key)key);

		fprintf(out, "%s=%s  # %s\n", s->name, s->secret && text[0] != '\0' ? "***" : text,
		    s->meaning);
	}
}

static int
setting_read(enum conf_key key, const char *text, struct err *e)
{
	const struct setting *s = &settings[key];
	int64_t number = 0, n = (int64_t)strlen(text);

	switch (s->kind) {
	case NUMBER:
		if (str_int64(str_of(text), s->min, s->max, &number, e) != 0)
			return err_at(e, "%s", s->name);
		break;
	case TEXT:
		if (n < s->min || n > s->max)
			return err_set_field(e, "MR400", s->name,
			    "must have %lld to %lld characters", (long long)s->min,
			    (long long)s->max);
		break;
	}
	values[key].text = text;
	values[key].number = number;
	return 0;
}

/* A setting that is spelt wrong would otherwise be a setting that does nothing. */
static void
warn_unknown(void)
{
	for (char **env = environ; *env != NULL; env++) {
		struct str rest = str_of(*env), name;
		bool known = !str_starts(rest, "MILLRACE_") || !str_next(&rest, '=', &name);

		for (int key = 0; key < CONF_COUNT && !known; key++)
			known = str_is(name, settings[key].name);
		if (!known)
			log_debug("conf.unknown", "name=" STR_FMT, STR_ARG(name));
	}
}

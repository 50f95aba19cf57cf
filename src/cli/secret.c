#include "cli/secret.h"

#include <arpa/inet.h>
#include <libpq-fe.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/crypto.h"

#define SECRET_BYTES 24
#define AUTHORITIES "/etc/ssl/certs/ca-certificates.crt" /* Debian's */

static void dsn_pair(struct buf *out, const char *key, const char *value);
static int dsn_parse(const char *dsn, PQconninfoOption **out, struct err *e);
static const char *option_of(const PQconninfoOption *options, const char *key);
static bool is_this_machine(const char *host);
static bool is_elsewhere(const PQconninfoOption *options);
static int host_addresses(const char *host, const char *port,
    void (*fn)(const char *address, void *arg), void *arg, struct err *e);

int
secret_of(const struct place *place, const char *role, struct buf *out, struct err *e)
{
	char path[PATH_MAX], hex[2 * SECRET_BYTES + 1];
	uint8_t random[SECRET_BYTES];
	struct buf text = { 0 };
	int rc = -1;

	(void)path_of(path, place->var, "secret", role, NULL);
	if (access(path, F_OK) != 0) {
		crypto_random(random, sizeof(random));
		if (file_write(path, 0600, str_of(crypto_hex(random, sizeof(random), hex)), e) != 0)
			return -1;
	}
	if (file_read(path, &text, e) == 0) {
		buf_str(out, str_trim(buf_view(&text)));
		rc = 0;
	}
	buf_free(&text);
	return rc;
}

int
secret_dsn(const struct place *place, const char *admin_dsn, const char *role, struct buf *out,
    struct err *e)
{
	PQconninfoOption *options = NULL;
	struct buf password = { 0 };
	char socket[PATH_MAX], folder[PATH_MAX], name[32];
	const char *port;
	bool own;
	int rc = -1;

	if (dsn_parse(admin_dsn, &options, e) != 0 || secret_of(place, role, &password, e) != 0)
		goto out;
	port = option_of(options, "port");
	(void)snprintf(name, sizeof(name), ".s.PGSQL.%s", port[0] ? port : "5432");
	(void)path_of(folder, place->var, "sock", NULL);
	own = access(path_of(socket, folder, name, NULL), F_OK) == 0 &&
	      is_this_machine(option_of(options, "host"));
	for (const PQconninfoOption *o = options; o->keyword != NULL; o++) {
		if (o->val == NULL || strcmp(o->keyword, "user") == 0 ||
		    strcmp(o->keyword, "password") == 0 || strcmp(o->keyword, "passfile") == 0 ||
		    (own && strncmp(o->keyword, "host", 4) == 0))
			continue;
		dsn_pair(out, o->keyword, o->val);
	}
	if (own)
		dsn_pair(out, "host", folder);
	dsn_pair(out, "user", role);
	dsn_pair(out, "password", buf_cstr(&password));
	rc = 0;
out:
	PQconninfoFree(options);
	buf_free(&password);
	return rc;
}

void
secret_link(const char *dsn)
{
	PQconninfoOption *options = NULL;
	struct err ignored = { 0 };

	/* libpq takes these unless the connection string has them, and not over a unix socket. */
	if (dsn[0] != '\0' && dsn_parse(dsn, &options, &ignored) == 0 && is_elsewhere(options) &&
	    option_of(options, "sslmode")[0] == '\0' && getenv("PGSSLMODE") == NULL) {
		(void)setenv("PGSSLMODE", "verify-full", 1);
		(void)setenv("PGSSLROOTCERT", AUTHORITIES, 0);
	}
	PQconninfoFree(options);
}

int
secret_hosts(
    const char *admin_dsn, void (*fn)(const char *address, void *arg), void *arg, struct err *e)
{
	PQconninfoOption *options = NULL;
	struct str hosts, ports, host, port;
	char name[256], number[16] = "5432", everywhere[20];
	int rc = -1;

	if (dsn_parse(admin_dsn, &options, e) != 0)
		goto out;
	hosts = str_of(option_of(options, option_of(options, "hostaddr")[0] ? "hostaddr" : "host"));
	ports = str_of(option_of(options, "port"));
	/* One port may stand for several hosts: then the last one read stays. */
	do {
		(void)str_next(&hosts, ',', &host);
		if (str_next(&ports, ',', &port) && port.n > 0 &&
		    str_copy(number, sizeof(number), port) != 0)
			goto bad;
		if (str_copy(name, sizeof(name), host) != 0)
			goto bad;
		(void)snprintf(everywhere, sizeof(everywhere), "*:%s", number);
		if (is_this_machine(name))
			fn(everywhere, arg);
		else if (host_addresses(name, number, fn, arg, e) != 0)
			goto out;
	} while (hosts.p != NULL);
	rc = 0;
	goto out;
bad:
	(void)err_set(e, "MR400", "MILLRACE_DSN names a host or port that is too long");
out:
	PQconninfoFree(options);
	return rc;
}

static int
host_addresses(const char *host, const char *port, void (*fn)(const char *address, void *arg),
    void *arg, struct err *e)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	int rc = getaddrinfo(host, port, &hints, &list);

	if (rc != 0)
		return err_set(
		    e, "MR500", "the database host %s has no address: %s", host, gai_strerror(rc));
	for (const struct addrinfo *i = list; i != NULL; i = i->ai_next) {
		char address[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 10];

		if (getnameinfo(i->ai_addr, i->ai_addrlen, address, sizeof(address), NULL, 0,
		        NI_NUMERICHOST) != 0)
			continue;
		(void)snprintf(text, sizeof(text), i->ai_family == AF_INET6 ? "[%s]:%s" : "%s:%s",
		    address, port);
		fn(text, arg);
	}
	freeaddrinfo(list);
	return 0;
}

/* A unix socket, or loopback. */
static bool
is_this_machine(const char *host)
{
	return host[0] == '\0' || host[0] == '/' || host[0] == '@' ||
	       strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
	       strcmp(host, "::1") == 0;
}

/* One of the hosts is another machine, by the name that its certificate would be for. */
static bool
is_elsewhere(const PQconninfoOption *options)
{
	const char *name = option_of(options, "host");
	struct str hosts = str_of(name[0] != '\0' ? name : option_of(options, "hostaddr")), host;
	char text[256];

	do {
		(void)str_next(&hosts, ',', &host);
		if (str_copy(text, sizeof(text), host) != 0 || !is_this_machine(text))
			return true;
	} while (hosts.p != NULL);
	return false;
}

static int
dsn_parse(const char *dsn, PQconninfoOption **out, struct err *e)
{
	char *why = NULL;

	*out = PQconninfoParse(dsn, &why);
	if (*out != NULL)
		return 0;
	/* libpq's reason may quote the string, and with it a password. */
	PQfreemem(why);
	return err_set(e, "MR400", "MILLRACE_DSN is not a connection string of Postgres");
}

static const char *
option_of(const PQconninfoOption *options, const char *key)
{
	for (; options->keyword != NULL; options++) {
		if (strcmp(options->keyword, key) == 0 && options->val != NULL)
			return options->val;
	}
	return "";
}

static void
dsn_pair(struct buf *out, const char *key, const char *value)
{
	buf_printf(out, "%s%s='", out->len > 0 ? " " : "", key);
	for (; *value != '\0'; value++) {
		if (*value == '\'' || *value == '\\')
			buf_byte(out, '\\');
		buf_byte(out, *value);
	}
	buf_byte(out, '\'');
}

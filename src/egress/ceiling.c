#include "egress/ceiling.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/buf.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"

#define YOUNG_MS 1000
#define FILE_MAX ((size_t)1024 * 1024)

static int own_port_everywhere(struct ceiling *c, int port, struct err *e);
static int ceiling_text(const char *path, struct buf *out, struct err *e);
static void ceiling_read(struct ceiling *c);

void
ceiling_init(struct ceiling *c, const char *path)
{
	*c = (struct ceiling){ .path = path, .inode = -1 };
}

void
ceiling_free(struct ceiling *c)
{
	policy_grants_free(&c->grants);
	policy_nets_free(&c->own);
	mem_free(c->text);
}

int
ceiling_add_own(struct ceiling *c, const char *text, struct err *e)
{
	struct policy_net net;
	struct str s = str_of(text);
	int64_t port;

	if (str_starts(s, "*:")) {
		if (str_int64(str_sub(s, 2, s.n), 1, 65535, &port, e) != 0)
			return -1;
		return own_port_everywhere(c, (int)port, e);
	}
	if (policy_net_parse(s, &net, e) != 0)
		return -1;
	policy_nets_add(&c->own, &net);
	return 0;
}

bool
ceiling_refresh(struct ceiling *c)
{
	struct stat st = { 0 };
	struct buf text = { 0 };
	struct err e;
	bool changed = false;

	if (c->path[0] == '\0')
		return false;
	if (stat(c->path, &st) != 0)
		st = (struct stat){ 0 };
	if (!c->young && c->inode == (int64_t)st.st_ino && c->size == (int64_t)st.st_size &&
	    c->changed.tv_sec == st.st_mtim.tv_sec && c->changed.tv_nsec == st.st_mtim.tv_nsec)
		return false;
	c->inode = (int64_t)st.st_ino;
	c->size = (int64_t)st.st_size;
	c->changed = st.st_mtim;
	c->young = now_ms() - (st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000) < YOUNG_MS;
	if (ceiling_text(c->path, &text, &e) != 0)
		log_err(LOG_LEVEL_ERROR, "ceiling.unreadable", &e);
	if (c->text == NULL || strcmp(c->text, buf_cstr(&text)) != 0) {
		mem_free(c->text);
		c->text = mem_strdup(buf_cstr(&text));
		ceiling_read(c);
		changed = true;
	}
	buf_free(&text);
	return changed;
}

/* A missing file is an empty one. */
static int
ceiling_text(const char *path, struct buf *out, struct err *e)
{
	FILE *f = fopen(path, "re");
	size_t n;

	if (f == NULL)
		return errno == ENOENT ? 0 : err_set(e, "MR500", "can't open %s", path);
	do {
		n = fread(buf_reserve(out, 4096), 1, 4096, f);
		buf_grew(out, n);
	} while (n > 0 && out->len < FILE_MAX);
	(void)fclose(f);
	return out->len < FILE_MAX ? 0 : err_set(e, "MR413", "%s is too long", path);
}

static void
ceiling_read(struct ceiling *c)
{
	struct str rest = str_of(c->text), line;
	struct err e;
	int n = 0;

	policy_grants_free(&c->grants);
	c->version++;
	while (str_next(&rest, '\n', &line)) {
		n++;
		if (policy_grants_add(&c->grants, line, &e) != 0)
			log_error("ceiling.line", "line=%d text=%s", n, e.text);
	}
	log_info("ceiling.read", "grants=%d", c->grants.n);
}

/* Loopback whole, and each address that an interface has now. */
static int
own_port_everywhere(struct ceiling *c, int port, struct err *e)
{
	static const char *const always[] = { "127.0.0.0/8", "0.0.0.0/8", "[::1]", "[::]" };
	struct ifaddrs *list = NULL;
	struct policy_net net;

	for (size_t i = 0; i < countof(always); i++) {
		if (policy_net_parse(str_of(always[i]), &net, e) != 0)
			return -1;
		net.port = port;
		policy_nets_add(&c->own, &net);
	}
	if (getifaddrs(&list) != 0)
		return err_set(e, "MR500", "can't list the addresses of this machine");
	for (const struct ifaddrs *i = list; i != NULL; i = i->ifa_next) {
		if (i->ifa_addr == NULL || policy_net_of(i->ifa_addr, &net, NULL) != 0)
			continue;
		net.port = port;
		policy_nets_add(&c->own, &net);
	}
	freeifaddrs(list);
	return 0;
}

#include "egress/host.h"

#include <string.h>

#include "core/mem.h"

#define NAME_MAX_LEN 253

struct host_entry {
	char *name; /* without *. and port */
	bool is_below;
	int port; /* 0 = every port */
};

static bool is_name(struct str name, bool is_six);
static bool entry_holds(const struct host_entry *entry, struct str host, int64_t port);

int
host_list_add(struct host_list *list, struct str text, struct err *e)
{
	struct host_entry entry = { 0 };
	struct str rest = text, name;
	int64_t port = 0;
	bool is_six = str_starts(text, "[");
	ptrdiff_t end = str_find(text, is_six ? "]" : ":", 0);

	if (str_starts(rest, "*.")) {
		entry.is_below = true;
		rest = str_sub(rest, 2, rest.n);
		end = str_find(rest, ":", 0);
	}
	if (end < 0)
		end = (ptrdiff_t)rest.n;
	else if (is_six)
		end++;
	name = str_sub(rest, 0, (size_t)end);
	rest = str_sub(rest, (size_t)end, rest.n);
	/* There is nothing below an address. */
	if (!is_name(name, is_six) ||
	    (entry.is_below && strchr("0123456789.", name.p[name.n - 1]) != NULL) ||
	    (rest.n > 0 && rest.p[0] != ':') ||
	    (rest.n > 0 && str_int64(str_sub(rest, 1, rest.n), 1, 65535, &port, NULL) != 0))
		return err_set(e, "MR400", "not a host: " STR_FMT, STR_ARG(text));
	entry.name = mem_strndup(name.p, name.n);
	entry.port = (int)port;
	list->v = mem_grow(list->v, (size_t)list->n + 1, sizeof(*list->v));
	list->v[list->n++] = entry;
	list->is_limited = true;
	return 0;
}

void
host_list_free(struct host_list *list)
{
	for (int i = 0; i < list->n; i++)
		mem_free(list->v[i].name);
	mem_free(list->v);
	*list = (struct host_list){ 0 };
}

bool
host_list_holds(const struct host_list *list, const char *host, const char *port)
{
	struct str name = str_of(host);
	int64_t number = 0;

	if (!list->is_limited)
		return true;
	/* The dot that ends a full name is no part of it. */
	if (name.n > 1 && name.p[name.n - 1] == '.')
		name.n--;
	if (!is_name(name, str_starts(name, "[")) ||
	    str_int64(str_of(port), 1, 65535, &number, NULL) != 0)
		return false;
	for (int i = 0; i < list->n; i++) {
		if (entry_holds(&list->v[i], name, number))
			return true;
	}
	return false;
}

static bool
is_name(struct str name, bool is_six)
{
	static const char *const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS"
	                                   "TUVWXYZ";

	if (is_six)
		name = name.n > 2 && name.p[name.n - 1] == ']' ? str_sub(name, 1, name.n - 2)
		                                               : (struct str){ 0 };
	if (name.n == 0 || name.n > NAME_MAX_LEN || (!is_six && name.p[0] == '.'))
		return false;
	for (size_t i = 0; i < name.n; i++) {
		if (strchr(letters, name.p[i]) == NULL &&
		    strchr(is_six ? ":." : ".-_", name.p[i]) == NULL)
			return false;
		if (name.p[i] == '\0')
			return false;
	}
	return true;
}

static bool
entry_holds(const struct host_entry *entry, struct str host, int64_t port)
{
	size_t n = strlen(entry->name);

	if (entry->port != 0 && entry->port != port)
		return false;
	if (!entry->is_below)
		return str_is_ignoring_case(host, entry->name);
	return host.n > n + 1 && host.p[host.n - n - 1] == '.' &&
	       str_is_ignoring_case(str_sub(host, host.n - n, n), entry->name);
}

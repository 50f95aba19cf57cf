#include "web/forwarded.h"

#include <stdbool.h>
#include <stdio.h>

static bool is_trusted(const struct proxies *p, const struct net_address *a);
static bool last_entry(struct str *rest, enum forwarded_form form, struct str *entry);
static bool entry_address(struct str entry, enum forwarded_form form, struct net_address *out);
static bool entry_for(struct str entry, struct str *node);
static bool node_address(struct str node, struct net_address *out);

int
proxies_parse(struct str text, struct proxies *out, struct err *e)
{
	size_t at = 0, from;

	out->n = 0;
	while (at < text.n) {
		for (from = at; at < text.n && text.p[at] != ',' && text.p[at] != ' ';)
			at++;
		if (at > from) {
			if (out->n == PROXIES_MAX) {
				out->n = 0;
				return err_set(e, "MR400", "at most %d networks", PROXIES_MAX);
			}
			if (net_parse(str_sub(text, from, at - from), &out->v[out->n], e) != 0) {
				out->n = 0;
				return -1;
			}
			out->n++;
		}
		at++;
	}
	return 0;
}

const char *
forwarded_client(const struct proxies *trusted, const char *peer, enum forwarded_form form,
    struct str value, char out[NET_TEXT_SIZE])
{
	struct net_address address, before;
	struct str entry;

	if (net_address_parse(str_of(peer), &address, NULL) != 0) {
		(void)snprintf(out, NET_TEXT_SIZE, "%s", peer);
		return out;
	}
	while (is_trusted(trusted, &address) && last_entry(&value, form, &entry) &&
	       entry_address(entry, form, &before))
		address = before;
	return net_address_format(&address, out);
}

static bool
is_trusted(const struct proxies *p, const struct net_address *a)
{
	for (int i = 0; i < p->n; i++) {
		if (net_holds(&p->v[i], a))
			return true;
	}
	return false;
}

/*
 * Takes the entry behind the last comma that no quotes hold. Quotes are paired from the end: what
 * the proxy wrote last is well formed, and a stray quote that the client sent stands before it.
 */
static bool
last_entry(struct str *rest, enum forwarded_form form, struct str *entry)
{
	size_t from = rest->n;
	bool quoted = false;

	if (rest->n == 0)
		return false;
	while (from > 0 && (quoted || rest->p[from - 1] != ',')) {
		from--;
		if (form == FORWARDED_RFC && rest->p[from] == '"')
			quoted = !quoted;
	}
	*entry = str_trim(str_sub(*rest, from, rest->n));
	*rest = str_sub(*rest, 0, from > 0 ? from - 1 : 0);
	return !quoted;
}

static bool
entry_address(struct str entry, enum forwarded_form form, struct net_address *out)
{
	if (form == FORWARDED_RFC && !entry_for(entry, &entry))
		return false;
	return node_address(entry, out);
}

/* The value of `for`, without its quotes. One that comes twice in an entry is no answer. */
static bool
entry_for(struct str entry, struct str *node)
{
	struct str pair, name;
	int n = 0;

	while (entry.n > 0 && str_next(&entry, ';', &pair)) {
		if (!str_next(&pair, '=', &name) || !str_is_ignoring_case(str_trim(name), "for"))
			continue;
		pair = str_trim(pair);
		if (pair.n >= 2 && pair.p[0] == '"' && pair.p[pair.n - 1] == '"')
			pair = str_sub(pair, 1, pair.n - 2);
		*node = pair;
		n++;
	}
	return n == 1;
}

/* 1.2.3.4, 1.2.3.4:80, fd00::1, [fd00::1], [fd00::1]:80; `unknown` and `_names` are no address. */
static bool
node_address(struct str node, struct net_address *out)
{
	ptrdiff_t end;

	if (node.n > 0 && node.p[0] == '[') {
		end = str_find(node, "]", 0);
		if (end < 0 || ((size_t)end + 1 < node.n && node.p[end + 1] != ':'))
			return false;
		node = str_sub(node, 1, (size_t)end - 1);
	} else {
		end = str_find(node, ":", 0);
		if (end >= 0 && str_find(node, ":", (size_t)end + 1) < 0)
			node = str_sub(node, 0, (size_t)end);
	}
	return net_address_parse(node, out, NULL) == 0;
}

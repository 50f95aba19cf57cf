/*
 * host.h: the hosts that a workspace calls, where its admins named them. Pure. A list only closes:
 * what it names must be allowed by policy.h all the same.
 *
 * An entry is [*.]<name>[:<port>], an IPv4 address, or an IPv6 address in brackets, each with a
 * port or without. `*.` stands for one or more labels: *.example.com holds a.example.com and
 * a.b.example.com, but not example.com.
 */
#ifndef MR_EGRESS_HOST_H
#define MR_EGRESS_HOST_H

#include <stdbool.h>

#include "core/def.h"
#include "core/err.h"
#include "core/str.h"

struct host_list {
	struct host_entry *v;
	int n;
	bool is_limited; /* false: every host */
};

/* Adds an entry and limits the list. -1: MR400 not an entry. */
mr_must_check int host_list_add(struct host_list *list, struct str text, struct err *e);
void host_list_free(struct host_list *list);

/*
 * Whether host and port as curl reads them from a URL are on the list. A name beyond ASCII never
 * is: its entry is written as xn--…, and so must be the URL.
 */
bool host_list_holds(const struct host_list *list, const char *host, const char *port);

#endif

#include "egress/policy.h"

#include <assert.h>
#include <netinet/in.h>
#include <string.h>

#include "core/mem.h"

/* A network that is not the public internet. */
struct policy_row {
	const char *net;
	const char *rule;
	bool listable; /* an operator may let workspaces list addresses inside */
};

#define METADATA "cloud metadata service"
#define SPECIAL "special-purpose network"

/* First match counts, so what may never be listed stands before the networks that hold it. */
/* clang-format off */
static const struct policy_row policy_rows[] = {
	{ "0.0.0.0/8",         "this host",            false },
	{ "127.0.0.0/8",       "loopback",             false },
	{ "169.254.0.0/16",    "link-local",           false },
	{ "168.63.129.16",     METADATA,               false },
	{ "192.0.0.192",       METADATA,               false },
	{ "100.100.100.200",   METADATA,               false },
	{ "10.0.0.0/8",        "private network",      true  },
	{ "172.16.0.0/12",     "private network",      true  },
	{ "192.168.0.0/16",    "private network",      true  },
	{ "100.64.0.0/10",     "shared address space", true  },
	{ "192.0.0.0/24",      SPECIAL,                false },
	{ "192.0.2.0/24",      SPECIAL,                false },
	{ "192.88.99.0/24",    SPECIAL,                false },
	{ "198.18.0.0/15",     SPECIAL,                false },
	{ "198.51.100.0/24",   SPECIAL,                false },
	{ "203.0.113.0/24",    SPECIAL,                false },
	{ "224.0.0.0/4",       "multicast",            false },
	{ "240.0.0.0/4",       SPECIAL,                false },
	{ "[::ffff:0:0/96]",   NULL,                   false }, /* IPv4 that no row above names */
	{ "[::1]",             "loopback",             false },
	{ "[fe80::/10]",       "link-local",           false },
	{ "[fd00:ec2::254]",   METADATA,               false },
	{ "[fc00::/7]",        "private network",      true  },
	{ "[ff00::/8]",        "multicast",            false },
	{ "[2001::/23]",       SPECIAL,                false },
	{ "[2001:db8::/32]",   SPECIAL,                false },
	{ "[2002::/16]",       SPECIAL,                false },
	{ "[3fff::/20]",       SPECIAL,                false },
	{ "[2000::/3]",        NULL,                   false }, /* the public part of IPv6 */
	{ "[::/0]",            SPECIAL,                false },
};

/* Services that don't speak HTTP but act on a line of text sent to them. */
static const uint16_t policy_ports[] = {
	1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95,
	101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161,
	179, 389, 427, 445, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556,
	563, 587, 601, 636, 873, 989, 990, 993, 995, 1433, 1434, 1521, 1719, 1720, 1723,
	2049, 3306, 3389, 3659, 4190, 5060, 5061, 5432, 5433, 5900, 6000, 6379, 6432, 6566,
	6665, 6666, 6667, 6668, 6669, 6697, 9042, 10080, 11211, 27017, 27018,
};
/* clang-format on */

static struct policy_net policy_net_all; /* no bits, no port */
const struct policy_nets policy_nets_all = { .v = &policy_net_all, .n = 1 };

/* The rows' networks, in their order; filled by the first verdict. */
static struct policy_net policy_row_nets[countof(policy_rows)];
static bool policy_rows_read;

static void policy_rows_fill(void);
static bool policy_net_holds(const struct policy_net *net, const struct policy_net *address);
static bool net_is_exact(const struct policy_net *net);
static const struct policy_row *policy_row_of(const struct policy_net *address);
static bool nets_hold(const struct policy_nets *nets, const struct policy_net *address);
static bool ceiling_opens(
    const struct policy *p, const struct policy_caller *c, const struct policy_net *address);
static bool ceiling_lets_list(
    const struct policy *p, const struct policy_caller *c, const struct policy_net *address);
static bool grant_is_for(const struct policy_grant *grant, const struct uuid *workspace);

int
policy_net_parse(struct str text, struct policy_net *out, struct err *e)
{
	struct str net = text, port = { 0 };
	ptrdiff_t at;
	int64_t n;
	bool six = text.n > 0 && text.p[0] == '[';

	*out = (struct policy_net){ 0 };
	if (six) {
		at = str_find(text, "]", 0);
		if (at < 0)
			return err_set(e, "MR400", "no ] in the address " STR_FMT, STR_ARG(text));
		net = str_sub(text, 1, (size_t)at - 1);
		port = str_sub(text, (size_t)at + 1, text.n);
		if (port.n > 0 && port.p[0] != ':')
			return err_set(
			    e, "MR400", "no : before the port in " STR_FMT, STR_ARG(text));
	} else if ((at = str_find(text, ":", 0)) >= 0) {
		net = str_sub(text, 0, (size_t)at);
		port = str_sub(text, (size_t)at, text.n);
	}
	if (six != (str_find(net, ":", 0) >= 0))
		return err_set(e, "MR400",
		    "not an address: " STR_FMT " (IPv6, and only that, stands in brackets)",
		    STR_ARG(text));
	if (net_parse(net, &out->net, e) != 0)
		return -1;
	if (port.n > 0) {
		if (str_int64(str_sub(port, 1, port.n), 1, 65535, &n, e) != 0)
			return -1;
		out->port = (int)n;
	}
	return 0;
}

void
policy_nets_add(struct policy_nets *nets, const struct policy_net *net)
{
	if (nets->n == nets->cap) {
		nets->cap = nets->cap ? nets->cap * 2 : 8;
		nets->v = mem_grow(nets->v, (size_t)nets->cap, sizeof(*nets->v));
	}
	nets->v[nets->n++] = *net;
}

void
policy_nets_free(struct policy_nets *nets)
{
	mem_free(nets->v);
	*nets = (struct policy_nets){ 0 };
}

int
policy_grants_add(struct policy_grants *grants, struct str line, struct err *e)
{
	struct policy_grant grant = { 0 };
	struct str rest = str_trim(line), net;

	if (rest.n == 0 || rest.p[0] == '#')
		return 0;
	if (!str_next(&rest, ' ', &net) || policy_net_parse(net, &grant.net, e) != 0)
		return -1;
	rest = str_trim(rest);
	if (str_is(rest, "*"))
		grant.any_workspace = true;
	else if (uuid_parse(rest, &grant.workspace, e) != 0)
		return err_set(e, "MR400", "behind the address stands a workspace's id, or *");
	if (grants->n == grants->cap) {
		grants->cap = grants->cap ? grants->cap * 2 : 8;
		grants->v = mem_grow(grants->v, (size_t)grants->cap, sizeof(*grants->v));
	}
	grants->v[grants->n++] = grant;
	return 0;
}

void
policy_grants_free(struct policy_grants *grants)
{
	mem_free(grants->v);
	*grants = (struct policy_grants){ 0 };
}

struct policy_verdict
policy_judge(
    const struct policy *policy, const struct policy_caller *caller, const struct sockaddr *sa)
{
	struct policy_net address;
	const struct policy_row *row;

	policy_rows_fill();
	if (policy_net_of(sa, &address, NULL) != 0)
		return (struct policy_verdict){ false, false, "not an internet address" };
	if (nets_hold(policy->own, &address))
		return (struct policy_verdict){ false, false, "a service of this installation" };
	if (ceiling_opens(policy, caller, &address))
		return (struct policy_verdict){ true, false, "opened by the installation" };
	row = policy_row_of(&address);
	if ((row->rule == NULL || row->listable) && nets_hold(&caller->allow, &address) &&
	    ceiling_lets_list(policy, caller, &address))
		return (struct policy_verdict){ true, false, "listed by the workspace" };
	if (row->rule != NULL)
		return (struct policy_verdict){ false, false, row->rule };
	for (size_t i = 0; i < countof(policy_ports); i++) {
		if (policy_ports[i] == address.port)
			return (struct policy_verdict){ false, false,
				"port of a service that is not HTTP" };
	}
	return (struct policy_verdict){ true, true, "public" };
}

int
policy_net_of(const struct sockaddr *sa, struct policy_net *out, struct err *e)
{
	static const uint8_t nat64[12] = { 0, 0x64, 0xff, 0x9b };
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	*out = (struct policy_net){ .net.bits = 128 };
	if (sa->sa_family == AF_INET) {
		memcpy(&four, sa, sizeof(four));
		net_address_ipv4(&four.sin_addr, &out->net.address);
		out->port = ntohs(four.sin_port);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&six, sa, sizeof(six));
		memcpy(out->net.address.byte, &six.sin6_addr, sizeof(out->net.address.byte));
		if (memcmp(&six.sin6_addr, nat64, sizeof(nat64)) == 0)
			net_address_ipv4(six.sin6_addr.s6_addr + 12, &out->net.address);
		out->port = ntohs(six.sin6_port);
	} else {
		return err_set(e, "MR400", "neither an IPv4 nor an IPv6 address");
	}
	return 0;
}

/* A row of the table that does not parse is our own bug. */
static void
policy_rows_fill(void)
{
	if (policy_rows_read)
		return;
	for (size_t i = 0; i < countof(policy_rows); i++) {
		bool parsed =
		    policy_net_parse(str_of(policy_rows[i].net), &policy_row_nets[i], NULL) == 0;

		assert(parsed);
	}
	policy_rows_read = true;
}

static const struct policy_row *
policy_row_of(const struct policy_net *address)
{
	size_t i = 0;

	/* The last row holds every address. */
	while (!policy_net_holds(&policy_row_nets[i], address))
		i++;
	return &policy_rows[i];
}

static bool
nets_hold(const struct policy_nets *nets, const struct policy_net *address)
{
	for (int i = 0; i < nets->n; i++) {
		if (policy_net_holds(&nets->v[i], address))
			return true;
	}
	return false;
}

static bool
policy_net_holds(const struct policy_net *net, const struct policy_net *address)
{
	return (net->port == 0 || net->port == address->port) &&
	       net_holds(&net->net, &address->net.address);
}

static bool
ceiling_opens(
    const struct policy *p, const struct policy_caller *c, const struct policy_net *address)
{
	for (int i = 0; i < p->ceiling->n; i++) {
		const struct policy_grant *grant = &p->ceiling->v[i];

		if (net_is_exact(&grant->net) && !grant->any_workspace &&
		    uuid_eq(&grant->workspace, &c->workspace) &&
		    policy_net_holds(&grant->net, address))
			return true;
	}
	return false;
}

static bool
ceiling_lets_list(
    const struct policy *p, const struct policy_caller *c, const struct policy_net *address)
{
	for (int i = 0; i < p->ceiling->n; i++) {
		if (grant_is_for(&p->ceiling->v[i], &c->workspace) &&
		    policy_net_holds(&p->ceiling->v[i].net, address))
			return true;
	}
	return false;
}

static bool
net_is_exact(const struct policy_net *net)
{
	return net->net.bits == 128 && net->port != 0;
}

static bool
grant_is_for(const struct policy_grant *grant, const struct uuid *workspace)
{
	return grant->any_workspace || uuid_eq(&grant->workspace, workspace);
}

/*
 * policy.h: may this workspace dial this address? Pure: no socket, no name, no clock.
 *
 * Judged is the address about to be dialled, after names are resolved, so rebinding and odd
 * spellings need no parsing. IPv4 inside IPv6 (::ffff:0:0/96 and the NAT64 prefix 64:ff9b::/96) is
 * judged as the IPv4 address it stands for. The first rule that speaks decides:
 *
 *   1. our own database and listeners      deny, whatever any list says
 *   2. the ceiling opens this very address and port for this workspace     allow
 *   3. the workspace lists it, and the ceiling lets it list that           allow
 *      (never loopback, link-local, metadata, multicast, unspecified)
 *   4. the table of networks that are not the public internet              deny
 *   5. the ports of mail, databases and the like                           deny
 *   6. all else                                                            allow
 */
#ifndef MR_EGRESS_POLICY_H
#define MR_EGRESS_POLICY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "core/def.h"
#include "core/err.h"
#include "core/net.h"
#include "core/str.h"
#include "core/uuid.h"

/* A network and port. */
struct policy_net {
	struct net net;
	int port; /* 0 = every port */
};

struct policy_nets {
	struct policy_net *v;
	int n;
	int cap;
};

/* One line of the ceiling file. */
struct policy_grant {
	struct policy_net net;
	struct uuid workspace;
	bool any_workspace; /* `*` */
};

/* Every address: who lists these reaches all that the ceiling lets be listed. */
extern const struct policy_nets policy_nets_all;

struct policy_grants {
	struct policy_grant *v;
	int n;
	int cap;
};

struct policy {
	const struct policy_nets *own;
	const struct policy_grants *ceiling;
};

/* Who asks: the workspace and what its admins listed. */
struct policy_caller {
	struct uuid workspace;
	struct policy_nets allow;
};

struct policy_verdict {
	bool allowed;
	bool is_public; /* allowed without the help of a list */
	const char
	    *rule; /* what decided, for the log and the person: "public", "private network" */
};

/*
 * Reads <address>[/<bits>][:<port>]: 10.0.0.0/8:443, 10.1.2.3, [fd00::/8]:443, [::1]:80. Bits set
 * behind the prefix are refused, since they hide a slip. -1: MR400.
 */
mr_must_check int policy_net_parse(struct str text, struct policy_net *out, struct err *e);

void policy_nets_add(struct policy_nets *nets, const struct policy_net *net);
void policy_nets_free(struct policy_nets *nets);

/*
 * Adds one line of the ceiling file: `<address>[/<bits>][:<port>] <workspace uuid, or *>`. Blank
 * lines and those that begin with # add nothing. A whole address with a port for one workspace
 * opens it; anything else is what workspaces may list. -1: MR400.
 */
mr_must_check int policy_grants_add(struct policy_grants *grants, struct str line, struct err *e);
void policy_grants_free(struct policy_grants *grants);

/* The verdict on a socket address; anything but IPv4 and IPv6 is denied. */
struct policy_verdict policy_judge(
    const struct policy *policy, const struct policy_caller *caller, const struct sockaddr *sa);

/* The network of one socket address: all bits, its port. -1: MR400 neither IPv4 nor IPv6. */
mr_must_check int policy_net_of(const struct sockaddr *sa, struct policy_net *out, struct err *e);

#endif

/*
 * net.h: internet addresses and networks, as 16 bytes. IPv4 is held as ::ffff:a.b.c.d, so that one
 * comparison serves both families.
 */
#ifndef MR_CORE_NET_H
#define MR_CORE_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/def.h"
#include "core/err.h"
#include "core/str.h"

#define NET_TEXT_SIZE 46 /* an address as text, with the NUL */

struct net_address {
	uint8_t byte[16];
};

struct net {
	struct net_address address;
	int bits; /* 0..128; the bits of the address behind it are zero */
};

/* Reads 10.1.2.3 or fd00::1, without brackets. -1: MR400. */
mr_must_check int net_address_parse(struct str text, struct net_address *out, struct err *e);

/* The four bytes of an IPv4 address, as they are on the wire. */
void net_address_ipv4(const void *four_bytes, struct net_address *out);

/*
 * Reads <address>[/<bits>]: 10.0.0.0/8, fd00::/8, 10.1.2.3. Bits set behind the prefix are refused,
 * since they hide a slip. -1: MR400.
 */
mr_must_check int net_parse(struct str text, struct net *out, struct err *e);

bool net_holds(const struct net *net, const struct net_address *address);

/* As text: 10.1.2.3, fd00::1; returns out. */
const char *net_address_format(const struct net_address *address, char out[NET_TEXT_SIZE]);

#endif

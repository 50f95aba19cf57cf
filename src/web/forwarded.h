#ifndef MR_WEB_FORWARDED_H
#define MR_WEB_FORWARDED_H

/*
 * forwarded.h: whose request is it, behind proxies? Pure: header text in, address out.
 *
 *   client 203.0.113.9 -> CDN 198.51.100.7 -> edge 127.0.0.1 -> web
 *   X-Forwarded-For: 6.6.6.6, 203.0.113.9, 198.51.100.7      peer 127.0.0.1
 *
 * Each proxy appends the address it was called from, so the list is as true as the proxy that wrote
 * the last entry. It is read from its end: as long as the address in hand is a trusted proxy, the
 * entry before it counts. The first that isn't trusted is the client; what stands before it (here
 * 6.6.6.6) is the client's own claim. One header is read, the one that the trusted proxies write:
 * the other may have come through them from anyone.
 */

#include "core/def.h"
#include "core/err.h"
#include "core/net.h"
#include "core/str.h"

enum { PROXIES_MAX = 64 };

/* Networks whose word is taken. */
struct proxies {
	struct net v[PROXIES_MAX];
	int n;
};

enum forwarded_form {
	FORWARDED_LIST, /* X-Forwarded-For: a, b */
	FORWARDED_RFC,  /* Forwarded: for=a;proto=https, for="[b]:1" (RFC 7239) */
};

/* Networks by commas or blanks: "127.0.0.0/8, ::1". -1: MR400; *out holds none. */
mr_must_check int proxies_parse(struct str text, struct proxies *out, struct err *e);

/*
 * The client's address as text. `peer` is who dialled us; `value` the header, its lines joined by
 * commas in their order (empty: absent). An entry that can't be read ends the walk: what stands
 * behind it is all that is known.
 */
const char *forwarded_client(const struct proxies *trusted, const char *peer,
    enum forwarded_form form, struct str value, char out[NET_TEXT_SIZE]);

#endif

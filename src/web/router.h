#ifndef MR_WEB_ROUTER_H
#define MR_WEB_ROUTER_H

/*
 * router.h: from a request target to a row of a route table. Pure, no allocation.
 *
 * A path is decoded once, as a whole; what could be read two ways (an escaped slash, dot segments,
 * "//", bytes that aren't UTF-8) is refused before any table is looked at.
 */

#include <stdbool.h>
#include <stddef.h>

enum method {
	METHOD_GET = 1 << 0,
	METHOD_HEAD = 1 << 1,
	METHOD_POST = 1 << 2,
	METHOD_PUT = 1 << 3,
	METHOD_PATCH = 1 << 4,
	METHOD_DELETE = 1 << 5,
	METHOD_OPTIONS = 1 << 6,
};

enum { ROUTE_PARAMS_MAX = 4, ALLOW_TEXT_MAX = 64 };

struct route;

/* A value found at a {name} of the template; both point into the template and the path. */
struct route_param {
	const char *name, *value;
	size_t name_len, value_len;
};

struct route_match {
	const struct route *route; /* NULL: no row for this method */
	unsigned
	    allowed; /* methods that this path has, HEAD and OPTIONS included; 0: unknown path */
	struct route_param params[ROUTE_PARAMS_MAX];
	int params_len;
};

/*
 * Decodes raw[0..len) into out, which has room for len + 1 bytes, and ends it with NUL.
 * Returns NULL, or the reason of the refusal as a sentence.
 */
const char *path_decode(const char *raw, size_t len, char *out);

/* Looks a decoded path up. A HEAD request is matched as GET. */
void route_find(const struct route *table, size_t n, enum method method, const char *path,
    struct route_match *out);

/* The value of a hex digit, or -1. */
int hex_value(char c);

/* "GET, HEAD, OPTIONS" for a set of methods, into out[ALLOW_TEXT_MAX]. */
void allow_text(unsigned methods, char *out);

const char *method_name(enum method method);

#endif

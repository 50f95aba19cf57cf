#ifndef MR_WEB_ROUTES_H
#define MR_WEB_ROUTES_H

/*
 * routes.h: everything that millrace-web answers to, as one table; assets/openapi.yaml says the
 * same and a test compares the two.
 */

#include <stddef.h>

#include "web/call.h"
#include "web/router.h"

enum route_flag {
	ROUTE_PUBLIC = 1 << 0,     /* no credential is looked at */
	ROUTE_IDEMPOTENT = 1 << 1, /* answers are kept under Idempotency-Key */
	ROUTE_IF_MATCH = 1 << 2,   /* If-Match becomes p.if_match */
	ROUTE_SLOW = 1 << 3,       /* gets a database connection to itself */
	ROUTE_WAKES = 1 << 4,      /* makes runs or a look ready: the workers are told */
	ROUTE_HOOK_TOKEN = 1 << 5, /* a webhook's own token is a credential too */
	ROUTE_OWN = 1 << 6,        /* the handler answers without api.<operation> */
	ROUTE_RAW = 1 << 7,        /* query and body are not checked: the handler takes them raw */
	ROUTE_TELLS = 1 << 9,    /* changes the run that it answers with: live listeners are told */
	ROUTE_LOOPBACK = 1 << 8, /* answered on loopback listeners only */
};

struct route {
	enum method method;
	const char *path;
	const char *operation;  /* also the name of the api function */
	call_step handler;      /* NULL: the generic call */
	const char *permission; /* "none", "session" or noun:verb, as documented; SQL enforces it */
	int status;             /* of success */
	unsigned flags;
	const char
	    *location; /* of what was made: prefix of its id; "." is the request's own path */
};

extern const struct route routes[];
extern const size_t routes_len;

#endif

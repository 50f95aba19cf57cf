/*
 * secret.h: passwords of our login roles, made once and kept in <var>/secret/<role> (0600), and the
 * connection strings made of them.
 */
#ifndef MR_CLI_SECRET_H
#define MR_CLI_SECRET_H

#include "cli/place.h"
#include "core/buf.h"
#include "core/def.h"
#include "core/err.h"

/* The password of a role, appended; it is made when there is none. -1: MR500. */
mr_must_check int secret_of(
    const struct place *place, const char *role, struct buf *out, struct err *e);

/*
 * Appends the administrator's connection string with this role and its password put in; where the
 * server is our own cluster, over its unix socket. -1: MR400 not a connection string, MR500.
 */
mr_must_check int secret_dsn(const struct place *place, const char *admin_dsn, const char *role,
    struct buf *out, struct err *e);

/*
 * Has libpq, in this process and its children, ask a server on another machine for a certificate
 * that is good for its name (sslmode=verify-full, by the system's authorities), unless the
 * connection string or the environment says how. What is no connection string is refused later.
 */
void secret_link(const char *dsn);

/*
 * Calls fn for each place the database answers at, as millrace-egress takes it: `10.1.2.3:5432`, or
 * `*:5432` where it is this machine. -1: MR400, MR500 the host has no address.
 */
mr_must_check int secret_hosts(
    const char *admin_dsn, void (*fn)(const char *address, void *arg), void *arg, struct err *e);

#endif

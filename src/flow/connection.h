/*
 * connection.h: the kinds of stored credentials: what each holds, what of it is secret, where it
 * may be sent, and how it is put into a request. Pure: web validates with it, the worker applies
 * it.
 *
 * A secret goes only to the connection's own hosts (config.hosts), whatever URL a workflow names.
 * An entry is [http://]<host>[:<port>]: https and its port unless it says otherwise; *.example.com
 * stands for each name below example.com, not for that itself.
 */
#ifndef MR_FLOW_CONNECTION_H
#define MR_FLOW_CONNECTION_H

#include <jansson.h>
#include <stdbool.h>

#include "core/buf.h"
#include "core/def.h"
#include "core/err.h"

#define CONNECTION_HTTP "api_key bearer basic headers" /* kinds that an HTTP call takes */

/* [{"name","title","description","config":<schema>,"secret":<schema>}, …] of all kinds; new. */
json_t *connection_kinds(void);

bool connection_is_kind(const char *name);

/*
 * Adds every issue of config and secret (either may be NULL: it isn't judged), with the fields
 * config.… and secret.…; an unknown kind is an issue of `connector`.
 */
void connection_check(
    const char *kind, const json_t *config, const json_t *secret, struct issue_list *issues);

/* May this connection's secret be sent there? */
bool connection_allows(const json_t *config, const char *url);

/*
 * Puts the secret into a request: into headers (a list of [name, value]; one of the same name is
 * replaced) or behind the URL. -1: MR400 the kind has no form in HTTP, or the stored secret lacks a
 * part.
 */
mr_must_check int connection_apply(const char *kind, const json_t *config, const json_t *secret,
    json_t *headers, struct buf *url, struct err *e);

#endif

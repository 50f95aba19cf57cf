/*
 * conf.h: every setting of every process, in one table (conf.c), read from the environment.
 *
 * A row is: key, name of the environment variable, default, least and greatest value (of the
 * number, or of the length of a text), whether it is a secret, one line for the manual. A size, a
 * count, a depth or a time that comes from outside has its limit here.
 */
#ifndef MR_CORE_CONF_H
#define MR_CORE_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/buf.h"
#include "core/def.h"
#include "core/err.h"

enum conf_key {
	CONF_DSN,
	CONF_VAR,
	CONF_PORT,
	CONF_BIND,
	CONF_PUBLIC_URL,
	CONF_TRUSTED_PROXIES,
	CONF_FORWARDED,
	CONF_CORS_ORIGINS,
	CONF_UI,
	CONF_OPENAPI,
	CONF_JWT_KEYS,
	CONF_JWT_LIFE_S,
	CONF_OIDC,
	CONF_EGRESS_SOCK,
	CONF_EGRESS_CEILING,
	CONF_EGRESS_BYTES,
	CONF_EGRESS_CONNECTIONS,
	CONF_EGRESS_PROXY,
	CONF_DNS,
	CONF_SMTP_URL,
	CONF_MAIL_FROM,
	CONF_MAIL_RETRY_MS,
	CONF_MAIL_TRIES,
	CONF_OFFER_SOCK,
	CONF_VAULT_SOCK,
	CONF_VAULT_TICKET_KEY,
	CONF_KEK,
	CONF_KEK_FILE,
	CONF_HEARTBEAT_MS,
	CONF_SILENT_MS,
	CONF_REAP_MS,
	CONF_LEASE_CAP_MS,
	CONF_LOG_LEVEL,
	CONF_WEB_WORKERS,
	CONF_WEB_CONNECTIONS,
	CONF_BODY_BYTES,
	CONF_HOOK_BYTES,
	CONF_POOL_SIZE,
	CONF_POOL_DEPTH,
	CONF_POOL_QUEUE,
	CONF_POOL_QUEUE_MS,
	CONF_POOL_FLIGHT_MS,
	CONF_STATEMENT_MS,
	CONF_JSON_DEPTH,
	CONF_CLAIM_MAX,
	CONF_CLAIM_CONNECTIONS,
	CONF_FLIGHT_MAX,
	CONF_STEP_BUDGET,
	CONF_STEP_BYTES,
	CONF_ITEMS_MAX,
	CONF_DRAIN_MS,
	CONF_RATE_ADDRESS,
	CONF_ADMIT_AGE_MS,
	CONF_ADMIT_WAIT_MS,
	CONF_COUNT /* not a setting */
};

/*
 * Reads all settings; once, at start. -1: MR400 a value is out of its range (field: the variable).
 * An empty variable counts as absent. Unknown MILLRACE_ variables are logged, not refused.
 */
mr_must_check int conf_load(struct err *e);

/* The value; a setting without a value and default is "" or 0. Before conf_load: the default. */
const char *conf_text(enum conf_key key);
int64_t conf_int(enum conf_key key);

/* The variable's name, for messages. */
const char *conf_name(enum conf_key key);

/* Appends the origin that people see: MILLRACE_PUBLIC_URL, or http://localhost:PORT. */
void conf_public_url(struct buf *out);

/* All settings as `NAME=value  # meaning` lines, secrets as "***". */
void conf_print(FILE *out);

#endif

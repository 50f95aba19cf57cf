#include <stdlib.h>

#include "core/crypto.h"
#include "core/log.h"
#include "db/pool_parts.h"

static void notice(void *arg, const char *message);

PGconn *
dial_start(const char *dsn, const char *name)
{
	/* the DSN is expanded where `dbname` stands, so what follows wins over it */
	const char *const keys[] = { "fallback_application_name", "dbname", "client_encoding",
		"tcp_user_timeout", NULL };
	const char *const values[] = { name, dsn, "UTF8", "10000", NULL };
	PGconn *pg = PQconnectStartParams(keys, values, 1);

	if (pg == NULL)
		abort();
	PQsetNoticeProcessor(pg, notice, NULL);
	return pg;
}

int
dial_backoff(int *backoff_ms, int min_ms, int max_ms)
{
	uint32_t random;
	int wait;

	if (*backoff_ms < min_ms)
		*backoff_ms = min_ms;
	crypto_random(&random, sizeof(random));
	wait = *backoff_ms / 2 + (int)(random % (uint32_t)(*backoff_ms / 2 + 1));
	*backoff_ms = *backoff_ms > max_ms / 2 ? max_ms : *backoff_ms * 2;
	return wait;
}

static void
notice(void *arg, const char *message)
{
	(void)arg;
	log_debug("db.notice", "text=%s", message);
}

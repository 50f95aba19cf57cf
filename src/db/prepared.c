/* Which statements a connection has prepared. */
#include <string.h>

#include "core/mem.h"
#include "db/pool_parts.h"

struct prepared *
conn_prepared(struct conn *c, int statement)
{
	if (statement >= c->prepared_n) {
		int n = c->pool->statement_n;

		c->prepared = mem_grow(c->prepared, (size_t)n, sizeof(*c->prepared));
		memset(c->prepared + c->prepared_n, 0,
		    (size_t)(n - c->prepared_n) * sizeof(*c->prepared));
		c->prepared_n = n;
	}
	return &c->prepared[statement];
}

void
conn_forget_prepared(struct conn *c)
{
	for (int i = 0; i < c->prepared_n; i++)
		PQclear(c->prepared[i].error);
	mem_free(c->prepared);
	c->prepared = NULL;
	c->prepared_n = 0;
}

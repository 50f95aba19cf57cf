#include "web/sql.h"

#include "core/arena.h"
#include "core/mem.h"

const struct statement sql_enter = { "enter", "select api.enter($1, $2)" };
const struct statement sql_permit = { "permit", "select api.permit($1)" };
const struct statement sql_idempotency_check = { "idempotency_check",
	"select api.idempotency_check($1, $2, $3)" };
const struct statement sql_live_read = { "live_read", "select api.live_read($1)" };
const struct statement sql_live_tell = { "live_tell", "select api.live_tell($1)" };
const struct statement sql_run_logs = { "run_logs_follow", "select api.run_logs($1)" };

static struct {
	struct statement plain, kept;
} * operations;

/* Operation names come from our own table, never from a request. */
void
sql_load(void)
{
	struct arena *a = arena_new(); /* lives as long as the process */

	operations = mem_array(routes_len, sizeof(*operations));
	for (size_t i = 0; i < routes_len; i++) {
		const char *name = routes[i].operation;

		operations[i].plain =
		    (struct statement){ name, arena_printf(a, "select api.%s($1)", name) };
		operations[i].kept = (struct statement){ arena_printf(a, "%s.kept", name),
			arena_printf(a, "select api.idempotency_keep($1, api.%s($2))", name) };
	}
}

const struct statement *
sql_operation(const struct route *route)
{
	return &operations[route - routes].plain;
}

const struct statement *
sql_operation_kept(const struct route *route)
{
	return &operations[route - routes].kept;
}

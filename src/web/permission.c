/* permission.c: which permission an operation needs is said by the table of routes. */
#include "web/handlers.h"

#include <string.h>

#include "core/json.h"
#include "web/routes.h"

static const char *permission_of(const char *operation);

/* `operation` becomes the `permission` that it needs; SQL says why the caller has it or not. */
enum call_next
permission_list(struct call *c)
{
	const char *operation = js_text_or(c->p, "operation", NULL);
	struct issue_list issues = { 0 };
	const char *permission;
	enum call_next next;

	if (operation == NULL)
		return call_operation(c);
	permission = permission_of(operation);
	if (permission != NULL) {
		json_object_set_new(c->p, "permission", json_string(permission));
		return call_operation(c);
	}
	issue_add(&issues, ISSUE_ERROR, "operation", "is no operation of this API");
	next = call_refuse_after_permit(c, &issues);
	issue_list_free(&issues);
	return next;
}

static const char *
permission_of(const char *operation)
{
	for (size_t i = 0; i < routes_len; i++) {
		if (strcmp(routes[i].operation, operation) == 0)
			return routes[i].permission;
	}
	return NULL;
}

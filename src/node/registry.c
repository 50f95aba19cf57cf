#include "node/registry.h"

#include "core/def.h"

/* In the order of the palette. */
static const struct node_type *const types[] = {
	&node_webhook,
	&node_schedule,
	&node_manual,
	&node_error,
	&node_called,
	&node_http_request,
	&node_run_workflow,
	&node_respond,
	&node_set,
	&node_if,
	&node_switch,
	&node_filter,
	&node_merge,
	&node_split,
	&node_loop,
	&node_delay,
	&node_wait_type,
	&node_stop,
	&node_no_op,
};

const struct node_registry node_registry = { types, countof(types) };

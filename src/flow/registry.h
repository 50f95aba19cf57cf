/*
 * registry.h: the list of node types, handed to flow's functions (flow must not include node).
 */
#ifndef MR_FLOW_REGISTRY_H
#define MR_FLOW_REGISTRY_H

#include <jansson.h>

#include "flow/node_type.h"

struct node_registry {
	const struct node_type *const *v;
	int n;
};

/* The type of this name, or NULL. */
const struct node_type *node_registry_find(const struct node_registry *r, const char *type);

/*
 * The body of GET /node-types,
 * {"items":[{type,name,group,description,ports:{in,out,dynamic},schema,example, trigger,retry}]}: a
 * new reference. NULL when a descriptor's schema or example is not JSON (a defect of ours).
 */
json_t *node_registry_json(const struct node_registry *r);

/*
 * A node's output ports for this config (may be NULL): new array of strings. `error_port` adds
 * "error".
 */
json_t *node_type_outputs(const struct node_type *t, const json_t *config, bool error_port);

#endif

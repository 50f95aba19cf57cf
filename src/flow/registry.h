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
 * The body of GET /node-types: {"items":[{type,name,group,description,schema,example,trigger,retry,
 * ends_run, ports:{in:[{name,title}],out:[…],dynamic_in,dynamic_out}}],"next_cursor":null}. Dynamic
 * ports depend on the config. New reference. NULL: a descriptor is not JSON (a defect of ours).
 */
json_t *node_registry_json(const struct node_registry *r);

/* Names of a node's ports for this config (NULL: the usual ones): a new array of strings. */
json_t *node_type_outputs(const struct node_type *t, const json_t *config, bool error_port);
json_t *node_type_inputs(const struct node_type *t, const json_t *config);

#endif

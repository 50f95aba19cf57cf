/*
 * definition.h: reads the definition of a workflow in any accepted spelling and gives the one
 * stored form.
 *
 * Stored form (ARCHITECTURE §5):
 * {"nodes":[{id,type,name,config,position,…}],"edges":[{from,to,from_port,to_port}],
 * "variables":{name:{type,default,required}},"settings":{…}}. Reading a stored form gives the same
 * bytes again.
 *
 * Also read: `connections` for edges; source/target/sourceHandle/targetHandle (and
 * from_node/to_node); `data` or `parameters` for config; type `stop_with_error` and a few other
 * spellings; nodes and edges as objects keyed by id; `triggers` beside nodes (each becomes a
 * trigger node, joined to the nodes without an incoming edge); `schedule` (text, or a schedule
 * node's config) as the short form of a schedule trigger.
 */
#ifndef MR_FLOW_DEFINITION_H
#define MR_FLOW_DEFINITION_H

#include <jansson.h>
#include <stdbool.h>

#include "core/err.h"
#include "flow/registry.h"

#define DEFINITION_NODES_MAX 2000
#define DEFINITION_EDGES_MAX 10000
#define DEFINITION_DEPTH_MAX 64
#define DEFINITION_BYTES_MAX ((size_t)2 << 20)

/*
 * 0: *out is the stored form (new reference); `issues` got warnings at most.
 * -1: `issues` got at least one error; *out is the form as far as it could be made, or NULL.
 * `path` prefixes each field: "" gives nodes[0].id, "definition" gives definition.nodes[0].id.
 */
mr_must_check int definition_read(json_t *in, const struct node_registry *registry,
    const char *path, json_t **out, struct issue_list *issues);

/*
 * Answer of POST /workflows/validate: {"valid","issues":[{"field","issue","severity"}]}, fields
 * below `path`. New reference.
 */
json_t *definition_validate(json_t *in, const struct node_registry *registry, const char *path);

/*
 * A create or update body without the `definition` wrapper (W10): moves top-level nodes, edges,
 * connections, triggers, settings, variables, schedule into one new `definition` member. True when
 * it made one. A `schedule` beside a definition goes into that. Changes `body`.
 */
bool definition_wrap(json_t *body);

/*
 * Trigger nodes of a stored form: new array of {"node","type","config"}, what activation makes
 * trigger rows from. Disabled ones are left out.
 */
json_t *definition_triggers(const json_t *definition, const struct node_registry *registry);

/*
 * Variables of a run: declared defaults under `given` (object or NULL). New reference, name ->
 * value. Issues, field "variables.<name>": a required one is missing, an undeclared one was given,
 * a type is wrong (W11).
 */
json_t *definition_variables(const json_t *definition, json_t *given, struct issue_list *issues);

#endif

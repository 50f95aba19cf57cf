/*
 * definition_inner.h: one reading of a definition, shared by definition*.c.
 *
 * definition_nodes.c and definition_edges.c bring the spellings together, definition_settings.c
 * does so for variables and settings, definition_check.c judges the result. Each goes on after an
 * issue, so that all are found.
 */
#ifndef MR_FLOW_DEFINITION_INNER_H
#define MR_FLOW_DEFINITION_INNER_H

#include "core/arena.h"
#include "flow/definition.h"

struct reading {
	struct arena *arena;
	const struct node_registry *registry;
	const char *path; /* "" or "definition." */
	struct issue_list *issues;
	json_t *nodes; /* of the stored form */
	json_t *edges;
	json_t *ids;     /* {id: number of its node} */
	const char **at; /* by node: its place in the input, nodes[0] or triggers[1] */
	int n;           /* nodes with a place in `at` */
};

/* Place of an issue, `path` in front; it lives as long as the reading. */
const char *reading_at(struct reading *r, const char *fmt, ...) mr_printf(2, 3);

void definition_read_nodes(struct reading *r, json_t *in);
void definition_read_triggers(struct reading *r, json_t *in);

/* One node; key: its id when `in` names none, or NULL. */
void definition_read_node(struct reading *r, const char *key, json_t *in, const char *at);

void definition_read_edges(struct reading *r, json_t *in);
json_t *definition_read_retry(struct reading *r, json_t *in, const char *at); /* new */
json_t *definition_read_variables(struct reading *r, json_t *in);             /* new */
json_t *definition_read_settings(struct reading *r, json_t *in);              /* new */

/* Configs, expressions, ports, graph. */
void definition_check(struct reading *r);

/* Type of node i of the stored form, or NULL. */
const struct node_type *reading_type(const struct reading *r, int i);

#endif

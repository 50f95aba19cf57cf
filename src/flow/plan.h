/*
 * plan.h: a definition compiled for execution. Immutable, shared by all runs of a version; cache it
 * by version id.
 */
#ifndef MR_FLOW_PLAN_H
#define MR_FLOW_PLAN_H

#include <jansson.h>

#include "core/err.h"
#include "flow/registry.h"

struct plan;

/*
 * Compiles a stored definition (definition_read's output). 0: *out holds one reference. -1: *e is
 * set (MR400): the definition isn't valid. Keeps references into `definition`, which must not be
 * changed afterwards.
 */
mr_must_check int plan_compile(const json_t *definition, const struct node_registry *registry,
    struct plan **out, struct err *e);

struct plan *plan_ref(struct plan *p); /* one process, one thread: not atomic */
void plan_unref(struct plan *p);       /* NULL is fine */

int plan_node_count(const struct plan *p);
const char *plan_node_id(const struct plan *p, int node);

/* The node of this id, or -1. */
int plan_node(const struct plan *p, const char *id);

/* The first trigger node of this type (NULL: of any type), or -1. */
int plan_trigger(const struct plan *p, const char *type);

const json_t *plan_settings(const struct plan *p);
int64_t plan_timeout_ms(const struct plan *p); /* of a run; 0 = none */

#endif

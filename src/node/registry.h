/*
 * registry.h: all built-in node types. flow's functions take &node_registry.
 */
#ifndef MR_NODE_REGISTRY_H
#define MR_NODE_REGISTRY_H

#include "flow/registry.h"

extern const struct node_registry node_registry;

extern const struct node_type node_webhook;
extern const struct node_type node_schedule;
extern const struct node_type node_manual;
extern const struct node_type node_error;
extern const struct node_type node_called;
extern const struct node_type node_run_workflow;
extern const struct node_type node_http_request;
extern const struct node_type node_set;
extern const struct node_type node_if;
extern const struct node_type node_filter;
extern const struct node_type node_switch;
extern const struct node_type node_merge;
extern const struct node_type node_split;
extern const struct node_type node_loop;
extern const struct node_type node_delay;
extern const struct node_type node_wait_type; /* node_wait is a function */
extern const struct node_type node_respond;
extern const struct node_type node_stop;
extern const struct node_type node_no_op;

#endif

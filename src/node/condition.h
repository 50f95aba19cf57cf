/*
 * condition.h: the condition of if and filter, from any of its three spellings: `condition` (text
 * or form), `conditions` (a list, joined by `combine`: and, or), or `field`, `operator`, `value`
 * beside each other.
 */
#ifndef MR_NODE_CONDITION_H
#define MR_NODE_CONDITION_H

#include "flow/node_type.h"

/* Schema properties of these, for the schema texts of both nodes. */
#define CONDITION_PROPERTIES                                                                       \
	"\"condition\":{\"title\":\"Condition\",\"x-widget\":\"condition\",\"x-raw\":true,"        \
	"\"x-format\":\"condition\",\"type\":[\"string\",\"object\",\"array\",\"boolean\"],"       \
	"\"minLength\":1,\"x-placeholder\":\"{{item.status}} == 200\","                            \
	"\"description\":\"Text such as {{trigger.payload.total}} > 100 and "                      \
	"{{item.country}} == 'DE', or a form of field, operator, value.\","                        \
	"\"examples\":[\"{{item.status}} == 200\"],\"x-order\":1},"                                \
	"\"conditions\":{\"title\":\"Conditions\",\"x-widget\":\"hidden\",\"x-raw\":true,"         \
	"\"type\":\"array\",\"items\":{\"type\":[\"string\",\"object\",\"boolean\"]},"             \
	"\"minItems\":1,\"maxItems\":100},"                                                        \
	"\"combine\":{\"title\":\"Combine\",\"x-widget\":\"hidden\",\"x-raw\":true,"               \
	"\"type\":\"string\",\"enum\":[\"and\",\"or\"],\"default\":\"and\"},"                      \
	"\"field\":{\"title\":\"Field\",\"x-widget\":\"hidden\",\"x-raw\":true,"                   \
	"\"type\":\"string\"},"                                                                    \
	"\"operator\":{\"title\":\"Operator\",\"x-widget\":\"hidden\",\"x-raw\":true,"             \
	"\"type\":\"string\"},"                                                                    \
	"\"value\":{\"title\":\"Value\",\"x-widget\":\"hidden\",\"x-raw\":true}"

/* As struct node_type's validate: the condition is there and compiles. */
void condition_validate(
    json_t *config, const struct expr_names *names, const char *path, struct issue_list *issues);

/* As struct node_type's prepare: *out is a struct cond. */
int condition_prepare(
    json_t *config, const struct expr_names *names, struct arena *a, void **out, struct err *e);

/* Adds what is wrong with one condition at `path`. */
void condition_check(
    json_t *condition, const struct expr_names *names, const char *path, struct issue_list *issues);

/* The config field that holds the condition: where a fault is reported. */
const char *condition_field(const json_t *config);

#endif

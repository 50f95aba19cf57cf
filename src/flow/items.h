/*
 * items.h: the unit of data between nodes: {"json":{…}, "binary":{…}?, "paired":[[input,item],…]?}.
 *
 * `paired` says which input items this one came from: input is an index into the step's `source`,
 * item an index into what that source delivered. A trigger's items have none.
 */
#ifndef MR_FLOW_ITEMS_H
#define MR_FLOW_ITEMS_H

#include <jansson.h>
#include <stdbool.h>

/* A new item; steals json. A json that is no object becomes {"value": json}. */
json_t *item_new(json_t *json);

/* Its json, borrowed; NULL when the item is malformed. */
json_t *item_json(const json_t *item);

/* Adds one pair. */
void item_pair(json_t *item, int input, size_t index);

/* Pair number n of the item. False: it has no such pair (or a malformed one). */
bool item_pair_at(const json_t *item, size_t n, int *input, size_t *index);

/* A new item with the same json and binary (shared) and no pairs. */
json_t *item_share(const json_t *item);

/* True for an array of objects which each have an object `json`. */
bool items_are_valid(const json_t *items);

#endif

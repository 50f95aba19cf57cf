/*
 * Any JSON as a definition: it is refused with an issue that names a field, or its stored form is a
 * fixed point and compiles to a plan.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "core/json.h"
#include "flow/definition.h"
#include "node/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct issue_list issues = { 0 }, more = { 0 };
	json_t *in = NULL, *out = NULL, *again = NULL, *verdict, *list;
	struct err e;

	if (js_parse(str_make((const char *)data, size), 16384, DEFINITION_DEPTH_MAX, &in, &e) != 0)
		return 0;
	verdict = definition_validate(in, &node_registry, "definition");
	assert(json_is_array(json_object_get(verdict, "issues")));
	json_decref(verdict);
	if (definition_read(in, &node_registry, "", &out, &issues) == 0) {
		assert(definition_read(out, &node_registry, "", &again, &more) == 0);
		assert(js_equal(out, again));
		list = definition_triggers(out, &node_registry);
		assert(json_is_array(list));
		json_decref(list);
	} else
		assert(issues.n > 0);
	issue_list_free(&issues);
	issue_list_free(&more);
	json_decref(in);
	json_decref(out);
	json_decref(again);
	return 0;
}

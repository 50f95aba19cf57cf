/* Z10: a step that runs another workflow: what it asks for, and what it makes of their end. */
#include "../flow/kit.h"

#define CHILD "0198c0de-0000-7000-8000-000000000001"

/* Two items come in. */
static struct kit
call_kit(const char *config)
{
	char text[1000];
	struct kit k;

	snprintf(text, sizeof(text),
	    "{'nodes':[{'id':'t','type':'manual'},{'id':'w','type':'run_workflow','config':"
	    "{'workflow_id':'" CHILD "'%s}}],'edges':[{'from':'t','to':'w'}]}",
	    config);
	k = kit_open(text, "{'n':1}");
	exec_free(k.x);
	json_array_append_new(k.items, item_new(json_pack("{s:i}", "n", 2)));
	kit_new_exec(&k);
	kit_advance(&k);
	return k;
}

/* As work.run_load tells of the end. */
static void
answer(struct kit *k, const char *ended)
{
	json_t *output = json_deep_copy(kit_row(k, "w", 0, 1)->output);

	json_object_set_new(output, "ended", kit_json(ended));
	for (int i = 0; i < k->n_rows; i++) {
		if (strcmp(k->rows[i].node_id, "w") == 0) {
			json_decref(k->rows[i].output);
			k->rows[i].output = json_incref(output);
		}
	}
	json_decref(output);
	kit_crash(k);
	kit_run(k);
}

static void
its_row_asks_for_a_run_with_all_items_or_one_for_each(void **state)
{
	struct kit once = call_kit(""), each = call_kit(",'mode':'each_item','wait':false");
	json_t *a = json_object_get(kit_row(&once, "w", 0, 1)->output, "wait");
	json_t *b = json_object_get(kit_row(&each, "w", 0, 1)->output, "wait");

	(void)state;
	assert_string_equal(js_text_or(a, "kind", ""), "run");
	assert_string_equal(js_text_or(a, "workflow_id", ""), CHILD);
	assert_true(json_is_true(json_object_get(a, "waits")));
	assert_int_equal(json_array_size(json_object_get(a, "inputs")), 1);
	assert_int_equal(json_array_size(json_array_get(json_object_get(a, "inputs"), 0)), 2);
	assert_true(json_is_false(json_object_get(b, "waits")));
	assert_int_equal(json_array_size(json_object_get(b, "inputs")), 2);
	kit_close(&once);
	kit_close(&each);
}

static void
what_the_runs_gave_is_paired_with_the_items_that_they_got(void **state)
{
	struct kit once = call_kit(""), each = call_kit(",'mode':'each_item'");

	(void)state;
	answer(&once, "{'status':'answered','answer':{'ended':[{'run_id':'r','status':'succeeded',"
	              "'output':[{'a':1},{'a':2}]}]}}");
	kit_assert_json(kit_row(&once, "w", 0, 1)->output,
	    "{'main':[{'json':{'a':1},'paired':[[0,0],[0,1]]},"
	    "{'json':{'a':2},'paired':[[0,0],[0,1]]}]}");
	answer(&each, "{'status':'answered','answer':{'ended':["
	              "{'run_id':'r','status':'succeeded','output':{'a':1}},"
	              "{'run_id':'s','status':'succeeded','output':{'a':2}}]}}");
	kit_assert_json(kit_row(&each, "w", 0, 1)->output,
	    "{'main':[{'json':{'a':1},'paired':[[0,0]]},{'json':{'a':2},'paired':[[0,1]]}]}");
	kit_close(&once);
	kit_close(&each);
}

static void
a_run_that_failed_was_cancelled_or_never_began_fails_the_step(void **state)
{
	static const struct {
		const char *ended, *code, *part;
	} cases[] = {
		{ "{'status':'answered','answer':{'ended':[{'run_id':'r','status':'failed',"
		  "'error':{'code':'BOOM','message':'no stock'}}]}}",
		    "RUN_FAILED", "no stock" },
		{ "{'status':'answered','answer':{'ended':[{'run_id':'r','status':'cancelled',"
		  "'error':null}]}}",
		    "RUN_FAILED", "cancelled" },
		{ "{'status':'answered','answer':{'error':{'code':'TOO_DEEP','message':'16 "
		  "levels'}}}",
		    "RUN_REFUSED", "16 levels" },
		{ "{'status':'expired','answer':null}", "TIMEOUT", "in time" },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct kit k = call_kit("");

		answer(&k, cases[i].ended);
		assert_int_equal(exec_outcome(k.x), RUN_FAILED);
		assert_string_equal(js_text_or(exec_error(k.x), "code", ""), cases[i].code);
		if (strstr(js_text_or(exec_error(k.x), "message", ""), cases[i].part) == NULL)
			fail_msg("%s", js_text_of(exec_error(k.x), 0));
		kit_close(&k);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_row_asks_for_a_run_with_all_items_or_one_for_each),
		cmocka_unit_test(what_the_runs_gave_is_paired_with_the_items_that_they_got),
		cmocka_unit_test(a_run_that_failed_was_cancelled_or_never_began_fails_the_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

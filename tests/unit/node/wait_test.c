/* Z12: a step that waits for a callback, from its row to its end. */
#include "../flow/kit.h"

#define WAIT_ID "w"

static struct kit
wait_kit(const char *config, const char *more)
{
	char text[1000];

	snprintf(text, sizeof(text),
	    "{'nodes':[{'id':'t','type':'manual'},{'id':'" WAIT_ID
	    "','type':'wait','config':{%s}%s},"
	    "{'id':'late','type':'no_op'}],"
	    "'edges':[{'from':'t','to':'w'},{'from':'w','from_port':'timeout','to':'late'}]}",
	    config, more);
	return kit_open(text, "{'n':1}");
}

/* What work.run_load gives of a wait that has ended. */
static void
end(struct kit *k, const char *ended)
{
	for (int i = 0; i < k->n_rows; i++) {
		json_t *output;

		if (strcmp(k->rows[i].node_id, WAIT_ID) != 0)
			continue;
		output = json_deep_copy(k->rows[i].output);
		json_object_set_new(output, "ended", kit_json(ended));
		json_decref(k->rows[i].output);
		k->rows[i].output = output;
	}
	kit_crash(k);
}

static void
its_row_says_what_it_waits_for_and_until_when_and_its_time_alone_ends_nothing(void **state)
{
	struct kit k = wait_kit("'expires_ms':5000", "");

	(void)state;
	kit_advance(&k);
	kit_assert_json(kit_row(&k, WAIT_ID, 0, 1)->output,
	    "{'due_at':'2023-11-14T22:13:25.000Z','wait':{'kind':'callback'}}");
	assert_int_equal(exec_outside_due_ms(k.x), KIT_START_MS + 5000);
	assert_true(exec_due_at_ms(k.x) == INT64_MAX);
	k.now_ms += 10000;
	kit_advance(&k);
	assert_string_equal(kit_status(&k, WAIT_ID), "waiting");
	kit_crash(&k);
	kit_advance(&k);
	assert_string_equal(kit_status(&k, WAIT_ID), "waiting");
	assert_int_equal(exec_outside_due_ms(k.x), KIT_START_MS + 5000);
	kit_close(&k);
}

static void
an_answer_is_its_item_paired_with_what_came_in(void **state)
{
	struct kit k = wait_kit("", "");

	(void)state;
	kit_advance(&k);
	assert_int_equal(exec_outside_due_ms(k.x), KIT_START_MS + NODE_WAIT_MAX_MS);
	end(&k, "{'status':'answered','answer':{'json':{'payload':{'ok':true}}}}");
	assert_true(exec_outside_due_ms(k.x) == INT64_MAX);
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	kit_assert_json(kit_row(&k, WAIT_ID, 0, 1)->output,
	    "{'main':[{'json':{'payload':{'ok':true}},'paired':[[0,0]]}]}");
	assert_string_equal(kit_status(&k, "late"), "skipped");
	kit_close(&k);
}

static void
nobody_answers_and_it_fails_or_its_items_take_the_port_timeout(void **state)
{
	struct kit k = wait_kit("'expires_ms':5000", "");

	(void)state;
	kit_advance(&k);
	end(&k, "{'status':'expired'}");
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_FAILED);
	kit_assert_json(json_object_get(exec_error(k.x), "code"), "'TIMEOUT'");
	kit_close(&k);
	k = wait_kit("'expires_ms':5000,'on_timeout':'continue'", "");
	kit_advance(&k);
	end(&k, "{'status':'expired'}");
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	kit_assert_json(kit_out(&k, WAIT_ID, "timeout", 0), "{'n':1,'payload':{'n':1}}");
	kit_close(&k);
}

static void
the_limit_of_the_step_comes_first_and_fails_it_whatever_on_timeout_says(void **state)
{
	struct kit k = wait_kit("'expires_ms':5000,'on_timeout':'continue'", ",'timeout_ms':2000");

	(void)state;
	kit_advance(&k);
	assert_int_equal(exec_outside_due_ms(k.x), KIT_START_MS + 2000);
	end(&k, "{'status':'expired'}");
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_FAILED);
	kit_close(&k);
}

static void
until_a_time_it_waits_as_a_delay_does(void **state)
{
	struct kit k = wait_kit("'resume':'time','until':'2023-11-14T22:13:25Z'", "");

	(void)state;
	kit_advance(&k);
	assert_true(exec_outside_due_ms(k.x) == INT64_MAX);
	kit_run(&k);
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	assert_int_equal(k.now_ms, KIT_START_MS + 5000);
	kit_close(&k);
	k = wait_kit("'resume':'time'", "");
	kit_run(&k);
	kit_assert_json(json_object_get(exec_error(k.x), "field"), "'until'");
	kit_close(&k);
}

static void
with_a_time_alone_it_is_another_spelling_of_delay(void **state)
{
	static const char *const configs[] = { "'duration_ms':5000", "'duration':5",
		"'until':'2023-11-15T00:00:00Z'" };

	(void)state;
	for (size_t i = 0; i < countof(configs); i++) {
		char definition[300];
		struct kit k;

		snprintf(definition, sizeof(definition),
		    "{'nodes':[{'id':'t','type':'manual'},"
		    "{'id':'w','type':'wait','config':{%s}}],"
		    "'edges':[{'from':'t','to':'w'}]}",
		    configs[i]);
		k = kit_open(definition, "{}");
		kit_advance(&k);
		assert_true(exec_outside_due_ms(k.x) == INT64_MAX);
		assert_string_equal(kit_status(&k, "w"), "waiting");
		kit_close(&k);
	}
}

static void
its_address_is_the_same_in_each_process_and_another_for_each_step_and_run(void **state)
{
	struct callback_site site = { .origin = "https://example.org",
		.workspace_id = uuid_v7(),
		.run_id = uuid_v7(),
		.key = str_of("key") };
	struct buf v[4] = { 0 };

	(void)state;
	callback_url(&v[0], &site, "w", 0);
	callback_url(&v[1], &site, "w", 0);
	callback_url(&v[2], &site, "w", 1);
	site.run_id = uuid_v7();
	callback_url(&v[3], &site, "w", 0);
	assert_true(str_starts(buf_view(&v[0]), "https://example.org/resume/"));
	assert_string_equal(buf_cstr(&v[0]), buf_cstr(&v[1]));
	assert_string_not_equal(buf_cstr(&v[0]), buf_cstr(&v[2]));
	assert_string_not_equal(buf_cstr(&v[0]), buf_cstr(&v[3]));
	for (int i = 0; i < 4; i++)
		buf_free(&v[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    its_row_says_what_it_waits_for_and_until_when_and_its_time_alone_ends_nothing),
		cmocka_unit_test(an_answer_is_its_item_paired_with_what_came_in),
		cmocka_unit_test(nobody_answers_and_it_fails_or_its_items_take_the_port_timeout),
		cmocka_unit_test(
		    the_limit_of_the_step_comes_first_and_fails_it_whatever_on_timeout_says),
		cmocka_unit_test(until_a_time_it_waits_as_a_delay_does),
		cmocka_unit_test(with_a_time_alone_it_is_another_spelling_of_delay),
		cmocka_unit_test(
		    its_address_is_the_same_in_each_process_and_another_for_each_step_and_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

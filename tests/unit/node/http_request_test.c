/* N03, N04: the call that is described, and what becomes of its answer. */
#include "../flow/kit.h"

#include "node/http.h"

/* What the test answers and what it saw. */
struct server {
	const char *answers[8]; /* JSON with ' for "; the last one is repeated */
	int n;
	char *method[8], *url[8], *body[8];
	json_t *headers[8];
	int64_t timeout_ms;
	int max_redirects;
};

static json_t *
serve(const struct exec_wish *w, void *arg)
{
	struct server *s = arg;
	int at = s->n < 8 ? s->n : 7, last = 0;

	s->method[at] = mem_strdup(w->io->method);
	s->url[at] = mem_strdup(w->io->url);
	s->body[at] = mem_strdup(w->io->body);
	s->headers[at] = json_incref(w->io->headers);
	s->timeout_ms = w->io->timeout_ms;
	s->max_redirects = w->io->max_redirects;
	s->n++;
	while (last < at && s->answers[last + 1] != NULL)
		last++;
	return kit_json(s->answers[last] != NULL ? s->answers[last] : "{'status':200}");
}

static struct kit
request(const char *config, struct server *s)
{
	char text[3000];
	struct kit k;

	snprintf(text, sizeof(text),
	    "{'nodes':[{'id':'t','type':'manual'},{'id':'h','type':'http_request','config':%s}],"
	    "'edges':[{'from':'t','to':'h'}]}",
	    config);
	k = kit_open(text, "{'n':1,'list':[1,'x y'],'name':'\u00e9'}");
	k.answer = serve;
	k.arg = s;
	kit_run(&k);
	return k;
}

static void
done(struct kit *k, struct server *s)
{
	for (int i = 0; i < s->n && i < 8; i++) {
		mem_free(s->method[i]);
		mem_free(s->url[i]);
		mem_free(s->body[i]);
		json_decref(s->headers[i]);
	}
	kit_close(k);
}

static void
the_call_is_built_from_the_resolved_config(void **state)
{
	struct server s = { 0 };
	struct kit k = request("{'url':'https://a.example/{{t.name}}?x=1#frag','method':'PUT',"
	                       "'headers':{'X-N':'{{t.n}}'},'query':{'q':'{{t.list}}','e':'a&b'},"
	                       "'body':{'deep':[{'n':'{{t.n}}'}]},'timeout_ms':1500,"
	                       "'follow_redirects':false}",
	    &s);

	(void)state;
	assert_string_equal(s.method[0], "PUT");
	assert_string_equal(s.url[0], "https://a.example/%C3%A9?x=1&q=1&q=x%20y&e=a%26b");
	assert_string_equal(s.body[0], "{\"deep\":[{\"n\":1}]}");
	kit_assert_json(s.headers[0], "{'X-N':'1','Content-Type':'application/json',"
	                              "'Idempotency-Key':'run-1:h:0'}");
	assert_int_equal(s.timeout_ms, 1500);
	assert_int_equal(s.max_redirects, 0);
	done(&k, &s);
}

static void
bodies_are_sent_as_asked(void **state)
{
	struct server s = { 0 };
	struct kit k =
	    request("{'url':'http://a.example','method':'POST','body_type':'form','body':{'a':'x "
	            "y','b':[1,2]}}",
	        &s);

	(void)state;
	assert_string_equal(s.body[0], "a=x%20y&b=1&b=2");
	kit_assert_json(
	    json_object_get(s.headers[0], "Content-Type"), "'application/x-www-form-urlencoded'");
	done(&k, &s);
	s = (struct server){ 0 };
	k = request("{'url':'http://a.example','method':'POST','body':'n is {{t.n}}'}", &s);
	assert_string_equal(s.body[0], "n is 1");
	done(&k, &s);
	s = (struct server){ 0 };
	k = request("{'url':'http://a.example'}", &s);
	assert_string_equal(s.method[0], "GET");
	assert_null(s.body[0]);
	kit_assert_json(s.headers[0], "{}");
	done(&k, &s);
}

static void
a_call_is_made_for_each_item_unless_once_is_asked(void **state)
{
	struct server s = { .answers = {
		                "{'status':200,'body':'a'}", "{'status':201,'body':'b'}" } };
	struct kit k =
	    kit_open("{'nodes':[{'id':'t','type':'manual'},{'id':'h','type':'http_request',"
	             "'config':{'url':'http://a.example/{{item.n}}','method':'POST'}}],"
	             "'edges':[{'from':'t','to':'h'}]}",
	        "{'n':1}");

	(void)state;
	exec_free(k.x);
	json_array_append_new(k.items, item_new(json_pack("{s:i}", "n", 2)));
	kit_new_exec(&k);
	k.answer = serve;
	k.arg = &s;
	kit_run(&k);
	assert_int_equal(s.n, 2);
	assert_string_equal(s.url[1], "http://a.example/2");
	kit_assert_json(json_object_get(s.headers[1], "Idempotency-Key"), "'run-1:h:0:1'");
	kit_assert_json(kit_out(&k, "h", "main", 1), "{'status':201,'headers':{},'body':'b'}");
	kit_assert_json(js_get(kit_row(&k, "h", 0, 1)->output, "main[1].paired"), "[[0,1]]");
	done(&k, &s);
}

static void
answers_are_read_by_their_content_type(void **state)
{
	struct server s = { .answers = { "{'status':200,'headers':{'content-type':"
		                         "'application/json'},'body':'{\\'a\\':1}'}" } };
	struct kit k = request("{'url':'http://a.example'}", &s);

	(void)state;
	kit_assert_json(js_get(exec_output(k.x), "body"), "{'a':1}");
	done(&k, &s);
	s = (struct server){ .answers = { "{'headers':{'content-type':'application/json'},"
		                          "'body':'{oops'}" } };
	k = request("{'url':'http://a.example'}", &s);
	kit_assert_json(js_get(exec_output(k.x), "body"), "'{oops'");
	done(&k, &s);
	s = (struct server){ .answers = {
		                 "{'headers':{'content-type':'image/png'},'body':'PNG'}" } };
	k = request("{'url':'http://a.example'}", &s);
	kit_assert_json(js_get(exec_output(k.x), "body"), "null");
	kit_assert_json(
	    js_get(kit_row(&k, "h", 0, 1)->output, "main[0].binary.data.data"), "'UE5H'");
	done(&k, &s);
}

/* N04 */
static void
retry_after_is_honoured(void **state)
{
	struct server s = { .answers = { "{'status':429,'headers':{'retry-after':'9'}}",
		                "{'status':503,'headers':{'retry-after':"
		                "'Tue, 14 Nov 2023 22:14:00 GMT'}}",
		                "{'status':200}" } };
	struct kit k = request("{'url':'http://a.example'}", &s);

	(void)state;
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	assert_int_equal(js_int_or(kit_row(&k, "h", 0, 1)->error, "retry_in_ms", 0), 9000);
	/* The date is 40 s after the start of the run. */
	assert_in_range(js_int_or(kit_row(&k, "h", 0, 2)->error, "retry_in_ms", 0), 30000, 40000);
	done(&k, &s);
}

/* N04 */
static void
with_both_turned_off_the_status_is_plain_output(void **state)
{
	static const char *const statuses[] = { "{'status':404}", "{'status':503}",
		"{'status':429}" };

	(void)state;
	for (size_t i = 0; i < countof(statuses); i++) {
		struct server s = { .answers = { statuses[i] } };
		struct kit k = request("{'url':'http://a.example','retry_on_failure':false,"
		                       "'fail_on_status':false}",
		    &s);

		assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
		assert_int_equal(s.n, 1);
		done(&k, &s);
	}
}

/* N04 */
static void
with_failing_turned_off_the_status_is_output_after_the_retries(void **state)
{
	struct server s = { .answers = { "{'status':503}" } };
	struct kit k = request("{'url':'http://a.example','fail_on_status':false}", &s);

	(void)state;
	assert_int_equal(exec_outcome(k.x), RUN_SUCCEEDED);
	assert_int_equal(s.n, 4);
	kit_assert_json(js_get(exec_output(k.x), "status"), "503");
	assert_int_equal(kit_row(&k, "h", 0, 4)->status, STEP_SUCCEEDED);
	done(&k, &s);
}

/* N04 */
static void
with_retries_turned_off_the_first_failure_is_the_last(void **state)
{
	struct server s = { .answers = { "{'error':'CONNECT'}" } };
	struct kit k = request("{'url':'http://a.example','retry_on_failure':false}", &s);

	(void)state;
	assert_int_equal(s.n, 1);
	kit_assert_json(json_object_get(exec_error(k.x), "code"), "'CONNECT'");
	done(&k, &s);
}

static void
a_denied_address_is_not_tried_again(void **state)
{
	struct server s = { .answers = { "{'error':'DENIED'}" } };
	struct kit k = request("{'url':'http://a.example'}", &s);

	(void)state;
	assert_int_equal(s.n, 1);
	kit_assert_json(json_object_get(exec_error(k.x), "code"), "'DENIED'");
	done(&k, &s);
}

static void
what_an_expression_made_of_the_config_is_checked_too(void **state)
{
	static const struct {
		const char *config, *field;
	} cases[] = {
		{ "{'url':'{{t.n}}'}", "url" },
		{ "{'url':'ftp://x/{{t.n}}'}", NULL },
		{ "{'url':'http://a.example','headers':{'X':'{{t.evil}}'}}", "headers.X" },
		{ "{'url':'http://a.example','method':'{{t.verb}}'}", "method" },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		char text[600];
		struct server s = { 0 };
		struct kit k;

		if (cases[i].field == NULL)
			continue;
		snprintf(text, sizeof(text),
		    "{'nodes':[{'id':'t','type':'manual'},{'id':'h','type':'http_request',"
		    "'config':%s}],'edges':[{'from':'t','to':'h'}]}",
		    cases[i].config);
		k = kit_open(text, "{'n':1,'evil':'a\\r\\nHost: b','verb':'GET / HTTP'}");
		k.answer = serve;
		k.arg = &s;
		kit_run(&k);
		assert_int_equal(s.n, 0);
		kit_assert_json(json_object_get(exec_error(k.x), "code"), "'CONFIG_INVALID'");
		assert_string_equal(js_text_or(exec_error(k.x), "field", ""), cases[i].field);
		done(&k, &s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_call_is_built_from_the_resolved_config),
		cmocka_unit_test(bodies_are_sent_as_asked),
		cmocka_unit_test(a_call_is_made_for_each_item_unless_once_is_asked),
		cmocka_unit_test(answers_are_read_by_their_content_type),
		cmocka_unit_test(retry_after_is_honoured),
		cmocka_unit_test(with_both_turned_off_the_status_is_plain_output),
		cmocka_unit_test(with_failing_turned_off_the_status_is_output_after_the_retries),
		cmocka_unit_test(with_retries_turned_off_the_first_failure_is_the_last),
		cmocka_unit_test(a_denied_address_is_not_tried_again),
		cmocka_unit_test(what_an_expression_made_of_the_config_is_checked_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

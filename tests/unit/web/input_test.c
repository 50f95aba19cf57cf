#include "unit.h"

#include "core/json.h"
#include "core/mem.h"
#include "fake_call.h"
#include "web/answer.h"
#include "web/input.h"

static const struct route table[] = {
	{ .method = METHOD_PATCH,
	    .path = "/w/{id}",
	    .operation = "w_update",
	    .flags = ROUTE_IF_MATCH,
	    .status = 200 },
	{ .method = METHOD_GET, .path = "/w", .operation = "w_list", .status = 200 },
	{ .method = METHOD_POST,
	    .path = "/x/{id}",
	    .operation = "w_run",
	    .status = 202,
	    .location = "/r/" },
};

static const char document[] =
    "{'paths':{'/w/{id}':{'patch':{'operationId':'w_update','parameters':["
    "{'name':'id','in':'path','required':true,'schema':{'type':'integer'}},"
    "{'name':'If-Match','in':'header','schema':{'type':'string','pattern':'^\\\"[0-9]+\\\"$'}}],"
    "'requestBody':{'required':true,'content':{'application/json':{'schema':{'$ref':'#/components/"
    "schemas/W'}},"
    "'application/x-www-form-urlencoded':{}}}}},"
    "'/w':{'get':{'operationId':'w_list','parameters':[{'$ref':'#/components/parameters/Limit'},"
    "{'name':'all','in':'query','schema':{'type':'boolean'}}]}},"
    "'/x/{id}':{'post':{'operationId':'w_run','x-body':'payload','parameters':["
    "{'name':'id','in':'path','required':true,'schema':{'type':'string'}}],"
    "'requestBody':{'content':{'application/json':{'schema':{}}}}}}},"
    "'components':{'parameters':{'Limit':{'name':'limit','in':'query','schema':{'type':'integer','"
    "maximum':9}}},"
    "'schemas':{'W':{'type':'object','additionalProperties':false,'required':['name'],'properties':"
    "{"
    "'name':{'type':'string','minLength':1},'n':{'type':'integer'}}}}}}";

static struct input *input;

static int
input_setup(void **state)
{
	struct input_limits limits = { 200, 8 };
	char *text = strdup(document);
	json_t *json;
	struct err e;
	int rc;

	(void)state;
	for (char *s = text; *s != '\0'; s++)
		*s = *s == '\'' ? '"' : *s;
	json = json_loads(text, 0, NULL);
	rc = json == NULL ? -1 : input_load(json, table, countof(table), &limits, &input, &e);
	json_decref(json);
	free(text);
	return rc;
}

static int
input_teardown(void **state)
{
	(void)state;
	input_free(input);
	return 0;
}

/* A call of the table's row; its headers are `type` and If-Match. */
static void
call_make(
    struct call *c, int row, const char *id, const char *query, const char *body, const char *type)
{
	*c = (struct call){
		.arena = arena_new(), .route = &table[row], .method = table[row].method
	};
	if (id != NULL) {
		c->params[0] = (struct route_param){ "id", id, 2, strlen(id) };
		c->params_len = 1;
	}
	c->query = str_of(query);
	c->body = str_of(body);
	fake_headers[0] = (struct call_header){ type != NULL ? "content-type" : NULL, type };
	fake_headers[1] = (struct call_header){ NULL, NULL };
}

static void
body_query_and_path_become_one_flat_object(void **state)
{
	struct issue_list issues = { 0 };
	struct call c;
	struct err e;
	char *text;

	(void)state;
	call_make(&c, 0, "7", NULL, "{\"name\":\"a\",\"n\":3}", "application/json; charset=utf-8");
	fake_headers[1] = (struct call_header){ "if-match", "\"12\"" };
	assert_int_equal(input_build(input, &c, &issues, &e), 0);
	text = js_text_of(c.p, JS_SORTED);
	assert_string_equal(text, "{\"id\":7,\"if_match\":12,\"n\":3,\"name\":\"a\"}");
	mem_free(text);
	arena_free(c.arena);
}

static void
query_values_take_the_type_of_their_schema(void **state)
{
	struct issue_list issues = { 0 };
	struct call c;
	struct err e;

	(void)state;
	call_make(&c, 1, NULL, "limit=9&all=true", NULL, NULL);
	assert_int_equal(input_build(input, &c, &issues, &e), 0);
	assert_true(json_is_integer(json_object_get(c.p, "limit")));
	assert_true(json_is_true(json_object_get(c.p, "all")));
	arena_free(c.arena);
}

static void
all_that_is_wrong_is_told_by_name(void **state)
{
	struct issue_list issues = { 0 };
	struct call c;
	struct err e;

	(void)state;
	call_make(&c, 1, NULL, "limit=99&all=maybe&foo=1&limit=2", NULL, NULL);
	assert_int_equal(input_build(input, &c, &issues, &e), -1);
	assert_int_equal(issues.errors, 4);
	issue_list_free(&issues);
	arena_free(c.arena);

	call_make(&c, 0, "seven", NULL, "{\"n\":\"x\",\"foo\":1}", "application/json");
	fake_headers[1] = (struct call_header){ "if-match", "12" };
	assert_int_equal(input_build(input, &c, &issues, &e), -1);
	assert_int_equal(issues.errors, 5);
	issue_list_free(&issues);
	arena_free(c.arena);
}

static void
a_body_of_another_kind_is_refused(void **state)
{
	struct issue_list issues = { 0 };
	struct call c;
	struct err e;

	(void)state;
	call_make(&c, 0, "7", NULL, "name=a", "text/plain");
	assert_err(input_build(input, &c, &issues, &e), e, "MR415", "");
	arena_free(c.arena);
	call_make(&c, 0, "7", NULL, "{\"name\":", "application/json");
	assert_err(input_build(input, &c, &issues, &e), e, "MR400", "");
	arena_free(c.arena);
	call_make(&c, 0, "7", NULL, "[[[[[[[[[[1]]]]]]]]]]", "application/json");
	assert_err(input_build(input, &c, &issues, &e), e, "MR400", "");
	arena_free(c.arena);
	call_make(&c, 0, "7", NULL, NULL, NULL);
	assert_int_equal(input_build(input, &c, &issues, &e), -1);
	assert_int_equal(issues.errors, 1);
	issue_list_free(&issues);
	arena_free(c.arena);
}

static void
a_form_is_read_where_the_operation_takes_one(void **state)
{
	struct issue_list issues = { 0 };
	struct call c;
	struct err e;

	(void)state;
	call_make(&c, 0, "7", NULL, "name=a+b%26c", "application/x-www-form-urlencoded");
	assert_int_equal(input_build(input, &c, &issues, &e), 0);
	assert_string_equal(js_text_or(c.p, "name", ""), "a b&c");
	arena_free(c.arena);
}

static void
a_payload_is_passed_on_whole(void **state)
{
	struct issue_list issues = { 0 };
	struct call c;
	struct err e;

	(void)state;
	call_make(&c, 2, "a", NULL, "[1,{\"id\":2}]", "application/json");
	assert_int_equal(input_build(input, &c, &issues, &e), 0);
	assert_true(json_is_array(json_object_get(c.p, "payload")));
	assert_string_equal(js_text_or(c.p, "id", ""), "a");
	arena_free(c.arena);
}

static void
an_answer_shows_where_its_thing_is_and_its_version(void **state)
{
	const char *text = "{\"a\" : {\"etag\":9,\"x\":\"}\"} ,\n\"etag\":7, \"id\":\"r-1\"}";
	struct str value;
	struct call c;

	(void)state;
	assert_true(answer_member(str_of(text), "etag", &value) && str_is(value, "7"));
	assert_false(answer_member(str_of(text), "x", &value));
	assert_false(answer_member(str_of("[]"), "x", &value));
	assert_false(answer_member(str_of("{\"a"), "x", &value));
	call_make(&c, 2, "a", NULL, NULL, NULL);
	assert_int_equal(call_answer_operation(&c, str_of(text)), CALL_DONE);
	assert_int_equal(c.status, 202);
	assert_string_equal(c.headers[0].value, "\"7\"");
	assert_string_equal(c.headers[1].value, "/r/r-1");
	arena_free(c.arena);
	assert_true(answer_etag_matches("\"1\", W/\"7\"", str_of("7")));
	assert_false(answer_etag_matches("\"77\"", str_of("7")));
	assert_false(answer_etag_matches(NULL, str_of("7")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(body_query_and_path_become_one_flat_object),
		cmocka_unit_test(query_values_take_the_type_of_their_schema),
		cmocka_unit_test(all_that_is_wrong_is_told_by_name),
		cmocka_unit_test(a_body_of_another_kind_is_refused),
		cmocka_unit_test(a_form_is_read_where_the_operation_takes_one),
		cmocka_unit_test(a_payload_is_passed_on_whole),
		cmocka_unit_test(an_answer_shows_where_its_thing_is_and_its_version),
	};

	return cmocka_run_group_tests(tests, input_setup, input_teardown);
}

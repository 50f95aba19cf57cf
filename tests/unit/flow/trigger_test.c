/* T06: bodies of webhook deliveries as the trigger's item. */
#include "kit.h"

static json_t *
deliver(const char *type, const char *body, size_t n)
{
	struct webhook_request r = { .method = "POST",
		.path = "/hooks/x",
		.query = "a=1&b=2&b=%C3%A9+x",
		.content_type = type,
		.body = body,
		.body_len = n };

	return trigger_webhook_item(&r);
}

static void
assert_payload(const char *type, const char *body, const char *payload)
{
	json_t *item = deliver(type, body, strlen(body));

	kit_assert_json(js_get(item, "json.payload"), payload);
	json_decref(item);
}

static void
each_kind_of_body_is_readable_as_payload(void **state)
{
	(void)state;
	assert_payload("application/json; charset=utf-8", "{\"a\":[1]}", "{'a':[1]}");
	assert_payload("application/vnd.api+json", "3", "3");
	assert_payload("application/x-www-form-urlencoded", "a=1&b=x+y%21&b=2&c&=d",
	    "{'a':'1','b':['x y!','2'],'c':'','':'d'}");
	assert_payload("text/plain", "hello", "'hello'");
	assert_payload("application/xml", "<a/>", "'<a/>'");
	assert_payload(NULL, "{\"a\":1}", "{'a':1}");
	assert_payload(NULL, "plain", "'plain'");
	assert_payload("application/json", "", "null");
}

static void
headers_query_and_method_stand_beside_the_payload(void **state)
{
	json_t *headers = kit_json("{'x-a':'1'}");
	struct webhook_request r = { .method = "PUT", .query = "q=1", .headers = headers };
	json_t *item = trigger_webhook_item(&r);

	(void)state;
	kit_assert_json(json_object_get(item, "json"),
	    "{'payload':null,'headers':{'x-a':'1'},"
	    "'query':{'q':'1'},'method':'PUT','path':''}");
	json_decref(item);
	json_decref(headers);
}

static void
multipart_gives_fields_and_files(void **state)
{
	static const char body[] =
	    "preamble\r\n--XX\r\nContent-Disposition: form-data; name=\"who\"\r\n\r\n"
	    "Ada\r\n--XX\r\ncontent-disposition: form-data; name=\"f\"; "
	    "filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n\x00\xff\r\n"
	    "--XX\r\nContent-Disposition: form-data; name=f; filename=b\r\n\r\n"
	    "\r\n--XX--\r\n";
	json_t *item = deliver("multipart/form-data; boundary=\"XX\"", body, sizeof(body) - 1);

	(void)state;
	kit_assert_json(js_get(item, "json.payload"), "{'who':'Ada'}");
	kit_assert_json(js_get(item, "binary"),
	    "{'f':{'data':'AP8=','mime_type':'text/plain','file_name':'a.txt','size':2},"
	    "'f_2':{'data':'','mime_type':'application/octet-stream','file_name':'b','size':0}}");
	assert_null(js_get(item, "json.parse_error"));
	json_decref(item);
}

static void
binary_bodies_are_kept_whole(void **state)
{
	json_t *item = deliver("image/png", "\x89PNG\x00", 5);

	(void)state;
	kit_assert_json(js_get(item, "json.payload"), "null");
	kit_assert_json(
	    js_get(item, "binary.data"), "{'data':'iVBORwA=','mime_type':'image/png','size':5}");
	json_decref(item);
}

static void
what_is_no_json_after_all_is_kept_as_text(void **state)
{
	json_t *item = deliver("application/json", "{a:\xff", 4);

	(void)state;
	kit_assert_json(js_get(item, "json.payload"), "'{a:\xef\xbf\xbd'");
	assert_non_null(js_get(item, "json.parse_error"));
	json_decref(item);
}

/* Half bodies, broken boundaries, stray bytes: an item comes of each, with valid UTF-8. */
static void
no_bytes_make_it_fail(void **state)
{
	static const char *const types[] = { NULL, "application/json", "text/plain", "x/y",
		"application/x-www-form-urlencoded", "multipart/form-data; boundary=b",
		"multipart/form-data", "multipart/form-data; boundary=", "\xff/\xfe; =;" };
	static const char *const pieces[] = { "--b", "\r\n", "--b--", "%", "=", "&", "{", "[", "\"",
		"Content-Disposition: form-data; name=\"", "filename=", "\xf0\x9f", ":", ";", "a",
		"\\u0000" };
	uint64_t seed = 42;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char body[400] = "";
		size_t n = 0;
		json_t *item;
		char *text;

		for (unsigned i = 0; i < 12; i++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			n += (size_t)snprintf(body + n, sizeof(body) - n, "%s",
			    pieces[(seed >> 33) % countof(pieces)]);
		}
		if ((seed >> 40) % 4 == 0)
			body[(seed >> 45) % n] = '\0';
		item = deliver(types[(size_t)round % countof(types)], body, n);
		text = json_dumps(item, 0);
		assert_non_null(text);
		free(text);
		json_decref(item);
	}
}

/* The corpus of real deliveries: ../shared/webhooks. */
static void
real_deliveries_are_read_as_they_are(void **state)
{
	struct err e = { 0 };
	json_t *index = NULL, *entry;
	size_t i;
	int n = 0;

	(void)state;
	if (js_parse_file("../shared/webhooks/index.json", 1 << 20, &index, &e) != 0) {
		print_message("SKIPPED: ../shared/webhooks is not there\n");
		skip();
	}
	json_array_foreach(json_is_array(index) ? index : json_object_get(index, "files"), i, entry)
	{
		const char *name = json_is_string(entry) ? json_string_value(entry)
		                                         : js_text_or(entry, "file", "");
		char path[300];
		json_t *body = NULL, *item;
		char *text;

		snprintf(path, sizeof(path), "../shared/webhooks/%s", name);
		if (js_parse_file(path, 1 << 22, &body, &e) != 0)
			continue;
		text = js_text_of(body, JS_COMPACT);
		item = deliver("application/json", text, strlen(text));
		assert_true(js_equal(js_get(item, "json.payload"), body));
		mem_free(text);
		json_decref(item);
		json_decref(body);
		n++;
	}
	print_message("%d deliveries\n", n);
	json_decref(index);
}

static void
a_manual_start_has_its_input_as_payload_and_as_fields(void **state)
{
	json_t *input = kit_json("{'a':1,'payload':2}"), *item = trigger_manual_item(input);

	(void)state;
	kit_assert_json(item, "{'json':{'a':1,'payload':{'a':1,'payload':2}}}");
	json_decref(item);
	json_decref(input);
	item = trigger_manual_item(NULL);
	kit_assert_json(item, "{'json':{'payload':null}}");
	json_decref(item);
	item = trigger_schedule_item(0, "UTC");
	kit_assert_json(
	    js_get(item, "json.payload"), "{'due_at':'1970-01-01T00:00:00.000Z','timezone':'UTC'}");
	json_decref(item);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_body_is_readable_as_payload),
		cmocka_unit_test(headers_query_and_method_stand_beside_the_payload),
		cmocka_unit_test(multipart_gives_fields_and_files),
		cmocka_unit_test(binary_bodies_are_kept_whole),
		cmocka_unit_test(what_is_no_json_after_all_is_kept_as_text),
		cmocka_unit_test(no_bytes_make_it_fail),
		cmocka_unit_test(real_deliveries_are_read_as_they_are),
		cmocka_unit_test(a_manual_start_has_its_input_as_payload_and_as_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "unit.h"

#include "core/json.h"
#include "core/schema.h"

static json_t *
parsed(const char *text)
{
	json_t *v;
	struct err e;

	assert_ok(js_parse(str_of(text), 1 << 22, 500, &v, &e), e);
	return v;
}

/* The issues as `field: text` lines. */
static void
assert_issues(const char *schema, const char *value, int flags, const char *want)
{
	json_t *document = parsed(schema), *v = parsed(value);
	struct schema *s = schema_new(document);
	struct issue_list list = { 0 };
	struct buf got = { 0 };

	json_decref(document); /* the validator has its own reference */
	schema_check(s, NULL, v, "", flags, &list);
	for (int i = 0; i < list.n; i++)
		buf_printf(&got, "%s%s: %s", i > 0 ? "\n" : "", list.v[i].field, list.v[i].text);
	assert_string_equal(buf_cstr(&got), want);
	buf_free(&got);
	issue_list_free(&list);
	schema_free(s);
	json_decref(v);
}

static void
assert_valid(const char *schema, const char *value)
{
	assert_issues(schema, value, 0, "");
}

static void
all_issues_are_found_each_with_its_place(void **state)
{
	(void)state;
	assert_issues(
	    "{\"type\":\"object\",\"required\":[\"name\",\"nodes\"],"
	    "\"additionalProperties\":false,\"properties\":{\"name\":{\"type\":\"string\","
	    "\"minLength\":1,\"maxLength\":3},\"nodes\":{\"type\":\"array\",\"items\":{"
	    "\"type\":\"object\",\"properties\":{\"config\":{\"type\":\"object\","
	    "\"properties\":{\"url\":{\"type\":\"string\",\"format\":\"uri\"}}}}}}}}",
	    "{\"name\":\"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\",\"odd\":1,"
	    "\"nodes\":[{\"config\":{\"url\":\"not a uri\"}},7]}",
	    0,
	    "name: must have at most 3 characters\n"
	    "odd: is not a known field\n"
	    "nodes[0].config.url: must be a URI as https://example.com/path\n"
	    "nodes[1]: must be of type object, not integer");
	assert_issues("{\"required\":[\"a\",\"b\"]}", "{}", 0, "a: is required\nb: is required");
}

static void
types_and_bounds_of_numbers_hold(void **state)
{
	(void)state;
	assert_valid("{\"type\":\"integer\"}", "3");
	assert_valid("{\"type\":\"integer\"}", "3.0");
	assert_valid("{\"type\":[\"string\",\"null\"]}", "null");
	assert_valid("{\"type\":\"number\",\"multipleOf\":0.1}", "0.7");
	assert_issues("{\"type\":[\"string\",\"null\"]}", "1.5", 0,
	    ": must be of type string or null, not number");
	assert_issues("{\"type\":\"integer\"}", "3.5", 0, ": must be of type integer, not number");
	assert_issues(
	    "{\"minimum\":1,\"maximum\":0}", "0.5", 0, ": must be at least 1\n: must be at most 0");
	assert_issues("{\"exclusiveMinimum\":1}", "1", 0, ": must be greater than 1");
	assert_issues("{\"exclusiveMaximum\":1}", "1", 0, ": must be less than 1");
}

static void
enums_and_constants_compare_values(void **state)
{
	(void)state;
	assert_valid("{\"enum\":[1,\"a\",{\"x\":[1]}]}", "{\"x\":[1.0]}");
	assert_issues("{\"enum\":[1,\"a\",null]}", "2", 0, ": must be one of 1, \"a\", null");
	assert_issues("{\"const\":\"v1\"}", "\"v2\"", 0, ": must be \"v1\"");
}

static void
patterns_match_anywhere_in_our_dialect(void **state)
{
	(void)state;
	assert_valid("{\"pattern\":\"^[a-z][a-z0-9-]{1,62}$\"}", "\"my-slug\"");
	assert_valid("{\"pattern\":\"^\\\\d{3}-\\\\w+$\"}", "\"123-a_b\"");
	assert_valid("{\"pattern\":\"^[\\\\w.\\\\-\\\\]]+$\"}", "\"a.b-]c\"");
	assert_valid("{\"pattern\":\"^(?:ab|cd)\\\\.$\"}", "\"cd.\"");
	assert_valid("{\"pattern\":\"b\"}", "\"abc\"");
	assert_issues("{\"pattern\":\"^a$\"}", "\"ab\"", 0, ": must match the pattern ^a$");
	assert_issues(
	    "{\"pattern\":\"^\\\\S+$\"}", "\"a b\"", 0, ": must match the pattern ^\\S+$");
}

static void
a_hostile_pattern_ends_soon(void **state)
{
	char value[5000];

	(void)state;
	memset(value, 'a', sizeof(value));
	value[0] = '"';
	memcpy(value + sizeof(value) - 4, "!\"\0", 4);
	assert_issues("{\"pattern\":\"^(a+)+$\"}", value, 0, ": must match the pattern ^(a+)+$");
	assert_issues("{\"pattern\":\"^(a|a)*$\"}", value, 0, ": must match the pattern ^(a|a)*$");
}

static void
formats_are_checked(void **state)
{
	(void)state;
	assert_valid("{\"format\":\"uuid\"}", "\"0198c0de-0000-7000-8000-00000000abcd\"");
	assert_valid("{\"format\":\"date-time\"}", "\"2026-01-01T00:00:00Z\"");
	assert_valid("{\"format\":\"email\"}", "\"ada.l+x@mail.example.com\"");
	assert_valid("{\"format\":\"uri\"}", "\"https://example.com:8443/a?b=c#d\"");
	assert_valid("{\"format\":\"uri\"}", "\"urn:isbn:1\"");
	assert_valid("{\"format\":\"colour\"}", "\"red\"");
	assert_issues("{\"format\":\"uuid\"}", "\"x\"", 0, ": must be a uuid");
	assert_issues(
	    "{\"format\":\"email\"}", "\"a..b@example.com\"", 0, ": must be a mail address");
	assert_issues("{\"format\":\"email\"}", "\"a@b\"", 0, ": must be a mail address");
	assert_issues("{\"format\":\"email\"}", "\"a@-b.com\"", 0, ": must be a mail address");
	assert_issues("{\"format\":\"uri\"}", "\"https:///path\"", 0,
	    ": must be a URI as https://example.com/path");
}

static void
lists_have_sizes_positions_and_uniqueness(void **state)
{
	(void)state;
	assert_valid("{\"prefixItems\":[{\"type\":\"string\"}],\"items\":{\"type\":\"integer\"}}",
	    "[\"a\",1,2]");
	assert_issues("{\"prefixItems\":[{\"type\":\"string\"}],\"items\":false}", "[1,2]", 0,
	    "[0]: must be of type string, not integer\n[1]: is not allowed");
	assert_issues("{\"minItems\":1}", "[]", 0, ": must have at least 1 items");
	assert_issues("{\"maxItems\":1}", "[1,2]", 0, ": must have at most 1 items");
	assert_issues("{\"uniqueItems\":true}", "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1.0}]", 0,
	    ": must not have the same item twice");
	assert_valid("{\"uniqueItems\":true}", "[1,\"1\",true]");
}

static void
of_several_forms_the_nearest_one_is_explained(void **state)
{
	const char *forms = "{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"object\",\"required\":["
	                    "\"id\"],\"properties\":{\"id\":{\"type\":\"integer\"}}}]}";
	const char *one = "{\"oneOf\":[{\"type\":\"integer\"},{\"minimum\":5}]}";

	(void)state;
	assert_valid(forms, "null");
	assert_valid(forms, "{\"id\":1}");
	assert_issues(forms, "{\"id\":\"x\"}", 0, "id: must be of type integer, not string");
	assert_issues(forms, "7", 0, ": has none of the allowed forms");
	assert_valid(one, "3");
	assert_issues(one, "7", 0, ": has more than one of the allowed forms");
	assert_issues("{\"allOf\":[{\"minimum\":5},{\"maximum\":3}]}", "4", 0,
	    ": must be at least 5\n: must be at most 3");
	assert_issues(
	    "{\"not\":{\"type\":\"string\"}}", "\"x\"", 0, ": has a form that is not allowed");
}

static void
references_are_followed_and_may_recur(void **state)
{
	const char *tree = "{\"$ref\":\"#/$defs/node\",\"$defs\":{\"node\":{\"type\":\"object\","
	                   "\"properties\":{\"v\":{\"type\":\"integer\"},\"next\":{\"$ref\":"
	                   "\"#/$defs/node\"}}}}}";

	(void)state;
	assert_valid(tree, "{\"v\":1,\"next\":{\"v\":2,\"next\":{\"v\":3}}}");
	assert_issues(tree, "{\"v\":1,\"next\":{\"v\":\"x\"}}", 0,
	    "next.v: must be of type integer, not string");
	assert_issues("{\"$ref\":\"#/$defs/none\"}", "1", 0,
	    ": can't be checked: #/$defs/none points to nothing");
	assert_issues(
	    "{\"$ref\":\"#\"}", "1", 0, ": the value or its schema is too large to be checked");
}

static void
a_schema_that_would_take_for_ever_is_given_up(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_text(&b, "{\"$ref\":\"#/$defs/n0\",\"$defs\":{");
	for (int i = 0; i < 40; i++)
		buf_printf(&b,
		    "\"n%d\":{\"anyOf\":[{\"$ref\":\"#/$defs/n%d\"},{\"$ref\":\"#/$defs/n%d\"}]},",
		    i, i + 1, i + 1);
	buf_text(&b, "\"n40\":false}}");
	assert_issues(buf_cstr(&b), "1", 0, ": the value or its schema is too large to be checked");
	buf_free(&b);
}

static void
an_expression_meets_any_type_where_that_is_asked_for(void **state)
{
	const char *schema = "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}}}";

	(void)state;
	assert_issues(schema, "{\"n\":\"{{trigger.n}}\"}", SCHEMA_EXPRESSIONS, "");
	assert_issues(
	    schema, "{\"n\":\"{{trigger.n}}\"}", 0, "n: must be of type integer, not string");
	assert_issues(schema, "{\"n\":\"seven\"}", SCHEMA_EXPRESSIONS,
	    "n: must be of type integer, not string");
}

static void
assert_refused(const char *schema, const char *field)
{
	json_t *document = parsed(schema);
	struct schema *s = schema_new(document);
	struct err e;

	assert_err(schema_verify(s, NULL, &e), e, "MR400", field);
	schema_free(s);
	json_decref(document);
}

static void
a_schema_we_do_not_understand_whole_is_refused(void **state)
{
	json_t *good =
	    parsed("{\"type\":\"object\",\"title\":\"x\",\"x-order\":1,\"$defs\":{\"a\":true},"
	           "\"properties\":{\"p\":{\"$ref\":\"#/$defs/a\",\"pattern\":\"a{1,3}\"}}}");
	struct schema *s = schema_new(good);
	struct err e;

	(void)state;
	assert_ok(schema_verify(s, NULL, &e), e);
	schema_free(s);
	json_decref(good);
	assert_refused("{\"properties\":{\"a\":{\"if\":{}}}}", "properties.a.if");
	assert_refused("{\"type\":\"text\"}", "type");
	assert_refused("{\"$ref\":\"#/nowhere\"}", "$ref");
	assert_refused("{\"anyOf\":[{},{\"minLenght\":1}]}", "anyOf[1].minLenght");
	assert_refused("{\"pattern\":\"(a)\\\\1\"}", "pattern");
	assert_refused("{\"pattern\":\"(?=a)\"}", "pattern");
	assert_refused("{\"pattern\":\"a+?\"}", "pattern");
	assert_refused("{\"pattern\":\"(a{1000}){1000}\"}", "pattern");
	assert_refused("{\"pattern\":\"[a\"}", "pattern");
	assert_refused("{\"pattern\":\"(a\"}", "pattern");
	assert_refused("[]", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_issues_are_found_each_with_its_place),
		cmocka_unit_test(types_and_bounds_of_numbers_hold),
		cmocka_unit_test(enums_and_constants_compare_values),
		cmocka_unit_test(patterns_match_anywhere_in_our_dialect),
		cmocka_unit_test(a_hostile_pattern_ends_soon),
		cmocka_unit_test(formats_are_checked),
		cmocka_unit_test(lists_have_sizes_positions_and_uniqueness),
		cmocka_unit_test(of_several_forms_the_nearest_one_is_explained),
		cmocka_unit_test(references_are_followed_and_may_recur),
		cmocka_unit_test(a_schema_that_would_take_for_ever_is_given_up),
		cmocka_unit_test(an_expression_meets_any_type_where_that_is_asked_for),
		cmocka_unit_test(a_schema_we_do_not_understand_whole_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "cli/http.h"

#include <curl/curl.h>
#include <string.h>

#include "core/json.h"

#define ANSWER_MAX ((size_t)64 * 1024 * 1024)
#define CALL_TIMEOUT_MS 15000L

static CURL *http_handle(struct http *http, struct err *e);
static void request_set(
    CURL *curl, const char *method, const char *url, struct str body, struct curl_slist *headers);
static size_t on_body(char *p, size_t size, size_t n, void *arg);
static size_t on_header(char *p, size_t size, size_t n, void *arg);
static struct curl_slist *headers_of(struct http *http, bool has_body);

void
http_free(struct http *http)
{
	curl_easy_cleanup(http->curl);
	buf_free(&http->base);
	buf_free(&http->token);
	buf_free(&http->csrf);
	*http = (struct http){ 0 };
}

int
http_call(struct http *http, const char *method, const char *path, const json_t *body, int *status,
    json_t **answer, struct err *e)
{
	CURL *curl = http_handle(http, e);
	struct buf url = { 0 }, sent = { 0 }, got = { 0 };
	struct curl_slist *headers = NULL;
	struct err none;
	CURLcode rc;
	long code = 0;
	json_t *json = NULL;

	if (answer != NULL)
		*answer = NULL;
	if (curl == NULL)
		return -1;
	buf_printf(&url, "%s%s", buf_cstr(&http->base), path);
	if (body != NULL)
		js_dump(&sent, body, JS_COMPACT);
	headers = headers_of(http, body != NULL);
	request_set(curl, method, buf_cstr(&url),
	    body != NULL ? str_of(buf_cstr(&sent)) : str_of(NULL), headers);
	/* Cookies are kept from here on. CURLOPT_COOKIEFILE's list would leak at each reset. */
	(void)curl_easy_setopt(curl, CURLOPT_COOKIELIST, "Set-Cookie: none=; Max-Age=0");
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &got);
	rc = curl_easy_perform(curl);
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
	*status = (int)code;
	if (rc == CURLE_OK && answer != NULL &&
	    js_parse(buf_view(&got), ANSWER_MAX, JS_DEPTH_MAX * 2, &json, &none) != 0)
		json = json_null();
	if (answer != NULL)
		*answer = json;
	curl_slist_free_all(headers);
	buf_free(&url);
	buf_free(&sent);
	buf_free(&got);
	if (rc == CURLE_OK)
		return 0;
	return err_set(
	    e, "MR503", "%s does not answer: %s", buf_cstr(&http->base), curl_easy_strerror(rc));
}

int
http_need(struct http *http, int expected, const char *method, const char *path, const json_t *body,
    json_t **answer, struct err *e)
{
	json_t *json = NULL;
	int status;

	if (answer != NULL)
		*answer = NULL;
	if (http_call(http, method, path, body, &status, &json, e) != 0)
		return -1;
	if (status != expected) {
		const json_t *error = js_object(json, "error");

		(void)err_set(e, "MR500", "%s %s answered %d: %s %s", method, path, status,
		    js_text_or(error, "code", ""), js_text_or(error, "message", ""));
		json_decref(json);
		return -1;
	}
	if (answer != NULL)
		*answer = json;
	else
		json_decref(json);
	return 0;
}

int
http_send(struct http *http, const struct http_ask *ask, struct http_said *said, struct err *e)
{
	CURL *curl = http_handle(http, e);
	struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
	struct buf url = { 0 };
	long code = 0;
	CURLcode rc = CURLE_FAILED_INIT;

	buf_reset(&said->body);
	said->retry_after_s = 0;
	said->is_stream = false;
	if (curl == NULL)
		goto out;
	buf_printf(&url, "%s%s", buf_cstr(&http->base), ask->path);
	for (int i = 0; ask->headers != NULL && ask->headers[i] != NULL; i++)
		headers = curl_slist_append(headers, ask->headers[i]);
	request_set(curl, ask->method, buf_cstr(&url), ask->body, headers);
	(void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	(void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, said);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &said->body);
	rc = curl_easy_perform(curl);
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
	if (said->is_stream)
		rc = CURLE_OK;
	if (rc != CURLE_OK)
		(void)err_set(e, "MR503", "%s does not answer: %s", buf_cstr(&http->base),
		    curl_easy_strerror(rc));
	said->status = (int)code;
out:
	curl_slist_free_all(headers);
	buf_free(&url);
	return rc == CURLE_OK ? 0 : -1;
}

/* Unlike a new handle, a reset one keeps cookies and connections. */
static void
request_set(
    CURL *curl, const char *method, const char *url, struct str body, struct curl_slist *headers)
{
	curl_easy_reset(curl);
	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, CALL_TIMEOUT_MS);
	(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	if (body.p != NULL || strcmp(method, "POST") == 0) {
		(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
		(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.p != NULL ? body.p : "");
	}
	(void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
}

static CURL *
http_handle(struct http *http, struct err *e)
{
	if (http->curl == NULL)
		http->curl = curl_easy_init();
	if (http->curl == NULL)
		(void)err_set(e, "MR500", "libcurl does not start");
	return http->curl;
}

static struct curl_slist *
headers_of(struct http *http, bool has_body)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	struct buf line = { 0 };

	if (has_body)
		list = curl_slist_append(list, "Content-Type: application/json");
	if (http->token.len > 0) {
		buf_printf(&line, "Authorization: Bearer %s", buf_cstr(&http->token));
		list = curl_slist_append(list, buf_cstr(&line));
	}
	if (http->csrf.len > 0) {
		buf_reset(&line);
		buf_printf(&line, "X-CSRF-Token: %s", buf_cstr(&http->csrf));
		list = curl_slist_append(list, buf_cstr(&line));
		buf_reset(&line);
		buf_printf(&line, "Origin: %s", buf_cstr(&http->base));
		list = curl_slist_append(list, buf_cstr(&line));
	}
	buf_free(&line);
	return list;
}

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct buf *got = arg;

	if (got->len + size * n > ANSWER_MAX)
		return 0;
	buf_append(got, p, size * n);
	return size * n;
}

/* A stream has no end to wait for: its head is all that is wanted. */
static size_t
on_header(char *p, size_t size, size_t n, void *arg)
{
	struct str line = str_trim(str_make(p, size * n)), value;
	struct http_said *said = arg;
	int64_t wait_s = 0;
	struct err none;

	if (str_find(line, " 101 ", 0) > 0 || str_find(line, "text/event-stream", 0) > 0)
		said->is_stream = true;
	if (line.n > 12 && str_is_ignoring_case(str_sub(line, 0, 12), "retry-after:")) {
		value = str_trim(str_sub(line, 12, line.n));
		if (str_int64(value, 0, 3600, &wait_s, &none) == 0)
			said->retry_after_s = (int)wait_s;
	}
	return said->is_stream ? 0 : size * n;
}

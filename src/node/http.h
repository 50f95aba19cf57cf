/*
 * http.h: config of an HTTP call -> wish, and answer -> item. Pure; shared by node types that call
 * a URL.
 */
#ifndef MR_NODE_HTTP_H
#define MR_NODE_HTTP_H

#include "flow/node_type.h"

#define HTTP_TIMEOUT_MS 30000
#define HTTP_MAX_BYTES ((size_t)1 << 20)
#define HTTP_MAX_BYTES_LIMIT ((size_t)10 << 20)
#define HTTP_REDIRECTS 5
#define HTTP_URL_MAX 8192
#define HTTP_ERROR_BODY_MAX 4096 /* a larger body of a refusal is not kept in the error */

/*
 * The wish of a resolved http_request config: URL with query, headers (Content-Type and, but for
 * GET, HEAD and OPTIONS, Idempotency-Key unless given), body. NULL: *out is FAIL CONFIG_INVALID
 * with the field.
 */
struct io_wish *http_wish(
    const json_t *config, const char *idempotency_key, struct node_result *out);

/*
 * A new item {"json":{status,headers,body},"binary"?}. `response` is auto, json, text or binary;
 * auto goes by the content type. What is no JSON, or no UTF-8, is kept as text, or as binary.data.
 */
json_t *http_response_item(const struct io_result *io, const char *response);

/* 408, 425, 429 and 5xx but 501 and 505: the same call may succeed later. */
bool http_status_is_passing(int status);

/* Retry-After of an answer in ms, seconds or date; 0 = none. */
int64_t http_retry_after_ms(const struct io_result *io, int64_t now_ms);

/* A token, and a value (may be NULL) without line breaks. */
bool http_header_is_valid(const char *name, const char *value);

/* An absolute http or https URL with a host, no blanks around. */
bool http_url_is_valid(const char *url);

#endif

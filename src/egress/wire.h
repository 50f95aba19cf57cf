/*
 * wire.h: reads a request frame and shapes its answer (format: egress.h). Knows no socket.
 */
#ifndef MR_EGRESS_WIRE_H
#define MR_EGRESS_WIRE_H

#include <curl/curl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/def.h"
#include "core/str.h"
#include "egress/fail.h"
#include "egress/host.h"
#include "egress/policy.h"

struct wire_header {
	char *name;
	char *value;
	struct wire_header *next;
};

/* All owned; { 0 } is an empty one. */
struct wire_request {
	struct policy_caller caller;
	struct buf allow_key; /* the allow-list as it came: part of the connection cache's key */
	struct host_list hosts;
	char *proxy;       /* NULL = the installation's, if any */
	char *proxy_login; /* <user>:<password> for `proxy`; NULL = none */
	char method[24];
	char *url;
	struct wire_header *headers; /* in their order */
	struct buf body;
	int64_t timeout_ms;
	int64_t connect_timeout_ms;
	int64_t max_bytes;
	int follow;
};

/* -1: *fail is set (PROTOCOL) and names what is wrong; *out is to be freed all the same. */
mr_must_check int wire_read(
    const json_t *frame, struct str body, struct wire_request *out, struct fail *fail);
void wire_request_free(struct wire_request *request);

/* {"id", "error":{…}, "time_ms"}; new. `id` and `dialled` are borrowed, dialled may be NULL. */
json_t *wire_error(json_t *id, const struct fail *fail, json_t *dialled, int64_t time_ms);

/*
 * The request's headers for curl, with those that would change the framing or the route left out;
 * what curl would add by itself is switched off. After a change of origin (`foreign`) only headers
 * that can't carry a secret go along. -1: PROTOCOL a name or value that no header may have; *out
 * holds nothing then.
 */
mr_must_check int wire_header_list(const struct wire_request *request, bool foreign, bool has_body,
    struct curl_slist **out, struct fail *fail);

/* Appends [name, value] of a response line to `headers`; bytes that aren't UTF-8 are read as
 * Latin-1. */
void wire_header_got(json_t *headers, struct str line);

#endif

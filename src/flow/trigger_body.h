/*
 * trigger_body.h: bodies of webhook deliveries -> JSON. No input makes these fail; what can't be
 * read is said in *problem (a literal) and the rest is still given.
 */
#ifndef MR_FLOW_TRIGGER_BODY_H
#define MR_FLOW_TRIGGER_BODY_H

#include <jansson.h>

#include "core/str.h"

/* Any bytes as JSON text: what is no UTF-8, and NUL, becomes U+FFFD. New reference. */
json_t *body_text(struct str bytes);

/* a=1&b=2&b=3 -> {"a":"1","b":["2","3"]}: a new object. */
json_t *body_form(struct str text, const char **problem);

/*
 * multipart/form-data: fields as body_form gives them (a new object), files into `binary` by field
 * name:
 * {"data" (base64),"mime_type","file_name","size"}, further files of a name as name_2, name_3 ….
 */
json_t *body_multipart(
    struct str body, struct str content_type, json_t *binary, const char **problem);

/* {"data","mime_type","file_name"?,"size"}; file_name may be empty. New reference. */
json_t *body_file(struct str bytes, struct str mime_type, struct str file_name);

/* Value of a parameter (boundary="x") of a header value; empty when absent. Quotes are taken off.
 */
struct str body_parameter(struct str header, const char *name);

#endif

#ifndef MR_WEB_FORM_H
#define MR_WEB_FORM_H

/*
 * form.h: names and values of query strings and forms: "a=b+c&d=%C3%A4".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/def.h"
#include "core/err.h"
#include "core/str.h"

/* Decodes one name or value; out has room for len + 1 bytes. False: a broken escape, NUL or UTF-8.
 */
bool form_decode(const char *raw, size_t len, char *out, size_t *out_len);

/* One "name=value"; *value is a new string. -1: broken, or without a name. */
mr_must_check int form_pair(struct arena *a, struct str pair, char **name, json_t **value);

/* All pairs of a form as members of `out`; the last of a name counts. -1: MR400. */
mr_must_check int form_object(struct str body, json_t *out, struct err *e);

#endif

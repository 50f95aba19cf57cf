#ifndef MR_WEB_STATIC_H
#define MR_WEB_STATIC_H

/*
 * static.h: the files of the web app and of the API page, read once at start.
 *
 * File names with a hash are cached by browsers for a year; index.html never is. What has no file
 * and is asked for by a browser as a page is index.html: the app routes by itself.
 */

#include <stdbool.h>

#include "core/def.h"
#include "core/err.h"
#include "web/call.h"

/* Reads the folder (may be NULL or empty: no app) and the OpenAPI document's file. */
mr_must_check int static_load(const char *folder, const char *openapi_path, struct err *e);

/*
 * Answers c from a file. false: there is none; *allowed is 0 then, or the methods of the file if
 * the method doesn't fit.
 */
bool static_answer(struct call *c, unsigned *allowed);

#endif

/*
 * unit.h: what every unit test includes: cmocka in the order it wants, and a few checks.
 */
#ifndef MR_TESTS_UNIT_H
#define MR_TESTS_UNIT_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

/* The call failed with this code and, where not NULL, this field. */
#define assert_err(call, e, want_code, want_field)                                                 \
	do {                                                                                       \
		(e) = (struct err){ 0 };                                                           \
		assert_int_equal((call), -1);                                                      \
		assert_string_equal((e).code, (want_code));                                        \
		if ((want_field) != NULL)                                                          \
			assert_string_equal((e).field, (want_field) != NULL ? (want_field) : "");  \
	} while (0)

/* The call succeeded; else the error's text is shown. */
#define assert_ok(call, e)                                                                         \
	do {                                                                                       \
		(e) = (struct err){ 0 };                                                           \
		if ((call) != 0)                                                                   \
			fail_msg("%s: %s %s", (e).code, (e).field, (e).text);                      \
	} while (0)

#endif

/*
 * str.h: a borrowed view of text: pointer and length, no NUL needed, never owned.
 *
 * An empty view may have p == NULL. A view lives as long as what it points into.
 */
#ifndef MR_CORE_STR_H
#define MR_CORE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/def.h"
#include "core/err.h"

struct str {
	const char *p;
	size_t n;
};

/* printf("%.*s") of a view: printf("name=" STR_FMT, STR_ARG(s)) */
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).n, ((s).p ? (s).p : "")

/* A view of a C string (NULL: empty) or of n bytes. */
struct str str_of(const char *text);
struct str str_make(const char *p, size_t n);

bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *text);
bool str_is_ignoring_case(struct str a, const char *text); /* ASCII only */
int str_cmp(struct str a, struct str b);                   /* byte order */
bool str_starts(struct str a, const char *prefix);
bool str_ends(struct str a, const char *suffix);

/* Offset of the first `needle` at or after `from`, or -1. */
ptrdiff_t str_find(struct str a, const char *needle, size_t from);

/* Without blanks, tabs, CR and LF at both ends. */
struct str str_trim(struct str a);

/* The part [from, from + n), cut at the end of a. */
struct str str_sub(struct str a, size_t from, size_t n);

/*
 * Cuts the text before the first `sep` off *rest and gives it in *part; *rest goes on behind sep.
 * False: *rest was used up (p NULL) and *part is empty. "a,,b" gives "a", "", "b"; "" gives "".
 */
bool str_next(struct str *rest, char sep, struct str *part);

/* Copies with a NUL into dst[size]. -1: it does not fit or holds a NUL; dst is "". */
mr_must_check int str_copy(char *dst, size_t size, struct str s);

/* A whole decimal integer in [min, max], optional '-'. -1: MR400, *out unchanged. */
mr_must_check int str_int64(struct str s, int64_t min, int64_t max, int64_t *out, struct err *e);

/* Strict UTF-8: no overlong form, no surrogate, nothing above U+10FFFF. */
bool str_is_utf8(struct str s);

/* Number of code points of valid UTF-8. */
size_t str_code_points(struct str s);

#endif

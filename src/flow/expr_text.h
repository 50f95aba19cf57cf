/*
 * expr_text.h: the smallest parts of an expression: blanks, names, texts, numbers, paths.
 */
#ifndef MR_FLOW_EXPR_TEXT_H
#define MR_FLOW_EXPR_TEXT_H

#include "core/buf.h"
#include "flow/expr_inner.h"

/* Each is read at r->at. -1: r has failed, or (path only, r->failed false) there is none. */
mr_must_check int expr_text_read(struct expr_reader *r, struct buf *out);
mr_must_check int expr_number_read(struct expr_reader *r, double *out);
mr_must_check int expr_path_read(struct expr_reader *r, struct expr_path *out);

/*
 * A bare path of our own form which fills the rest up to `}}` (nothing of which is read). NULL: it
 * is none; r is as it was.
 */
struct expr_path *expr_bare_read(struct expr_reader *r);

/* Where the blanks that begin at `at` end. */
size_t expr_blanks_end(const struct expr_reader *r, size_t at);

/* Bytes of the character at `at` if it may stand in a name (`first`: begin one), else 0. */
size_t expr_ident_at(const struct expr_reader *r, size_t at, bool first);

/* The byte at `at`, -1 at the end. */
int expr_byte_at(const struct expr_reader *r, size_t at);

#endif

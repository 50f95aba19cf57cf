/*
 * expr_number.h: numbers as text and back, length and order of texts, all by JavaScript's rules.
 */
#ifndef MR_FLOW_EXPR_NUMBER_H
#define MR_FLOW_EXPR_NUMBER_H

#include <stddef.h>

#include "core/buf.h"
#include "core/str.h"

/* String(v): appended. */
void expr_number_to_text(double v, struct buf *out);

/* Number(s): NaN when it is none, 0 when it is blank. */
double expr_number_of_text(struct str s);

/* UTF-16 units of UTF-8: JavaScript's length. */
size_t expr_units(struct str s);

/* UTF-16 order, which differs from the order of bytes beyond U+FFFF. */
int expr_text_order(struct str a, struct str b);

#endif

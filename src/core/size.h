/*
 * size.h: sums and products of sizes that came from outside.
 */
#ifndef MR_CORE_SIZE_H
#define MR_CORE_SIZE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/def.h"

/* *out = a + b. False: it does not fit a size_t, *out is unchanged. */
mr_must_check bool size_add(size_t a, size_t b, size_t *out);

/* *out = a * b. False: it does not fit a size_t, *out is unchanged. */
mr_must_check bool size_mul(size_t a, size_t b, size_t *out);

#endif

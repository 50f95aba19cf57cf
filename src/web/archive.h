#ifndef MR_WEB_ARCHIVE_H
#define MR_WEB_ARCHIVE_H

/*
 * archive.h: a tar.gz that is made piece by piece, each file known whole before it is added.
 *
 *   gzip( [ustar header 512][data, padded to 512] ... [1024 zero bytes] )
 */

#include <stdint.h>

#include "core/buf.h"
#include "core/str.h"

enum { ARCHIVE_NAME_MAX = 99 };

struct archive;

struct archive *archive_new(void);

/* NULL is fine. */
void archive_free(struct archive *a);

/*
 * Adds a file; `name` has at most ARCHIVE_NAME_MAX bytes. What is ready of the compressed stream is
 * appended to out, perhaps nothing.
 */
void archive_file(
    struct archive *a, const char *name, struct str data, int64_t at_s, struct buf *out);

/* The rest of the stream is appended to out; nothing may be added afterwards. */
void archive_end(struct archive *a, struct buf *out);

#endif

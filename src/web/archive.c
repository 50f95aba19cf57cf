#include "web/archive.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "core/mem.h"

enum {
	BLOCK = 512,
	GZIP_WINDOW = 15 + 16, /* zlib: 15 bits, with the header of gzip */
	OUT_SIZE = 16384,
	CHECKSUM_AT = 148,
	CHECKSUM_SIZE = 8,
};

struct archive {
	z_stream z;
};

static void header_make(unsigned char *block, const char *name, size_t size, int64_t at_s);
static void squeeze(struct archive *a, const void *p, size_t n, int flush, struct buf *out);

struct archive *
archive_new(void)
{
	struct archive *a = mem_alloc(sizeof(*a));
	int rc = deflateInit2(&a->z, 6, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY);

	assert(rc == Z_OK); /* else out of memory, which ends the process anywhere */
	return a;
}

void
archive_free(struct archive *a)
{
	if (a == NULL)
		return;
	deflateEnd(&a->z);
	mem_free(a);
}

void
archive_file(struct archive *a, const char *name, struct str data, int64_t at_s, struct buf *out)
{
	static const unsigned char zeros[BLOCK];
	unsigned char block[BLOCK];
	size_t rest = data.n % BLOCK;

	assert(strlen(name) <= ARCHIVE_NAME_MAX);
	header_make(block, name, data.n, at_s);
	squeeze(a, block, sizeof(block), Z_NO_FLUSH, out);
	squeeze(a, data.p, data.n, Z_NO_FLUSH, out);
	if (rest > 0)
		squeeze(a, zeros, BLOCK - rest, Z_NO_FLUSH, out);
}

void
archive_end(struct archive *a, struct buf *out)
{
	static const unsigned char zeros[2 * BLOCK];

	squeeze(a, zeros, sizeof(zeros), Z_FINISH, out);
}

/* POSIX ustar: name, mode, uid, gid, size, mtime, checksum, type, …, magic; numbers in octal. */
static void
header_make(unsigned char *block, const char *name, size_t size, int64_t at_s)
{
	char *text = (char *)block;
	unsigned sum = 0;

	memset(block, 0, BLOCK);
	snprintf(text, 100, "%s", name);
	snprintf(text + 100, 8, "%07o", 0600);
	snprintf(text + 108, 8, "%07o", 0);
	snprintf(text + 116, 8, "%07o", 0);
	snprintf(text + 124, 12, "%011zo", size);
	snprintf(text + 136, 12, "%011" PRIo64, (uint64_t)at_s);
	memset(text + CHECKSUM_AT, ' ', CHECKSUM_SIZE);
	text[156] = '0';
	memcpy(text + 257, "ustar", 6);
	text[263] = text[264] = '0';
	for (int i = 0; i < BLOCK; i++)
		sum += block[i];
	snprintf(text + CHECKSUM_AT, CHECKSUM_SIZE, "%06o", sum);
	text[CHECKSUM_AT + CHECKSUM_SIZE - 1] = ' ';
}

static void
squeeze(struct archive *a, const void *p, size_t n, int flush, struct buf *out)
{
	unsigned char piece[OUT_SIZE];
	int rc;

	a->z.next_in = (unsigned char *)(uintptr_t)p;
	a->z.avail_in = (unsigned)n;
	do {
		a->z.next_out = piece;
		a->z.avail_out = sizeof(piece);
		rc = deflate(&a->z, flush);
		assert(rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR);
		buf_append(out, piece, sizeof(piece) - a->z.avail_out);
	} while (a->z.avail_out == 0);
}

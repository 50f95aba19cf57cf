#include "core/buf.h"

#include <assert.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/size.h"

#define BUF_FIRST 256

void
buf_append(struct buf *b, const void *p, size_t n)
{
	if (n > 0) {
		memcpy(buf_reserve(b, n), p, n);
		buf_grew(b, n);
	}
}

void
buf_str(struct buf *b, struct str s)
{
	buf_append(b, s.p, s.n);
}

void
buf_text(struct buf *b, const char *text)
{
	buf_append(b, text, strlen(text));
}

void
buf_byte(struct buf *b, int byte)
{
	*buf_reserve(b, 1) = (char)byte;
	buf_grew(b, 1);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	char *at = buf_reserve(b, 1); /* before room is looked at: it may grow */
	int n;

	va_copy(again, ap);
	n = vsnprintf(at, b->room, fmt, ap);
	assert(n >= 0);
	if ((size_t)n >= b->room)
		n = vsnprintf(buf_reserve(b, (size_t)n + 1), (size_t)n + 1, fmt, again);
	va_end(again);
	buf_grew(b, (size_t)n);
}

void
buf_be16(struct buf *b, uint16_t v)
{
	uint16_t be = htobe16(v);

	buf_append(b, &be, sizeof(be));
}

void
buf_be32(struct buf *b, uint32_t v)
{
	uint32_t be = htobe32(v);

	buf_append(b, &be, sizeof(be));
}

void
buf_be64(struct buf *b, uint64_t v)
{
	uint64_t be = htobe64(v);

	buf_append(b, &be, sizeof(be));
}

void
buf_le32(struct buf *b, uint32_t v)
{
	uint32_t le = htole32(v);

	buf_append(b, &le, sizeof(le));
}

char *
buf_reserve(struct buf *b, size_t n)
{
	size_t need, size;
	char *start;

	if (n <= b->room)
		return b->data + b->len;
	start = b->data != NULL ? b->data - b->skip : NULL;
	if (start != NULL && b->skip > 0) {
		if (b->len > 0)
			memmove(start, b->data, b->len);
		b->room += b->skip;
		b->skip = 0;
		b->data = start;
	}
	if (n > b->room) {
		if (!size_add(b->len, n, &need) || !size_mul(need, 2, &size))
			abort();
		if (size < BUF_FIRST)
			size = BUF_FIRST;
		b->data = mem_grow(NULL, size, 1); /* not start: realloc would leave a copy of it */
		if (start != NULL) {
			memcpy(b->data, start, b->len);
			explicit_bzero(start, b->len + b->room);
			mem_free(start);
		}
		b->room = size - b->len;
	}
	return b->data + b->len;
}

void
buf_grew(struct buf *b, size_t n)
{
	assert(n <= b->room);
	b->len += n;
	b->room -= n;
}

void
buf_consume(struct buf *b, size_t n)
{
	assert(n <= b->len);
	if (n == 0)
		return;
	b->data += n;
	b->skip += n;
	b->len -= n;
	if (b->len == 0)
		buf_reset(b);
}

void
buf_truncate(struct buf *b, size_t n)
{
	assert(n <= b->len);
	b->room += b->len - n;
	b->len = n;
}

const char *
buf_cstr(struct buf *b)
{
	*buf_reserve(b, 1) = '\0';
	return b->data;
}

struct str
buf_view(const struct buf *b)
{
	return str_make(b->data, b->len);
}

char *
buf_detach(struct buf *b)
{
	char *text;

	if (b->skip > 0) {
		text = mem_strndup(b->data, b->len);
		buf_free(b);
	} else {
		buf_cstr(b);
		text = b->data;
		*b = (struct buf){ 0 };
	}
	return text;
}

void
buf_reset(struct buf *b)
{
	if (b->data != NULL) {
		b->data -= b->skip;
		b->room += b->skip + b->len;
		b->skip = 0;
		b->len = 0;
	}
}

/* The compiler may leave out a memset of what is freed next; explicit_bzero it may not. */
void
buf_free(struct buf *b)
{
	if (b->data != NULL) {
		explicit_bzero(b->data - b->skip, b->skip + b->len + b->room);
		mem_free(b->data - b->skip);
	}
	*b = (struct buf){ 0 };
}

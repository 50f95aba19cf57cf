/*
 * buf.h: bytes that grow; the buffer owns them.
 *
 *   data ->[ consumed | held (len) ..... | room ]      { 0 } is an empty buffer
 *
 * Nothing fails: out of memory the process dies, so what comes from outside is measured first.
 * `data` always points to the first held byte and moves when the buffer is written.
 */
#ifndef MR_CORE_BUF_H
#define MR_CORE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "core/def.h"
#include "core/str.h"

struct buf {
	char *data; /* NULL while nothing was ever written */
	size_t len;
	size_t room; /* bytes that fit behind len without growing */
	size_t skip; /* consumed bytes before data */
};

void buf_append(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, struct str s);
void buf_text(struct buf *b, const char *text);
void buf_byte(struct buf *b, int byte);
void buf_printf(struct buf *b, const char *fmt, ...) mr_printf(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) mr_printf(2, 0);

/* Big-endian (Postgres' binary format) and little-endian (frame.h). */
void buf_be16(struct buf *b, uint16_t v);
void buf_be32(struct buf *b, uint32_t v);
void buf_be64(struct buf *b, uint64_t v);
void buf_le32(struct buf *b, uint32_t v);

/* Room for n bytes behind the held ones; write there, then buf_grew(b, written). */
char *buf_reserve(struct buf *b, size_t n);
void buf_grew(struct buf *b, size_t n);

/* Drops the first n held bytes (n <= len). */
void buf_consume(struct buf *b, size_t n);

/* Cuts to the first n held bytes (n <= len). */
void buf_truncate(struct buf *b, size_t n);

/* The held bytes with a NUL behind them (not counted in len); "" when empty. */
const char *buf_cstr(struct buf *b);
struct str buf_view(const struct buf *b);

/* The held bytes as a C string of the caller's, for mem_free; b is empty afterwards. */
char *buf_detach(struct buf *b);

/* Empties it and keeps the memory; buf_free gives it back. Both take { 0 }. */
void buf_reset(struct buf *b);

/* Overwritten first, as is what is left behind when it grows: any text may hold a secret. */
void buf_free(struct buf *b);

#endif

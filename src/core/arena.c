#include "core/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/size.h"

/* Most arenas stay small, and thousands live at once: the first block is, later ones grow. */
#define BLOCK_MIN 1024
#define BLOCK_MAX 16384
#define BLOCK_GROWTH 4
#define ALIGN alignof(max_align_t)

struct block {
	struct block *older;
	size_t size;
	size_t used;
	alignas(max_align_t) char bytes[];
};

struct deferred {
	struct deferred *older;
	void (*fn)(void *);
	void *p;
};

struct arena {
	struct block *newest;
	struct deferred *deferred; /* they live in the arena */
	size_t used;
};

static struct block *block_new(struct block *older, size_t size);
static void arena_drop(struct arena *a, bool keep_one);

struct arena *
arena_new(void)
{
	return mem_alloc(sizeof(struct arena));
}

void
arena_free(struct arena *a)
{
	if (a != NULL) {
		arena_drop(a, false);
		mem_free(a);
	}
}

void
arena_reset(struct arena *a)
{
	arena_drop(a, true);
}

void *
arena_alloc(struct arena *a, size_t n)
{
	struct block *b = a->newest;
	size_t need, size;
	char *p;

	if (!size_add(n, ALIGN - 1, &need))
		abort();
	need &= ~(ALIGN - 1);
	if (b == NULL || need > b->size - b->used) {
		if (need > BLOCK_MAX / 4 && b != NULL) {
			/* large: behind the newest, whose room stays in use */
			b->older = block_new(b->older, need);
			b = b->older;
		} else {
			size = b == NULL ? BLOCK_MIN : b->size * BLOCK_GROWTH;
			if (size > BLOCK_MAX)
				size = BLOCK_MAX;
			b = a->newest = block_new(b, need > size ? need : size);
		}
	}
	p = b->bytes + b->used;
	b->used += need;
	a->used += n;
	memset(p, 0, need);
	return p;
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
	size_t bytes;

	if (!size_mul(n, size, &bytes))
		abort();
	return arena_alloc(a, bytes);
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return s != NULL ? arena_text(a, str_of(s)) : NULL;
}

char *
arena_text(struct arena *a, struct str s)
{
	char *copy = arena_alloc(a, s.n + 1);

	if (s.n > 0)
		memcpy(copy, s.p, s.n);
	return copy;
}

struct str
arena_str(struct arena *a, struct str s)
{
	return str_make(arena_text(a, s), s.n);
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	text = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(text, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return text;
}

void
arena_defer(struct arena *a, void (*fn)(void *), void *p)
{
	struct deferred *d = arena_alloc(a, sizeof(*d));

	*d = (struct deferred){ .older = a->deferred, .fn = fn, .p = p };
	a->deferred = d;
}

size_t
arena_used(const struct arena *a)
{
	return a->used;
}

static struct block *
block_new(struct block *older, size_t size)
{
	size_t bytes;
	struct block *b;

	if (!size_add(size, sizeof(*b), &bytes))
		abort();
	b = mem_grow(NULL, bytes, 1);
	*b = (struct block){ .older = older, .size = size };
	return b;
}

static void
arena_drop(struct arena *a, bool keep_one)
{
	struct block *kept = NULL;

	while (a->deferred != NULL) {
		struct deferred *d = a->deferred;

		a->deferred = d->older;
		d->fn(d->p);
	}
	while (a->newest != NULL) {
		struct block *b = a->newest;

		a->newest = b->older;
		if (keep_one && kept == NULL && b->size <= BLOCK_MAX) {
			explicit_bzero(b->bytes, b->used);
			kept = b;
			kept->used = 0;
			kept->older = NULL;
		} else {
			explicit_bzero(b->bytes, b->used);
			mem_free(b);
		}
	}
	a->newest = kept;
	a->used = 0;
}

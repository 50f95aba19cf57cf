/*
 * arena.h: memory which is freed whole: one arena a request (web), a tick (worker), a version
 * (plan).
 *
 *   block: [used ........ | free .......]  ->  older block  ->  …
 *
 * Nothing returns NULL: out of memory the process dies. Single-threaded. What is larger than a
 * block gets a block of its own.
 */
#ifndef MR_CORE_ARENA_H
#define MR_CORE_ARENA_H

#include <stddef.h>

#include "core/def.h"
#include "core/str.h"

struct arena;

struct arena *arena_new(void);

/* Runs the deferred calls, last first, and frees all. NULL is fine. */
void arena_free(struct arena *a);

/* As arena_free, but the arena stays usable and keeps one block. */
void arena_reset(struct arena *a);

/* n zeroed bytes, aligned for any type. */
void *arena_alloc(struct arena *a, size_t n);

/* n zeroed elements; a product that overflows dies. */
void *arena_array(struct arena *a, size_t n, size_t size);

/* Copies with a NUL behind. arena_strdup(a, NULL) is NULL. */
char *arena_strdup(struct arena *a, const char *s);
char *arena_text(struct arena *a, struct str s);
struct str arena_str(struct arena *a, struct str s);
char *arena_printf(struct arena *a, const char *fmt, ...) mr_printf(2, 3);

/* Calls fn(p) when the arena is freed or reset. */
void arena_defer(struct arena *a, void (*fn)(void *), void *p);

/* Bytes handed out since arena_new or the last reset. */
size_t arena_used(const struct arena *a);

#endif

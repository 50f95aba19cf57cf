/*
 * mem.h: memory of what outlives a request. Out of memory the process dies, so nothing returns
 * NULL. Sizes from outside meet a limit of conf.h before they come here. Free with mem_free.
 */
#ifndef MR_CORE_MEM_H
#define MR_CORE_MEM_H

#include <stddef.h>

/* n zeroed bytes (n may be 0). */
void *mem_alloc(size_t n);

/* n zeroed elements of `size` bytes; a product that overflows dies. */
void *mem_array(size_t n, size_t size);

/* p (NULL or from here) resized to n elements of `size` bytes; what is new is not zeroed. */
void *mem_grow(void *p, size_t n, size_t size);

/* A copy of a C string; NULL gives NULL. */
char *mem_strdup(const char *s);

/* A C string of n bytes at p. */
char *mem_strndup(const char *p, size_t n);

/* NULL is fine. */
void mem_free(void *p);

#endif

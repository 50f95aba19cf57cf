#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/def.h"
#include "core/size.h"

static mr_noreturn void mem_die(void);

void *
mem_alloc(size_t n)
{
	void *p = calloc(1, n > 0 ? n : 1);

	if (p == NULL)
		mem_die();
	return p;
}

void *
mem_array(size_t n, size_t size)
{
	size_t bytes;

	if (!size_mul(n, size, &bytes))
		mem_die();
	return mem_alloc(bytes);
}

void *
mem_grow(void *p, size_t n, size_t size)
{
	size_t bytes;
	void *grown;

	if (!size_mul(n, size, &bytes))
		mem_die();
	grown = realloc(p, bytes > 0 ? bytes : 1);
	if (grown == NULL)
		mem_die();
	return grown;
}

char *
mem_strdup(const char *s)
{
	return s != NULL ? mem_strndup(s, strlen(s)) : NULL;
}

char *
mem_strndup(const char *p, size_t n)
{
	size_t size;
	char *copy;

	if (!size_add(n, 1, &size))
		mem_die();
	copy = mem_alloc(size);
	if (n > 0)
		memcpy(copy, p, n);
	return copy;
}

void
mem_free(void *p)
{
	free(p);
}

/* The lease brings the work of a dead process back; carrying on half-made would not. */
static void
mem_die(void)
{
	fputs("out of memory\n", stderr);
	abort();
}

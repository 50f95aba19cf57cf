/*
 * wipe.c: what web gives back to its allocators is overwritten first.
 *
 * Secrets pass through: passwords, tokens, what is sealed for the vault. Kore's own buffers (what
 * was received, bodies, what is to be sent) and all JSON are covered here, arenas in core/arena.c;
 * so a dump of the process holds the requests under way and none before.
 * mk/web.mk renames Kore's kore_free, so that the one here is what Kore calls.
 */
#include "web/wipe.h"

#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* What stands before each block of Kore's (its mem.c). */
struct block_head {
	size_t len;
	size_t magic;
} __attribute__((packed));

void kore_free(void *p);
void kore_free_plain(void *p);

static void json_wiped(void *p);

void
wipe_setup(void)
{
	json_set_alloc_funcs(malloc, json_wiped);
}

void
kore_free(void *p)
{
	struct block_head head;

	if (p == NULL)
		return;
	memcpy(&head, (char *)p - sizeof(head), sizeof(head));
	explicit_bzero(p, head.len);
	kore_free_plain(p);
}

static void
json_wiped(void *p)
{
	if (p != NULL)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

#include "web/hashing.h"

#include <stdio.h>

#include "core/crypto.h"
#include "core/mem.h"
#include "web/password.h"

/* What a thread works on; wiped when it is done. */
struct hashing {
	char *password, *fresh;
	size_t password_len, fresh_len;
	char like[PASSWORD_HASH_SIZE];
	char hash[PASSWORD_HASH_SIZE];
	char new_hash[PASSWORD_HASH_SIZE];
};

static int hash_work(void *arg);
static void hash_done(struct call *c, void *arg);
static void hash_free(void *arg);

static const struct call_work hash_kind = { hash_work, hash_done, hash_free };

enum call_next
hashing_start(
    struct call *c, struct str password, const char *like, struct str fresh, call_step then)
{
	struct hashing *h = mem_alloc(sizeof(*h));

	h->password = mem_strndup(password.p, password.n);
	h->password_len = password.n;
	h->fresh = mem_strndup(fresh.p, fresh.n);
	h->fresh_len = fresh.n;
	snprintf(h->like, sizeof(h->like), "%s", like);
	return call_task(c, &hash_kind, h, then);
}

/* In a thread: touches nothing but its own memory. */
static int
hash_work(void *arg)
{
	struct hashing *h = arg;
	struct str password = str_make(h->password, h->password_len);
	struct str fresh = str_make(h->fresh, h->fresh_len);

	if (h->like[0] != '\0') {
		if (password_derive(password, h->like, h->hash) != 0)
			return -1;
		if (fresh.n == 0 && password_is_outdated(h->like))
			fresh = password;
	}
	return fresh.n > 0 ? password_hash(fresh, h->new_hash) : 0;
}

static void
hash_done(struct call *c, void *arg)
{
	const struct hashing *h = arg;

	if (h->hash[0] != '\0')
		c->reply.text = str_of(arena_strdup(c->arena, h->hash));
	if (h->new_hash[0] != '\0')
		c->reply.message = arena_strdup(c->arena, h->new_hash);
}

static void
hash_free(void *arg)
{
	struct hashing *h = arg;

	crypto_wipe(h->password, h->password_len);
	crypto_wipe(h->fresh, h->fresh_len);
	mem_free(h->password);
	mem_free(h->fresh);
	crypto_wipe(h, sizeof(*h));
	mem_free(h);
}

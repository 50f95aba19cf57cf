#include "web/live_ring.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/crypto.h"
#include "core/str.h"

struct change {
	struct uuid workspace, run;
};

static struct change changes[RING_SIZE]; /* number n stands at n % RING_SIZE */
static int64_t head;
static char process[9];

static const char *process_name(void);

int64_t
ring_add(const struct uuid *workspace, const struct uuid *run)
{
	head++;
	changes[head % RING_SIZE] = (struct change){ *workspace, *run };
	return head;
}

int64_t
ring_head(void)
{
	return head;
}

bool
ring_reaches(int64_t n)
{
	return n <= head && n >= head - RING_SIZE && n >= 0;
}

/* From the newest back: the first sight of a run is its last change. */
int
ring_after(int64_t n, const struct uuid *workspace, struct ring_change *out, int max)
{
	int len = 0;

	for (int64_t i = head; i > n && i > head - RING_SIZE; i--) {
		const struct change *c = &changes[i % RING_SIZE];
		bool seen = false;

		if (!uuid_eq(&c->workspace, workspace))
			continue;
		for (int k = 0; k < len && !seen; k++)
			seen = uuid_eq(&out[k].run, &c->run);
		if (seen)
			continue;
		if (len == max)
			return -1;
		out[len++] = (struct ring_change){ i, c->run };
	}
	for (int i = 0; i < len / 2; i++) {
		struct ring_change swap = out[i];

		out[i] = out[len - 1 - i];
		out[len - 1 - i] = swap;
	}
	return len;
}

const char *
ring_seq_format(int64_t n, char out[RING_SEQ_SIZE])
{
	snprintf(out, RING_SEQ_SIZE, "%s-%" PRId64, process_name(), n);
	return out;
}

int64_t
ring_seq_parse(const char *text)
{
	size_t len = strlen(process_name());
	struct err ignored;
	int64_t n;

	if (strncmp(text, process_name(), len) != 0 || text[len] != '-' ||
	    str_int64(str_of(text + len + 1), 0, INT64_MAX, &n, &ignored) != 0 || n > head)
		return -1;
	return n;
}

/* A name that no other web process has, before or after. */
static const char *
process_name(void)
{
	uint8_t random[4];

	if (process[0] == '\0') {
		crypto_random(random, sizeof(random));
		crypto_hex(random, sizeof(random), process);
	}
	return process;
}

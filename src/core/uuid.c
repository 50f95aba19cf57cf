#include "core/uuid.h"

#include <endian.h>
#include <string.h>

#include "core/crypto.h"
#include "core/time.h"

static int hex_value(char c);

/*
 * 48 bits ms | 4 bits version | 12 bits counter | 2 bits variant | 62 random bits.
 *
 * The counter starts at a random value below half its range in each ms. When it is used up, or the
 * clock goes back, the ms go on from the last one, so that order holds.
 */
struct uuid
uuid_v7(void)
{
	static __thread int64_t last_ms;
	static __thread unsigned counter;
	int64_t ms = now_ms();
	struct uuid u;
	uint64_t head;

	crypto_random(u.b, sizeof(u.b));
	if (ms > last_ms) {
		counter = ((unsigned)u.b[6] << 8 | u.b[7]) & 0x7ff;
	} else {
		ms = last_ms;
		if (++counter > 0xfff) {
			ms++;
			counter = 0;
		}
	}
	last_ms = ms;
	head = htobe64((uint64_t)ms << 16 | 0x7000 | counter);
	memcpy(u.b, &head, sizeof(head));
	u.b[8] = (uint8_t)((u.b[8] & 0x3f) | 0x80);
	return u;
}

int
uuid_parse(struct str s, struct uuid *out, struct err *e)
{
	struct uuid u = { 0 };
	bool bad = s.n != UUID_TEXT_SIZE - 1;
	size_t digit = 0;

	for (size_t i = 0; i < s.n && !bad; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			bad = s.p[i] != '-';
		} else {
			int v = hex_value(s.p[i]);

			bad = v < 0;
			u.b[digit / 2] = (uint8_t)(u.b[digit / 2] << 4 | (v & 0xf));
			digit++;
		}
	}
	if (bad)
		return err_set(e, "MR400", "must be a uuid");
	*out = u;
	return 0;
}

bool
uuid_is_valid(struct str s)
{
	struct uuid u;

	return uuid_parse(s, &u, NULL) == 0;
}

const char *
uuid_format(const struct uuid *u, char out[UUID_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	char *p = out;

	for (size_t i = 0; i < sizeof(u->b); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = digits[u->b[i] >> 4];
		*p++ = digits[u->b[i] & 0xf];
	}
	*p = '\0';
	return out;
}

int
uuid_cmp(const struct uuid *a, const struct uuid *b)
{
	return memcmp(a->b, b->b, sizeof(a->b));
}

bool
uuid_eq(const struct uuid *a, const struct uuid *b)
{
	return uuid_cmp(a, b) == 0;
}

bool
uuid_is_nil(const struct uuid *u)
{
	static const struct uuid nil;

	return uuid_eq(u, &nil);
}

int64_t
uuid_ms(const struct uuid *u)
{
	uint64_t head;

	memcpy(&head, u->b, sizeof(head));
	return (int64_t)(be64toh(head) >> 16);
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

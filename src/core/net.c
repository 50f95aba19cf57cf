#include "core/net.h"

#include <arpa/inet.h>
#include <string.h>

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static bool is_ipv4(const struct net_address *a);

int
net_address_parse(struct str text, struct net_address *out, struct err *e)
{
	char copy[NET_TEXT_SIZE];
	struct in_addr four;

	*out = (struct net_address){ 0 };
	if (str_copy(copy, sizeof(copy), text) != 0)
		return err_set(e, "MR400", "not an address: %.60s", text.n > 0 ? copy : "");
	if (inet_pton(AF_INET, copy, &four) == 1) {
		net_address_ipv4(&four, out);
		return 0;
	}
	if (inet_pton(AF_INET6, copy, out->byte) == 1)
		return 0;
	*out = (struct net_address){ 0 };
	return err_set(e, "MR400", "not an IPv4 or IPv6 address: %s", copy);
}

void
net_address_ipv4(const void *four_bytes, struct net_address *out)
{
	memcpy(out->byte, mapped, sizeof(mapped));
	memcpy(out->byte + 12, four_bytes, 4);
}

int
net_parse(struct str text, struct net *out, struct err *e)
{
	ptrdiff_t slash = str_find(text, "/", 0);
	struct str address = slash < 0 ? text : str_sub(text, 0, (size_t)slash);
	int64_t bits;
	int more;

	*out = (struct net){ .bits = 128 };
	if (net_address_parse(address, &out->address, e) != 0)
		return -1;
	/* Whether 24 means 24 or 120 bits is a matter of how it was written. */
	more = str_find(address, ":", 0) < 0 ? 96 : 0;
	if (slash >= 0) {
		if (str_int64(str_sub(text, (size_t)slash + 1, text.n), 0, 128 - more, &bits, e) !=
		    0)
			return -1;
		out->bits = (int)bits + more;
	}
	for (int i = out->bits; i < 128; i++) {
		if (out->address.byte[i / 8] & (0x80 >> (i % 8)))
			return err_set(e, "MR400", STR_FMT " has bits set behind its prefix of %d",
			    STR_ARG(text), out->bits - more);
	}
	return 0;
}

bool
net_holds(const struct net *net, const struct net_address *address)
{
	int bytes = net->bits / 8, bits = net->bits % 8;

	if (memcmp(net->address.byte, address->byte, (size_t)bytes) != 0)
		return false;
	return bits == 0 || ((net->address.byte[bytes] ^ address->byte[bytes]) >> (8 - bits)) == 0;
}

const char *
net_address_format(const struct net_address *address, char out[NET_TEXT_SIZE])
{
	out[0] = '\0';
	if (is_ipv4(address))
		(void)inet_ntop(AF_INET, address->byte + 12, out, NET_TEXT_SIZE);
	else
		(void)inet_ntop(AF_INET6, address->byte, out, NET_TEXT_SIZE);
	return out;
}

static bool
is_ipv4(const struct net_address *a)
{
	return memcmp(a->byte, mapped, sizeof(mapped)) == 0;
}

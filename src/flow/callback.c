#include "flow/callback.h"

#include "core/crypto.h"

#define MAC_SIZE 16

struct callback_site *
callback_site_copy(struct arena *a, const struct callback_site *site)
{
	struct callback_site *copy = arena_alloc(a, sizeof(*copy));

	*copy = *site;
	copy->origin = arena_strdup(a, site->origin);
	copy->key = arena_str(a, site->key);
	return copy;
}

void
callback_url(struct buf *out, const struct callback_site *site, const char *node_id, int iteration)
{
	struct buf said = { 0 };
	uint8_t mac[SHA256_SIZE];

	buf_append(&said, site->workspace_id.b, sizeof(site->workspace_id.b));
	buf_append(&said, site->run_id.b, sizeof(site->run_id.b));
	buf_be32(&said, (uint32_t)iteration);
	buf_text(&said, node_id);
	crypto_hmac_sha256(site->key, buf_view(&said), mac);
	buf_append(&said, mac, MAC_SIZE);
	buf_printf(out, "%s/resume/", site->origin);
	crypto_base64url(out, buf_view(&said));
	buf_free(&said);
}

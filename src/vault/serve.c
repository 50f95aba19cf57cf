#include "vault/serve.h"

#include <unistd.h>

#include "core/conf.h"
#include "core/frame_server.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/time.h"
#include "vault/vault.h"

struct serve {
	struct vault *vault;
	struct serve_peers peers;
	struct frame_server *server;
};

static unsigned peer_of(uid_t uid, void *arg);
static void on_frame(struct frame_client *c, json_t *json, struct str body, void *arg);

struct serve *
serve_new(struct loop *loop, struct vault *vault, int listener, const struct serve_peers *peers)
{
	static const struct frame_server_calls calls = { .admit = peer_of, .got = on_frame };
	const size_t record = SEAL_MAX + SEAL_BOX_OVERHEAD,
	             hook = (size_t)conf_int(CONF_HOOK_BYTES) + VAULT_SIGNED_MAX;
	const struct frame_limits limits = {
		.json_max = VAULT_JSON_MAX,
		.body_max = hook > record ? hook : record,
		.queue_max = 64 * 1048576,
		.depth_max = 4,
	};
	struct serve *s = mem_alloc(sizeof(*s));

	s->vault = vault;
	s->peers = *peers;
	s->server = frame_server_new(loop, listener, &limits, &calls, s);
	return s;
}

void
serve_free(struct serve *s)
{
	if (s == NULL)
		return;
	frame_server_free(s->server);
	mem_free(s);
}

/* One user may be all three, where an installation has but one. */
static unsigned
peer_of(uid_t uid, void *arg)
{
	const struct serve_peers *peers = &((const struct serve *)arg)->peers;
	unsigned peer = uid == 0 || uid == geteuid() ? PEER_ADMIN : 0;

	for (int i = 0; i < peers->n_worker; i++)
		peer |= peers->worker[i] == uid ? PEER_WORKER : 0;
	for (int i = 0; i < peers->n_web; i++)
		peer |= peers->web[i] == uid ? PEER_WEB : 0;
	return peer;
}

static void
on_frame(struct frame_client *c, json_t *json, struct str body, void *arg)
{
	struct serve *s = arg;
	struct buf out = { 0 };
	json_t *answer = vault_answer(s->vault, c->role, json, body, now_ms() / 1000, &out);

	json_object_set(answer, "id", json_object_get(json, "id"));
	if (json_object_get(answer, "error") != NULL)
		log_warn("vault.refused", "op=%s text=%s", js_text_or(json, "op", "?"),
		    js_text_or(js_object(answer, "error"), "message", ""));
	frame_client_answer(c, answer, buf_view(&out));
	buf_free(&out);
	json_decref(answer);
}

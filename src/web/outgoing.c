/*
 * outgoing.c: where a workspace's calls may go. A password for its proxy is sealed to the vault's
 * public key before SQL is asked to store it, as a connection's secret is: nobody reads it back.
 */
#include "core/json.h"
#include "web/handlers.h"
#include "web/sql.h"
#include "web/vault.h"

static const struct statement sql_outgoing_seal = { "outgoing_seal",
	"select api.outgoing_seal($1)" };

static enum call_next seal_known(struct call *c);

enum call_next
outgoing_set(struct call *c)
{
	json_t *p;
	enum call_next next;

	if (!json_is_string(json_object_get(c->p, "proxy_password")))
		return call_operation(c);
	p = json_pack("{s:s}", "id", js_text_or(c->p, "id", ""));
	next = call_sql(c, &sql_outgoing_seal, p, seal_known);
	json_decref(p);
	return next;
}

static enum call_next
seal_known(struct call *c)
{
	enum call_next next;
	json_t *secret;

	if (c->reply.failed)
		return call_fail_reply(c);
	secret = json_pack("{s:O}", "password", json_object_get(c->p, "proxy_password"));
	next = vault_seal_operation(c, vault_reply_kept(c), secret);
	json_object_del(c->p, "proxy_password");
	json_decref(secret);
	return next;
}

#ifndef MR_WEB_HANDLERS_H
#define MR_WEB_HANDLERS_H

/*
 * handlers.h: the first steps of the operations that are more than one call of api.<operation>,
 * named after them; routes.c says where each is reached.
 */

#include "web/call.h"

/* auth.c */
enum call_next auth_register(struct call *c);
enum call_next auth_login(struct call *c);
enum call_next auth_token(struct call *c);
enum call_next auth_refresh(struct call *c);
enum call_next auth_logout(struct call *c);
enum call_next user_answer(struct call *c); /* user_me, user_update: adds the CSRF token */

/* passkey.c */
enum call_next passkey_options(struct call *c);
enum call_next passkey_create(struct call *c);
enum call_next auth_passkey_options(struct call *c);
enum call_next auth_passkey(struct call *c);

/* oidc.c, oidc_callback.c */
enum call_next provider_list(struct call *c);
enum call_next oidc_start(struct call *c);
enum call_next identity_start(struct call *c);
enum call_next oidc_callback(struct call *c);

/* account.c */
enum call_next auth_verify(struct call *c);
enum call_next auth_mail(struct call *c); /* auth_resend, auth_reset: counted first */
enum call_next auth_reset_confirm(struct call *c);
enum call_next password_change(struct call *c);
enum call_next email_change(struct call *c);

/* second_factor.c */
enum call_next auth_second_factor(struct call *c);
enum call_next second_factor_code(struct call *c); /* second_factor_confirm, totp_confirm */
enum call_next totp_begin(struct call *c);
enum call_next totp_disable(struct call *c);

/* introspect.c */
enum call_next token_introspect(struct call *c);

/* validate.c: what must be checked in C before SQL sees it */
enum call_next workflow_create(struct call *c);
enum call_next workflow_update(struct call *c); /* workflow_replace too */
enum call_next workflow_validate(struct call *c);
enum call_next trigger_write(struct call *c); /* trigger_create, trigger_update */
enum call_next schedule_preview(struct call *c);
enum call_next node_type_list(struct call *c);

/* permission.c */
enum call_next permission_list(struct call *c);

/* connection.c: secrets are sealed before SQL is asked */
enum call_next connector_list(struct call *c);
enum call_next connection_create(struct call *c);
enum call_next connection_update(struct call *c);
enum call_next connection_test(struct call *c);

/* outgoing.c: the proxy's password is sealed before SQL is asked */
enum call_next outgoing_set(struct call *c);

/* key.c: the vault makes and uses keys */
enum call_next key_create(struct call *c);
enum call_next key_rotate(struct call *c);
enum call_next key_encrypt(struct call *c);
enum call_next key_decrypt(struct call *c);

/* hooks.c */
enum call_next delivery_accept(struct call *c);
enum call_next trigger_rotate(struct call *c);

/* resume.c */
enum call_next wait_page(struct call *c);
enum call_next wait_answer(struct call *c);

/* stream.c, over live.h */
enum call_next ws(struct call *c);
enum call_next run_stream(struct call *c);
enum call_next workspace_stream(struct call *c);
enum call_next run_logs(struct call *c);

/* export.c */
enum call_next audit_export(struct call *c);
enum call_next archive_export(struct call *c); /* workspace_export, user_export */

/* health.c */
enum call_next healthz(struct call *c);
enum call_next readyz(struct call *c);
enum call_next health_get(struct call *c); /* and health_service_get */
enum call_next metrics(struct call *c);

/* static.c */
enum call_next openapi_get(struct call *c);
enum call_next docs_get(struct call *c);

#endif

#ifndef MR_WEB_OAUTH2_H
#define MR_WEB_OAUTH2_H

/*
 * oauth2.h: who signed in at a provider that speaks OAuth2 and no OpenID, such as GitHub. There is
 * no signed word of it: it is asked, over TLS, with the access token that only this browser's
 * verifier could redeem.
 *
 *   userinfo_endpoint   {"id" or "sub", "name"?, "email"?, "email_verified"?}
 *   emails_endpoint     [{"email", "primary", "verified"}, …]; if set, it alone says the address
 */

#include "web/call.h"

/* c->own is the flow, with its access token. Ends in oidc_session, or in oidc_problem. */
enum call_next oauth2_person(struct call *c);

#endif

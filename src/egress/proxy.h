/*
 * proxy.h: calls that go through an HTTP proxy, the workspace's or else the installation's, always
 * by CONNECT.
 *
 * The proxy is told the address, not the name: egress resolves it itself in a dial that ends at its
 * verdict, and asks for a tunnel to the address that passed (exchange.c). So a proxy opens nothing
 * that a direct call could not reach. The proxy's own address is judged when it is dialled. What is
 * not public (the installation opened it, or lets the workspace list it) is dialled directly.
 */
#ifndef MR_EGRESS_PROXY_H
#define MR_EGRESS_PROXY_H

#include <curl/curl.h>

#include "core/def.h"
#include "core/err.h"
#include "egress/fail.h"

/* What a transfer borrows while it goes through a proxy. */
struct proxy_way {
	struct curl_slist *route;
	struct curl_slist *headers; /* of the request for the tunnel */
};

/* http://<host>[:<port>] and no more. -1: PROTOCOL. */
mr_must_check int proxy_check(const char *url, struct fail *fail);

/*
 * Lets the request go through the proxy to `target`, <address>:<port>; `login` is <user>:<password>
 * for the proxy, or NULL. *way is { 0 }, or that of the transfer before; to be freed after the
 * transfer. -1: out of memory.
 */
mr_must_check int proxy_apply(CURL *easy, const char *proxy, const char *login, const char *target,
    struct proxy_way *way, struct fail *fail);

/* { 0 } is fine, and what is left. */
void proxy_way_free(struct proxy_way *way);

/* Names what a proxied transfer failed of, where the proxy was the cause. Did it get a login? */
void proxy_fail(CURL *easy, CURLcode result, bool had_login, struct fail *fail);

#endif

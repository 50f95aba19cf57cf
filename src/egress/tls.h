/*
 * tls.h: the certificates that egress trusts, loaded once and only when they are needed.
 *
 * libcurl would read the whole bundle for each connection (20 ms, 1.5 MB). Here all share one
 * store, which reads a single authority's file from the system's hashed folder at its first use.
 */
#ifndef MR_EGRESS_TLS_H
#define MR_EGRESS_TLS_H

#include <curl/curl.h>

/* A file of more authorities to trust ("" = none); before the first request. */
void tls_trust(const char *file);

/* Peer and host are verified, TLS 1.2 and later, authorities from the store. */
void tls_apply(CURL *easy);

/* Gives the store back. */
void tls_free(void);

#endif

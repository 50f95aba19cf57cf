#include "egress/tls.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "core/log.h"

#define TLS_FOLDER "/etc/ssl/certs"

static const char *tls_extra = "";
static X509_STORE *tls_store;

static CURLcode use_store(CURL *easy, void *ssl_ctx, void *arg);
static X509_STORE *store_open(void);

void
tls_trust(const char *file)
{
	tls_extra = file;
}

void
tls_apply(CURL *easy)
{
	(void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	(void)curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
	(void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, use_store);
}

void
tls_free(void)
{
	X509_STORE_free(tls_store);
	tls_store = NULL;
}

static CURLcode
use_store(CURL *easy, void *ssl_ctx, void *arg)
{
	(void)easy;
	(void)arg;
	if (tls_store == NULL)
		tls_store = store_open();
	if (tls_store == NULL)
		return CURLE_SSL_CACERT_BADFILE;
	/* Each context takes a reference of its own. */
	SSL_CTX_set1_cert_store(ssl_ctx, tls_store);
	return CURLE_OK;
}

static X509_STORE *
store_open(void)
{
	X509_STORE *store = X509_STORE_new();

	if (store == NULL)
		return NULL;
	if (X509_STORE_load_path(store, TLS_FOLDER) != 1 ||
	    (tls_extra[0] != '\0' && X509_STORE_load_file(store, tls_extra) != 1)) {
		log_error("tls.trust", "text=can't read %s", tls_extra[0] ? tls_extra : TLS_FOLDER);
		X509_STORE_free(store);
		return NULL;
	}
	return store;
}

#include "egress/proxy.h"

#include <string.h>
#include <strings.h>

#include "core/buf.h"
#include "core/crypto.h"
#include "egress/egress.h"
#include "egress/url.h"

static void login_apply(CURL *easy, const char *login, struct proxy_way *way);

int
proxy_check(const char *text, struct fail *fail)
{
	struct fail why = { 0 };
	struct url url = { 0 };
	int rc = url_read(text, &url, &why);
	const char *rest = text + strlen("http://");

	if (rc == 0 && (strcmp(url.scheme, "http") != 0 || strncasecmp(text, "http://", 7) != 0 ||
	                   rest[strcspn(rest, "/?#")] != '\0'))
		rc = -1;
	url_free(&url);
	if (rc != 0)
		(void)fail_set(fail, EGRESS_PROTOCOL, "`proxy` must be http://<host>:<port>");
	return rc;
}

int
proxy_apply(CURL *easy, const char *proxy, const char *login, const char *target,
    struct proxy_way *way, struct fail *fail)
{
	struct buf text = { 0 };

	/* Whatever host and port the URL names, the tunnel leads to the address that was judged. */
	buf_printf(&text, "::%s", target);
	proxy_way_free(way);
	way->route = curl_slist_append(NULL, buf_cstr(&text));
	buf_free(&text);
	if (way->route == NULL)
		return fail_set(fail, EGRESS_PROTOCOL, "out of memory for the way");
	(void)curl_easy_setopt(easy, CURLOPT_CONNECT_TO, way->route);
	(void)curl_easy_setopt(easy, CURLOPT_PROXY, proxy);
	(void)curl_easy_setopt(easy, CURLOPT_PROXYTYPE, (long)CURLPROXY_HTTP);
	if (login != NULL)
		login_apply(easy, login, way);
	(void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
	(void)curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	/* The request's headers are the target's to see. */
	(void)curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	return 0;
}

void
proxy_way_free(struct proxy_way *way)
{
	curl_slist_free_all(way->route);
	curl_slist_free_all(way->headers);
	*way = (struct proxy_way){ 0 };
}

void
proxy_fail(CURL *easy, CURLcode result, bool had_login, struct fail *fail)
{
	long status = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &status);
	if (result == CURLE_COULDNT_RESOLVE_PROXY)
		(void)fail_set(fail, EGRESS_DNS, "the proxy's host name has no address");
	else if (result == CURLE_COULDNT_CONNECT)
		(void)fail_set(fail, EGRESS_CONNECT, "the proxy does not answer");
	else if (result != CURLE_OK && status == 407)
		(void)fail_set(fail, EGRESS_DENIED, "%s",
		    had_login
		        ? "the proxy refuses this user and password (407): set them again under "
		          "Settings, Outgoing calls"
		        : "the proxy asks for a user and a password (407): set them under "
		          "Settings, Outgoing calls");
	else if (result != CURLE_OK && status != 0 && (status < 200 || status > 299))
		(void)fail_set(
		    fail, EGRESS_CONNECT, "the proxy refused the tunnel with %ld", status);
}

/* As a header, since libcurl reads a password that it is given as part of a URL: %41 is an A. */
static void
login_apply(CURL *easy, const char *login, struct proxy_way *way)
{
	struct buf header = { 0 };

	buf_text(&header, "Proxy-Authorization: Basic ");
	crypto_base64(&header, str_of(login));
	way->headers = curl_slist_append(NULL, buf_cstr(&header));
	(void)curl_easy_setopt(easy, CURLOPT_PROXYHEADER, way->headers);
	buf_free(&header);
}

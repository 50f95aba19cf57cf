#include "egress/url.h"

#include <string.h>
#include <strings.h>

#include "egress/egress.h"

static int url_part(struct url *url, CURLUPart part, unsigned flags, char **out);

int
url_read(const char *text, struct url *out, struct fail *fail)
{
	CURLUcode rc;

	*out = (struct url){ .handle = curl_url() };
	rc = out->handle == NULL
	         ? CURLUE_OUT_OF_MEMORY
	         : curl_url_set(out->handle, CURLUPART_URL, text, CURLU_DISALLOW_USER);
	if (rc == CURLUE_USER_NOT_ALLOWED) {
		(void)fail_set(fail, EGRESS_DENIED, "a URL must not hold a user name or password");
	} else if (rc == CURLUE_UNSUPPORTED_SCHEME) {
		(void)fail_set(fail, EGRESS_DENIED, "only http and https URLs can be called");
	} else if (rc != CURLUE_OK) {
		(void)fail_set(fail, EGRESS_PROTOCOL, "not a URL: %s", curl_url_strerror(rc));
	} else if (curl_url_set(out->handle, CURLUPART_FRAGMENT, NULL, 0) != CURLUE_OK ||
	           url_part(out, CURLUPART_SCHEME, 0, &out->scheme) != 0) {
		(void)fail_set(fail, EGRESS_PROTOCOL, "not a URL");
	} else if (strcmp(out->scheme, "http") != 0 && strcmp(out->scheme, "https") != 0) {
		(void)fail_set(fail, EGRESS_DENIED, "only http and https URLs can be called");
	} else if (url_part(out, CURLUPART_URL, 0, &out->text) != 0 ||
	           url_part(out, CURLUPART_HOST, 0, &out->host) != 0 ||
	           url_part(out, CURLUPART_PORT, CURLU_DEFAULT_PORT, &out->port) != 0) {
		(void)fail_set(fail, EGRESS_PROTOCOL, "not a URL with a host");
	}
	if (fail->code == NULL)
		return 0;
	url_free(out);
	return -1;
}

void
url_free(struct url *url)
{
	curl_url_cleanup(url->handle);
	curl_free(url->text);
	curl_free(url->scheme);
	curl_free(url->host);
	curl_free(url->port);
	*url = (struct url){ 0 };
}

bool
url_same_origin(const struct url *a, const struct url *b)
{
	return strcmp(a->scheme, b->scheme) == 0 && strcasecmp(a->host, b->host) == 0 &&
	       strcmp(a->port, b->port) == 0;
}

static int
url_part(struct url *url, CURLUPart part, unsigned flags, char **out)
{
	return curl_url_get(url->handle, part, out, flags) == CURLUE_OK ? 0 : -1;
}

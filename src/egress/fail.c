#include "egress/fail.h"

#include <stdarg.h>
#include <stdio.h>

#include "egress/egress.h"

int
fail_set(struct fail *fail, const char *code, const char *fmt, ...)
{
	va_list ap;

	if (fail->code != NULL)
		return -1;
	fail->code = code;
	va_start(ap, fmt);
	if (vsnprintf(fail->text, sizeof(fail->text), fmt, ap) < 0)
		fail->text[0] = '\0';
	va_end(ap);
	return -1;
}

void
fail_of_curl(struct fail *fail, CURLcode result)
{
	const char *code = EGRESS_PROTOCOL;
	const char *text = curl_easy_strerror(result);

	if (result == CURLE_OPERATION_TIMEDOUT) {
		code = EGRESS_TIMEOUT;
		text = "no whole answer in time";
	} else if (result == CURLE_COULDNT_RESOLVE_HOST) {
		code = EGRESS_DNS;
		text = "the host name has no address";
	} else if (result == CURLE_COULDNT_CONNECT) {
		code = EGRESS_CONNECT;
		text = "nobody answers at this address and port";
	} else if (result == CURLE_SSL_CONNECT_ERROR || result == CURLE_PEER_FAILED_VERIFICATION ||
	           result == CURLE_SSL_CACERT_BADFILE || result == CURLE_SSL_ISSUER_ERROR ||
	           result == CURLE_SSL_CIPHER || result == CURLE_USE_SSL_FAILED) {
		code = EGRESS_TLS;
	} else if (result == CURLE_OUT_OF_MEMORY) {
		/* What curl says of one header without an end: it keeps 100 KiB of it. */
		code = EGRESS_TOO_LARGE;
		text = "a header of the answer is too long";
	}
	(void)fail_set(fail, code, "%s", text);
}

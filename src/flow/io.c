#include "flow/io.h"

#include <string.h>

#include "core/def.h"
#include "core/mem.h"

static const char *const names[] = {
	[IO_OK] = "OK",
	[IO_TIMEOUT] = "TIMEOUT",
	[IO_DNS] = "DNS",
	[IO_CONNECT] = "CONNECT",
	[IO_TLS] = "TLS",
	[IO_DENIED] = "DENIED",
	[IO_TOO_LARGE] = "TOO_LARGE",
	[IO_PROTOCOL] = "PROTOCOL",
	[IO_ABORTED] = "ABORTED",
	[IO_CONNECTION] = "CONNECTION_INVALID",
	[IO_UNKNOWN] = "UNKNOWN_OUTCOME",
};

struct io_wish *
io_wish_new(const char *method, const char *url)
{
	struct io_wish *w = mem_alloc(sizeof(*w));

	w->kind = IO_HTTP;
	w->method = mem_strdup(method);
	w->url = mem_strdup(url);
	w->headers = json_object();
	return w;
}

void
io_wish_free(struct io_wish *wish)
{
	if (wish == NULL)
		return;
	mem_free(wish->method);
	mem_free(wish->url);
	mem_free(wish->connection);
	mem_free(wish->body);
	json_decref(wish->headers);
	mem_free(wish);
}

const char *
io_error_name(enum io_error error)
{
	return names[error];
}

enum io_error
io_error_from_name(const char *name)
{
	for (size_t i = 0; i < countof(names); i++) {
		if (strcmp(names[i], name) == 0)
			return (enum io_error)i;
	}
	return IO_PROTOCOL;
}

bool
io_error_retryable(enum io_error error)
{
	switch (error) {
	case IO_TIMEOUT:
	case IO_DNS:
	case IO_CONNECT:
	case IO_TLS:
	case IO_PROTOCOL:
	case IO_ABORTED:
		return true;
	case IO_OK:
	case IO_DENIED:
	case IO_TOO_LARGE:
	case IO_CONNECTION:
	case IO_UNKNOWN:
		break;
	}
	return false;
}

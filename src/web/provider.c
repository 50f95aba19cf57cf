#include "web/provider.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/arena.h"
#include "core/json.h"
#include "web/issuer.h"

enum { FILE_MAX = 65536, PROVIDERS_MAX = 20, SECRET_MAX = 512 };

static struct provider providers[PROVIDERS_MAX];
static size_t providers_len;

static int provider_read(struct arena *a, const json_t *o, struct provider *out, struct err *e);
static int endpoints_read(struct arena *a, const json_t *o, struct provider *out, struct err *e);
static int text_copy(
    struct arena *a, const json_t *o, const char *key, size_t max, const char **out, struct err *e);
static int secret_read(struct arena *a, const char *path, const char **out, struct err *e);
static int id_check(const char *id, struct err *e);

int
providers_load(const char *path, struct err *e)
{
	struct arena *a = arena_new(); /* lives as long as the process */
	json_t *document = NULL, *list, *one;
	size_t i;
	int rc = -1;

	providers_len = 0;
	if (path[0] == '\0')
		return 0;
	if (js_parse_file(path, FILE_MAX, &document, e) != 0)
		goto out;
	list = js_array(document, "providers");
	if (list == NULL || json_array_size(list) > PROVIDERS_MAX) {
		err_set_field(e, "MR400", "providers", "%s: a list of at most %d is needed", path,
		    PROVIDERS_MAX);
		goto out;
	}
	json_array_foreach(list, i, one)
	{
		if (provider_read(a, one, &providers[i], e) != 0) {
			err_at(e, "providers[%zu]", i);
			goto out;
		}
		if (provider_find(providers[i].id) != NULL) {
			err_set_field(
			    e, "MR400", "providers", "two are called %s", providers[i].id);
			goto out;
		}
		providers_len++;
	}
	rc = 0;
out:
	json_decref(document);
	return rc;
}

const struct provider *
provider_find(const char *id)
{
	for (size_t i = 0; i < providers_len; i++) {
		if (strcmp(providers[i].id, id) == 0)
			return &providers[i];
	}
	return NULL;
}

const struct provider *
providers_all(size_t *n)
{
	*n = providers_len;
	return providers;
}

static int
provider_read(struct arena *a, const json_t *o, struct provider *out, struct err *e)
{
	const char *file = js_text_or(o, "client_secret_file", NULL);
	const char *kind = js_text_or(o, "kind", "oidc");

	*out = (struct provider){ .scopes = arena_strdup(
		                      a, js_text_or(o, "scopes", "openid email profile")) };
	if (text_copy(a, o, "id", 32, &out->id, e) != 0 || id_check(out->id, e) != 0 ||
	    text_copy(a, o, "label", 60, &out->label, e) != 0 ||
	    text_copy(a, o, "issuer", 500, &out->issuer, e) != 0 ||
	    text_copy(a, o, "client_id", 255, &out->client_id, e) != 0)
		return -1;
	if (strcmp(kind, "oauth2") == 0) {
		if (endpoints_read(a, o, out, e) != 0)
			return -1;
	} else if (strcmp(kind, "oidc") != 0) {
		return err_set_field(e, "MR400", "kind", "oidc or oauth2");
	}
	return file == NULL ? 0 : secret_read(a, file, &out->client_secret, e);
}

/* They are kept as discovery would have named them. What isn't required may be absent. */
static int
endpoints_read(struct arena *a, const json_t *o, struct provider *out, struct err *e)
{
	static const struct {
		const char *name;
		bool required;
	} fields[] = { { "authorization_endpoint", true }, { "token_endpoint", true },
		{ "userinfo_endpoint", true }, { "emails_endpoint", false } };
	json_t *endpoints = json_object(); /* lives as long as the process */
	const char *text;

	out->endpoints = endpoints;
	if (text_copy(a, o, "scopes", 500, &out->scopes, e) != 0)
		return -1;
	for (size_t i = 0; i < countof(fields); i++) {
		if (!fields[i].required && json_object_get(o, fields[i].name) == NULL)
			continue;
		if (js_need_text(o, fields[i].name, 1, 500, &text, e) != 0)
			return -1;
		if (!issuer_url_is_safe(text))
			return err_set_field(
			    e, "MR400", fields[i].name, "must be https, or http on this machine");
		json_object_set_new(endpoints, fields[i].name, json_string(text));
	}
	return 0;
}

static int
text_copy(
    struct arena *a, const json_t *o, const char *key, size_t max, const char **out, struct err *e)
{
	const char *text;

	if (js_need_text(o, key, 1, max, &text, e) != 0)
		return -1;
	*out = arena_strdup(a, text);
	return 0;
}

/* Part of an address. */
static int
id_check(const char *id, struct err *e)
{
	if (strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(id))
		return err_set_field(e, "MR400", "id", "lower-case letters, digits and hyphens");
	return 0;
}

static int
secret_read(struct arena *a, const char *path, const char **out, struct err *e)
{
	char text[SECRET_MAX + 1];
	struct stat st;
	FILE *f = fopen(path, "re");
	size_t n;
	int rc = -1;

	if (f == NULL || fstat(fileno(f), &st) != 0) {
		err_set_field(e, "MR500", "client_secret_file", "%s can't be read", path);
		goto out;
	}
	if ((st.st_mode & 07) != 0) {
		err_set_field(e, "MR500", "client_secret_file",
		    "%s can be read by everybody: its mode must be 0640 or less", path);
		goto out;
	}
	n = fread(text, 1, sizeof(text), f);
	if (n == 0 || n == sizeof(text)) {
		err_set_field(e, "MR500", "client_secret_file", "%s must hold 1 to %d characters",
		    path, SECRET_MAX);
		goto out;
	}
	*out = arena_text(a, str_trim(str_make(text, n)));
	rc = 0;
out:
	if (f != NULL)
		fclose(f);
	return rc;
}

#include "web/form.h"

#include "core/json.h"
#include "web/router.h"

bool
form_decode(const char *raw, size_t len, char *out, size_t *out_len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = raw[i];

		if (c == '%') {
			int hi = i + 2 < len ? hex_value(raw[i + 1]) : -1;
			int lo = i + 2 < len ? hex_value(raw[i + 2]) : -1;

			if (hi < 0 || lo < 0)
				return false;
			c = (char)(hi * 16 + lo);
			i += 2;
		} else if (c == '+')
			c = ' ';
		if (c == '\0')
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	*out_len = n;
	return str_is_utf8(str_make(out, n));
}

int
form_object(struct str body, json_t *out, struct err *e)
{
	struct arena *a = arena_new();
	struct str pair;
	int rc = 0;

	while (rc == 0 && str_next(&body, '&', &pair)) {
		char *name;
		json_t *value;

		if (pair.n == 0)
			continue;
		if (form_pair(a, pair, &name, &value) != 0)
			rc = err_set(e, "MR400", "the form has a broken escape");
		else
			json_object_set_new(out, name, value);
	}
	arena_free(a);
	return rc;
}

int
form_pair(struct arena *a, struct str pair, char **name, json_t **value)
{
	ptrdiff_t eq = str_find(pair, "=", 0);
	struct str key = eq >= 0 ? str_sub(pair, 0, (size_t)eq) : pair;
	struct str text = eq >= 0 ? str_sub(pair, (size_t)eq + 1, pair.n) : str_make("", 0);
	char *value_text = arena_alloc(a, text.n + 1);
	size_t n;

	*name = arena_alloc(a, key.n + 1);
	if (!form_decode(key.p, key.n, *name, &n) || n == 0 ||
	    !form_decode(text.p, text.n, value_text, &n))
		return -1;
	*value = js_string(str_make(value_text, n));
	return 0;
}

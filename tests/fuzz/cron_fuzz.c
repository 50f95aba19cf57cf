/*
 * Any text: a rule is refused, or its instants go forward. The zone's first byte picks one of four.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/cron.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const zones[] = { "UTC", "Europe/Berlin", "Australia/Lord_Howe",
		"America/St_Johns" };
	static const int64_t after_ms = (int64_t)1774000000 * 1000;
	struct cron c;
	struct err e;
	const struct tz *z;
	int64_t next_ms[5], before_ms = after_ms;
	int n;

	if (size == 0)
		return 0;
	if (tz_find(str_of(zones[data[0] % countof(zones)]), &z, &e) != 0 ||
	    cron_parse(str_make((const char *)data + 1, size - 1), &c, &e) != 0)
		return 0;
	n = cron_next_many(&c, z, after_ms, after_ms, next_ms, (int)countof(next_ms));
	for (int i = 0; i < n; i++) {
		assert(next_ms[i] > before_ms && next_ms[i] % 1000 == 0);
		before_ms = next_ms[i];
	}
	return 0;
}

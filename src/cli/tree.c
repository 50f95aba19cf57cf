#include "cli/tree.h"

#include <stdio.h>

#include "core/str.h"

void
tree_pids(pid_t top, struct buf *out)
{
	char path[64], bytes[4096];
	struct str rest, word;
	int64_t pid;
	size_t n = 0;
	FILE *f;

	buf_printf(out, "%s%d", out->len > 0 ? " " : "", (int)top);
	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)top, (int)top);
	f = fopen(path, "re");
	if (f != NULL) {
		n = fread(bytes, 1, sizeof(bytes), f);
		(void)fclose(f);
	}
	rest = str_make(bytes, n);
	while (str_next(&rest, ' ', &word)) {
		if (str_int64(str_trim(word), 1, INT32_MAX, &pid, NULL) == 0)
			tree_pids((pid_t)pid, out);
	}
}

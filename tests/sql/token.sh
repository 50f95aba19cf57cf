#!/usr/bin/env bash
# token: tokens that SQL makes have the form and the check that core/crypto.h looks for.
set -uo pipefail
lib=build/release/libcore.a
if [ ! -f $lib ] || ! command -v gcc >/dev/null; then
	echo '# SKIPPED: libcore.a is not built, so SQL tokens were not compared with C'
	echo 'ok 1 - tokens of SQL are tokens of C # skip'
	echo 1..1
	exit
fi
cat >"$PGHOST/token.c" <<'C'
#include <stdio.h>
#include <string.h>

#include "core/crypto.h"

int
main(void)
{
	char line[100];
	int good = 0, bad = 0;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (token_check(str_of(line), line[2]))
			good++;
		else
			bad++;
		line[20] = line[20] == 'x' ? 'y' : 'x';
		bad += token_check(str_of(line), line[2]);
	}
	return good == 100 && bad == 0 ? 0 : 1;
}
C
gcc -Isrc "$PGHOST/token.c" $lib -ljansson -lcrypto -lm -o "$PGHOST/token" &&
	psql -XAt -c "select app.token_make(k) from unnest(array['t', 's', 'r', 'h']) k, generate_series(1, 25)" | "$PGHOST/token" &&
	echo 'ok 1 - tokens of SQL are tokens of C' || echo 'not ok 1 - tokens of SQL are tokens of C'
echo 1..1

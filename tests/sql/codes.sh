#!/usr/bin/env bash
# codes: SQL raises no error that core/err.c doesn't know, and each refusal that a function's header names is one of them.
# The other direction, a code that nobody uses, is `tools/lint.sh codes`.
set -uo pipefail
table=$(sed -nE 's/^\t\{ "(MR[0-9A-Z]{3})".*/\1/p' src/core/err.c | sort -u)
used=$(grep -rhoE "'MR[0-9A-Z]{3}'" sql | tr -d "'" | sort -u)
named=$(grep -rhE '^-- ' sql | grep -oE 'MR[0-9A-Z]{3}' | sort -u)
check() {
	odd=$(comm -13 <(echo "$table") <(echo "$3"))
	[ -z "$odd" ] && echo "ok $1 - $2" || { echo "not ok $1 - $2"; echo "$odd" | sed 's/^/# /'; }
}
check 1 'each code that SQL raises is in the table' "$used"
check 2 'each code that a header names is in the table' "$named"
[ "$(wc -l <<<"$used")" -ge 8 ] && echo 'ok 3 - the codes were found' || echo 'not ok 3 - the codes were found'
echo 1..3

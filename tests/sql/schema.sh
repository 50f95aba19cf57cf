#!/usr/bin/env bash
# schema: migrations/schema.sql is what the migrations make, docs/data-map.md what the database says of its tables, and each
# function is declared by a file. CONTRACT D11, S17.
# Run by run.sh, on its cluster.
set -uo pipefail
n=0
# $1: a file of the tree, $2: what it must be, $3: what writes it
current() {
	n=$((n + 1))
	if diff -u "$1" "$2" >"$PGHOST/diff" 2>&1; then
		echo "ok $n - $1 is current"
	else
		echo "not ok $n - $1 is current (run \`$3\`)"
		head -40 "$PGHOST/diff" | sed 's/^/# /'
	fi
}
current migrations/schema.sql "$PGHOST/schema.sql" 'make schema'
current docs/data-map.md "$PGHOST/data-map.md" 'make data-map'
stray=$(psql -XAt -c "select n.nspname || '.' || p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
	where n.nspname in ('app', 'api', 'work', 'ops', 'report') order by 1" | sort -u |
	while read -r f; do
		grep -rqE "create (or replace )?function ${f//./\\.}\(" sql migrations || echo "# $f"
	done)
[ -z "$stray" ] && echo 'ok 3 - each function is declared by a file' ||
	{ echo 'not ok 3 - each function is declared by a file'; echo "$stray"; }
echo 1..3

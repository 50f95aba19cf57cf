#!/usr/bin/env bash
# schema: migrations/schema.sql is what the migrations make, and each function is declared by a file. CONTRACT D11.
# Run by run.sh, on its cluster.
set -uo pipefail
if diff -u migrations/schema.sql "$PGHOST/schema.sql" >"$PGHOST/schema.diff" 2>&1; then
	echo 'ok 1 - schema.sql is current'
else
	echo 'not ok 1 - schema.sql is current (run `make schema`)'
	head -40 "$PGHOST/schema.diff" | sed 's/^/# /'
fi
stray=$(psql -XAt -c "select n.nspname || '.' || p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
	where n.nspname in ('app', 'api', 'work', 'ops', 'report') order by 1" | sort -u |
	while read -r f; do
		grep -rqE "create (or replace )?function ${f//./\\.}\(" sql migrations || echo "# $f"
	done)
[ -z "$stray" ] && echo 'ok 2 - each function is declared by a file' ||
	{ echo 'not ok 2 - each function is declared by a file'; echo "$stray"; }
echo 1..2

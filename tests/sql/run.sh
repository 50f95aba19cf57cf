#!/usr/bin/env bash
# run.sh [test …]: SQL tests on a cluster of their own, which is gone afterwards.
#
# Loads what `millrace migrate` loads, in the same order and as the same roles, then runs each tests/sql/*.sql (pgTAP, each
# in a transaction that is rolled back), each tests/sql/*.sh but this one and covered.psql, and prints `sql: N passed, N failed`.
# `run.sh --schema` writes migrations/schema.sql instead, `run.sh --data-map` docs/data-map.md.
# KEEP=1 prints the cluster's connection string and waits for Enter before the cluster goes.
set -uo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
bin=${MILLRACE_PG_BIN:-/usr/lib/postgresql/15/bin}
dir=$(mktemp -d "${TMPDIR:-/tmp}/millrace-sql.XXXXXX")
chmod 755 "$dir"

# As root the server runs as postgres; nobody else may be asked to.
be() {
	if [ "$(id -u)" = 0 ]; then
		(cd / && runuser -u postgres -- "$@")
	else
		"$@"
	fi
}

stop() {
	be "$bin/pg_ctl" -D "$dir/data" -m immediate -s stop >/dev/null 2>&1
	rm -rf "$dir"
}
trap stop EXIT

[ "$(id -u)" = 0 ] && chown postgres "$dir"
be "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/initdb.log" 2>&1 ||
	{ cat "$dir/initdb.log"; exit 1; }
be tee -a "$dir/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = ''
unix_socket_directories = '$dir'
shared_preload_libraries = 'pg_cron'
cron.database_name = 'millrace'
cron.use_background_workers = on
fsync = off
jit = off
track_functions = 'all'
timezone = 'UTC'
CONF
be "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -s -w start || { cat "$dir/log"; exit 1; }
export PGHOST=$dir PGUSER=postgres PGDATABASE=millrace PGOPTIONS='-c client_min_messages=warning'
psql="psql -X -q -v ON_ERROR_STOP=1"

load() {
	$psql -d postgres -c 'create database millrace' &&
		$psql -f migrations/bootstrap.sql || return 1
	for f in migrations/0*.sql; do
		$psql -1 -c 'set local role mr_owner' -f "$f" || return 1
	done
	pg_dump --schema-only --no-owner --no-privileges -n app | dump_plain >"$dir/schema.sql" || return 1
	reload || return 1
	$psql -f sql/cron.sql -c "update cron.job set active = false" || return 1
	$psql -c 'create schema tap' -c 'create extension pgtap schema tap' -c 'grant usage on schema tap to public' \
		-f tests/sql/fixture.psql || return 1
	data_map >"$dir/data-map.md"
}

# What app.data_map() says, as a page.
data_map() {
	$psql -At <<'SQL'
select E'# Data map\n\nEvery table, what it holds of people, why, for how long, and what becomes of it. Written by `make data-map` from
`app.data_map()`, by which exports and erasures go ([privacy.md](privacy.md)).\n
| table | for | of people | kept | erased | in a workspace''s export |\n|---|---|---|---|---|---|';
select format('| `%s` | %s | %s | %s | %s | %s |', m.rel, m.purpose, coalesce('`' || replace(nullif(m.personal, ''), ' ', '`, `') || '`', 'nothing'),
              m.retention, m.erasure, case when m.export then 'yes' || coalesce(', without `' || replace(nullif(m.secret, ''), ' ', '`, `') || '`', '') else 'no: ' || m.why end)
  from app.data_map() m order by m.rel;
SQL
}

# A dump that is the same for the same tables: without what depends on the server, and without empty remarks.
dump_plain() {
	echo '-- What migrations/ make, as pg_dump prints it. Written by `make schema`; for reading, not for loading.'
	grep -vE '^(--|SET |SELECT pg_catalog|\\(un)?restrict|CREATE SCHEMA)' | cat -s
}

# Twice, since what is in sql/ must be re-runnable.
reload() {
	local files=()
	for f in sql/app/*.sql sql/api/*.sql sql/work/*.sql sql/ops/*.sql; do files+=(-f "$f"); done
	for _ in 1 2; do
		$psql -1 -c 'set session authorization mr_migrate' "${files[@]}" >/dev/null || return 1
	done
}

if [ "${1:-}" = --schema ]; then
	reload() { :; }
	load >/dev/null 2>&1
	[ -s "$dir/schema.sql" ] && cat "$dir/schema.sql" >migrations/schema.sql
	exit
fi
load || { echo 'sql: 0 passed, 1 failed (loading)'; exit 1; }
if [ "${1:-}" = --data-map ]; then
	cat "$dir/data-map.md" >docs/data-map.md
	exit
fi
if [ -n "${KEEP:-}" ]; then
	echo "host=$dir user=postgres dbname=millrace"
	read -r _
	exit 0
fi

passed=0 failed=0
for t in "${@:-}"; do
	[ -n "$t" ] && continue
	set -- tests/sql/*.sql tests/sql/*.sh tests/sql/covered.psql
done
for t in "$@"; do
	case $t in
	*/run.sh) continue ;;
	*.sh) out=$(bash "$t" 2>&1) ;;
	*) out=$($psql -At -v root="$root" -f "$t" 2>&1) ;;
	esac
	code=$?
	ok=$(grep -c '^ok ' <<<"$out")
	bad=$(grep -c '^not ok ' <<<"$out")
	# A file that stops in the middle, or ran another number of tests than it planned, has failed.
	plan=$(grep -oE '^1\.\.[0-9]+' <<<"$out" | cut -c4- | awk '{ n += $1 } END { print n }')
	if [ "$code" != 0 ] || [ "${plan:-x}" != $((ok + bad)) ]; then
		bad=$((bad + 1))
		echo "# $t: stopped, or not all of its ${plan:-?} tests ran"
	fi
	[ "$bad" -gt 0 ] && { echo "# $t"; grep -v '^ok ' <<<"$out"; }
	passed=$((passed + ok)) failed=$((failed + bad))
done
echo "sql: $passed passed, $failed failed"
[ "$failed" = 0 ]

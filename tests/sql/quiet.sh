#!/usr/bin/env bash
# quiet: a stored answer that is given again isn't written to the server's log. CONTRACT M12. Run by run.sh, on its cluster.
set -uo pipefail
psql -Xq >/dev/null 2>&1 <<'SQL'
begin;
select t.person('quiet') as quiet \gset
select t.enter(:'quiet'::jsonb->>'secret');
select api.idempotency_check('k', 'run_create', '\x01'), api.idempotency_keep('k', '{"input":"canary-quiet"}');
\set ON_ERROR_STOP 0
select api.idempotency_check('k', 'run_create', '\x01');
rollback;
select 'marker-quiet' / 0;
SQL
grep -q 'marker-quiet' "$PGHOST/log" && echo 'ok 1 - the log was looked at' || echo 'not ok 1 - the log was looked at'
grep -q 'canary-quiet"}$\|ERROR:.*canary-quiet' "$PGHOST/log" && echo 'not ok 2 - no stored answer is in it' || echo 'ok 2 - no stored answer is in it'
echo 1..2

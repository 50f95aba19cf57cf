#!/usr/bin/env bash
# last_owner: two owners who take each other's role away at the same time leave one owner. CONTRACT U13. Run by run.sh, on its
# cluster: two sessions, of which the second one waits for the first one's commit.
set -uo pipefail
dir=$(mktemp -d)
psql -XqAt >"$dir/setup" <<'SQL'
select t.person('left') as a \gset
select t.member('right', (:'a'::jsonb->>'workspace_id')::uuid, 'owner') as b \gset
select :'a'::jsonb->>'secret', :'b', :'a'::jsonb->>'workspace_id', :'a'::jsonb->'user'->>'id',
       (select u.id from app.user_account u where u.email_key = 'right@example.com');
SQL
IFS='|' read -r left right ws left_id right_id < <(tail -n 1 "$dir/setup")

# The first session holds its change until the second one is seen waiting for it.
psql -XqAt -v left="$left" -v ws="$ws" -v other="$right_id" >"$dir/first" 2>&1 <<'SQL' &
begin;
select t.enter(:'left', :'ws');
select 'first ' || split_part(t.refusal('member_update', jsonb_build_object('user_id', :'other', 'role', 'admin')), ' ', 1);
do $$
begin
	for i in 1..1000 loop
		exit when exists (select from pg_stat_activity a where a.application_name = 'second' and a.wait_event_type = 'Lock');
		perform pg_sleep(0.01), pg_stat_clear_snapshot();
	end loop;
end
$$;
commit;
SQL
until grep -q first "$dir/first" 2>/dev/null; do kill -0 $! 2>/dev/null || break; done
PGAPPNAME=second psql -XqAt -v right="$right" -v ws="$ws" -v other="$left_id" >"$dir/second" 2>&1 <<'SQL'
begin;
select t.enter(:'right', :'ws');
select 'second ' || split_part(t.refusal('member_update', jsonb_build_object('user_id', :'other', 'role', 'admin')), ' ', 1);
commit;
SQL
wait
owners=$(psql -XqAt -v ws="$ws" <<<"select count(*) from app.member m where m.workspace_id = :'ws' and m.role = 'owner'")
said=$(grep -h '^first\|^second' "$dir/first" "$dir/second" | tr '\n' ' ')
[ "$owners" = 1 ] && echo 'ok 1 - one owner is left' || echo "not ok 1 - one owner is left: $owners"
[ "$said" = 'first none second MR409 ' ] && echo 'ok 2 - the second one waited, and was refused' || { echo "not ok 2 - the second one waited, and was refused: $said"; cat "$dir"/first "$dir"/second; }
echo 1..2
rm -rf "$dir"

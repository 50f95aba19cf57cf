-- replay: versions tried over recorded runs, in SQL: who may, which runs, what can't be tried, each counted once. CONTRACT O03.
begin;
set search_path = tap, pg_catalog;
select no_plan();
select t.person('rhea') as rhea \gset
select t.person('omar') as omar \gset
select t.enter(:'rhea'::jsonb->>'secret');
select t.workflow() as wf \gset
select t.workflow() as other \gset

-- Five runs of the one workflow and one of the other; four are over.
create temporary table made (n integer, id uuid) on commit drop;
grant select on made to public;
select is(count(*), 6::bigint, 'six runs') from (
	select api.run_create(jsonb_build_object('workflow_id', case n when 6 then :'other' else :'wf' end, 'input', '{}'::jsonb)) from generate_series(1, 6) n) x;
reset role;
insert into made select row_number() over (order by r.id), r.id from app.run r where r.workflow_id = :'wf';
insert into made select 6, r.id from app.run r where r.workflow_id = :'other';
update app.run set status = 'running', seq = 1 where id in (select id from made where n <= 4);
update app.run set status = 'succeeded', completed_at = now(), output = '{"a":1}' where id in (select id from made where n <= 3);
update app.run set status = 'cancelled', completed_at = now() where id in (select id from made where n = 4);
insert into app.step (workspace_id, run_id, node_id, step_no, status, started_at, output)
select r.workspace_id, r.id, 'trigger-1', 1, 'succeeded', now(), '{"main":[]}' from app.run r where r.id in (select id from made where n in (1, 3));
select t.enter(:'rhea'::jsonb->>'secret');

select api.replay_create(jsonb_build_object('id', :'wf')) as r \gset
select is(:'r'::jsonb - array['id', 'workflow_id', 'created_by', 'created_at'],
	'{"version":1,"total":3,"same":0,"differs":0,"skipped":0,"is_done":false,"completed_at":null}', 'O03 the newest version, over runs that succeeded or failed');
select is(api.replay_create(jsonb_build_object('id', :'wf', 'limit', 2))->>'total', '2', 'O03 at most so many') ;
select api.replay_delete(jsonb_build_object('id', x->>'id')) from jsonb_array_elements(api.replay_list(jsonb_build_object('id', :'wf', 'limit', 1))->'items') x;
select is(api.replay_create(jsonb_build_object('id', :'wf', 'from', '2030-01-01'))->>'is_done', 'true', 'O03 over none it is done at once');
select is(t.refusal('replay_create', jsonb_build_object('id', :'wf', 'version', 9)), 'MR404 version | no such version', 'O03 a version that isn''t there');
select is(t.refusal('replay_create', jsonb_build_object('id', :'wf', 'run_ids', jsonb_build_array((select id from made where n = 6)))),
	'MR404 run_ids | one of these is no run of this workflow', 'O03 a run of another workflow');

-- What a worker does: newest first; run 2 has no steps any more.
reset role;
select id as w from app.replay where id = (:'r'::jsonb->>'id')::uuid \gset
create function pg_temp.next(p_worker bigint, p_run uuid default null, p_outcome text default null, p_differences json default null) returns uuid language sql as $$
	select n.run_id from app.replay r, work.replay_next(p_worker, 10000, r.workspace_id, r.id, p_run, p_outcome, null, p_differences) n where r.total = 3 $$;
select is(pg_temp.next(1), (select id from made where n = 3), 'O03 the newest run comes first');
select is(pg_temp.next(2), null, 'O03 nobody else gets a replay under a lease');
select is(pg_temp.next(1, (select id from made where n = 3), 'differs', '[{"node_id":"a","iteration":0,"attempt":1,"what":"output"}]'), (select id from made where n = 1), 'O03 then the next that can be tried');
select is(pg_temp.next(1, (select id from made where n = 3), 'same'), (select id from made where n = 1), 'O03 an outcome told twice');
select t.enter(:'rhea'::jsonb->>'secret');
select is(api.replay_get(jsonb_build_object('id', :'w')) - array['id', 'workflow_id', 'created_by', 'created_at', 'version', 'total'],
	'{"same":0,"differs":1,"skipped":1,"is_done":false,"completed_at":null}', 'O03 counts once, as it was told first');
select is(api.replay_run_list(jsonb_build_object('id', :'w', 'outcome', 'skipped'))->'items'->0->>'reason', 'gone', 'O03 a run without its steps is skipped, never the same');
select is(api.replay_run_list(jsonb_build_object('id', :'w'))->'items',
	jsonb_build_array(jsonb_build_object('run_id', (select id from made where n = 3), 'outcome', 'differs', 'reason', null,
	    'differences', '[{"node_id":"a","iteration":0,"attempt":1,"what":"output"}]'::jsonb)), 'O03 those that differ are listed step by step');
reset role;
update app.replay set lease_until = now() - interval '1 second' where id = :'w';
select is(pg_temp.next(2), (select id from made where n = 1), 'O03 a worker that died: another goes on where it stood');
select is(pg_temp.next(2, (select id from made where n = 1), 'same'), null, 'O03 and comes to the end');
select t.enter(:'rhea'::jsonb->>'secret');
select is(api.replay_get(jsonb_build_object('id', :'w'))->>'is_done', 'true', 'O03 which is the replay''s');

-- What can't be tried says why.
select api.replay_create(jsonb_build_object('id', :'wf', 'run_ids', (select jsonb_agg(id) from made where n in (4, 5)))) \g /dev/null
reset role;
select is(count(*), 0::bigint, 'O03 neither is tried') from work.replay_next(2, 10000, null, null, null, null, null, null);
select results_eq('select x.reason from app.replay_run x join made m on m.id = x.run_id where m.n in (4, 5) order by m.n',
	array['cancelled', 'open'], 'O03 a run that was cancelled, and one that isn''t over');

-- Who may.
select t.enter(:'omar'::jsonb->>'secret');
select is(t.refusal('replay_get', jsonb_build_object('id', :'w')), 'MR404 | no such replay', 'O03 another workspace sees none');
select is(t.refusal('replay_run_list', jsonb_build_object('id', :'w')), 'MR404 | no such replay', 'O03 nor its runs');
select is(t.refusal('replay_delete', jsonb_build_object('id', :'w')), 'MR404 | no such replay', 'O03 and deletes none');
select t.enter(:'rhea'::jsonb->>'secret');
select is(api.replay_delete(jsonb_build_object('id', :'w')), null, 'O03 its own can be deleted');
select is(t.refusal('replay_delete', jsonb_build_object('id', :'w')), 'MR404 | no such replay', 'O03 once');
select * from finish();
rollback;

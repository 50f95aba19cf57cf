-- work_tick: the one transaction of the engine, its fences, and what frees runs. CONTRACT X08, X09, X15, X22, Q03.
begin;
set search_path = tap, pg_catalog;
select no_plan();

create function t.run(p_workflow uuid) returns uuid
language sql as $$ select (api.run_create(jsonb_build_object('workflow_id', p_workflow, 'input', '{"a":1}'::jsonb))->>'id')::uuid $$;

select t.person('ines') as ines \gset
select t.enter(:'ines'::jsonb->>'secret');
select api.workflow_create(jsonb_build_object('name', 'Orders', 'definition', t.definition()))->>'id' as wf \gset
select app.workspace_id() as ws \gset
select work.worker_join('here', 1) as w1, work.worker_join('there', 2) as w2 \gset

select t.run(:'wf') as r1 \gset
select ok(exists (select from work.feed(null) f where f.run_id = :'r1'), 'X22 a new run is fed');
select results_eq(format('select fence > 0, lost::int, input::jsonb from t.claim(%s, array[%L::uuid])', :w1, :'r1'),
	$$values (true, 0, '{"a":1}'::jsonb)$$, 'a claim gives the run, its fence and its input in one round trip');
select is_empty(format('select * from t.claim(%s, array[%L::uuid])', :w2, :'r1'), 'X22 a leased run is nobody else''s');
select ok(not exists (select from work.feed(null) f where f.run_id = :'r1'), 'nor is it fed again');

select t.fence(:'r1') as f1 \gset
select is((select is_stale from t.write(:w2, :'ws', :'r1', :f1, 'succeeded', '{x}')), true, 'X09 the fence of another''s lease is stale');
select is((select is_stale from t.write(:w1, :'ws', :'r1', :f1 - 1, 'succeeded', '{x}')), true, 'X09 an old fence is stale');
select is((select count(*) from app.step s where s.run_id = :'r1'), 0::bigint, 'X09 a stale write writes nothing');
select is((select r.status from app.run r where r.id = :'r1'), 'queued', 'and moves nothing');

select is_empty(format($$select * from t.write(%s, %L, %L, %s, 'running', '{a,b}')$$, :w1, :'ws', :'r1', :f1), 'a running write is taken');
select is((select r.status from app.run r where r.id = :'r1'), 'running', 'what was recorded makes the run running');
select is((select q.current_nodes::jsonb from app.run_queue q where q.run_id = :'r1'), '["a"]', 'X04 the nodes under way are known');
select is_empty(format($$select * from t.write(%s, %L, %L, %s, 'succeeded', '{c}')$$, :w1, :'ws', :'r1', :f1), 'the last write is taken');
select is((select r.status from app.run r where r.id = :'r1'), 'succeeded', 'the run has succeeded');
select is((select r.output::jsonb from app.run r where r.id = :'r1'), '{"gave":1}', 'with its output');
select is((select count(*) from app.step s where s.run_id = :'r1'), 3::bigint, 'and each step once');
select is((select count(*) from app.run_queue q where q.run_id = :'r1'), 0::bigint, 'and no queue row');
select is((select is_stale from t.write(:w1, :'ws', :'r1', :f1, 'succeeded', '{c}')), true, 'the same write again is stale');

-- A run that web offered is held without a lease: its fence is 0 until somebody claims it.
select t.run(:'wf') as r8 \gset
select t.run(:'wf') as r9 \gset
select is_empty(format($$select * from t.write(%s, %L, %L, 0, 'succeeded', '{a,b}')$$, :w1, :'ws', :'r8'), 'X08 what nobody has claimed is written under fence 0');
select is((select r.status from app.run r where r.id = :'r8'), 'succeeded', 'and ends');
select is((select is_stale from t.write(:w1, :'ws', :'r8', 0, 'succeeded', '{a,b}')), true, 'once');
select count(*) from t.claim(:w2, array[:'r9'::uuid]) \gset
select is((select is_stale from t.write(:w1, :'ws', :'r9', 0, 'succeeded', '{a,b}')), true, 'X08 what was claimed meanwhile is not');
update app.run_queue set fence = 0 where run_id = :'r9';
select is((select is_stale from t.write(:w1, :'ws', :'r9', 0, 'succeeded', '{a,b}')), true, 'nor what somebody holds, whatever its fence');
select is((select count(*) from app.step s where s.run_id = :'r9'), 0::bigint, 'and nothing of it is kept');
delete from app.run_queue where run_id = :'r9';

-- A claim is committed without a flush. The server crashes, the claim is gone, the worker lives on and claims again.
select t.run(:'wf') as r7 \gset
select fence as f7 from t.claim(:w1, array[:'r7'::uuid]) \gset
update app.run_queue set fence = 0, lease_owner = 0 where run_id = :'r7';
select ok((select fence from t.claim(:w1, array[:'r7'::uuid])) > :f7, 'a worker that claims again after a crash has another fence');
select is((select is_stale from t.write(:w1, :'ws', :'r7', :f7, 'running', '{x}')), true, 'so that what it held before is stale');

-- Several in one tick: the stale one is named, the others are written.
select t.run(:'wf') as r2 \gset
select t.run(:'wf') as r3 \gset
select count(*) from t.claim(:w1, array[:'r2'::uuid, :'r3'::uuid]) \gset
select t.fence(:'r2') as f2 \gset
select results_eq(format($$
	select k.run_id, k.is_stale from work.tick(%s, 60000, '{}', array[%L, %L]::uuid[], array[%L, %L]::uuid[], array[%s, 77]::bigint[],
		array['succeeded', 'succeeded'], array[1, 1], array[null, null]::json[], array[null, null]::json[], array[now(), now()],
		array[null, null]::timestamptz[], array[null, null]::json[], array[null, null]::json[],
		array[null, null]::uuid[], array[0, 0], array[0, 0]::bigint[], array[0, 0]::bigint[],
		array[%L, %L]::uuid[], array[%L, %L]::uuid[], array['n', 'n'], array[0, 0], array[1, 1]::smallint[], array[1, 1],
		array['succeeded', 'succeeded'], array[now(), now()], array[1, 1]::bigint[], array[null, null]::json[],
		array[null, null]::json[], array[null, null]::json[], array[false, false],
		'{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}') k$$, :w1, :'ws', :'ws', :'r2', :'r3', :f2, :'ws', :'ws', :'r2', :'r3'),
	format('values (%L::uuid, true)', :'r3'), 'one stale run doesn''t hold up its neighbours');
select is((select count(*) from app.step s where s.run_id = :'r2'), 1::bigint, 'the neighbour''s step is recorded');
select is((select count(*) from app.step s where s.run_id = :'r3'), 0::bigint, 'the stale one''s is not');

-- Failure, waiting, release.
select t.run(:'wf') as r4 \gset
select count(*) from t.claim(:w1, array[:'r4'::uuid]) \gset
select t.fence(:'r4') as f4 \gset
select is_empty(format($$select * from t.write(%s, %L, %L, %s, 'waiting', '{a}', now() - interval '1 second')$$, :w1, :'ws', :'r4', :f4), 'N07 a wait is taken');
select is((select r.status from app.run r where r.id = :'r4'), 'waiting', 'N07 the run waits');
select is((select count(*) from app.run_queue q where q.run_id = :'r4'), 0::bigint, 'N07 and costs a row, not a thread');
select is((select fired from work.timer_fire(10)), 1, 'N07 its time comes');
select is((select r.status from app.run r where r.id = :'r4'), 'queued', 'N07 and makes it ready');
select ok((select fence from t.claim(:w2, array[:'r4'::uuid])) > :f4, 'X09 fences go on growing over a wait');
select t.fence(:'r4') as f4 \gset
select is_empty(format($$select * from t.write(%s, %L, %L, %s, 'queued')$$, :w2, :'ws', :'r4', :f4), 'D13 a worker that stops gives it back');
select is((select q.lost::int from app.run_queue q where q.run_id = :'r4'), 0, 'D13 which is no loss');
select ok((select fence from t.claim(:w1, array[:'r4'::uuid])) > :f4, 'D13 and another takes it');
select t.fence(:'r4') as f4 \gset
select is_empty(format($$select * from t.write(%s, %L, %L, %s, 'failed', '{b}')$$, :w1, :'ws', :'r4', :f4), 'a failure is taken');
select is((select o.error->>'code' from app.run_outcome o where o.run_id = :'r4'), 'BOOM', 'X02 a failed run says why');

-- A cancelled run's worker finds out.
select t.run(:'wf') as r5 \gset
select count(*) from t.claim(:w1, array[:'r5'::uuid]) \gset
select t.fence(:'r5') as f5 \gset
select is_empty(format('select * from work.lost(%s, array[%L::uuid], array[%L::uuid], array[%s::bigint])', :w1, :'ws', :'r5', :f5), 'nothing is lost yet');
select api.run_cancel(jsonb_build_object('id', :'r5'))->>'status' as status \gset
select is(:'status'::text, 'cancelled', 'X06 a leased run can be cancelled');
select results_eq(format('select run_id from work.lost(%s, array[%L::uuid], array[%L::uuid], array[%s::bigint])', :w1, :'ws', :'r5', :f5),
	format('values (%L::uuid)', :'r5'), 'X06 and its worker is told so');
select is((select is_stale from t.write(:w1, :'ws', :'r5', :f5, 'succeeded', '{x}')), true, 'X06 what it still writes is refused');

-- Dead workers, suspects, quarantine.
select t.run(:'wf') as r6 \gset
select count(*) from t.claim(:w2, array[:'r6'::uuid]) \gset
select t.fence(:'r6') as f6 \gset
delete from app.worker where id = :w2;
select is(work.reap(1000000), 0, 'nothing is reaped right after the server''s start: silence was nobody''s fault');
select ok(work.reap(1) >= 1, 'X09 what a dead worker held is freed');
select is((select q.lost::int from app.run_queue q where q.run_id = :'r6'), 1, 'X09 a dead worker''s run is ready again, its loss counted');
select ok((select f.lost from work.feed(null) f where f.run_id = :'r6') > 0, 'and is fed as a suspect');
select work.worker_join('here', 3) as w3 \gset
select ok((select fence from t.claim(:w3, array[:'r6'::uuid])) > :f6, 'X09 its next claim has a higher fence');
select is(work.sweep(:w3, array[]::uuid[], array[:'r6'::uuid]), 1, 'a tick with an unknown outcome is swept up');
select is((select q.lost::int from app.run_queue q where q.run_id = :'r6'), 2, 'with a loss where the data was at fault');
select count(*) from t.claim(:w3, array[:'r6'::uuid]) \gset
select is(work.sweep(:w3, array[:'r6'::uuid], array[]::uuid[]), 0, 'what the worker knows of is left to it');
delete from app.worker where id = :w3;
select ok(work.reap(1) >= 1, 'the third worker is lost');
select is((select r.status from app.run r where r.id = :'r6'), 'failed', 'a run that lost three workers ends');
select is((select o.error->>'code' from app.run_outcome o where o.run_id = :'r6'), 'QUARANTINED', 'in quarantine');
select is((select is_alive from work.heartbeat(:w3, '{}')), false, 'a worker that was reaped is told so');

select * from finish();
rollback;

-- run_control: pausing, resuming and cancelling, one run and many, against claim, tick and reaper. CONTRACT X05, X06.
begin;
set search_path = tap, pg_catalog;
select no_plan();

select t.person('ines') as ines \gset
select t.enter(:'ines'::jsonb->>'secret');
select api.workflow_create(jsonb_build_object('name', 'Orders', 'definition', t.definition()))->>'id' as wf \gset
select app.workspace_id() as ws \gset
select work.worker_join('here', 1) as w1 \gset

create function t.run(p_workflow uuid) returns uuid
language sql as $$ select (api.run_create(jsonb_build_object('workflow_id', p_workflow, 'input', '{"a":1}'::jsonb))->>'id')::uuid $$;
create function t.do(p_operation text, p_run uuid) returns text
language sql as $$ select t.call(p_operation, jsonb_build_object('id', p_run))->>'status' $$;
-- Where a run is: its stored status, whether it is queued, leased, marked, waits or is paused.
create function t.place(p_run uuid) returns text language sql as $$
	select concat_ws(' ', r.status, case q.lease_owner when 0 then 'ready' when q.lease_owner then 'leased' end, case when q.is_paused then 'marked' end,
	                 case when exists (select from app.timer x where x.run_id = r.id) then 'timer' end,
	                 case when exists (select from app.run_pause p where p.run_id = r.id) then 'held' end)
	  from app.run r left join app.run_queue q on q.run_id = r.id where r.id = p_run
$$;

-- Queued.
select t.run(:'wf') as r1 \gset
select is(t.do('run_pause', :'r1'), 'paused', 'X05 a queued run is paused');
select is(t.place(:'r1'), 'paused held', 'X05 it leaves the queue');
select is_empty(format('select * from t.claim(%s, array[%L::uuid])', :w1, :'r1'), 'X05 and nobody can claim it');
select is(t.do('run_pause', :'r1'), 'paused', 'X05 pausing it again changes nothing');
select is((select count(*) from app.audit a where a.action = 'run.pause'), 1::bigint, 'S15 and is one entry');
select is((t.write(:w1, :'ws', :'r1', 0, 'succeeded', '{x}')).is_stale, true, 'X05 what web has offered is stale');
select is(t.do('run_resume', :'r1'), 'queued', 'X05 resumed, it is queued');
select is(t.place(:'r1'), 'queued ready', 'X05 and ready');
select is((t.write(:w1, :'ws', :'r1', 0, 'succeeded', '{x}')).is_stale, true, 'X05 an offer made before the pause is stale still');
select is(t.do('run_resume', :'r1'), 'queued', 'X05 resuming it again changes nothing');
select is((select count(*) from app.run_queue q where q.run_id = :'r1'), 1::bigint, 'X05 and starts nothing twice');

-- Leased: what is in flight is recorded, then it stands.
select fence as f1 from t.claim(:w1, array[:'r1'::uuid]) \gset
select is_empty(format('select * from work.lost(%s, array[%L::uuid], array[%L::uuid], array[%s::bigint])', :w1, :'ws', :'r1', :f1), 'X05 its worker has nothing to be told');
select is(t.do('run_pause', :'r1'), 'paused', 'X05 a leased run is paused');
select is(t.place(:'r1'), 'paused leased marked held', 'X05 its lease goes on, for what is in flight');
select results_eq(format('select is_paused from work.lost(%s, array[%L::uuid], array[%L::uuid], array[%s::bigint])', :w1, :'ws', :'r1', :f1),
	'values (true)', 'X05 its worker is told to begin nothing');
select is_empty(format($$select * from t.write(%s, %L, %L, %s, 'running', '{a,aa}')$$, :w1, :'ws', :'r1', :f1), 'X05 steps that were in flight are recorded');
select is(t.place(:'r1'), 'paused leased marked held', 'X05 and the run stays paused');
select is_empty(format($$select * from t.write(%s, %L, %L, %s, 'paused', '{b}')$$, :w1, :'ws', :'r1', :f1), 'X05 so is the last of them');
select is(t.place(:'r1'), 'paused held', 'X05 with which the lease ends');
select is((select count(*) from app.step s where s.run_id = :'r1'), 3::bigint, 'X05 each is there');
select is((t.write(:w1, :'ws', :'r1', :f1, 'succeeded', '{c}')).is_stale, true, 'X05 afterwards its fence is stale');
select t.do('run_resume', :'r1') \gset x
select ok((select fence from t.claim(:w1, array[:'r1'::uuid])) > :f1, 'X05 the next claim has a higher fence');

-- The steps in flight were the last ones.
select t.fence(:'r1') as f1 \gset
select t.do('run_pause', :'r1') \gset x
select is_empty(format($$select * from t.write(%s, %L, %L, %s, 'succeeded', '{d}')$$, :w1, :'ws', :'r1', :f1), 'X05 the end of a paused run is taken');
select is(t.place(:'r1'), 'paused held', 'X05 as its steps: it stays paused');
select is((select r.output is null and r.completed_at is null from app.run r where r.id = :'r1'), true, 'X05 and has not ended');
select is(t.do('run_resume', :'r1'), 'queued', 'X05 until somebody resumes it');
select fence as f1 from t.claim(:w1, array[:'r1'::uuid]) \gset
select t.do('run_pause', :'r1') \gset x
select is_empty(format($$select * from t.write(%s, %L, %L, %s, 'failed', '{e}')$$, :w1, :'ws', :'r1', :f1), 'X05 a failure is taken');
select is(t.place(:'r1'), 'failed', 'X05 and ends it');
select is(t.refusal('run_pause', jsonb_build_object('id', :'r1')), 'MR409 | the run is over: it can''t be paused', 'X05 what is over can''t be paused');
select is(t.refusal('run_resume', jsonb_build_object('id', :'r1')), 'MR409 | the run is over: it can''t go on', 'X05 nor resumed');

-- Resumed while a step is still in flight.
select t.run(:'wf') as r2 \gset
select fence as f2 from t.claim(:w1, array[:'r2'::uuid]) \gset
select t.do('run_pause', :'r2') \gset x
select is(t.do('run_resume', :'r2'), 'running', 'X05 resumed under its lease, it goes on');
select is(t.place(:'r2'), 'queued leased', 'X05 the one lease that it has');
select is_empty(format($$select * from t.write(%s, %L, %L, %s, 'paused', '{a}')$$, :w1, :'ws', :'r2', :f2), 'X05 its worker, that had heard of the pause, lets it go');
select is(t.place(:'r2'), 'queued ready', 'X05 and it is ready for the next');
select fence as f2 from t.claim(:w1, array[:'r2'::uuid]) \gset
select t.do('run_pause', :'r2') \gset x
select is_empty(format($$select * from t.write(%s, %L, %L, %s, 'queued')$$, :w1, :'ws', :'r2', :f2), 'D13 a worker that stops gives a paused run back');
select is(t.place(:'r2'), 'paused held', 'D13 and it isn''t queued');
select t.do('run_resume', :'r2') \gset x

-- The worker dies.
select count(*) from t.claim(:w1, array[:'r2'::uuid]) \gset x
select t.do('run_pause', :'r2') \gset x
delete from app.worker where id = :w1;
select ok(work.reap(1) >= 1, 'X09 a dead worker''s lease is taken back');
select is(t.place(:'r2'), 'paused held', 'X09 and the run is paused, not queued');
select work.worker_join('here', 2) as w2 \gset
select t.do('run_resume', :'r2') \gset x
select count(*) from t.claim(:w2, array[:'r2'::uuid]) \gset x
select t.do('run_pause', :'r2') \gset x
select work.worker_leave(:w2);
select is(t.place(:'r2'), 'paused held', 'D13 the same where a worker leaves');
update app.run_pause set fence = 9223372036854775000 where run_id = :'r2';
select t.do('run_resume', :'r2') \gset x
select is((select q.fence from app.run_queue q where q.run_id = :'r2'), 9223372036854775000, 'X05 fences are kept over a pause');
delete from app.run_queue where run_id = :'r2';
update app.run set status = 'cancelled', completed_at = now() where id = :'r2';

-- Waiting.
select t.run(:'wf') as r3 \gset
select work.worker_join('here', 3) as w3 \gset
select fence as f3 from t.claim(:w3, array[:'r3'::uuid]) \gset
select count(*) from t.write(:w3, :'ws', :'r3', :f3, 'waiting', '{a}', now() - interval '1 second') \gset x
select is(t.do('run_pause', :'r3'), 'paused', 'X05 a waiting run is paused');
select is((select fired from work.timer_fire(10)), 0, 'X05 its time comes and goes');
select is(t.place(:'r3'), 'paused held', 'X05 it stays paused');
select is(json_array_length(api.run_list('{"status":"paused"}')->'items'), 1, 'X03 paused runs are listed');
select is(app.day_has_live_run(app.meter_day(:'r3')), true, 'its steps are kept');
select is(t.do('run_cancel', :'r3'), 'cancelled', 'X06 a paused run is cancelled');
select is(t.place(:'r3'), 'cancelled', 'X06 for good');

-- Many.
select t.member('vera', :'ws', 'viewer') as vera \gset
select matches(t.refusal('run_bulk', '{"action":"cancel"}'), '^MR403', 'X05 a viewer cancels nothing');
select t.enter(:'ines'::jsonb->>'secret');
select api.workflow_create(jsonb_build_object('name', 'Others', 'definition', t.definition()))->>'id' as wf2 \gset
select t.run(:'wf2') as o1, array_agg(t.run(:'wf')) as many from generate_series(1, 7) \gset
select is(api.run_bulk(jsonb_build_object('action', 'resume', 'workflow_id', :'wf')), '{"changed": 0, "skipped": 0, "next_cursor": null}', 'X05 nothing paused, nothing resumed');
create function t.bulk(p jsonb) returns text language plpgsql as $$
declare
	v jsonb; v_cursor text; v_changed integer := 0; v_skipped integer := 0; v_steps integer := 0;
begin
	loop
		v := api.run_bulk(p || jsonb_strip_nulls(jsonb_build_object('cursor', v_cursor)));
		v_changed := v_changed + (v->>'changed')::integer;
		v_skipped := v_skipped + (v->>'skipped')::integer;
		v_steps := v_steps + 1;
		v_cursor := v->>'next_cursor';
		exit when v_cursor is null or v_steps > 50;
	end loop;
	return format('%s changed, %s skipped, %s steps', v_changed, v_skipped, v_steps);
end $$;
select is(t.bulk(jsonb_build_object('action', 'pause', 'workflow_id', :'wf', 'limit', 3)), '7 changed, 0 skipped, 3 steps', 'X05 all of a workflow are paused, step by step');
select is((select array_agg(distinct t.place(x)) from unnest(:'many'::uuid[]) x), array['paused held'], 'X05 each of them');
select is(t.place((select r.id from app.run r where r.workflow_id = :'wf2')), 'queued ready', 'X05 and no other');
select is(t.bulk(jsonb_build_object('action', 'pause', 'workflow_id', :'wf')), '0 changed, 0 skipped, 1 steps', 'X05 again changes nothing');
select is(t.bulk(jsonb_build_object('action', 'pause', 'run_ids', to_jsonb(:'many'::uuid[]))), '0 changed, 7 skipped, 1 steps', 'X05 nor by id');
select is(t.bulk(jsonb_build_object('action', 'resume', 'to', now() - interval '1 hour')), '0 changed, 0 skipped, 1 steps', 'X05 by time');
select is(t.bulk('{"action":"resume","q":"other"}'), '0 changed, 0 skipped, 1 steps', 'X05 by the name of the workflow');
select is(t.bulk('{"action":"resume","trigger_type":"webhook"}'), '0 changed, 0 skipped, 1 steps', 'X05 by how they started');
select is(t.bulk('{"action":"resume"}'), '7 changed, 0 skipped, 1 steps', 'X05 all that are paused');
select is(t.bulk('{"action":"cancel","status":"waiting"}'), '0 changed, 0 skipped, 1 steps', 'X06 by status');
select is(t.bulk(jsonb_build_object('action', 'cancel', 'limit', 4)), '8 changed, 0 skipped, 2 steps', 'X06 all that aren''t over are cancelled');
select is((select count(*) from app.run_outcome o where o.status = 'cancelled' and o.run_id = any (:'many'::uuid[])), 7::bigint, 'X06 with their outcomes');
select is((select count(*) from app.run_queue q where q.workspace_id = :'ws'), 0::bigint, 'X06 nothing is left to be claimed');
select matches(t.refusal('run_bulk', jsonb_build_object('action', 'cancel', 'run_ids', '[]'::jsonb, 'status', 'queued')), '^MR400 run_ids', 'X06 ids or a filter');
select set_eq($$
	select x::uuid from app.audit a join app.audit_detail d on (d.workspace_id, d.audit_id) = (a.workspace_id, a.id),
	       jsonb_array_elements_text(d.what->'detail'->'runs') x
	 where a.action = 'run.resume' and d.what->'detail' ? 'filter'$$, :'many'::uuid[], 'S15 what was done is told run by run');
select * from finish();
rollback;

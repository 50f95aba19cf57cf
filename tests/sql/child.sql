-- child: a step runs another workflow: started once with the record of the step, waited for, cancelled with it. CONTRACT Z10, X06, X08, B04.
begin;
set search_path = tap, pg_catalog;
select no_plan();

create function t.live(p_name text, p_trigger text) returns uuid language plpgsql as $$
declare
	v_id uuid := t.workflow(p_name, p_trigger, '{}');
begin
	perform api.workflow_activate(jsonb_build_object('id', v_id));
	return v_id;
end $$;
create function t.run(p_workflow uuid) returns uuid
language sql as $$ select (api.run_create(jsonb_build_object('workflow_id', p_workflow, 'input', '{"a":1}'::jsonb))->>'id')::uuid $$;
-- The run parked by a step that runs p_child, with these inputs: as work.tick records it.
create function t.calls(p_worker bigint, p_run uuid, p_child uuid, p_waits boolean default true, p_inputs json default '[[{"n":1}]]')
returns uuid language plpgsql as $$
declare
	v_due constant timestamptz := date_trunc('milliseconds', clock_timestamp() + interval '1 day');
begin
	perform t.claim(p_worker, array[p_run]);
	perform from work.tick(p_worker, 60000, '{}', array[app.workspace_id()], array[p_run], array[t.fence(p_run)], array['waiting'], array[1],
	       array[null]::json[], array[null]::json[], array[now()], array[v_due], array[null]::json[], array[null]::json[],
	       array[null]::uuid[], array[0], array[0::bigint], array[0::bigint],
	       array[app.workspace_id()], array[p_run], array['call-1'], array[0], array[1::smallint], array[1], array['waiting'], array[now()],
	       array[0::bigint], array[null]::json[], array[json_build_object('due_at', app.ts(v_due), 'wait', json_build_object(
	           'kind', 'run', 'workflow_id', p_child, 'waits', p_waits, 'inputs', p_inputs))], array[null]::json[], array[false],
	       '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}');
	return p_run;
end $$;
create function t.children(p_run uuid) returns uuid[] language sql as $$
	select coalesce(array_agg(r.id order by r.id), '{}') from app.run r where r.parent_id = p_run $$;
create function t.ended(p_worker bigint, p_run uuid, p_status text default 'succeeded') returns uuid language plpgsql as $$
begin
	perform t.claim(p_worker, array[p_run]);
	perform t.write(p_worker, app.workspace_id(), p_run, t.fence(p_run), p_status, '{trigger-1}');
	return p_run;
end $$;
create function t.wait(p_run uuid) returns app.wait language sql as $$ select w from app.wait w where w.run_id = p_run $$;

select t.person('ines') as ines \gset
select t.enter(:'ines'::jsonb->>'secret');
select app.workspace_id() as ws, work.worker_join('here', 1) as w1 \gset
select t.live('Child', 'called') as child \gset
select t.live('Parent', 'manual') as wf \gset
set constraints all immediate;

select t.calls(:w1, t.run(:'wf'), :'child') as p1 \gset
select is(cardinality(t.children(:'p1')), 1, 'Z10 the record of the step starts one run');
select (t.children(:'p1'))[1] as c1 \gset
select is((select r.trigger_type || ' ' || r.node_id || ' ' || (r.input::jsonb)::text from app.run r where r.id = :'c1'), 'workflow trigger-1 {"$items": [{"n": 1}]}', 'Z10 of that workflow, with its items');
select is((select r.status from app.run r where r.id = :'p1'), 'waiting', 'Z10 its parent waits');
select is((t.wait(:'p1')).status, 'open', 'Z10 for its end');
select is(api.run_get(jsonb_build_object('id', :'c1'))->'parent'->>'id', :'p1', 'Z10 it names its parent');
select t.ended(:w1, :'c1') as done \gset
select is((t.wait(:'p1')).status, 'answered', 'Z10 its end is the answer');
select is((t.wait(:'p1')).answer::jsonb #- '{ended,0,run_id}', '{"ended":[{"status":"succeeded","output":{"gave":1},"error":null}]}', 'Z10 with what it gave');
select is((select r.status from app.run r where r.id = :'p1'), 'queued', 'Z10 and its parent is ready');

select t.calls(:w1, t.run(:'wf'), :'child', true, '[[{"n":1}],[{"n":2}],[{"n":3}]]') as p2 \gset
select is((select array_agg(r.input->'$items'->0->>'n' order by r.id) from app.run r where r.parent_id = :'p2'), '{1,2,3}', 'Z10 a run for each input, in their order');
select t.ended(:w1, (t.children(:'p2'))[3]), t.ended(:w1, (t.children(:'p2'))[1], 'failed') \gset done_
select is((t.wait(:'p2')).status, 'open', 'Z10 two of three are over: it waits');
select t.ended(:w1, (t.children(:'p2'))[2]) as done \gset
select is((select array_agg(e->>'status') from json_array_elements((t.wait(:'p2')).answer->'ended') e), '{failed,succeeded,succeeded}', 'Z10 the last one answers for all');
select is((t.wait(:'p2')).answer->'ended'->0->'error'->>'code', 'BOOM', 'Z10 a failure with its error');

select t.calls(:w1, t.run(:'wf'), :'child', false) as p3 \gset
select is((t.wait(:'p3')).answer->'runs'->>0, (t.children(:'p3'))[1]::text, 'Z10 not waited for, its id is the answer at once');
select ok((select t.due_at <= clock_timestamp() from app.timer t where t.run_id = :'p3'), 'Z10 and the parent is due');
select is(t.ended(:w1, (t.children(:'p3'))[1]) is not null, true, 'Z10 its end is nobody''s');

-- Cancel.
select t.calls(:w1, t.run(:'wf'), :'child') as p4 \gset
select (t.children(:'p4'))[1] as c4 \gset
select t.calls(:w1, :'c4', :'child') as same \gset
select api.run_cancel(jsonb_build_object('id', :'p4')) is not null as done \gset
select is((select string_agg(r.status, ' ') from app.run r where r.id in (:'c4', (t.children(:'c4'))[1])), 'cancelled cancelled', 'X06 a cancelled run takes those that it waits for with it, all the way down');
select is((select count(*) from app.run_queue q where q.run_id = any (t.children(:'p4') || t.children(:'c4'))), 0::bigint, 'X06 nothing of them is left in the queue');
select t.calls(:w1, t.run(:'wf'), :'child', false) as p5 \gset
select api.run_cancel(jsonb_build_object('id', :'p5')) is not null as done \gset
select is((select r.status from app.run r where r.parent_id = :'p5'), 'queued', 'X06 what isn''t waited for goes on');

-- What can't be.
create function t.said(p_run uuid) returns text language sql as $$ select (t.wait(p_run)).answer->'error'->>'code' $$;
select is(t.said(t.calls(:w1, t.run(:'wf'), :'wf')), 'WORKFLOW_INACTIVE', 'Z10 a workflow without the trigger is not run');
select t.person('otto') as otto \gset
select t.enter(:'otto'::jsonb->>'secret');
select t.live('Theirs', 'called') as theirs \gset
select t.enter(:'ines'::jsonb->>'secret');
select is(t.said(t.calls(:w1, t.run(:'wf'), :'theirs')), 'WORKFLOW_INACTIVE', 'Z10 nor one of another workspace');
select t.run(:'wf') as full \gset
insert into app.workspace_plan (workspace_id, plan_id, limits) values (:'ws', 'unlimited', '{"runs":1}') on conflict (workspace_id) do update set limits = excluded.limits;
select is(t.said(t.calls(:w1, :'full', :'child')), 'QUOTA_EXCEEDED', 'B04 nor one over the quota');
delete from app.workspace_plan where workspace_id = :'ws';
create function t.deep(p_worker bigint, p_run uuid, p_child uuid) returns integer language plpgsql as $$
begin
	for v_n in 1 .. 30 loop
		perform t.calls(p_worker, p_run, p_child);
		if t.said(p_run) = 'TOO_DEEP' then
			return v_n;
		end if;
		p_run := (t.children(p_run))[1];
	end loop;
	return null;
end $$;
select is(t.deep(:w1, t.run(:'wf'), :'child'), 17, 'Z10 calls go 16 levels deep');
select is(t.refusal('workflow_create', jsonb_build_object('name', 'x', 'definition', jsonb_set(t.definition('manual', '{}'), '{nodes,1}', jsonb_build_object(
	'id', 'call-1', 'type', 'run_workflow', 'config', jsonb_build_object('workflow_id', :'theirs'))))),
	'MR400 definition.nodes[1].config.workflow_id | there is no such workflow in this workspace', 'Z10 a step names a workflow of the workspace');

select * from finish();
rollback;

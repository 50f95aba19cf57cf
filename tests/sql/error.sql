-- error: a run that fails for good starts its error workflow once, in the transaction that records the failure. CONTRACT Z11, X08, B04.
begin;
set search_path = tap, pg_catalog;
select no_plan();

-- A workflow that names an error workflow, live.
create function t.live(p_name text, p_trigger text, p_error text default null) returns uuid language plpgsql as $$
declare
	v_id uuid := (api.workflow_create(jsonb_build_object('name', p_name, 'definition', t.definition(p_trigger, '{}')
		|| jsonb_build_object('settings', jsonb_strip_nulls(jsonb_build_object('error_workflow', p_error)))))->>'id')::uuid;
begin
	perform api.workflow_activate(jsonb_build_object('id', v_id));
	return v_id;
end $$;
create function t.run(p_workflow uuid) returns uuid
language sql as $$ select (api.run_create(jsonb_build_object('workflow_id', p_workflow, 'input', '{"order":4711}'::jsonb))->>'id')::uuid $$;
-- The run, ended as it says.
create function t.ended(p_worker bigint, p_run uuid, p_status text default 'failed') returns uuid language plpgsql as $$
begin
	perform t.claim(p_worker, array[p_run]);
	perform t.write(p_worker, app.workspace_id(), p_run, t.fence(p_run), p_status, '{trigger-1}');
	return p_run;
end $$;
create function t.told(p_run uuid) returns uuid[] language sql as $$
	select coalesce(array_agg(r.id), '{}') from app.run r where r.parent_id = p_run $$;

select t.person('ines') as ines \gset
select t.enter(:'ines'::jsonb->>'secret');
select app.workspace_id() as ws, work.worker_join('here', 1) as w1 \gset
select t.live('Alarm', 'error') as alarm \gset
select t.live('Orders', 'manual', :'alarm') as wf \gset

select is((select x.error_workflow_id from app.version x where x.workflow_id = :'wf'), :'alarm'::uuid, 'Z11 a version knows its error workflow');
select t.ended(:w1, t.run(:'wf'), 'succeeded') as good \gset
select is(t.told(:'good'), '{}', 'Z11 what succeeds starts nothing');
select t.run(:'wf') as bad \gset
select started_at as began from t.claim(:w1, array[:'bad'::uuid]) c, app.run r where r.id = c.run_id \gset
select t.fence(:'bad') as fence \gset
select is((select is_stale from t.write(:w1, :'ws', :'bad', :fence - 1, 'failed', '{trigger-1}')), true, 'X08 a stale failure is refused');
select is(t.told(:'bad'), '{}', 'Z11 and starts nothing');
select is_empty(format($$select * from t.write(%s, %L, %L, %s, 'failed', '{trigger-1}')$$, :w1, :'ws', :'bad', :fence), 'Z11 the failure is recorded');
select is(cardinality(t.told(:'bad')), 1, 'Z11 and one run of the error workflow is there');
select is((select is_stale from t.write(:w1, :'ws', :'bad', :fence, 'failed', '{trigger-1}')), true, 'X08 the same failure again is stale');
select is(cardinality(t.told(:'bad')), 1, 'Z11 and starts no second one');
select (t.told(:'bad'))[1] as told \gset
select is((select r.trigger_type || ' ' || r.node_id || ' ' || (r.workflow_id = :'alarm') from app.run r where r.id = :'told'), 'error trigger-1 true', 'Z11 begun by its error trigger');
select is((select r.input::jsonb #- '{run,started_at}' from app.run r where r.id = :'told'), jsonb_build_object(
	'workflow', jsonb_build_object('id', :'wf', 'name', 'Orders'), 'error', '{"code":"BOOM"}'::jsonb,
	'run', jsonb_build_object('id', :'bad', 'url', '/runs/' || :'bad', 'retry_of', null, 'mode', 'manual')), 'Z11 told what failed, and how');
select ok((select r.input->'run'->>'started_at' is not null from app.run r where r.id = :'told'), 'Z11 and when it had begun');
select ok(exists (select from work.feed(null) f where f.run_id = :'told'), 'Z11 it is ready');
select is((select sum(m.runs) from app.meter m where m.workflow_id = :'alarm'), 1::bigint, 'B01 and metered');
select is(api.run_get(jsonb_build_object('id', :'told'))->'parent'->>'id', :'bad', 'Z11 it names the run that failed');
select is(api.run_get(jsonb_build_object('id', :'bad'))->'children'->0->>'workflow_name', 'Alarm', 'Z11 which names it');

-- No endless chain.
select t.live('Self', 'error', null) as self \gset
select api.workflow_update(jsonb_build_object('id', :'self', 'is_active', true, 'definition', t.definition('error', '{}')
	|| jsonb_build_object('settings', jsonb_build_object('error_workflow', :'self'))))->>'live_version' as live \gset
select t.ended(:w1, t.run(:'self')) as s1 \gset
select is(cardinality(t.told(:'s1')), 1, 'Z11 a workflow may be its own error workflow');
select t.ended(:w1, (t.told(:'s1'))[1]) as s2 \gset
select is(t.told(:'s2'), '{}', 'Z11 but a failing error run starts none');
select t.ended(:w1, (api.run_retry(jsonb_build_object('id', :'s2'))->>'id')::uuid) as s3 \gset
select is(t.told(:'s3'), '{}', 'Z11 nor does a retry of it');
select t.ended(:w1, (api.run_retry(jsonb_build_object('id', :'bad'))->>'id')::uuid) as again \gset
select is((select r.input->'run'->>'retry_of' from app.run r where r.parent_id = :'again'), :'bad', 'Z11 a retry that fails starts its own, which says so');

-- Whatever ends a run as failed.
select t.run(:'wf') as lost \gset
update app.run_queue set lost = 2 where run_id = :'lost';
select count(*) from t.claim(:w1, array[:'lost'::uuid]) \gset
select work.sweep(:w1, '{}', array[:'lost'::uuid]) as swept \gset
select is((select r.input->'error'->>'code' from app.run r where r.parent_id = :'lost'), 'QUARANTINED', 'Z11 quarantine starts it as well');
select t.run(:'wf') as stopped \gset
select api.run_cancel(jsonb_build_object('id', :'stopped')) is not null as done \gset
select is(t.told(:'stopped'), '{}', 'Z11 a run that was cancelled didn''t fail');

-- Where none can be started the log says so.
create function t.warned(p_run uuid) returns text language sql as $$ select string_agg(l.level || ': ' || l.message, ';') from app.log l where l.run_id = p_run $$;
select is(t.warned(:'bad'), null, 'Z11 what was started needs no words');
select api.workflow_deactivate(jsonb_build_object('id', :'alarm')) is not null as off \gset
select t.ended(:w1, t.run(:'wf')) as quiet \gset
select is(t.told(:'quiet'), '{}', 'Z11 an inactive error workflow is not started');
select is(t.warned(:'quiet'), 'warn: the error workflow was not started: it is not active, or has no error trigger that is switched on', 'Z11 and the log says why');
select api.workflow_activate(jsonb_build_object('id', :'alarm')) is not null as live \gset
select t.run(:'wf') as full \gset
insert into app.workspace_plan (workspace_id, plan_id, limits) values (:'ws', 'unlimited', '{"runs":1}') on conflict (workspace_id) do update set limits = excluded.limits;
select is(t.told(t.ended(:w1, :'full')), '{}', 'B04 a workspace over its quota starts none');
select matches(t.warned(:'full'), 'the quota of the workspace is used up', 'B04 and the log says so');
select is((select r.status from app.run r where r.id = :'full'), 'failed', 'Z11 the failure is recorded all the same');
delete from app.workspace_plan where workspace_id = :'ws';

-- What may be named.
create function t.naming(p_error text, p_id uuid default null) returns text language sql as $$
	select t.refusal(case when p_id is null then 'workflow_create' else 'workflow_update' end, jsonb_strip_nulls(jsonb_build_object('id', p_id, 'name', 'Other',
		'definition', t.definition('manual', '{}') || jsonb_build_object('settings', jsonb_build_object('error_workflow', p_error, 'priority', 1))))) $$;
select is(t.naming(app.uuid7()::text), 'MR400 definition.settings.error_workflow | there is no such workflow in this workspace', 'Z11 it must exist');
select t.person('otto') as otto \gset
select t.enter(:'otto'::jsonb->>'secret');
select is(t.naming(:'alarm'), 'MR400 definition.settings.error_workflow | there is no such workflow in this workspace', 'Z11 in this workspace');
select t.enter(:'ines'::jsonb->>'secret');
select api.workflow_create(jsonb_build_object('name', 'Mine', 'visibility', 'private', 'definition', t.definition('error', '{}')))->>'id' as mine \gset
select t.naming(:'mine', :'wf') as named \gset
select is(:'named'::text, 'none', 'Z11 a private one of mine');
select t.member('eve', :'ws', 'editor') as eve \gset
select is(t.naming(:'mine'), 'MR400 definition.settings.error_workflow | there is no such workflow in this workspace', 'Z11 not somebody else''s');
select is(t.naming(:'mine', :'wf'), 'none', 'Z11 which may stay where it is named');

select * from finish();
rollback;

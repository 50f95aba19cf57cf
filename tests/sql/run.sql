-- run: runs, their steps, status, cancel, retry, lists, logs, health. CONTRACT X01 to X07, X13, W11, L05 to L07, M07.
begin;
set search_path = tap, pg_catalog;
select no_plan();
select t.person('ines') as ines \gset
select t.enter(:'ines'::jsonb->>'secret');
select api.workflow_create(jsonb_build_object('name', 'Orders', 'definition', t.definition('manual', '{}')
	|| '{"variables":{"limit":{"type":"number","default":5},"name":{"type":"string","required":true}},"settings":{"priority":3}}')) ->>'id' as wf \gset

-- Starting.
select matches(t.refusal('run_create', jsonb_build_object('workflow_id', :'wf')), '^MR400 variables.name', 'W11 a required variable is asked for');
select matches(t.refusal('run_create', jsonb_build_object('workflow_id', :'wf', 'variables', '{"name":"x","limit":"many"}'::jsonb)), '^MR400 variables.limit', 'W11 a wrong type is refused');
select matches(t.refusal('run_create', jsonb_build_object('workflow_id', :'wf', 'variables', '{"name":"x","odd":1}'::jsonb)), '^MR400 variables.odd', 'W11 so is one that wasn''t declared');
select api.run_create(jsonb_build_object('workflow_id', :'wf', 'input', '{"order":4711}'::jsonb, 'variables', '{"name":"x"}'::jsonb)) as r \gset
select :'r'::jsonb->>'id' as run \gset
select is(:'r'::jsonb - array['id', 'workflow_id', 'created_at', 'trigger', 'metrics', 'resource_usage', 'etag'],
	'{"error":null,"input":{"order":4711},"output":null,"status":"queued","version":1,"parent":null,"children":[],"live_seq":0,"retry_of":null,"started_at":null,"duration_ms":null,"completed_at":null,"workflow_name":"Orders"}', 'X01 a new run is queued');
select is(:'r'::jsonb->'trigger', jsonb_build_object('type', 'manual', 'name', 'ines', 'user_id', :'ines'::jsonb->'user'->>'id', 'token_id', null, 'trigger_id', null, 'delivery_id', null, 'due_at', null), 'T11 it tells who started it');
select is((select q.prio from app.run_queue q where q.run_id = :'run'), 3::smallint, 'X01 its queue row is there, with its priority');
select matches(t.refusal('run_create', jsonb_build_object('workflow_id', :'wf', 'version', 7)), '^MR404 version', 'X01 an unknown version is not found');
select api.token_create('{"name":"Shop","scopes":["run:write","run:read"]}') as tok \gset
select t.enter(:'tok'::jsonb->>'token');
select api.workflow_run_create(jsonb_build_object('id', :'wf', 'payload', '[1]'::jsonb, 'variables', '{"name":"x"}'::jsonb)) as rt \gset
select is((:'rt'::jsonb->'trigger'->>'type') || ' ' || (:'rt'::jsonb->'trigger'->>'name'), 'api Shop', 'T11 a token''s run tells the token');
select is(:'rt'::jsonb->'input', 'null', 'X13 without run:data the input isn''t shown');
select is((select r.input::jsonb from app.run r where r.id = (:'rt'::jsonb->>'id')::uuid), '[1]', 'X01 payload is read as input');
select t.enter(:'ines'::jsonb->>'secret');

-- Running: a lease is the status.
update app.run_queue set lease_owner = 1, fence = 1, current_nodes = '["set-1"]' where run_id = :'run';
select is(api.run_get(jsonb_build_object('id', :'run'))->>'status', 'running', 'X04 a leased run is running');
insert into app.step (workspace_id, run_id, node_id, step_no, status, started_at, duration_us, output)
values (app.workspace_id(), :'run', 'trigger-1', 1, 'succeeded', now(), 1500, '{"main":[{"json":{"payload":{"order":4711}}}]}');
insert into app.step (workspace_id, run_id, node_id, step_no, attempt, status, started_at, duration_us, source, error)
values (app.workspace_id(), :'run', 'set-1', 2, 1, 'failed', now(), 500, '[{"node":"trigger-1","port":"main","iteration":0}]', '{"code":"BOOM","message":"broken pipe","retry_in_ms":10}');
update app.run set status = 'running', seq = 2, started_at = now() where id = :'run';
select is((api.run_status(jsonb_build_object('id', :'run'))::jsonb) - array['context', 'id'],
	'{"status":"running","live_seq":2,"progress":1,"variables":{"limit":5,"name":"x"},"current_nodes":["set-1"]}', 'X04 the status says what runs');
update app.run_queue set lease_owner = 0 where run_id = :'run';
select is(api.run_get(jsonb_build_object('id', :'run'))->>'status', 'queued', 'X08 a lost lease is queued again');
select is((api.step_list(jsonb_build_object('id', :'run'))::jsonb->'items'->1) - array['started_at', 'completed_at'],
	jsonb_build_object('run_id', :'run', 'node_id', 'set-1', 'node_name', 'Set', 'node_type', 'set', 'iteration', 0, 'attempt', 1, 'step_no', 2, 'status', 'failed',
		'source', '[{"node":"trigger-1","port":"main","iteration":0}]'::jsonb, 'input', '[{"json":{"payload":{"order":4711}}}]'::jsonb, 'output', null, 'ports', '{}'::jsonb,
		'error', '{"code":"BOOM","message":"broken pipe","retry_in_ms":10}'::jsonb, 'duration_ms', 0.5), 'X13 a step shows its input, derived from its source');
select is(api.step_list(jsonb_build_object('id', :'run'))::jsonb->'items'->0->'ports', '{"main": 1}', 'X13 and how much left by which port');
select api.step_list(jsonb_build_object('id', :'run', 'limit', 1)) as p \gset
select is((api.step_list(jsonb_build_object('id', :'run', 'limit', 1, 'cursor', :'p'::jsonb->>'next_cursor'))->'items'->0)->>'node_id', 'set-1', 'X13 steps are paged');
select is(api.step_list(jsonb_build_object('id', :'run', 'limit', 2))->>'next_cursor', null, 'X13 to the last');
select t.member('vera', (:'ines'::jsonb->>'workspace_id')::uuid, 'viewer') as vera \gset
select ok(not (api.step_list(jsonb_build_object('id', :'run'))::text || api.run_get(jsonb_build_object('id', :'run')) || api.log_get(jsonb_build_object('run_id', :'run')) || api.run_status(jsonb_build_object('id', :'run'))) ~ '4711', 'X13 a viewer sees no payload');
select t.enter(:'ines'::jsonb->>'secret');

-- Logs.
insert into app.log (workspace_id, run_id, id, node_id, level, at, message, data) values (app.workspace_id(), :'run', app.uuid7(), 'set-1', 'warn', now() + interval '1 s', 'said something', '{"a":1}');
select is((select count(*) from json_array_elements(api.run_logs(jsonb_build_object('id', :'run'))->'items')), 4::bigint, 'L06 lines of the run, its steps and its nodes');
select is((select array_agg(i->>'message' order by ord) from json_array_elements(api.run_logs(jsonb_build_object('id', :'run', 'level', 'warn'))->'items') with ordinality x (i, ord)), array['set-1 failed: broken pipe', 'said something'], 'L06 by level, oldest first');
select is((select count(*) from json_array_elements(api.run_logs(jsonb_build_object('id', :'run', 'node_id', 'trigger-1'))->'items')), 1::bigint, 'L06 by node');
select is((select count(*) from json_array_elements(api.run_logs(jsonb_build_object('id', :'run', 'q', 'BROKEN'))->'items')), 1::bigint, 'L06 by words');
create function t.lines(p_run text) returns integer language plpgsql as $$
declare
	v_n integer := 0; v_page json; v_cursor text;
begin
	loop
		v_page := api.run_logs(jsonb_strip_nulls(jsonb_build_object('id', p_run, 'limit', 1, 'cursor', v_cursor)));
		v_n := v_n + json_array_length(v_page->'items');
		v_cursor := v_page->>'next_cursor';
		exit when v_cursor is null or v_n > 20;
	end loop;
	return v_n;
end $$;
select is(t.lines(:'run'), 4, 'L06 paged, each line once');
select api.run_logs(jsonb_build_object('id', :'run', 'follow', true)) as p \gset
select ok(:'p'::jsonb->>'next_cursor' is not null and not (:'p'::jsonb->>'ended')::boolean, 'L06 who follows can ask for more');
select is(json_array_length(api.run_logs(jsonb_build_object('id', :'run', 'follow', true, 'cursor', :'p'::jsonb->>'next_cursor'))->'items'), 0, 'L06 and gets nothing twice');
select is((select array_agg(k order by k) from json_object_keys(api.log_get(jsonb_build_object('run_id', :'run'))) k), array['logs', 'run', 'steps'], 'L07 all of a run in one answer');
savepoint lines;
-- All of it within one millisecond of a worker's clock, written in another order than it happened in.
delete from app.log where run_id = :'run';
update app.step set duration_us = case step_no when 1 then 900 else 50 end, started_at = date_trunc('milliseconds', now()) where run_id = :'run';
insert into app.log (workspace_id, run_id, id, node_id, level, at, message) values (app.workspace_id(), :'run', app.uuid7(), 'set-1', 'warn', date_trunc('milliseconds', now()), 'next try in 10 ms');
update app.run set status = 'succeeded', started_at = date_trunc('milliseconds', now()), completed_at = date_trunc('milliseconds', now()) where id = :'run';
create function t.messages(p json) returns text[] language sql as $$ select array_agg(i->>'message' order by ord) from json_array_elements(p) with ordinality x (i, ord) $$;
select is(t.messages(api.run_logs(jsonb_build_object('id', :'run'))->'items'),
	array['the run has started', 'trigger-1 succeeded after 0.9 ms', 'set-1 failed: broken pipe', 'next try in 10 ms', 'the run has succeeded'],
	'L05 lines of one millisecond are in the order of their steps, what is said of them behind, the end last');
select is(t.messages(api.log_get(jsonb_build_object('run_id', :'run'))->'logs'), t.messages(api.run_logs(jsonb_build_object('id', :'run'))->'items'), 'L05 however they are asked for');
select is(t.lines(:'run'), 5, 'L06 paged, each line once');
-- The clock of the second step's worker is a minute behind.
update app.step set started_at = now() - interval '1 minute' where run_id = :'run' and step_no = 2;
select is((t.messages(api.run_logs(jsonb_build_object('id', :'run'))->'items'))[2:3], array['trigger-1 succeeded after 0.9 ms', 'set-1 failed: broken pipe'], 'L05 whichever clock was behind');
select is_empty(format($$select from json_array_elements(api.run_logs(jsonb_build_object('id', %L::text))->'items') i
	where (select array_agg(k order by k) from json_object_keys(i) k) <> '{data,id,level,message,node_id,run_id,timestamp}' or i->>'run_id' <> %1$L or i->>'level' not in ('debug', 'info', 'warn', 'error')$$, :'run'),
	'L05 each has run, node, time, level, message and data');
select throws_ok(format($$insert into app.log (workspace_id, run_id, id, level, at, message) values (app.workspace_id(), %L, app.uuid7(), 'loud', now(), 'x')$$, :'run'), '23514', null, 'L05 of four levels');
rollback to lines;

-- Cancelling.
select is(t.refusal('run_retry', jsonb_build_object('id', :'run')), 'MR409 | the run isn''t over yet', 'X07 what isn''t over can''t be retried');
select is(api.run_cancel(jsonb_build_object('id', :'run'))->>'status', 'cancelled', 'X06 a run is cancelled');
select is((select count(*) from app.run_queue q where q.run_id = :'run'), 0::bigint, 'X06 its queue row is gone, and with it the fence');
select is(t.refusal('run_cancel', jsonb_build_object('id', :'run')), 'MR409 | the run is over: it has been cancelled', 'X06 once');
select is((select o.status from app.run_outcome o where o.run_id = :'run'), 'cancelled', 'X06 its outcome is kept');
insert into app.run (workspace_id, id, workflow_id, version_id, version, status, trigger_type, node_id) select workspace_id, app.uuid7(), workflow_id, version_id, 1, 'waiting', 'api', 'trigger-1' from app.run where id = :'run' returning id as waits \gset
insert into app.timer (workspace_id, run_id, due_at, fence) values (app.workspace_id(), :'waits', now() + interval '1 hour', 7);
select is(api.run_cancel(jsonb_build_object('id', :'waits'))->>'status', 'cancelled', 'X06 so is one that waits');
select is((select count(*) from app.timer x where x.run_id = :'waits'), 0::bigint, 'X06 and it won''t wake');

-- Retrying.
select is(api.run_retry(jsonb_build_object('id', :'run'))->>'retry_of', :'run', 'X07 a retry knows whose it is');
select api.run_retry(jsonb_build_object('id', :'run', 'from', 'failed')) as again \gset
select is((:'again'::jsonb->'metrics'->>'steps')::int, 1, 'X07 from the failed step, what succeeded is kept');
select is((api.step_list(jsonb_build_object('id', :'again'::jsonb->>'id'))->'items'->0->'output')::jsonb, '{"main":[{"json":{"payload":{"order":4711}}}]}', 'X07 with its output');
select is(:'again'::jsonb->'live_seq', '1', 'X07 and counted');
select is((:'again'::jsonb->'input')::jsonb, '{"order": 4711}', 'X07 the input is the same');
insert into app.run (workspace_id, id, workflow_id, version_id, version, status, trigger_type, node_id, completed_at) select workspace_id, app.uuid7(), workflow_id, version_id, 1, 'succeeded', 'api', 'trigger-1', now() from app.run where id = :'run' returning id as good \gset
select matches(t.refusal('run_retry', jsonb_build_object('id', :'good', 'from', 'failed')), '^MR409 from', 'X07 what succeeded has no failed step');

-- Lists.
create function t.runs(p jsonb) returns integer language plpgsql as $$
declare
	v_n integer := 0; v_page json; v_cursor text;
begin
	loop
		v_page := api.run_list(p || jsonb_strip_nulls(jsonb_build_object('limit', 2, 'cursor', v_cursor)));
		v_n := v_n + json_array_length(v_page->'items');
		v_cursor := v_page->>'next_cursor';
		exit when v_cursor is null or v_n > 100;
	end loop;
	return v_n;
end $$;
select is(t.runs(p), n, 'X03 ' || p::text) from (values
	('{}'::jsonb, 6), ('{"status":"cancelled"}', 2), ('{"status":"failed,cancelled"}', 2), ('{"status":"pending"}', 3), ('{"status":"queued,running,waiting"}', 3),
	('{"status":"running"}', 0), ('{"status":"succeeded"}', 1), ('{"status":"completed"}', 1), ('{"status":"cancelled,succeeded"}', 3), ('{"status":"paused"}', 0),
	('{"trigger_type":"retry"}', 2), ('{"trigger_type":"webhook"}', 0), ('{"q":"ORD"}', 6), ('{"q":"nothing"}', 0), ('{"from":"2100-01-01"}', 0), ('{"to":"2001-01-01T00:00:00Z"}', 0)) v (p, n);
select is(t.runs(jsonb_build_object('workflow_id', :'wf', 'q', left(:'good', 36))), 1, 'X03 by id');
select is(json_array_length(api.workflow_run_list(jsonb_build_object('id', :'wf', 'status', 'cancelled'))->'items'), 2, 'X03 of a workflow');
select is(json_array_length(api.workflow_logs(jsonb_build_object('id', :'wf'))->'items'), 6, 'L07 of a workflow, with their outcome');
select matches(t.refusal('run_list', '{"status":"finished"}'), '^MR400 status', 'X03 an unknown status is refused');
select is(array(select i->>'id' from json_array_elements(api.run_list('{}')->'items') i), array(select r.id::text from app.run r where r.workspace_id = app.workspace_id() order by r.id desc), 'X03 newest first');
select is(api.workflow_get(jsonb_build_object('id', :'wf'))->'statistics' #- '{last_run_at}', '{"runs":6,"failed":0,"succeeded":1,"last_status":"succeeded"}', 'W02 statistics count them');

-- A webhook's own token starts runs of its workflow, and nothing else.
select api.workflow_create(jsonb_build_object('name', 'Hooked', 'definition', t.definition()))->>'id' as hooked \gset
select substr(api.workflow_activate(jsonb_build_object('id', :'hooked'))->>'webhook_url', 8) as hook \gset
select api.workflow_execute(jsonb_build_object('id', :'hooked', 'payload', '{"a":1}'::jsonb)) as x \gset
select is(:'x'::jsonb->'input', '{"a": 1}', 'T07 the body is the payload');
select t.enter(:'hook');
select isnt(api.workflow_execute(jsonb_build_object('id', :'hooked', 'payload', 'null'::jsonb))->>'id', null, 'T07 also by the webhook''s token');
select is(t.refusal('workflow_execute', jsonb_build_object('id', :'wf')), 'MR404 | no such workflow', 'T07 but no other workflow');
select matches(t.refusal('run_list'), '^MR403', 'T07 and nothing is read by it');
select t.enter(:'ines'::jsonb->>'secret');
select api.workflow_deactivate(jsonb_build_object('id', :'hooked'));
select throws_ok(format('select t.enter(%L)', :'hook'), 'MR401', null, 'T07 nor anything while the workflow sleeps');

-- Health.
select is(api.readyz('{}')->>'status', 'ok', 'M07 ready');
select ok(api.readyz('{}')->'queue_age_ms' is not null, 'M07 with the age of the queue');
select t.enter(:'ines'::jsonb->>'secret');
select is((select array_agg(s->>'name' order by ord) from jsonb_array_elements(api.health_get('{}')->'services') with ordinality x (s, ord)), array['web', 'worker', 'egress', 'database', 'clock'], 'M07 every service is named');
select is(api.health_get('{}')->>'status', 'down', 'M07 without a worker it is down');
insert into app.worker (host, pid) values ('here', 1);
select is(api.health_service_get('{"name":"worker"}')->>'status', 'ok', 'M07 with one it isn''t');
select is(jsonb_array_length(api.health_service_get('{"name":"worker"}')->'processes'), 1, 'M07 each process is shown');
select is(t.refusal('health_service_get', '{"name":"nonsense"}'), 'MR404 | no such service', 'M07 an unknown service is not found');
select is(api.permit('run:read'), null, 'web asks for a permission');
select throws_ok($$select api.permit('moon:walk')$$, 'MR403', null, 'and is refused one that isn''t there');
select * from finish();
rollback;

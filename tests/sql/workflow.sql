-- workflow: workflows, versions, triggers. CONTRACT W01 to W05, W12, W13, T01 to T03, T09.
begin;
set search_path = tap, pg_catalog;
select no_plan();
select t.person('ines') as ines \gset
select t.enter(:'ines'::jsonb->>'secret');

select matches(t.refusal('workflow_create', '{"definition":{"nodes":[]}}'), '^MR400 name', 'W01 a name is needed');
select matches(t.refusal('workflow_create', jsonb_build_object('name', repeat('x', 256), 'definition', t.definition())), '^MR400 name', 'W01 of at most 255 characters');
select matches(t.refusal('workflow_create', '{"name":"x"}'), '^MR400 definition', 'W01 and a definition');
select matches(t.refusal('workflow_create', jsonb_build_object('name', 'x', 'definition', t.definition(), 'metadata', jsonb_build_object('a', repeat('x', 70000)))), '^MR400 metadata', 'W01 metadata has a limit');
select api.workflow_create(jsonb_build_object('name', 'Orders', 'definition', t.definition('webhook', '{"method":"POST","path":"orders"}'), 'tags', '["a","b"]'::jsonb, 'metadata', '{"x":1}'::jsonb, 'note', 'first')) as w \gset
select :'w'::jsonb->>'id' as wf \gset
select is(:'w'::jsonb - array['id', 'definition', 'created_at', 'updated_at', 'created_by'],
	'{"name":"Orders","tags":["a","b"],"etag":1,"state":"draft","visibility":"workspace","access":"edit","metadata":{"x":1},"triggers":[],"is_active":false,"statistics":{"runs":0,"failed":0,"succeeded":0,"last_run_at":null,"last_status":null},"description":"","webhook_url":null,"live_version":null,"draft_version":1}',
	'W01 a new workflow is a draft of version 1');
select is(:'w'::jsonb->'definition', t.definition('webhook', '{"method":"POST","path":"orders"}'), 'W08 the definition is read back as it was stored');
select is(:'w'::jsonb->>'created_by', :'ines'::jsonb->'user'->>'id', 'W02 its maker is known');
select is(t.refusal('workflow_get', jsonb_build_object('id', app.uuid7())), 'MR404 | no such workflow', 'W02 an unknown one is not found');
select is(t.refusal('workflow_get', '{"id":"nonsense"}'), 'MR404 | no such workflow', 'W02 nor is what is no id');

-- Changing.
select is(api.workflow_update(jsonb_build_object('id', :'wf', 'name', 'Renamed'))->>'draft_version', '1', 'W04 a new name makes no version');
select is(api.workflow_update(jsonb_build_object('id', :'wf', 'definition', t.definition('webhook', '{"path":"orders","method":"POST"}')))->>'draft_version', '1', 'W04 nor does the same definition');
select api.workflow_update(jsonb_build_object('id', :'wf', 'definition', t.definition('webhook', '{"method":["PUT","POST"],"path":"orders"}'), 'label', '1.1.0', 'note', 'second')) as w \gset
select is(:'w'::jsonb->>'draft_version', '2', 'W04 a changed definition does');
select is(t.refusal('workflow_update', jsonb_build_object('id', :'wf', 'name', 'x', 'if_match', 1)), 'MR412 | it was changed since you read it', 'W04 a stale If-Match changes nothing');
select is(api.workflow_replace(jsonb_build_object('id', :'wf', 'name', 'Whole', 'definition', t.definition('webhook', '{"method":["PUT","POST"],"path":"orders"}'), 'if_match', (:'w'::jsonb->>'etag')::bigint)) - array['id', 'definition', 'created_at', 'updated_at', 'created_by', 'etag', 'statistics'],
	'{"name":"Whole","tags":[],"state":"draft","visibility":"workspace","access":"edit","metadata":{},"triggers":[],"is_active":false,"description":"","webhook_url":null,"live_version":null,"draft_version":2}', 'W04 replacing clears what is absent');
select matches(t.refusal('workflow_replace', jsonb_build_object('id', :'wf', 'definition', t.definition())), '^MR400 name', 'W04 replacing needs a name');
select matches(t.refusal('workflow_replace', jsonb_build_object('id', :'wf', 'name', 'x')), '^MR400 definition', 'W04 and a definition');
select matches(t.refusal('workflow_update', jsonb_build_object('id', :'wf', 'state', 'draft')), '^MR400 state', 'W12 one can''t go back to be a draft');

-- Versions.
select is(api.version_list(jsonb_build_object('id', :'wf', 'limit', 1))->'items'->0->>'label', '1.1.0', 'W13 versions are listed, newest first');
select is((api.version_list(jsonb_build_object('id', :'wf', 'cursor', api.version_list(jsonb_build_object('id', :'wf', 'limit', 1))->>'next_cursor'))->'items'->0) - array['created_at', 'created_by'],
	'{"note":"first","label":"1.0.0","number":1,"is_live":false}', 'W13 to the first');
select is(api.version_get(jsonb_build_object('id', :'wf', 'n', 1))->'definition', t.definition('webhook', '{"method":"POST","path":"orders"}'), 'W13 each with its definition');
select is(t.refusal('version_get', jsonb_build_object('id', :'wf', 'n', 9)), 'MR404 | no such version', 'W13 one that isn''t there is not found');

-- Going live.
select is(t.refusal('workflow_activate', jsonb_build_object('id', :'wf', 'version', 9)), 'MR404 version | no such version', 'W12 a version that isn''t there can''t go live');
select api.workflow_activate(jsonb_build_object('id', :'wf')) as w \gset
select is(jsonb_build_array(:'w'::jsonb->'state', :'w'::jsonb->'is_active', :'w'::jsonb->'live_version'), '["active", true, 2]', 'W12 the newest goes live');
select :'w'::jsonb->'triggers'->0 as trg \gset
select is(:'trg'::jsonb->'methods', '["POST", "PUT"]', 'T01 its trigger takes what the node says');
select is(:'trg'::jsonb->>'path', 'orders', 'T03 with its path');
select is(:'w'::jsonb->>'webhook_url', :'trg'::jsonb->>'webhook_url', 'T02 and its address is shown');
select is(api.workflow_deactivate(jsonb_build_object('id', :'wf'))->>'state', 'paused', 'W12 deactivated it is paused');
select is(api.trigger_get(jsonb_build_object('id', :'wf', 'trigger_id', :'trg'::jsonb->>'id'))->'is_active', 'false', 'W12 and its trigger sleeps');
select is(api.workflow_update(jsonb_build_object('id', :'wf', 'is_active', true))->>'webhook_url', :'w'::jsonb->>'webhook_url', 'W12 live again, the address is the same');
select api.workflow_create(jsonb_build_object('name', 'Second', 'definition', t.definition('webhook', '{"path":"/orders/"}')))->>'id' as other \gset
select is(t.refusal('workflow_activate', jsonb_build_object('id', :'other')), 'MR409 path | the path orders is already used in this workspace', 'T03 a path is used once in a workspace');
select is(api.workflow_activate(jsonb_build_object('id', :'wf', 'version', 1))->>'live_version', '1', 'W12 an older version goes live');

-- A node that is gone disarms its trigger and gives its path free; when it comes back it has its address again.
select api.workflow_update(jsonb_build_object('id', :'wf', 'definition', t.definition('manual', '{}'), 'is_active', true)) as w \gset
select is(:'w'::jsonb->'triggers'->0->>'type', 'manual', 'T01 a node may change its type');
select is(:'w'::jsonb->'webhook_url', 'null', 'T02 a manual trigger has no address');
select is(api.workflow_activate(jsonb_build_object('id', :'other'))->>'state', 'active', 'T03 its path is free for another');

-- Schedules.
select api.workflow_create(jsonb_build_object('name', 'Nightly', 'definition', t.definition('schedule', '{"cron":"0 3 * * *","timezone":"Europe/Lisbon","missed":"one"}')))->>'id' as nightly \gset
select api.workflow_activate(jsonb_build_object('id', :'nightly', 'due', '{"trigger-1":["2031-01-01T03:00:00Z","2031-01-02T03:00:00Z"]}'::jsonb)) as w \gset
select is((:'w'::jsonb->'triggers'->0) - array['id', 'workflow_id', 'created_at', 'updated_at', 'etag', 'config'],
	'{"mode":null,"path":null,"rule":"0 3 * * *","type":"schedule","due_at":"2031-01-01T03:00:00.000Z","missed":"one","scheme":null,"methods":[],"node_id":"trigger-1","fired_at":null,"timezone":"Europe/Lisbon","is_active":true,"has_secret":false,"is_enabled":true,"webhook_url":null}',
	'T09 a schedule''s trigger has its rule and next time');
select is((select t.due_until from app.trigger t where t.workflow_id = :'nightly'), '2031-01-02T03:00:00Z', 'T09 and workers know up to where times are stored');
select api.workflow_activate(jsonb_build_object('id', :'nightly'));
select is((select count(*) from app.schedule_due d join app.trigger t on t.id = d.trigger_id where t.workflow_id = :'nightly'), 2::bigint, 'T09 going live again under the same rule keeps the times');
select api.workflow_deactivate(jsonb_build_object('id', :'nightly'));
select is((select count(*) from app.schedule_due d join app.trigger t on t.id = d.trigger_id where t.workflow_id = :'nightly'), 0::bigint, 'T09 off, it has none');
select api.workflow_activate(jsonb_build_object('id', :'nightly'));
select is((select t.due_until from app.trigger t where t.workflow_id = :'nightly'), now(), 'T09 without times given, workers find them from now on');

-- Triggers by themselves.
select api.workflow_create(jsonb_build_object('name', 'Ahead', 'definition', t.definition()))->>'id' as ahead \gset
select matches(t.refusal('trigger_create', jsonb_build_object('id', :'ahead', 'type', 'schedule')), '^MR400 node_id', 'T01 a trigger needs its node');
select api.trigger_create(jsonb_build_object('id', :'ahead', 'type', 'webhook')) as trg \gset
select is(:'trg'::jsonb->'is_active', 'false', 'T01 ahead of activation it sleeps');
select is(t.refusal('trigger_create', jsonb_build_object('id', :'ahead', 'type', 'webhook', 'node_id', 'trigger-1')), 'MR409 node_id | this node has its trigger already', 'T01 a node has one trigger');
select is(api.workflow_activate(jsonb_build_object('id', :'ahead'))->'triggers'->0->>'webhook_url', :'trg'::jsonb->>'webhook_url', 'T01 activation keeps its address');
select api.trigger_get(jsonb_build_object('id', :'ahead', 'trigger_id', :'trg'::jsonb->>'id')) as trg \gset
select is(api.trigger_update(jsonb_build_object('id', :'ahead', 'trigger_id', :'trg'::jsonb->>'id', 'is_enabled', false, 'if_match', (:'trg'::jsonb->>'etag')::bigint))->'is_active', 'false', 'T01 it is switched off');
select matches(t.refusal('trigger_update', jsonb_build_object('id', :'ahead', 'trigger_id', :'trg'::jsonb->>'id', 'is_enabled', true, 'if_match', (:'trg'::jsonb->>'etag')::bigint)), '^MR412', 'T01 under its ETag');
select is(api.workflow_activate(jsonb_build_object('id', :'ahead'))->'triggers'->0->'is_active', 'false', 'T01 and stays off when the workflow goes live');
select is(api.trigger_update(jsonb_build_object('id', :'ahead', 'trigger_id', :'trg'::jsonb->>'id', 'is_enabled', true))->'is_active', 'true', 'T01 and on again');
select matches(t.refusal('trigger_update', jsonb_build_object('id', :'ahead', 'trigger_id', :'trg'::jsonb->>'id', 'config', '{"path":"orders"}'::jsonb)), '^MR409 path', 'T03 a path that is used is refused here, too');
select matches(t.refusal('trigger_update', jsonb_build_object('id', :'ahead', 'trigger_id', :'trg'::jsonb->>'id', 'config', '{"response_mode":"never"}'::jsonb)), '^MR400 config.response_mode', 'T01 so is an unknown mode');
select is(jsonb_array_length(api.trigger_list(jsonb_build_object('id', :'ahead'))->'items'), 1, 'T01 triggers are listed');
select is(api.trigger_delete(jsonb_build_object('id', :'ahead', 'trigger_id', :'trg'::jsonb->>'id')), null, 'T01 and deleted');
select is(t.refusal('trigger_get', jsonb_build_object('id', :'ahead', 'trigger_id', :'trg'::jsonb->>'id')), 'MR404 | no such trigger', 'T01 then it is gone');

-- Lists.
select is((select array_agg(i->>'name' order by ord) from json_array_elements(api.workflow_list('{"sort":"name"}')->'items') with ordinality x (i, ord)), array['Ahead', 'Nightly', 'Second', 'Whole'], 'W03 by name');
select is((select array_agg(i->>'name' order by ord) from json_array_elements(api.workflow_list('{"sort":"-name","state":"active","q":"H"}')->'items') with ordinality x (i, ord)), array['Whole', 'Nightly', 'Ahead'], 'W03 filters add up') ;
create function t.names(p jsonb) returns text[] language plpgsql as $$
declare
	v_all text[] := '{}'; v_page jsonb; v_cursor text;
begin
	loop
		v_page := api.workflow_list(p || jsonb_build_object('limit', 1) || case when v_cursor is null then '{}' else jsonb_build_object('cursor', v_cursor) end);
		v_all := v_all || array(select i->>'name' from jsonb_array_elements(v_page->'items') i);
		v_cursor := v_page->>'next_cursor';
		exit when v_cursor is null;
	end loop;
	return v_all;
end $$;
select is(t.names(jsonb_build_object('sort', s)), n, 'W03 paged by ' || s)
  from (values ('name', array['Ahead', 'Nightly', 'Second', 'Whole']), ('-name', array['Whole', 'Second', 'Nightly', 'Ahead'])) v (s, n);
select is(cardinality(t.names(jsonb_build_object('sort', s))), 4, 'W03 no row comes twice or is lost by ' || s)
  from unnest(array['created_at', '-created_at', 'updated_at', '-updated_at']) s;
select is(t.names('{"q":"%"}'), '{}', 'W03 a percent sign is a character');
select is(t.names('{"active":false}'), '{}', 'W03 none sleeps');
select is(t.names(jsonb_build_object('created_by', app.uuid7())), '{}', 'W03 nobody else made one');
select is(t.names('{"to":"2001-01-01T00:00:00Z"}'), '{}', 'W03 none is that old');
select matches(t.refusal('workflow_list', '{"limit":"0"}'), '^MR400 limit', 'W03 a page has a size');
select matches(t.refusal('workflow_list', '{"sort":"size"}'), '^MR400 sort', 'W03 an unknown order is refused');
select matches(t.refusal('workflow_list', '{"from":"2030-13-45"}'), '^MR400 from', 'W03 so is a day that isn''t');
select matches(t.refusal('workflow_list', '{"cursor":"bm90IG9uZQ"}'), '^MR400 cursor', 'W03 so is a cursor that nobody gave');

-- Deleting.
select api.run_create(jsonb_build_object('workflow_id', :'other'))->>'id' as run \gset
select is(api.workflow_delete(jsonb_build_object('id', :'other')), null, 'W05 a workflow is deleted');
select is(t.refusal('workflow_delete', jsonb_build_object('id', :'other')), 'MR404 | no such workflow', 'W05 once');
select is(api.run_get(jsonb_build_object('id', :'run'))->>'status', 'cancelled', 'W05 what was queued is cancelled, and stays readable');
select is((select count(*) from app.run_queue q where q.run_id = :'run'), 0::bigint, 'W05 no worker gets it');
select is((select bool_or(t.is_active) from app.trigger t where t.workflow_id = :'other'), false, 'W05 its triggers are off');
select is(api.workflow_activate(jsonb_build_object('id', :'wf', 'version', 2))->'triggers'->0->>'path', 'orders', 'W05 its path is free');
select is(api.workflow_update(jsonb_build_object('id', :'wf', 'state', 'archived'))->>'state', 'archived', 'W12 a workflow is archived');
select matches(t.refusal('workflow_activate', jsonb_build_object('id', :'wf')), '^MR409 state', 'W12 then it doesn''t go live');
select matches(t.refusal('run_create', jsonb_build_object('workflow_id', :'wf')), '^MR409', 'W12 nor run');
select * from finish();
rollback;

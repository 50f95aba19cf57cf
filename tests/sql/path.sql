-- path: the whole way through SQL: sign up, make and activate a workflow, deliver a webhook, execute it, read it.
begin;
set search_path = tap, pg_catalog;
select no_plan();

select t.person('ines') as ines \gset
select ok(:'ines'::jsonb->>'secret' like 'mrs\_%', 'signing up opens a session');
select t.enter(:'ines'::jsonb->>'secret');
select is(api.user_me('{}')->>'email', 'ines@example.com', 'the session is hers');
select api.workflow_create(jsonb_build_object('name', 'Orders', 'definition', t.definition())) as w \gset
select is(:'w'::jsonb->>'state', 'draft', 'a new workflow is a draft');
select api.workflow_activate(jsonb_build_object('id', :'w'::jsonb->>'id')) as w \gset
select matches(:'w'::jsonb->>'webhook_url', '^/hooks/mrh_[0-9A-Za-z]{49}$', 'an active one has an address');
select * from api.delivery_accept(array[substr(:'w'::jsonb->>'webhook_url', 8)], array[null]::text[], array[null]::text[], array['POST'],
	array[app.uuid7()], array[app.uuid7()], array['k1'], array['{}'::json], array[''], array['application/json'],
	array['{"order":4711}'::bytea], array['203.0.113.7'], array[null]::text[], false) \gset d_
select is(:'d_verdict'::text, 'accepted', 'a webhook is accepted');
select t.enter(:'ines'::jsonb->>'secret');
select is(api.run_get(jsonb_build_object('id', :'d_run_id'))->>'status', 'queued', 'its run is queued');
select is((api.run_get(jsonb_build_object('id', :'d_run_id'))->'input')::jsonb, '{"order": 4711}', 'its input is the body');
select api.run_create(jsonb_build_object('workflow_id', :'w'::jsonb->>'id', 'input', '{"a":1}'::jsonb)) as r \gset
select is(:'r'::jsonb->>'status', 'queued', 'a run by hand is queued');
select is(:'r'::jsonb->'trigger'->>'type', 'manual', 'and says who started it');
select is((api.step_list(jsonb_build_object('id', :'r'::jsonb->>'id'))->'items')::jsonb, '[]', 'it has no steps yet');

select * from finish();
rollback;

-- live: rooms read with the credential of who listens. CONTRACT L01 to L03.
begin;
set search_path = tap, pg_catalog;
select no_plan();

select t.person('ines') as ines \gset
select t.person('bob') as bob \gset
select t.enter(:'ines'::jsonb->>'secret');
select t.workflow() as wf \gset
select api.run_create(jsonb_build_object('workflow_id', :'wf', 'input', 1))->>'id' as run \gset
insert into app.step (workspace_id, run_id, node_id, step_no, status, started_at, output)
select app.workspace_id(), :'run', 'n' || g, g, 'succeeded', now(), '{"main":[{"json":{"a":1}}]}' from generate_series(1, 3) g;
update app.run r set seq = 4, status = 'running' where r.id = :'run';

create function t.room(p_room text, p_after integer default null) returns jsonb language sql as
$$ select api.live_read(jsonb_build_object('rooms', jsonb_build_array(jsonb_build_object('room', p_room) || case when p_after is null then '{}' else jsonb_build_object('after', p_after) end)))::jsonb->'rooms'->0 $$;

select is(t.room('run:' || :'run'), jsonb_build_object('room', 'run:' || :'run', 'seq', 4, 'messages', '[]'::jsonb), 'joining without a number tells where the run stands');
select results_eq($$select (m->>'seq')::int, m->>'type' from jsonb_array_elements(t.room('run:$$ || :'run' || $$', 1)->'messages') m$$,
	$$values (2, 'step.updated'), (3, 'step.updated'), (4, 'run.updated')$$, 'what is above the number comes in order, the run at its own number');
select is(t.room('run:' || :'run', 4)->'messages', '[]', 'and nothing a second time');
select is(t.room('workspace')->'error', null, 'one may join the workspace''s room');
select is(api.live_read(jsonb_build_object('runs', jsonb_build_array(:'run')))::jsonb->'runs'->0->>'id', :'run', 'runs that were touched are told');

select t.enter(:'bob'::jsonb->>'secret');
select is(t.room('run:' || :'run', 0)->'error', t.room('run:' || app.uuid7(), 0)->'error', 'another tenant''s run is no room, like one that never was');
select isnt(t.room('workflow:' || :'wf')->'error', null, 'nor is its workflow');
select is(api.live_read(jsonb_build_object('runs', jsonb_build_array(:'run')))::jsonb->'runs', '[]', 'nor are its runs told');

select is(api.live_alive(array[:'ines'::jsonb->>'secret', 'mrs_nobody', 'mrt_nobody'], array['', '', ''], array['203.0.113.7', '203.0.113.7', '203.0.113.7']), '[true, false, false]', 'who is signed in is alive');
select t.enter(:'ines'::jsonb->>'secret');
select api.auth_logout('{}');
select is(api.live_alive(array[:'ines'::jsonb->>'secret'], array[''], array['203.0.113.7']), '[false]', 'and not after signing out');
select * from finish();
rollback;

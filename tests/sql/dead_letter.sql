-- dead_letter: runs that failed for good are kept until somebody replays or discards them. CONTRACT X18, X07, Q03.
begin;
set search_path = tap, pg_catalog;
select no_plan();

select t.person('ines') as ines \gset
select t.enter(:'ines'::jsonb->>'secret');
select api.workflow_create(jsonb_build_object('name', 'Orders', 'definition', t.definition()))->>'id' as wf \gset
select app.workspace_id() as ws \gset
select work.worker_join('here', 1) as w1 \gset

create function t.run(p_workflow uuid) returns uuid
language sql as $$ select (api.run_create(jsonb_build_object('workflow_id', p_workflow, 'input', '{"order":4711}'::jsonb))->>'id')::uuid $$;
-- A run that failed at node b, after a.
create function t.dead(p_workflow uuid, p_worker bigint) returns uuid language plpgsql as $$
declare
	v_run uuid := t.run(p_workflow);
begin
	perform t.claim(p_worker, array[v_run]);
	perform t.write(p_worker, app.workspace_id(), v_run, t.fence(v_run), 'failed', '{trigger-1}');
	update app.run_outcome o set error = '{"code":"BOOM","message":"broken pipe","node":"trigger-1"}' where o.run_id = v_run;
	return v_run;
end $$;
create function t.letters(p jsonb default '{}') returns text[] language sql as $$
	select coalesce(array_agg(i->>'id' order by ord), '{}') from jsonb_array_elements(api.dead_letter_list(p)->'items') with ordinality x (i, ord) $$;

select is(t.letters(), '{}', 'X18 nothing has failed, nothing is dead');
select t.dead(:'wf', :w1) as d1 \gset
select t.dead(:'wf', :w1) as d2 \gset
select t.run(:'wf') as good \gset
select is(t.letters(), array[:'d2', :'d1'], 'X18 what failed is a dead letter, newest first');
select is((api.dead_letter_list('{}')->'items'->0) - array['id', 'workflow_id', 'created_at', 'failed_at', 'trigger'],
	'{"error":{"code":"BOOM","message":"broken pipe","node":"trigger-1"},"reason":"failed","version":1,"attempts":1,"retry_of":null,"workflow_name":"Orders"}',
	'X18 with its reason, error and attempts');
select is(api.dead_letter_get(jsonb_build_object('id', :'d1'))->'input', '{"order":4711}', 'X18 and its input');
select is(t.letters(jsonb_build_object('limit', 1)), array[:'d2'], 'X18 paged');
select is(t.letters(jsonb_build_object('limit', 1, 'cursor', api.dead_letter_list('{"limit":1}')->>'next_cursor')), array[:'d1'], 'X18 to the next');
select is(t.letters(jsonb_build_object('workflow_id', :'wf', 'reason', 'failed')), array[:'d2', :'d1'], 'X18 by workflow and reason');
select is(t.letters('{"reason":"quarantined"}'), '{}', 'X18 by reason');
select is(t.letters('{"to":"2001-01-01"}'), '{}', 'X18 by time');
select is(t.refusal('dead_letter_get', jsonb_build_object('id', :'good')), 'MR404 | no such dead letter', 'X18 a run that lives is none');
select t.member('vera', :'ws', 'viewer') as vera \gset
select is(api.dead_letter_get(jsonb_build_object('id', :'d1'))->'input', 'null', 'X18 a viewer sees no input');
select is(array_agg(t.refusal(o, jsonb_build_object('id', :'d1', 'action', 'discard')) ~ '^MR403'), '{t,t,t}', 'X18 and changes nothing')
  from unnest(array['dead_letter_replay', 'dead_letter_discard', 'dead_letter_bulk']) o;
select t.enter(:'ines'::jsonb->>'secret');

-- Replay.
select api.dead_letter_replay(jsonb_build_object('id', :'d1', 'from', 'failed')) as again \gset
select is(:'again'::jsonb->>'retry_of', :'d1', 'X18 replayed, it is a new run');
select is((:'again'::jsonb->'metrics'->>'steps')::int, 1, 'X18 from the failed step, what succeeded is kept');
select is(t.letters(), array[:'d2'], 'X18 and no dead letter any more');
select is((select o.handled_as || ' ' || (o.replay_id = (:'again'::jsonb->>'id')::uuid) from app.run_outcome o where o.run_id = :'d1'), 'replayed true', 'X18 it tells by which run');
select is(t.refusal('dead_letter_replay', jsonb_build_object('id', :'d1')), 'MR404 | no such dead letter', 'X18 once');
select is(api.run_retry(jsonb_build_object('id', :'d1'))->>'retry_of', :'d1', 'X07 a run may be retried as often as one likes');
select api.run_retry(jsonb_build_object('id', :'d2'))->>'id' as again2 \gset
select is(t.letters(), '{}', 'X18 a run that was retried is no dead letter either');

-- The newest version.
select t.dead(:'wf', :w1) as d3 \gset
select api.workflow_update(jsonb_build_object('id', :'wf', 'definition', t.definition() || '{"variables":{"x":{"type":"number","default":1}}}'))->>'version' as v2 \gset
select is(api.dead_letter_replay(jsonb_build_object('id', :'d3', 'version', 'newest'))->>'version', '2', 'X18 replayed with the newest version');
select is(api.run_retry(jsonb_build_object('id', :'d3'))->>'version', '1', 'X07 or with the one that it had');
select t.dead(:'wf', :w1) as d4 \gset
update app.run set node_id = 'gone' where id = :'d4';
select is(t.refusal('dead_letter_replay', jsonb_build_object('id', :'d4', 'version', 'newest')),
	'MR409 version | the newest version doesn''t have the trigger that this run began at', 'X18 which must have its trigger');
select is(t.letters(), array[:'d4'], 'X18 refused, it is a dead letter still');

-- Discard.
select is(api.dead_letter_discard(jsonb_build_object('id', :'d4')), null, 'X18 a dead letter is discarded');
select is(t.letters(), '{}', 'X18 and gone from the list');
select is(t.refusal('dead_letter_discard', jsonb_build_object('id', :'d4')), 'MR404 | no such dead letter', 'X18 once');
select is(api.run_get(jsonb_build_object('id', :'d4'))->>'status', 'failed', 'X18 its run stays');

-- Many.
select array_agg(t.dead(:'wf', :w1)) as many from generate_series(1, 5) \gset
create function t.bulk(p jsonb) returns text language plpgsql as $$
declare
	v jsonb; v_cursor text; v_changed integer := 0; v_skipped integer := 0; v_steps integer := 0;
begin
	loop
		v := api.dead_letter_bulk(p || jsonb_strip_nulls(jsonb_build_object('cursor', v_cursor)));
		v_changed := v_changed + (v->>'changed')::integer;
		v_skipped := v_skipped + (v->>'skipped')::integer;
		v_steps := v_steps + 1;
		v_cursor := v->>'next_cursor';
		exit when v_cursor is null or v_steps > 50;
	end loop;
	return format('%s changed, %s skipped, %s steps', v_changed, v_skipped, v_steps);
end $$;
select is(t.bulk('{"action":"replay","reason":"quarantined"}'), '0 changed, 0 skipped, 1 steps', 'X18 only what fits is replayed');
select is(t.bulk('{"action":"replay","limit":2}'), '5 changed, 0 skipped, 3 steps', 'X18 all of them, step by step');
select is((select count(*) from app.run r where r.retry_of = any (:'many'::uuid[])), 5::bigint, 'X18 each once');
select is((select count(*) from app.run_queue q join app.run r on r.id = q.run_id where r.retry_of = any (:'many'::uuid[])), 5::bigint, 'X18 and queued');
select is(t.bulk('{"action":"replay"}'), '0 changed, 0 skipped, 1 steps', 'X18 again replays nothing twice');
select array_agg(t.dead(:'wf', :w1)) as more from generate_series(1, 3) \gset
select is(t.bulk(jsonb_build_object('action', 'discard', 'workflow_id', :'wf')), '3 changed, 0 skipped, 1 steps', 'X18 or are discarded');
select is(t.letters(), '{}', 'X18 and none is left');
select t.dead(:'wf', :w1) as d5 \gset
insert into app.plan (id, name, limits) values ('none', 'None', '{"runs":0}');
insert into app.workspace_plan (workspace_id, plan_id) values (:'ws', 'none') on conflict (workspace_id) do update set plan_id = 'none';
select matches(t.refusal('dead_letter_replay', jsonb_build_object('id', :'d5')), '^MR42Q', 'B04 a replay counts as a run');
select matches(t.refusal('dead_letter_bulk', '{"action":"replay"}'), '^MR42Q', 'B04 so do many');
select is(t.letters(), array[:'d5'], 'B04 what was refused is a dead letter still');

-- Quarantine.
update app.run_outcome set error = '{"code":"QUARANTINED","message":"x","node":null}' where run_id = :'d5';
select is(t.letters('{"reason":"quarantined"}'), array[:'d5'], 'X18 a quarantined run is one, too');
select * from finish();
rollback;
